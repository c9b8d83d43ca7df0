"""Parts cells that stand under two columns, since only a blank is printed between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.month_names import month_number
from pipeline.engines.rules.tables.header import Header
from stores.models import Field, FieldKind

Cells = dict[str, list[PageLine]]

_AMOUNT_FIRST = re.compile(r"([-−–+]?[€$£¥₹]?\s?\d[\d.,'’]*[.,]\d\d)\s+(?=\S)")
_AMOUNT_LAST = re.compile(r"\s([-−–+]?[€$£¥₹]?\s?\d[\d.,'’]*[.,]\d\d)$")
_MOST_DATE_WORDS = 3
_TEXTS = (FieldKind.TEXT, FieldKind.TEXTS)


def dates_apart(
    cells: Cells,
    header: Header,
    columns: Mapping[str, Field],
    value: Callable[[str, Sequence[PageLine]], object | None],
) -> Cells:
    """The cells of a row, a date parted from the text behind it; ``value`` reads cells of a named column."""
    for column, behind in pairwise(header.columns):
        if _kind(columns, column.name) is not FieldKind.DATE or column.name in cells:
            continue
        if behind.name and _kind(columns, behind.name) not in _TEXTS:
            continue
        first, *more = cells.get(behind.name, ()) or (None,)
        if first is None or first.box[0] > column.right:
            continue
        words = first.text.split()
        for count in range(min(_MOST_DATE_WORDS, len(words) - 1), 0, -1):
            date = replace(first, text=" ".join(words[:count]))
            if all(map(_may_be_of_a_date, words[:count])) and value(column.name, [date]) is not None:
                rest = replace(first, text=" ".join(words[count:]))
                over = behind.name or _text_under(first, header, columns)
                return _moved({**cells, column.name: [date]}, behind.name, more, over, rest)
    return cells


def numbers_apart(cells: Cells, header: Header, columns: Mapping[str, Field]) -> Cells:
    """The cells of a row, amounts parted from the text before or behind them."""
    for left, right in pairwise(header.columns):
        if _is_free(left.name, cells, columns) and _kind(columns, right.name) in _TEXTS:
            first, *more = cells.get(right.name, ()) or (None,)
            match = _AMOUNT_FIRST.match(first.text) if first and first.box[0] < left.right else None
            if first and match:
                number, text = _part(first, 0, match.end(1)), _part(first, match.end(), len(first.text))
                cells = {**cells, left.name: [number], right.name: [text, *more]}
        elif _is_free(right.name, cells, columns) and _kind(columns, left.name) in _TEXTS:
            *more, last = cells.get(left.name, ()) or (None,)
            match = _AMOUNT_LAST.search(last.text) if last and last.box[2] > right.left else None
            if last and match:
                text, number = _part(last, 0, match.start()), _part(last, match.start(1), len(last.text))
                cells = {**cells, left.name: [*more, text], right.name: [number]}
    return cells


def _kind(columns: Mapping[str, Field], name: str) -> FieldKind | None:
    return columns[name].kind if name in columns else None


def _is_free(name: str, cells: Cells, columns: Mapping[str, Field]) -> bool:
    """Whether a column holds numbers, and none in this row."""
    return _kind(columns, name) is FieldKind.NUMBER and name not in cells


def _text_under(cell: PageLine, header: Header, columns: Mapping[str, Field]) -> str:
    """The text column that a cell under a nameless one reaches; "" where it reaches none."""
    reached = [c.name for c in header.columns if _kind(columns, c.name) in _TEXTS and c.gap(cell) < 0]
    return next(iter(reached), "")


def _moved(cells: Cells, old: str, more: list[PageLine], new: str, rest: PageLine) -> Cells:
    """Cells with the rest of a parted one under its new column, and the others of its old one where they were."""
    others = {name: own for name, own in cells.items() if name != old}
    if old == new:
        return {**others, new: [rest, *more]}
    return {**others, **({old: more} if more else {}), new: [rest, *others.get(new, [])]}


def _part(cell: PageLine, start: int, end: int) -> PageLine:
    """The words of a cell between two places in its text, with the box that they take of a line of even letters."""
    left, width = cell.box[0], (cell.box[2] - cell.box[0]) / max(1, len(cell.text))
    box = (left + start * width, cell.box[1], left + end * width, cell.box[3])
    return replace(cell, text=cell.text[start:end].strip(), box=box)


def _may_be_of_a_date(word: str) -> bool:
    return any(map(str.isdigit, word)) or month_number(word.strip(".,")) is not None
