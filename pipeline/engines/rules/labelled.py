"""Values found by their printed labels: behind the label, in the next cell, or in the line below."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.chinese_setting import stretched
from pipeline.engines.rules.page_rows import Row, printed_rows

# Reads a value from the text behind, beside or below a label: (value, start, end in the text), or None.
ValueReader = Callable[[str], tuple[object, int, int] | None]

_CELLS_BESIDE = 3
_LINES_BELOW = 2.6  # heights of the label
_MINUS = r"(?:(?<=^-)|(?<=[:：=]-)|(?<=[:：=]\s-))\s?[€$£¥]?\s?\d"  # the sign of a number that begins here
_ASIDE = re.compile(  # a remark in brackets, the day of a balance
    r"\([^)]*\)|(?<![^\W\d_])(?:au|am|on|at|per|as\s+of|as\s+at|du|le|zum|vom)(?=\s*\d{1,2}[./-])",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(rf"(?:[\s:：;.#№=|*_/)]|-(?!{_MINUS}))*")


def _says_more(rest: str) -> bool:
    """Whether words follow the label, so that it is another one: ``Invoice`` of ``Invoice total``."""
    return bool(re.search(r"[^\W\d_]{2,}", _ASIDE.sub("", rest)))


def _holds(other: str | re.Pattern[str], label: str | re.Pattern[str]) -> bool:
    """Whether another label is a longer one with the label in it: ``账户名称`` and ``户名``."""
    return isinstance(other, str) and isinstance(label, str) and other != label and label in other


def _covers(pattern: re.Pattern[str], match: re.Match[str], text: str) -> bool:
    return any(more.start() <= match.start() and match.end() <= more.end() for more in pattern.finditer(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A value that a label announces; ``rank`` is the place of the label among those asked for (0 is the best)."""

    rank: int
    label: PageLine
    value: LocatedValue


@lru_cache(maxsize=512)
def label_pattern(label: str) -> re.Pattern[str]:
    """Compile a pattern of ``label`` as whole words: spaces may be missing (OCR) or doubled, case does not matter.

    Between the characters of a Chinese label there may be blanks.
    """
    words = [stretched(word) for word in label.split()]
    start = r"(?<![^\W\d_])" if label[:1].isascii() and label[:1].isalnum() else ""
    end = r"(?![^\W\d_])" if label[-1:].isascii() and label[-1:].isalpha() else ""
    return re.compile(start + r"[\s._-]{0,3}".join(words) + end, re.IGNORECASE)


class LabelIndex:
    """An index of a document's printed rows, in which values are looked up by their labels."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self.lines = lines
        self.rows = printed_rows(lines)
        self._row_of = {cell.number: (row, at) for row in self.rows for at, cell in enumerate(row.cells)}
        self._by_page: dict[int, list[PageLine]] = {}
        for line in lines:
            self._by_page.setdefault(line.page, []).append(line)

    def on_page(self, page: int) -> Sequence[PageLine]:
        return self._by_page.get(page, [])

    def row_of(self, line: PageLine) -> Row:
        return self._row_of[line.number][0]

    def find(self, labels: Sequence[str | re.Pattern[str]], read: ValueReader) -> list[Labelled]:
        """Find every value that one of ``labels`` announces, in the order of the labels, then of the document."""
        labelled = []
        for rank, label in enumerate(labels):
            pattern = label_pattern(label) if isinstance(label, str) else label
            longer = [label_pattern(other) for other in labels if _holds(other, label)]
            for line in self.lines:
                for match in pattern.finditer(line.text):
                    if any(_covers(more, match, line.text) for more in longer):
                        continue
                    value = self._value_of(line, match, read)
                    if value:
                        labelled.append(Labelled(rank=rank, label=line, value=value))
                        break
        return labelled

    def first(self, labels: Sequence[str | re.Pattern[str]], read: ValueReader) -> LocatedValue | None:
        labelled = self.find(labels, read)
        return labelled[0].value if labelled else None

    def _value_of(self, line: PageLine, match: re.Match[str], read: ValueReader) -> LocatedValue | None:
        skipped = _SEPARATOR.match(line.text, match.end())
        start = skipped.end() if skipped else match.end()
        if value := read(line.text[start:]):
            return located_in(value[0], [line], line.text[start + value[1] : start + value[2]])
        if _says_more(line.text[start:]):
            return None
        for other in (*self.beside(line), *self.below(line)):
            lead = _SEPARATOR.match(other.text)
            start = lead.end() if lead else 0
            if value := read(other.text[start:]):
                return located_in(value[0], [other], other.text[start + value[1] : start + value[2]])
        return None

    def beside(self, line: PageLine) -> Iterator[PageLine]:
        """Return the next cells to the right in the same row, the nearest first."""
        row, at = self._row_of[line.number]
        yield from row.cells[at + 1 : at + 1 + _CELLS_BESIDE]

    def below(self, line: PageLine) -> list[PageLine]:
        """Return the lines close below the label, the nearest first."""
        reach = line.box[3] + _LINES_BELOW * line.height
        under = [
            other
            for other in self._by_page[line.page]
            if line.middle < other.box[1] + 0.3 * other.height
            and other.box[1] < reach
            and min(other.box[2], line.box[2]) - max(other.box[0], line.box[0]) > -0.3 * line.height
            and other is not line
        ]
        return sorted(under, key=lambda other: (round(other.box[1] - line.box[3], 1), abs(other.box[0] - line.box[0])))[
            :2
        ]
