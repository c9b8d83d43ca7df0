"""Generated tables of many rows in ten layouts, with their rows as the truth."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.layouts.printed_sheet import BOTTOM, Flow, Sheet
from stores.models import Field, FieldKind, Schema

Row = tuple[str, str, int, float, float]
_WORDS = ("bolt", "steel", "crane", "hook", "rope", "valve", "flange", "gasket", "bearing", "lamp", "cable", "switch")
_WORDS_ZH = ("螺栓", "钢板", "吊钩", "绳索", "阀门", "法兰", "垫片", "轴承", "灯具", "电缆", "开关", "滤芯")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """How a table is set. ``wrapped``: long names go over two lines; ``two_lines``: the name stands below the rest."""

    ruled: bool = False
    wrapped: bool = False
    two_lines: bool = False
    repeats_header: bool = True
    subtotals: int = 0  # a subtotal after so many rows
    chinese: bool = False
    brackets: bool = False  # negative amounts
    decimal_comma: bool = False
    splits_rows: bool = False  # over page breaks


LAYOUTS: Mapping[str, TableLayout] = {
    "ruled": TableLayout(ruled=True),
    "unruled": TableLayout(),
    "wrapped": TableLayout(wrapped=True),
    "two-lines": TableLayout(two_lines=True),
    "header-once": TableLayout(repeats_header=False),
    "split-rows": TableLayout(wrapped=True, splits_rows=True),
    "subtotals": TableLayout(subtotals=9),
    "chinese": TableLayout(chinese=True, ruled=True),
    "brackets": TableLayout(brackets=True),
    "decimal-comma": TableLayout(decimal_comma=True),
}


def _field(name: str, kind: FieldKind, *labels: str) -> Field:
    return Field(name=name, kind=kind, labels=labels)


SCHEMA = Schema(
    name="parts",
    description="",
    fields=(
        Field(
            name="parts",
            kind=FieldKind.ROWS,
            fields=(
                _field("number", FieldKind.TEXT, "Part no", "零件号"),
                _field("name", FieldKind.TEXT, "Description", "名称"),
                _field("count", FieldKind.INTEGER, "Qty", "数量"),
                _field("price", FieldKind.NUMBER, "Unit price", "单价"),
                _field("total", FieldKind.NUMBER, "Total", "Amount", "金额"),
            ),
        ),
    ),
)
_HEADERS = {
    False: ("Part no", "Description", "Qty", "Unit price", "Amount"),
    True: ("零件号", "名称", "数量", "单价", "金额"),
}
_WIDTHS = (75.0, 205.0, 50.0, 75.0, 80.0)


def rows_of(layout: TableLayout, count: int) -> list[Row]:
    """The rows of a table: part number, name, quantity, price and amount."""
    draw = random.Random(f"{layout}{count}")
    words = _WORDS_ZH if layout.chinese else _WORDS
    rows = []
    for at in range(count):
        long = layout.wrapped and draw.random() < 0.4
        name = ("" if layout.chinese else " ").join(
            draw.choice(words) for _ in range(9 if long else draw.randint(1, 4))
        )
        quantity, price = draw.randint(1, 250), draw.randint(5, 250000) / 100
        sign = -1 if layout.brackets and draw.random() < 0.25 else 1
        rows.append((f"{draw.choice('ABCD')}-{1000 + at}", name, quantity, price, round(sign * quantity * price, 2)))
    return rows


def sheet_of(layout: TableLayout, rows: Sequence[Row], face: str = "sans", size: float = 9.5) -> Sheet:
    """Set the rows of a table over pages. ``face``: sans, serif or mono; ``size`` in points."""
    flow = Flow(Sheet(serif=face == "serif", mono=face == "mono"), 50, 495, size=size)
    flow.line("零件清单" if layout.chinese else "Parts list 2024", 15, bold=True)
    flow.gap(6)
    header = _HEADERS[layout.chinese]
    _set(flow, layout, header, bold=True)
    page, since = flow.number, 0.0
    for at, row in enumerate(rows, 1):
        if flow.y + 40 > BOTTOM and not layout.splits_rows:
            flow.y = BOTTOM
        texts = _texts(layout, row)
        if flow.y + 16 > BOTTOM and layout.repeats_header and not layout.splits_rows:
            _set(flow, layout, header, bold=True)
        page = flow.number
        _set(flow, layout, texts)
        if flow.number != page and layout.splits_rows:
            page = flow.number
        since += row[4]
        if layout.subtotals and at % layout.subtotals == 0:
            _set(flow, layout, ("", "Subtotal", "", "", _number(layout, since)), bold=True)
            since = 0.0
    total = "合计" if layout.chinese else "Total"
    _set(flow, layout, (total, "", "", "", _number(layout, sum(row[4] for row in rows))), bold=True)
    return flow.sheet


def _texts(layout: TableLayout, row: Row) -> tuple[str, ...]:
    number, name, count, price, total = row
    return number, name, str(count), _number(layout, price), _number(layout, total)


def _number(layout: TableLayout, value: float) -> str:
    text = f"{abs(value):,.2f}"
    if layout.decimal_comma:
        text = text.translate(str.maketrans(",.", ".,"))
    if value < 0:
        return f"({text})" if layout.brackets else f"-{text}"
    return text


def _set(flow: Flow, layout: TableLayout, texts: Sequence[str], *, bold: bool = False) -> None:
    """Set a row; numbers are set flush right."""
    if layout.two_lines and not bold:
        _line(flow, (texts[0], "", *texts[2:]), bold=bold)
        flow.line(texts[1], indent=_WIDTHS[0])
        flow.gap(3)
        return
    names = flow._wrapped(texts[1], _WIDTHS[1] - 8, flow.size, bold, False) if layout.wrapped else [texts[1]]
    if layout.ruled:
        top = flow.y + 2
        flow.sheet.page(flow.number)
    _line(flow, (texts[0], names[0], *texts[2:]), bold=bold)
    for more in names[1:]:
        _line(flow, ("", more, "", "", ""), bold=bold)
    flow.gap(2.5)
    if layout.ruled:
        _rules(flow, min(top, flow.y - 12))


def _line(flow: Flow, texts: Sequence[str], *, bold: bool) -> None:
    flow._advance(flow.size)
    left = flow.x
    for at, (text, width) in enumerate(zip(texts, _WIDTHS, strict=True)):
        x = left + 3 if at < 2 else left + width - 4 - flow.sheet.width(text, flow.size, bold)
        if text:
            flow.sheet.put(flow.number, (x, flow.y), text, flow.size, bold=bold)
        left += width


def _rules(flow: Flow, top: float) -> None:
    left = flow.x
    for width in _WIDTHS:
        flow.sheet.page(flow.number).draw_rect((left, max(top, 44.0), left + width, flow.y + 2), width=0.5)
        left += width
