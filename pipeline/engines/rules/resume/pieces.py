"""The pieces of an entry's head: parts of its lines that can be names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.dates import find_periods

DASHED = re.compile(r"\s+[-–—―‐\u2011\u2012]\s+|\s+at\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of an entry's head, as printed in one line; ``right``: in a cell of its own in the right half."""

    text: str
    line: PageLine
    row: int
    right: bool

    def located(self) -> LocatedValue:
        return located_in(self.text, [self.line], self.text)


def joined_pieces(pieces: Sequence[Piece], joint: re.Pattern[str]) -> list[Piece]:
    """Join neighbours (at least one piece) that nothing but a ``joint`` parts in their line."""
    joined = [pieces[0]]
    for piece in pieces[1:]:
        before, text = joined[-1], piece.line.text
        start = text.find(before.text) if before.line.number == piece.line.number else -1
        end = text.find(piece.text, start + len(before.text)) if start >= 0 else -1
        parted = end < 0 or not joint.fullmatch(text[start + len(before.text) : end])
        if parted or find_periods(text[start : end + len(piece.text)]):
            joined.append(piece)
        else:
            joined[-1] = replace(before, text=text[start : end + len(piece.text)])
    return joined
