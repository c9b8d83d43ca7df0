"""Rows of tables that are quoted cell by cell: a wrapped cell has other cells of its row between its printed lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.engines.evidence.located_values import squash
from pipeline.engines.evidence.mentions import Mention, Piece, PrintedText
from pipeline.engines.evidence.page_lines import PageLine
from stores.models import FieldKind

CELLS = " · "  # between the cells of a row
_FARTHEST = 60  # printed lines from the first line of a wrapped cell to its last


def mention_of_row(text: PrintedText, quote: str) -> Mention:
    """Where all cells of a quoted row stand level with its longest one; () where they do not."""
    cells = [cell for cell in quote.split(CELLS) if squash(cell)]
    places = [text.mentions(cell, FieldKind.TEXT, fuzzy=False) or list(_wrapped(text, cell)) for cell in cells]
    if len(cells) < 2 or not all(places):
        return ()
    longest = max(range(len(cells)), key=lambda at: len(squash(cells[at])))
    for anchor in places[longest]:
        level = [next((one for one in own if _are_level(one, anchor)), ()) for own in places]
        if all(level):
            return tuple(piece for one in level for piece in one)
    return ()


def _wrapped(text: PrintedText, cell: str) -> Iterator[Mention]:
    """Where a cell stands as whole lines below one another."""
    letters = squash(cell)
    for at, line in enumerate(text.lines):
        first = squash(line.text)
        if first and letters.startswith(first) and first != letters:
            below = _goes_on(text.lines[at + 1 : at + _FARTHEST], line, letters[len(first) :])
            if below:
                yield tuple(Piece(one, 0, len(one.text)) for one in (line, *below))


def _goes_on(lines: Sequence[PageLine], first: PageLine, letters: str) -> list[PageLine]:
    """The lines in the column of a line that go on with these letters; [] where they do not all stand there."""
    below: list[PageLine] = []
    for line in lines:
        own = squash(line.text)
        in_column = line.page == first.page and line.box[0] < first.box[2] and line.box[2] > first.box[0]
        if not in_column or not letters or not own:
            continue
        if not letters.startswith(own):
            return []
        below.append(line)
        letters = letters[len(own) :]
    return below if not letters else []


def _are_level(one: Mention, other: Mention) -> bool:
    same_page = one[0].line.page == other[0].line.page
    (top, bottom), (other_top, other_bottom) = _span(one), _span(other)
    return same_page and min(bottom, other_bottom) > max(top, other_top)


def _span(mention: Mention) -> tuple[float, float]:
    boxes = [piece.line.box for piece in mention]
    return min(box[1] for box in boxes), max(box[3] for box in boxes)
