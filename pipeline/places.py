"""The names of the lines and cells on which something stands, in formats that name them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from stores.models import Box, Evidence, Page, PlacedBox, Record

_MOST_NAMED = 3
_TWO = 2


def with_places(record: Record, pages: Sequence[Page]) -> Record:
    """The record whose evidence names its lines: ``Prices!B7``. Unchanged where no page names any."""
    names = {page.number: named for page in pages if (named := _named_boxes(page))}
    if not names:
        return record
    evidence = tuple(_placed(one, names.get(one.page, ())) for one in record.evidence)
    return replace(record, evidence=evidence)


def span_of(places: Iterable[str]) -> str:
    """The first and the last of some places in their order: ``paragraph 3 – 9``; "" for none."""
    named = list(dict.fromkeys(filter(None, places)))
    if len(named) < _TWO:
        return named[0] if named else ""
    first, last = named[0], named[-1]
    head, mark, end = last.rpartition("!") if "!" in last else last.rpartition(" ")
    return f"{first} – {end}" if mark and first.startswith(f"{head}{mark}") else f"{first} – {last}"


def place_of(boxes: Iterable[PlacedBox], pages: Sequence[Page]) -> str:
    """The first and the last of the places on which boxes lie; "" where their pages name none."""
    names = {page.number: _named_boxes(page) for page in pages}
    return span_of(
        place for placed in boxes for inside, place in names.get(placed.page, ()) if _holds(inside, placed.box)
    )


def _named_boxes(page: Page) -> list[tuple[Box, str]]:
    return [(line.box, line.place) for block in page.blocks for line in block.lines if line.place]


def _placed(evidence: Evidence, named: Sequence[tuple[Box, str]]) -> Evidence:
    places = dict.fromkeys(place for box in evidence.boxes for inside, place in named if _holds(inside, box))
    return replace(evidence, place=", ".join(list(places)[:_MOST_NAMED])) if places else evidence


def _holds(line: Box, box: Box) -> bool:
    """Whether the middle of a box lies on a line."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return line[0] <= x <= line[2] and line[1] <= y <= line[3]
