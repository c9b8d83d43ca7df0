"""Puts the values of overlapping windows together: each entry of a list once, in the order of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.engines.evidence.grounding import GroundedValue
from pipeline.engines.evidence.located_values import squash
from stores.models import Field, FieldKind

_MORE_ROWS = 20
Row = Mapping[str, GroundedValue | None]


def merged(fields: Sequence[Field], windows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge the grounded values of windows, given in the order of the document, by field name."""
    return {field.name: _merge(field, [values.get(field.name) for values in windows]) for field in fields}


def _merge(field: Field, given: Sequence[Any]) -> Any:
    if field.kind is FieldKind.ROWS:
        rows: list[Row] = []
        for window in given:
            rows = join_rows(rows, window or ())
        return rows
    if field.kind is FieldKind.TEXTS:
        return _distinct([text for texts in given for text in texts or ()])
    values = [value for value in given if value is not None]
    return next((value for value in values if value.found), values[0] if values else None)


def _distinct(texts: Sequence[GroundedValue]) -> list[GroundedValue]:
    best: dict[str, GroundedValue] = {}
    for text in texts:
        key = squash(text.value)
        if key not in best or (text.found and not best[key].found):
            best[key] = text
    return list(best.values())


def join_rows(before: Sequence[Row], more: Sequence[Row]) -> list[Row]:
    """Append the rows of the next window; one that is there already, whole or cut off, is taken once and whole."""
    rows = list(before)
    double = dict.fromkeys(range(max(0, len(before) - 2 * len(more) - _MORE_ROWS), len(before)))  # may be met again
    for row in more:
        at = next((index for index in reversed(double) if _same(rows[index], row)), None)
        if at is None:
            rows.append(row)
            continue
        del double[at]
        rows[at] = _fuller(rows[at], row)
    return rows


def _same(one: Row, other: Row) -> bool:
    """Tell whether two rows are one entry: they stand at one place, and no value of one contradicts the other."""
    here, there = _span(one), _span(other)
    if here and there and (here[0] > there[1] or there[0] > here[1]):
        return False
    if bool(here) != bool(there):
        return False
    both = [name for name in one if one[name] and other.get(name)]
    return bool(both) and all(_agree(one[name], other[name]) for name in both)


def _span(row: Row) -> tuple[int, int] | None:
    """The first and last printed line of the cells of a row; None where none is printed."""
    numbers = [line.number for cell in row.values() if cell for line in cell.lines]
    return (min(numbers), max(numbers)) if numbers else None


def _agree(one: GroundedValue | None, other: GroundedValue | None) -> bool:
    """Tell whether two values of a cell are equal, or one is the other cut off."""
    if one is None or other is None or one.value == other.value:
        return True
    if not isinstance(one.value, str) or not isinstance(other.value, str):
        return False
    short, long = sorted((squash(one.value), squash(other.value)), key=len)
    return long.startswith(short) or long.endswith(short)


def _fuller(one: Row, other: Row) -> Row:
    """Each cell from the row that has it, the longer text of two."""
    return {name: _longer(one[name], other.get(name)) for name in one}


def _longer(one: GroundedValue | None, other: GroundedValue | None) -> GroundedValue | None:
    if one is None or other is None:
        return one or other
    if isinstance(one.value, str) and isinstance(other.value, str):
        return other if len(other.value) > len(one.value) else one
    return one
