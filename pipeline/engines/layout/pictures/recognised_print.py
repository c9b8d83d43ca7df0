"""Puts lines that OCR read in parts of a page among its own text: for the layout model, and as fragments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, fragments_of, printed_lines
from pipeline.engines.layout.lines.script_gaps import is_cjk
from pipeline.engines.layout.order.margins import is_prose
from pipeline.engines.layout.pictures.unread_print import PrintPlace
from pipeline.engines.layout.regions.regions import Region, share_of, union
from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.ocr.searchable_page import TextLine, write_lines
from pipeline.engines.pdf import mupdf
from stores.models import Block, Box, Label, PageText

_INSIDE = 0.5  # of a box lies in a picture, or on a line
_WIDE, _LEAST_LETTERS = 0.3, 16  # of the page's width, and letters of a line that a picture shows alone
_LEAST_ROWS = 2  # with wide gaps in them, of a table
_GUTTER = 2.0  # heights of a line: a wider gap parts texts that stand on one


@contextmanager
def with_lines(sheet: Sheet, lines: Sequence[TextLine]) -> Iterator[Sheet]:
    """The sheet itself without lines, else a copy of it on which they stand as text, which no picture of it shows."""
    if not lines:
        yield sheet
        return
    document = mupdf.load().open()
    try:
        page = document.new_page(width=sheet.width, height=sheet.height)
        page.show_pdf_page(page.rect, sheet.page.parent, sheet.page.number, keep_proportion=False)
        write_lines(document, page, lines)
        copy = Sheet(document.reload_page(page), False)
        copy.read = [line.box for line in lines]
        copy.crowded, copy.scale, copy.left_out = sheet.crowded, sheet.scale, sheet.left_out
        yield copy
    finally:
        document.close()


def fragments_of_lines(sheet: Sheet, lines: Sequence[TextLine]) -> list[Fragment]:
    """The lines as fragments of a page, as those of a scan come out."""
    if not lines:
        return []
    document = mupdf.load().open()
    try:
        page = document.new_page(width=sheet.width, height=sheet.height)
        page.draw_rect(page.rect, color=None, fill=(1, 1, 1))
        write_lines(document, page, lines)
        return fragments_of(Sheet(document.reload_page(page), True).plain_blocks)
    finally:
        document.close()


def labelled(sheet: Sheet, places: Sequence[PrintPlace]) -> tuple[list[Region], list[PrintPlace]]:
    """The pictures with labels alone as figures that hold them, and the other places, which the model is to see."""
    figures, others = [], []
    for place in places:
        parts = fragments_of_lines(sheet, place.lines) if place.is_picture else []
        lines = printed_lines(parts)
        rows = sum(bool(line.parts) for line in lines) >= _LEAST_ROWS
        if place.is_picture and _is_line(place.box, lines, sheet.width):
            others.append(replace(place, is_picture=False))
        elif not place.is_picture or is_prose(lines) or rows:
            others.append(place)
        else:
            figures.append(Region(Label.FIGURE, place.box, fragments=parts, labels=True))
    return figures, others


def _is_line(picture: Box, lines: Sequence[PrintedLine], width: float) -> bool:
    """Whether a picture is nothing but one wide line of print, such as a title: logos are smaller, or say less."""
    if len(lines) != 1 or picture[2] - picture[0] < _WIDE * width:
        return False
    text, (x0, y0, x1, y1) = lines[0].text, lines[0].box
    letters = sum(map(str.isalpha, text)) + sum(map(is_cjk, text))  # an ideograph says as much as two letters
    fills = (x1 - x0) * (y1 - y0) > _INSIDE * (picture[2] - picture[0]) * (picture[3] - picture[1])
    return fills and letters >= _LEAST_LETTERS


def figures_of(
    regions: Sequence[Region], places: Sequence[PrintPlace], own: Sequence[Fragment], read: Sequence[Fragment]
) -> tuple[list[Region], list[Region], list[Fragment]]:
    """Pictures that show no table become figures: the other regions, the figures, the fragments of neither.

    A picture of a table or of running text keeps the regions that the model found in it. ``own``: the fragments of
    the text layer, ``read``: those of OCR.
    """
    left, figures, others = list(regions), [], list(read)
    for place in places:
        inside = [part for part in others if share_of(part.box, place.box) > _INSIDE]
        if not place.is_picture or not inside or _is_document(left, place.box, inside):
            continue
        left = [region for region in left if share_of(region.box, place.box) <= _INSIDE or _holds(region, own)]
        figures.append(Region(Label.FIGURE, place.box, fragments=inside, labels=True))
        others = [part for part in others if not any(part is one for one in inside)]
    return left, figures, others


def parted_beside(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page, and what OCR read beside texts of its layer, with a wide gap between, as its own."""
    parted: list[Region] = []
    for region in regions:
        beside = [] if region.label in (Label.TABLE, Label.FIGURE) else _read_beside(region.fragments)
        rest = [part for part in region.fragments if not any(part is one for one in beside)]
        if beside and rest:
            parted.append(Region(Label.TEXT, _around(beside), fragments=beside))
            region.fragments, region.box = rest, _around(rest)
        parted.append(region)
    return parted


def _read_beside(fragments: Sequence[Fragment]) -> list[Fragment]:
    own = [part.box for part in fragments if not part.is_hidden]
    return [part for part in fragments if part.is_hidden and any(_is_beside(part.box, box) for box in own)]


def _is_beside(one: Box, other: Box) -> bool:
    high = min(one[3] - one[1], other[3] - other[1])
    level = min(one[3], other[3]) - max(one[1], other[1]) > _INSIDE * high
    return level and max(one[0] - other[2], other[0] - one[2]) > _GUTTER * high


def _around(fragments: Sequence[Fragment]) -> Box:
    box = fragments[0].box
    for part in fragments[1:]:
        box = union(box, part.box)
    return box


def _is_document(regions: Sequence[Region], picture: Box, read: Sequence[Fragment]) -> bool:
    """Whether a picture shows a table, or running text."""
    tables = any(region.label is Label.TABLE and share_of(region.box, picture) > _INSIDE for region in regions)
    return tables or is_prose(printed_lines(read))


def _holds(region: Region, fragments: Sequence[Fragment]) -> bool:
    return any(share_of(part.box, region.box) > _INSIDE for part in fragments)


def marked(text: PageText, lines: Sequence[TextLine], engine: str) -> PageText:
    """The same text, whose blocks with lines that OCR read say how sure it was."""
    if not lines:
        return text
    return replace(text, blocks=tuple(_marked(block, lines) for block in text.blocks), engine=f"{text.engine}+{engine}")


def _marked(block: Block, lines: Sequence[TextLine]) -> Block:
    held = [line for line in lines if any(share_of(line.box, one.box) > _INSIDE for one in block.lines)]
    if not held:
        return block
    weights = [sum(len(word.text) for word in line.words) for line in held]
    sure = sum(line.confidence * weight for line, weight in zip(held, weights, strict=True)) / max(sum(weights), 1)
    return replace(block, confidence=round(sure, 4))
