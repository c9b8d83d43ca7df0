"""Form fields as text: ``[x]`` or ``[ ]`` before the label of a button, and values that no picture shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.pdf import mupdf
from stores.models import Box, Fault

_MOST = 2000
_FAR_PT = 300.0  # a label stands no further from its box
_NEAR_EM = 4.0  # a label behind its box stands no further, or else the one before the box is meant
_HIDDEN = (1, 3)  # PDF_FIELD display: hidden, no view


@dataclass(frozen=True, slots=True)
class _Field:
    """A form field: its box and what it says."""

    box: Box
    text: str
    button: bool = False
    choices: bool = False  # it shows what may be chosen, not only what is


def with_fields(page: Any, fragments: Sequence[Fragment], faults: list[Fault]) -> list[Fragment]:
    """The fragments of a page with what its form fields say; ``faults`` gets what is damaged."""
    if page.first_widget is None:
        return list(fragments)
    fields = list(_fields(page, faults))
    boxes = [field.box for field in fields if field.button]
    redrawn = boxes + [field.box for field in fields if field.choices]
    parts = [part for part in fragments if not any(_holds(box, part) for box in redrawn)]
    for field in fields:
        if field.button:
            parts = _labelled(parts, field, boxes)
        elif field.text and not any(_holds(field.box, part) for part in parts):
            parts.append(_set(field.text, field.box, min(10.0, 0.8 * (field.box[3] - field.box[1]))))
    return parts


def _fields(page: Any, faults: list[Fault]) -> Iterator[_Field]:
    pymupdf = mupdf.load()
    buttons = (pymupdf.PDF_WIDGET_TYPE_CHECKBOX, pymupdf.PDF_WIDGET_TYPE_RADIOBUTTON)
    texts = (pymupdf.PDF_WIDGET_TYPE_TEXT, pymupdf.PDF_WIDGET_TYPE_COMBOBOX, pymupdf.PDF_WIDGET_TYPE_LISTBOX)
    for at, widget in enumerate(mupdf.widgets(page, faults)):
        rect = widget.rect
        if at >= _MOST or widget.field_display in _HIDDEN or rect.is_empty:
            continue
        box = (float(rect.x0), float(rect.y0), float(rect.x1), float(rect.y1))
        if widget.field_type in buttons:
            yield _Field(box, "[x]" if _is_on(widget) else "[ ]", button=True)
        elif widget.field_type in texts and not widget.field_flags & pymupdf.PDF_TX_FIELD_IS_PASSWORD:
            choices = widget.field_type == pymupdf.PDF_WIDGET_TYPE_LISTBOX
            yield _Field(box, _value(widget.field_value), choices=choices)


def _is_on(widget: Any) -> bool:
    value = widget.field_value
    if value in (None, False, "", "Off"):
        return False
    return value is True or value == "Yes" or value == widget.on_state()


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return " ".join(str(value or "").split())


def _labelled(parts: list[Fragment], field: _Field, boxes: Sequence[Box]) -> list[Fragment]:
    """The fragments with the state of a button before its label; by itself where it has none."""
    index = _label_of(parts, field.box, boxes)
    if index is None:
        return [*parts, _set(field.text, field.box, 0.7 * (field.box[3] - field.box[1]))]
    label = parts[index]
    size = label.glyphs[0].style.size
    end = min(label.box[0], field.box[0]) if field.box[0] > label.box[0] else label.box[0]
    box = (min(field.box[0], end - 2 * size), label.box[1], end, label.box[3])
    mark = _set(field.text + " ", box, size)
    labelled = fragment([*mark.glyphs, *label.glyphs], upright=True)
    return [*parts[:index], labelled, *parts[index + 1 :]]


def _label_of(parts: Sequence[Fragment], box: Box, boxes: Sequence[Box]) -> int | None:
    """The text behind a button, else that before it, with no other button between."""
    middle = (box[1] + box[3]) / 2
    row = [at for at, p in enumerate(parts) if p.upright and p.box[1] - 2 <= middle <= p.box[3] + 2]
    row = [at for at in row if not _is_marked(parts[at])]
    behind = min((at for at in row if parts[at].box[0] > box[0]), key=lambda at: parts[at].box[0], default=None)
    before = max((at for at in row if parts[at].box[2] <= box[2]), key=lambda at: parts[at].box[2], default=None)
    gaps = {}
    if behind is not None and not _any_between(box[2], parts[behind].box[0], middle, boxes):
        gap = parts[behind].box[0] - box[2]
        if gap < _NEAR_EM * parts[behind].glyphs[0].style.size:
            gaps[behind] = gap
    if before is not None and not _any_between(parts[before].box[2], box[0], middle, boxes):
        gap = box[0] - parts[before].box[2]
        if gap < _FAR_PT:
            gaps.setdefault(before, gap + 1.0)
    return min(gaps, key=lambda at: gaps[at], default=None)


def _is_marked(part: Fragment) -> bool:
    return "".join(glyph.char for glyph in part.glyphs[:3]) in ("[x]", "[ ]")


def _any_between(left: float, right: float, middle: float, boxes: Sequence[Box]) -> bool:
    return any(left <= (b[0] + b[2]) / 2 <= right and b[1] <= middle <= b[3] for b in boxes)


def _holds(box: Box, part: Fragment) -> bool:
    x, y = (part.box[0] + part.box[2]) / 2, (part.box[1] + part.box[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _set(text: str, box: Box, size: float) -> Fragment:
    """A text set into a box, its characters of one width."""
    style = Style(size=size, bold=False, mono=False, raised=False, hidden=False)
    width = (box[2] - box[0]) / len(text)
    return fragment(
        [Glyph(c, box[0] + at * width, box[1], box[0] + (at + 1) * width, box[3], style) for at, c in enumerate(text)]
    )
