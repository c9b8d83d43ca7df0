"""The references of a paper: every entry of its bibliography, in order, over columns and pages.

Entries begin with their numbers, counted from 1, or with a line that stands out to the left, or below a wider space.
What has no years and no order of names is no bibliography, and gives nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.paper.column_flow import FlowRow, rows_below
from stores.models import Label

_HEADING = re.compile(
    r"^\W*(?:(?:\d{1,2}|[IVX]{1,4}|[一二三四五六七八九十]{1,3})[.．、]?\s*)?"
    r"(?:(?:list\s+of\s+)?references(?:\s+(?:and|&)\s+notes)?|(?:selected\s+)?bibliography|(?:literature|works|references)\s+cited"
    r"|literatur(?:verzeichnis|angaben)?|quellen(?:verzeichnis|angaben)?|r[ée]f[ée]rences(?:\s+bibliographiques)?|bibliographie"
    r"|(?:主要)?参\s*考\s*文\s*献(?:\s*[(（]references[)）])?)\W*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\s*(?:[\[［(（](\d{1,3})[\]］)）][.．]?|(\d{1,3})[.．)](?!\d)|(\d{1,3})(?=\s+[A-ZÀ-Þ“\"]))\s*")
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")
_ADDRESS_END = re.compile(r"(?:://|doi|\b10\.\d{4})\S*[/.=_?-]$", re.IGNORECASE)
_WORD = re.compile(r"[a-z\u4e00-\u9fff]+")
_FIRST_NAME_END = re.compile(r"[,;:(]|\band\b|\bund\b|\bet\b|&|\d|(?<=[a-z]{2})\.")
_STOP = re.compile(r"[.)\d]\s*$")
_PARTED = re.compile(r"(?<![\w-])\w*[^\W\d_A-Z][-‐]$")  # not behind another hyphen: ``ready-to-``
_MOST = 1500  # entries
_MOST_HEADINGS = 8  # a running title repeats the heading on every page
_BEFORE_FIRST = 2  # rows between the heading and the first entry
_EDGE = 2.2  # heights that the numbers of entries may be indented: aligned right, or as a paragraph
_BARE_EDGE = 0.8  # heights, for numbers without a mark: aligned right, and out of the text
_WIDE_GAP = 1.3  # heights between two rows of one entry
_MOST_LOST = 120  # rows without an entry before the list is over
_WITH_YEAR = 0.8  # of the entries
_IN_ORDER = 0.8  # of neighbours in a list without numbers
_OUT = 3.0  # points that a first line stands out to the left
_INDENTED = 0.2  # of the rows
_WIDER = 1.1  # of the usual step between lines: the space above an entry
_LARGER = 2.0  # of the usual height: a heading
_NAME_WORDS = 4
_LEAST_NAMED, _LEAST_HEADLESS = 3, 8  # entries


@dataclass(slots=True)
class _Entry:
    rows: list[FlowRow]

    @property
    def text(self) -> str:
        return _NUMBER.sub("", joined([row.text for row in self.rows]), count=1)


def is_references_heading(text: str) -> bool:
    return _HEADING.match(text) is not None


def find_references(lines: Sequence[PageLine]) -> list[LocatedValue]:
    """Find the entries below the heading of the references, or of a numbered list at the end that has none."""
    heads = [line for line in lines if is_references_heading(line.text)][-_MOST_HEADINGS:]
    lists = [entries for head in heads if (entries := _below(list(rows_below(head, lines))))]
    if not lists:
        lists = list(_headless(lines))
    best = max(lists, key=len, default=[])
    return [located_in(entry.text, [line for row in entry.rows for line in row.lines]) for entry in best[:_MOST]]


def joined(texts: Sequence[str]) -> str:
    """Join the lines of a text: words that a hyphen parts at the end of a line are one, and so are addresses."""
    whole = ""
    for text in texts:
        text = text.strip()
        if _PARTED.search(whole) and text[:1].islower():
            whole = whole[:-1] + text
        elif (whole.endswith(("-", "‐")) and text[:1].islower()) or _ADDRESS_END.search(whole.rsplit(" ", 1)[-1]):
            whole += text
        else:
            whole = f"{whole} {text}" if whole else text
    return whole


def _below(rows: Sequence[FlowRow]) -> list[_Entry]:
    """The entries of the rows below a heading, numbered or not."""
    for at in range(min(_BEFORE_FIRST + 1, len(rows))):
        if _number(rows[at]) == 1:
            numbered = _numbered(rows[at:])
            return numbered if len(numbered) > 1 else []
    named = _named(rows)
    return named if len(named) >= _LEAST_NAMED and _is_bibliography(named) else []


def _headless(lines: Sequence[PageLine]) -> Iterator[list[_Entry]]:
    """Numbered lists of the last pages whose entries have years."""
    last = lines[-1].page if lines else 0
    for line in lines:
        match = _NUMBER.match(line.text)
        if line.page * 2 < last or not match or match[3] or int(match[1] or match[2]) != 1:
            continue
        entries = _numbered(rows_below(line, lines, included=True))
        if len(entries) >= _LEAST_HEADLESS and _share(entries, _has_year) >= _WITH_YEAR:
            yield entries


def _number(row: FlowRow) -> int | None:
    """The number that a row begins with, at the left edge of its column."""
    match = _NUMBER.match(row.text)
    if not match:
        return None
    within = (
        max(_OUT, _BARE_EDGE * row.height) if match[3] else _EDGE * row.height + 1
    )  # a bare number must stand out to the left
    return int(match[match.lastindex or 1]) if row.box[0] - row.left < within else None


def _numbered(rows: Iterable[FlowRow]) -> list[_Entry]:
    """Entries that count up from 1; what stands between them in other places belongs to none."""
    entries: list[_Entry] = []
    inside, lost = False, 0
    for row in rows:
        if _number(row) == len(entries) + 1:
            entries.append(_Entry(rows=[row]))
            inside, lost = True, 0
            continue
        inside = inside and _goes_on(entries[-1], row)
        if inside:
            entries[-1].rows.append(row)
        else:
            lost += 1
        if lost > _MOST_LOST or not entries:
            break
    return entries


def _goes_on(entry: _Entry, row: FlowRow) -> bool:
    """Whether a row is the next one of an entry: close below, or at the head of the next column."""
    last = entry.rows[-1]
    if any(line.label in (Label.HEADING, Label.TITLE, Label.CAPTION) for line in row.lines):
        return False
    if row.column != last.column:
        return not last.text.rstrip().endswith(".") and any(c.isalpha() for c in row.text)
    return row.gap is None or row.gap < _WIDE_GAP * max(row.height, last.height)


def _named(rows: Sequence[FlowRow]) -> list[_Entry]:
    """Entries without numbers: each begins with a line that stands out, or below a wider space."""
    rows = _until_heading(rows)
    if not rows:
        return []
    begins = _by_indent(rows) or _by_space(rows)
    entries: list[_Entry] = []
    for row in rows:
        if not entries or begins(row, entries[-1]):
            entries.append(_Entry(rows=[row]))
        else:
            entries[-1].rows.append(row)
    return _up_to_the_end(entries)


def _until_heading(rows: Sequence[FlowRow]) -> list[FlowRow]:
    """The rows up to the next heading, without captions and page numbers."""
    usual = median([row.height for row in rows[:40]] or [0.0])
    ours: list[FlowRow] = []
    for row in rows:
        heading = any(line.label in (Label.HEADING, Label.TITLE) for line in row.lines)
        if heading or row.height > _LARGER * usual:
            break
        alone = row.gap is None or row.gap > _WIDE_GAP * row.height
        number = alone and not any(c.isalpha() for c in row.text)
        if not number and not any(line.label is Label.CAPTION for line in row.lines):
            ours.append(row)
    return ours


def _by_indent(rows: Sequence[FlowRow]) -> Callable[[FlowRow, _Entry], bool] | None:
    """First lines stand out to the left of the others."""
    indented = sum(row.box[0] - row.left > _OUT for row in rows)
    if not _INDENTED * len(rows) < indented < len(rows):
        return None
    return lambda row, entry: row.box[0] - row.left <= _OUT


def _by_space(rows: Sequence[FlowRow]) -> Callable[[FlowRow, _Entry], bool]:
    """First lines stand a little further below the full stop of the entry above."""
    steps = [b.box[1] - a.box[1] for a, b in pairwise(rows) if a.column == b.column]
    usual = median(steps or [0.0])

    def begins(row: FlowRow, entry: _Entry) -> bool:
        last = entry.rows[-1]
        if not _STOP.search(last.text) or not row.text[:1].isupper():
            return False
        if row.column != last.column:
            return _has_year(entry)
        if row.lines[0].block != last.lines[-1].block:
            return True
        # Letters without ascenders or descenders make one of the two steps look smaller.
        return max(row.box[1] - last.box[1], row.box[3] - last.box[3]) > _WIDER * usual

    return begins


def _up_to_the_end(entries: list[_Entry]) -> list[_Entry]:
    """The entries up to where the order of their names begins anew for good: lives of the authors, an appendix."""
    names = _names(entries)
    for at in range(1, len(entries)):
        rest = names[at : at + 3]
        if len(rest) > 1 and all(name < names[at - 1] for name in rest):
            return entries[:at]
    return entries


def _is_bibliography(entries: Sequence[_Entry]) -> bool:
    return (
        _share(entries, _has_year) >= _WITH_YEAR
        and _share(entries, lambda entry: entry.text[:1].isalpha()) >= _WITH_YEAR
        and _ordered(_names(entries)) >= _IN_ORDER * (len(entries) - 1)
    )


def _has_year(entry: _Entry) -> bool:
    return _YEAR.search(entry.text) is not None


def _share(entries: Sequence[_Entry], holds: Callable[[_Entry], bool]) -> float:
    return sum(map(holds, entries)) / len(entries)


def _names(entries: Sequence[_Entry]) -> list[str]:
    """What the entries are ordered by: their first words, or the last words of their first names."""
    texts = [_plain(entry.text) for entry in entries]
    first = [next(iter(_WORD.findall(text)), "") for text in texts]
    last = ["".join(_WORD.findall(_FIRST_NAME_END.split(text, maxsplit=1)[0])[:_NAME_WORDS][-1:]) for text in texts]
    return max(first, last, key=_ordered)


def _ordered(names: Sequence[str]) -> int:
    return sum(a <= b for a, b in pairwise(names))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
