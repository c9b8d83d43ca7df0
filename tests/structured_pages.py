"""Pages of blocks as readers leave them, for the tests of a document's structure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.structure.document import structured
from stores.models import Block, Label, Line, OutlineEntry, Page, PageText, PrintStyle, Route

WIDTH, HEIGHT = 595.0, 842.0
BODY = (
    "Grain came from the north in heavy sacks, while timber was floated along the river and stacked beside the mill "
    "until the boats of spring could carry it further down to the harbour and the market behind it."
)


def put(
    text: str,
    *,
    label: Label = Label.TEXT,
    level: int = 0,
    size: float = 10.0,
    bold: bool = False,
    top: float = 0.0,
    box: tuple[float, float, float, float] | None = None,
    lines: Sequence[str] = (),
    font: str = "Serif",
) -> Block:
    style = PrintStyle(label=label.value, level=level, size_pt=size, bold=bold, font=font)
    box = box or (72.0, top, 523.0, top + 12)
    printed = tuple(Line(box=(72.0, top + 12 * at, 523.0, top + 12 * at + 10), text=t) for at, t in enumerate(lines))
    printed = printed or (Line(box=box, text=text),)
    return Block(label=label, box=box, text=text, level=level, lines=printed, style=style)


def heading(text: str, size: float = 14.0, bold: bool = True, level: int = 2) -> Block:
    return put(text, label=Label.HEADING, level=level, size=size, bold=bold)


def body(text: str = BODY) -> Block:
    return put(text)


def table(*rows: str, top: float, bottom: float) -> Block:
    return put("\n".join(rows), label=Label.TABLE, box=(72.0, top, 523.0, bottom))


def page(number: int, *blocks: Block, route: Route = Route.TEXT) -> Page:
    markdown, placed = "", []
    for one in blocks:
        text = f"{'#' * one.level} {one.text}" if one.level else one.text
        markdown += "\n\n" if markdown else ""
        placed.append(
            Block(
                label=one.label,
                box=one.box,
                text=one.text,
                start=len(markdown),
                end=len(markdown) + len(text),
                level=one.level,
                lines=one.lines,
                style=one.style,
            )
        )
        markdown += text
    read = PageText(markdown=markdown, blocks=tuple(placed), engine="test")
    return Page(number=number, width_pt=WIDTH, height_pt=HEIGHT, route=route, reason="", text=read)


def headings_in(pages: Sequence[Page], outline: Sequence[OutlineEntry] = ()) -> list[str]:
    lines = (line for one in structured(pages, outline) for line in one.markdown.splitlines())
    return [line for line in lines if line.startswith("#")]
