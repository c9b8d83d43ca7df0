"""Evidence of values that come without it, such as the answer of a language model: where each one is printed.

A value that is printed more than once is taken near its label, a cell near the other cells of its row; rows are taken
in their order, so that equal rows get places of their own. The boxes are those of the value's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.engines.evidence.located_values import LocatedValue
from pipeline.engines.evidence.mentions import Mention, PrintedText
from pipeline.engines.evidence.word_boxes import words_box
from stores.models import Evidence, Field, FieldKind

_NEAR_LINES = 12  # cells of one row stand within so many printed lines
_FAR = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundedValue(LocatedValue):
    """A value and the place where it is printed; no mention where it is printed nowhere."""

    mention: Mention = ()

    @property
    def found(self) -> bool:
        return bool(self.mention)

    def evidence(self, path: str) -> Evidence:
        if not self.mention:
            return Evidence(path=path, page=0, boxes=(), quote="", found=False)
        page = self.mention[0].line.page
        boxes = tuple(dict.fromkeys(words_box(piece.line, piece.start, piece.end) for piece in self.mention))
        return Evidence(path=path, page=page, boxes=boxes, quote=self.quote)


def grounded(value: Any, mention: Mention | None) -> GroundedValue:
    """Pair a value with a place where it is printed."""
    quote = " ".join(piece.text.strip() for piece in mention or ())
    lines = tuple(piece.line for piece in mention or ())
    return GroundedValue(value=value, quote=quote, lines=lines, mention=mention or ())


def ground_scalars(fields: Iterable[Field], values: Mapping[str, Any], text: PrintedText) -> dict[str, GroundedValue]:
    """Ground the values of single fields; fields without a value are left out."""
    places: dict[str, GroundedValue] = {}
    for one in fields:
        value = values.get(one.name)
        if value is not None:
            places[one.name] = grounded(value, _near_label(text.mentions(value, one.kind), one, text))
    return places


def ground_texts(values: Iterable[str], text: PrintedText) -> list[GroundedValue]:
    """Ground each text of a list, in its first place."""
    mentions = [(value, text.mentions(value, FieldKind.TEXT)) for value in values]
    return [grounded(value, places[0] if places else None) for value, places in mentions]


def _near_label(mentions: Sequence[Mention], one: Field, text: PrintedText) -> Mention | None:
    """The mention that follows a label of the field most closely; the first where no label is printed."""
    if len(mentions) < 2:
        return mentions[0] if mentions else None
    names = one.labels or (one.name.replace("_", " "),)
    labels = [at for name in names for at in text.mentions(name, FieldKind.TEXT, fuzzy=False)]
    return min(mentions, key=lambda mention: min((_distance(at, mention) for at in labels), default=_FAR))


def _distance(label: Mention, mention: Mention) -> int:
    """In printed lines from a label to what it may label; what stands before it is further away."""
    begin, at = label[-1], mention[0]
    if at.line.number == begin.line.number:
        return 0 if at.start >= begin.end else 2
    after = at.line.number - begin.line.number
    return (after if after > 0 else 3 - 2 * after) + 50 * abs(at.line.page - begin.line.page)


@dataclass(slots=True)
class RowGrounder:
    """Grounds rows one after the other: each begins behind the place where the one before it began."""

    columns: Sequence[Field]
    text: PrintedText
    _taken: set[tuple[int, int]] = field(default_factory=set)  # (line, start) of the cells that placed rows
    _last: tuple[int, int] = (-1, -1)

    def ground(self, row: Mapping[str, Any]) -> dict[str, GroundedValue | None]:
        """Ground the cells of the next row."""
        mentions = {
            column.name: self.text.mentions(row[column.name], column.kind)
            for column in self.columns
            if row.get(column.name) is not None
        }
        anchor = self._anchor([places for places in mentions.values() if places])
        if anchor is not None:
            self._last = _place(anchor)
            self._taken.add(self._last)
        return {
            column.name: grounded(row[column.name], _nearest(mentions[column.name], anchor))
            if column.name in mentions
            else None
            for column in self.columns
        }

    def _anchor(self, cells: Sequence[Sequence[Mention]]) -> Mention | None:
        """The place of the cell with the fewest places around which most of the others stand."""
        if not cells:
            return None
        rarest = min(cells, key=len)
        free = [mention for mention in rarest if _place(mention) not in self._taken] or list(rarest)
        behind = [mention for mention in free if _place(mention) > self._last]

        def fit(mention: Mention) -> tuple[int, int]:
            distances = [min(_apart(mention, other) for other in places) for places in cells]
            return -sum(distance <= _NEAR_LINES for distance in distances), sum(distances)

        return min(behind or free, key=fit)


def _nearest(mentions: Sequence[Mention], anchor: Mention | None) -> Mention | None:
    if not mentions or anchor is None:
        return None
    return min(mentions, key=lambda mention: _apart(anchor, mention))


def _apart(one: Mention, other: Mention) -> int:
    """In printed lines, those behind before those in front at the same distance."""
    step = other[0].line.number - one[0].line.number
    return 2 * abs(step) - (step > 0)


def _place(mention: Mention) -> tuple[int, int]:
    return mention[0].line.number, mention[0].start
