"""The clauses of a contract: paragraphs whose lines are joined, without the underscores of what was filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine

_BLANKS = "_＿"
_UNSPACED = re.compile("[\u3000-\u9fff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Clause:
    """The text of a paragraph, and for each of its characters the line and the place there that prints it."""

    text: str
    places: tuple[tuple[int, int], ...]
    lines: tuple[PageLine, ...]

    def located(self, value: Any, start: int, end: int) -> LocatedValue:
        """A value that ``text[start:end]`` prints."""
        places = self.places[start:end]
        numbers = sorted({line for line, _ in places})
        return located_in(value, [self.lines[number] for number in numbers], " ".join(self._parts(places)))

    def _parts(self, places: Sequence[tuple[int, int]]) -> Iterator[str]:
        for number, group in groupby(places, lambda place: place[0]):
            within = [at for _, at in group]
            yield self.lines[number].text[within[0] : within[-1] + 1]


def clauses(lines: Sequence[PageLine]) -> list[Clause]:
    """The clauses of all lines, in their order."""
    return [_clause(tuple(part)) for _, part in groupby(lines, lambda line: (line.page, line.block))]


def _clause(lines: tuple[PageLine, ...]) -> Clause:
    text, places = "", list[tuple[int, int]]()
    for number, line in enumerate(lines):
        if text and line.text.strip() and not _joins(text, line.text.strip()):
            text, places = text + " ", [*places, places[-1]]
        kept = [(at, char) for at, char in enumerate(line.text) if char not in _BLANKS]
        text += "".join(char for _, char in kept)
        places += [(number, at) for at, _ in kept]
    return Clause(text, tuple(places), lines)


def _joins(text: str, line: str) -> bool:
    """Whether two lines go on without a space: in Chinese."""
    return bool(_UNSPACED.match(text[-1]) or _UNSPACED.match(line[0]))
