"""Converts a page with a text layer to Markdown and blocks, with PyMuPDF's layout model.

The model says where titles, headings, paragraphs, lists, tables, figures, running headers and footers are; everything
else is done here: characters go to boxes, boxes into reading order, lines into paragraphs, cells into tables.
Text that no box holds is kept as text of its own: nothing that is printed gets lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.engines.layout.cells.cells import frames_of_grid, frames_of_placements
from pipeline.engines.layout.cells.finder import lighten
from pipeline.engines.layout.cells.ruled_grids import ruled_frames
from pipeline.engines.layout.lines import headings
from pipeline.engines.layout.lines.drop_caps import with_drop_caps
from pipeline.engines.layout.lines.glyphs import Fragment, fragments_of, printed_lines, split_at_wide_gaps
from pipeline.engines.layout.lines.joining import words_of
from pipeline.engines.layout.model import boxes as layout_model
from pipeline.engines.layout.order import margins
from pipeline.engines.layout.order.panels import order_of, panels_of, parted_at_panels
from pipeline.engines.layout.order.receipts import is_strip, rows_of_strip
from pipeline.engines.layout.order.sections import sections_of
from pipeline.engines.layout.order.spreads import pages_of_spread
from pipeline.engines.layout.order.vertical import vertical_regions
from pipeline.engines.layout.pictures.bare_pictures import bare_pictures
from pipeline.engines.layout.pictures.drawn_signs import drawn_signs
from pipeline.engines.layout.pictures.line_readings import LineReadings
from pipeline.engines.layout.pictures.misread_letters import put_right
from pipeline.engines.layout.pictures.misread_signs import put_signs_right
from pipeline.engines.layout.pictures.pictured_lines import pictured
from pipeline.engines.layout.pictures.recognised_print import (
    figures_of,
    fragments_of_lines,
    labelled,
    marked,
    parted_beside,
    with_lines,
)
from pipeline.engines.layout.pictures.unread_print import PrintPlace, PrintReader, places_of_print, read_places
from pipeline.engines.layout.regions.fill_in_lines import with_fill_ins
from pipeline.engines.layout.regions.formulas import with_formulas
from pipeline.engines.layout.regions.gutters import parted_at_gutters
from pipeline.engines.layout.regions.label_rows import paired_rows
from pipeline.engines.layout.regions.list_items import correct_items, with_note_marks
from pipeline.engines.layout.regions.regions import (
    Region,
    fill,
    find_columns,
    put_together,
    share_of,
    shrink_figures,
    union,
)
from pipeline.engines.layout.regions.side_dates import with_side_dates
from pipeline.engines.layout.regions.spaced_rows import with_spaced_rows
from pipeline.engines.layout.regions.ticks import marks_in_cells, with_ticked_boxes
from pipeline.engines.layout.sheet.annotations import Comment, comments_of, with_comments
from pipeline.engines.layout.sheet.drawn_bullets import set_bullets
from pipeline.engines.layout.sheet.drawn_lines import Drawings, bounded
from pipeline.engines.layout.sheet.form_fields import with_fields
from pipeline.engines.layout.sheet.left_out import combined, leave_out, unmapped
from pipeline.engines.layout.sheet.page import moved, upright
from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.layout.sheet.struck import mark_struck
from pipeline.engines.layout.tables.contents_lists import with_contents
from pipeline.engines.layout.tables.drawn_tables import drawn_tables
from pipeline.engines.layout.tables.heads_above import with_heads
from pipeline.engines.layout.tables.outer_tables import without_outer_tables
from pipeline.engines.layout.tables.ruled_forms import with_forms
from pipeline.engines.layout.tables.table_headings import parted_at_headings
from pipeline.engines.layout.tables.text_boxes import boxes_of_paragraphs
from pipeline.engines.layout.writing.writing import written
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.attachments import attached_to, not_read
from pipeline.page_markdown import AT_MARGIN
from stores.models import Box, Fault, Label, PageText

if TYPE_CHECKING:
    import pymupdf

_LABELS = {
    "text": Label.TEXT,
    "title": Label.TITLE,
    "picture": Label.FIGURE,
    "table": Label.TABLE,
    "list-item": Label.LIST,
    "page-header": Label.HEADER,
    "page-footer": Label.FOOTER,
    "section-header": Label.HEADING,
    "footnote": Label.TEXT,
    "caption": Label.CAPTION,
    "formula": Label.FORMULA,
}
_MAX_FRAGMENTS = 4000  # the models compare each with each: more would take gigabytes
_MOSTLY = 0.6
_NUMBERS = 0.2  # of the texts in boxes: more are columns of a table
_MOST, _WITHIN = 0.5, 0.8  # of a table's area: it is replaced by what was found there; it lies in a larger one
_ONLY_LINES = "only its lines were read, without headings, columns and tables"
_TOO_MANY_RULES = "its tables were cut into cells by sight alone: it holds too many drawn lines to search"


def read_page(
    page: pymupdf.Page,
    engine: str,
    recognised: bool,
    confidence: float | None,
    *,
    plain: bool = False,
    reader: PrintReader | None = None,
) -> PageText:
    """The Markdown and the blocks of a page with a text layer.

    ``recognised``: the text layer was made by OCR, so fonts mean nothing. ``engine`` and ``confidence`` (0 to 1, or
    None) are passed on. Boxes are in points of the page as displayed. The page may lose its rotation attribute.
    ``plain``: without what is optional, the layout and the tables, since looking for them ended the process before.
    ``reader``: reads print in pictures and outlines that the text layer lacks.
    """
    with upright(page, recognised) as (sheet, back), bounded(sheet) as drawings:
        text = _read(sheet, drawings, engine, confidence, plain=plain, reader=reader)
    if recognised:
        return moved(text, back) if back else text
    faults = [text.warning] if text.warning else []
    comments: list[Comment] = []
    with mupdf.optional("annotations", faults):
        if attached := not_read(attached_to(page)):
            faults.append(Fault(code="attachments", message=attached))
        comments = comments_of(page)
    text = replace(moved(text, back) if back else text, warning=combined(faults))
    return with_comments(text, comments)


def _read(
    sheet: Sheet,
    drawings: Drawings,
    engine: str,
    confidence: float | None,
    *,
    plain: bool,
    reader: PrintReader | None,
) -> PageText:
    left_out = [] if plain else leave_out(sheet, drawings.paths)  # it may draw the page
    if not sheet.recognised:
        _put_right(sheet, drawings, None if plain else reader)
    columns, fragments = vertical_regions(_fragments(sheet, sheet.blocks, left_out))
    places, unread = ([], []) if plain or columns else _print_of(sheet, drawings, fragments, reader)
    lines = [line for place in places for line in place.lines]
    pictured, places = labelled(sheet, places)
    shown = [line for place in places for line in place.lines]
    read = fragments_of_lines(sheet, shown)
    with with_lines(sheet, shown) as seen:
        regions, given_up = ([], []) if columns else _looked_at(seen, drawings, [*fragments, *read], plain=plain)
    regions, figures, read = figures_of(regions, places, fragments, read)
    if not (plain or columns):
        formulas = with_formulas(sheet, drawings, regions)
        if formulas:
            regions, fragments = formulas[0], _fragments(sheet, formulas[1], [])
    left_out += unmapped(fragments)
    if not (sheet.recognised or plain):
        left_out += drawn_signs(drawings.paths, fragments, [line.box for line in shown])
    fragments = [*fragments, *read]
    fill(regions, [*fragments, *marks_in_cells(sheet.page, regions, drawings.paths, fragments)])
    regions = [*with_note_marks(parted_beside(regions) if lines else regions), *figures, *pictured]
    strip = sheet.recognised and is_strip(regions, sheet.width, sheet.height)
    if strip:
        regions = rows_of_strip(regions)
    panels = [] if sheet.recognised or sheet.crowded else panels_of(drawings.paths, sheet.width, sheet.height)
    regions = parted_at_gutters(with_contents(parted_at_panels(parted_at_headings(regions), panels)))
    if not (sheet.recognised or sheet.crowded):
        regions = with_heads(regions, drawings.rules)
    for region in regions:
        region.lines = printed_lines(region.fragments)
    regions = [region for region in regions if region.lines or region.label is Label.FIGURE]
    if sheet.recognised:
        regions = with_fill_ins(regions)
    elif not (sheet.crowded or plain):
        regions = with_forms(regions, drawings.rules)
    regions = with_spaced_rows(with_side_dates(paired_rows(regions)))
    for region in regions:
        region.lines = region.lines or printed_lines(region.fragments)
    correct_items(regions, _drawn(sheet, drawings))
    words = words_of(line.text for region in regions for line in region.lines)
    running = [region for region in regions if region.label in (Label.TEXT, Label.LIST)]
    body = headings.body_size([line for region in [*running, *columns] for line in region.lines])
    _check_margins(regions, sheet, body, strip=strip)
    ordered = [*columns, *_in_order(regions, sheet, drawings, panels)]
    find_columns(ordered)
    if not _is_typewritten(ordered):
        for region in ordered:
            region.by_line = region.is_code and len(region.lines) > 1
    text = marked(written(ordered, words, body, engine, confidence), lines, reader.engine if reader else "")
    return replace(text, warning=combined([*left_out, *given_up, *unread]))


def _put_right(sheet: Sheet, drawings: Drawings, reader: PrintReader | None) -> None:
    """Let the text layer say what the page shows: what is struck out, drawn bullets, signs that fonts say wrongly."""
    mark_struck(sheet.blocks, drawings.paths)
    set_bullets(sheet.blocks, drawings.paths)
    readings = LineReadings(sheet, reader) if reader else None
    put_right(sheet.blocks, readings)
    if readings:
        put_signs_right(sheet.blocks, readings)


def _in_order(regions: Sequence[Region], sheet: Sheet, drawings: Drawings, panels: Sequence[Box]) -> list[Region]:
    """The regions in reading order, those put together that go on."""
    shrink_figures(regions)
    pictures = [] if sheet.recognised else bare_pictures(sheet.log, regions, sheet.width, sheet.height)
    ordered: list[Region] = []
    for half in pages_of_spread([*regions, *pictures], sheet.width, sheet.height):
        for section in sections_of(half, drawings.paths):
            placed = [section[index] for index in order_of(section, panels)]
            ordered += put_together([region for region in placed if region not in pictures])
    return ordered


def _print_of(
    sheet: Sheet, drawings: Drawings, fragments: Sequence[Fragment], reader: PrintReader | None
) -> tuple[list[PrintPlace], list[Fault]]:
    """The places whose print was read though the text layer lacks it, and what was not read."""
    if sheet.recognised:
        return [], []
    return read_places(sheet, places_of_print(sheet, drawings.paths, fragments), fragments, reader)


def _looked_at(
    sheet: Sheet, drawings: Drawings, fragments: Sequence[Fragment], *, plain: bool
) -> tuple[list[Region], list[Fault]]:
    """The regions that the models find, and what was given up so that the page ends in time."""
    if plain:
        return [], [Fault(code="layout_left_out", message=f"{_ONLY_LINES}: looking for more ended the worker before")]
    if len(fragments) > _MAX_FRAGMENTS:
        return [], [Fault(code="layout_left_out", message=f"{_ONLY_LINES}: it holds {len(fragments)} pieces of text")]
    regions, groups = _regions(sheet)
    if any(region.label is Label.TABLE for region in regions):
        if not drawings.searchable:
            return regions, [Fault(code="tables_left_out", message=_TOO_MANY_RULES)]
        regions = _with_tables(regions, _not_parts(_found_tables(sheet, drawings, groups), regions))
        regions = [part for region in regions for part in _ruled(region, drawings, fragments)]
    if sheet.recognised or sheet.crowded or not drawings.rules:
        return regions, []
    regions = _with_tables(regions, drawn_tables(regions, drawings.rules, fragments))
    return without_outer_tables(regions, fragments), []


def _ruled(region: Region, drawings: Drawings, fragments: Sequence[Fragment]) -> list[Region]:
    """A table with the cells that drawn lines part, where they part all of them; texts where these are in boxes."""
    if not region.frames:
        return [region]
    columns, rows = (len({getattr(frame, side) for frame in region.frames}) for side in ("column", "row"))
    texts = [piece.box for part in fragments for piece in split_at_wide_gaps(part)]
    frames = ruled_frames(region.box, drawings.rules, columns, rows, texts)
    if not frames:
        return _texts_in_boxes(region, drawings, fragments, texts) or [region]
    boxes = [frame.box for frame in frames]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    box = union(region.box, (min(lefts), min(tops), max(rights), max(bottoms)))
    return [replace(region, box=box, frames=frames, ruled=True)]


def _texts_in_boxes(
    region: Region, drawings: Drawings, fragments: Sequence[Fragment], texts: Sequence[Box]
) -> list[Region]:
    """The texts in drawn boxes that a model takes for a table; none where columns of numbers are in them."""
    inside = [part for part in fragments if share_of(part.box, region.box) > _MOST]
    numbers = sum(not any(glyph.char.isalpha() for glyph in part.glyphs) for part in inside)
    if numbers > _NUMBERS * len(inside):
        return []
    return [Region(Label.TEXT, box) for box in boxes_of_paragraphs(region.box, drawings.rules, texts)]


def _drawn(sheet: Sheet, drawings: Drawings) -> list[Box] | None:
    """The boxes of what is drawn on a page; None where it shows pictures, or its text was recognised."""
    if sheet.recognised or sheet.has_pictures or sheet.crowded:
        return None
    return [tuple(path["rect"]) for path in drawings.paths]


def _is_typewritten(regions: Sequence[Region]) -> bool:
    """Whether most of a page is set in letters of one width: they say nothing about code then."""
    lines = [line for region in regions for line in region.lines]
    return sum(len(line.text) for line in lines if line.mono) > _MOSTLY * sum(len(line.text) for line in lines)


def _check_margins(regions: list[Region], sheet: Sheet, body: float, *, strip: bool) -> None:
    """Correct the labels of what stands at the margins, and part a book's running line from the text below."""
    width, height = sheet.width, sheet.height
    for region in regions:
        if not strip and margins.has_margins(width, height):
            region.label = margins.label_at_margin(region.label, region.box, region.lines, (width, height), body)
        elif region.label in AT_MARGIN:
            region.label = Label.TEXT
        if (
            region.lines
            and not any(part.upright for part in region.fragments)
            and margins.is_side_note(region.box, width)
        ):
            region.label = Label.FOOTER
    first = min((region for region in regions if region.lines), key=lambda region: region.lines[0].box[1], default=None)
    if first is None or first.label in (*AT_MARGIN, Label.TABLE):
        return
    if margins.is_running_line(first.lines[0], height, [line for region in regions for line in region.lines]):
        line = first.lines.pop(0)
        regions.append(Region(Label.HEADER, line.box, lines=[line]))
        if not first.lines:
            regions.remove(first)


def _regions(sheet: Sheet) -> tuple[list[Region], list[dict[str, Any]]]:
    """The boxes of the layout model, tables with the cells that it sees; and what they were made of."""
    groups = layout_model.boxes_of(sheet)
    return [_region(group) for group in groups if _has_area(group["group_bbox"])], groups


def _has_area(box: Sequence[float]) -> bool:
    return box[2] - box[0] > 2 and box[3] - box[1] > 2


def _region(group: dict[str, Any]) -> Region:
    x0, y0, x1, y1 = (float(value) for value in group["group_bbox"][:4])
    region = Region(_LABELS.get(group["class_name"], Label.TEXT), (x0, y0, x1, y1))
    grid = group.get("table_grid") if region.label is Label.TABLE else None
    if grid:
        columns = [x0, *(x0 + float(x) for x in grid.v_lines), x1]
        rows = [y0, *(y0 + float(y) for y in grid.h_lines), y1]
        region.frames = frames_of_grid(columns, rows)
    return region


def _found_tables(sheet: Sheet, drawings: Drawings, groups: list[dict[str, Any]]) -> list[Region]:
    """Tables with merged cells and headers: the model's grids fused with the drawn lines. About 90 ms."""
    lighten()
    page = sheet.page
    page.layout_information = groups
    try:
        with drawings.only_rules(page), layout_model.text_without_pictures(sheet):
            finder = page.find_tables(use_layout=True, union=True, refine=True)
        tables = [
            (table.bbox, frames_of_placements(table.placements, table.section_rows))
            for table in finder.tables
            if table.placements
        ]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        return []  # on an odd grid it falls over; the model's own grids are there still
    finally:
        page.layout_information = None
    return [Region(Label.TABLE, (box[0], box[1], box[2], box[3]), frames=frames) for box, frames in tables if frames]


def _not_parts(tables: list[Region], regions: Sequence[Region]) -> list[Region]:
    """The tables without those that are a few rows of a larger one: as islands in it they would tear it apart."""
    larger = [region for region in regions if region.label is Label.TABLE and region.frames]
    torn = [region for region in larger if 0 < sum(share_of(region.box, table.box) for table in tables) <= _MOST]
    return [table for table in tables if not any(share_of(table.box, region.box) > _WITHIN for region in torn)]


def _with_tables(regions: list[Region], tables: list[Region]) -> list[Region]:
    """The regions with better-known tables in the place of those that they cover, and of the text in them."""
    kept = [
        region
        for region in regions
        if not any(
            share_of(region.box, table.box) > (_MOST if region.label is Label.TABLE else _WITHIN) for table in tables
        )
    ]
    return kept + tables


def _fragments(sheet: Sheet, blocks: list[dict[str, Any]], faults: list[Fault]) -> list[Fragment]:
    """The text of ``blocks``; beside visible text, an invisible layer is left out unless it is what we came for.

    Single lines of it that a picture shows are text of the page.
    """
    fragments = with_ticked_boxes(sheet.page, with_fields(sheet.page, fragments_of(blocks), faults))
    visible = [part for part in fragments if not part.is_hidden]
    if visible and not sheet.recognised and len(visible) < len(fragments):
        shown = {id(part) for part in pictured(fragments, sheet.log)}
        visible = [part for part in fragments if not part.is_hidden or id(part) in shown]
    return with_drop_caps(fragments if sheet.recognised or not visible else visible)
