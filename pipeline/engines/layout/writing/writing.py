"""Writes the regions of a page, in their reading order, as Markdown and as blocks with their places in it. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines.layout.cells.cells import Table, filled
from pipeline.engines.layout.cells.columns import parted_below_heads, respecting_gaps
from pipeline.engines.layout.cells.signs import with_signs_beside_numbers
from pipeline.engines.layout.cells.spanning_heads import with_spanning_heads
from pipeline.engines.layout.cells.wrapped_labels import with_whole_labels
from pipeline.engines.layout.lines import headings
from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.joining import has_check_box, joined, reads_as_prose
from pipeline.engines.layout.order import margins
from pipeline.engines.layout.regions.regions import Region, is_listing, union
from pipeline.engines.layout.writing.blocks import Piece, is_no_item, pieces
from pipeline.engines.layout.writing.nesting import Nesting
from pipeline.page_markdown import AT_MARGIN, escaped
from stores.models import Block, Box, Label, Line, PageText, PrintStyle

_DEEPEST = 60  # blanks before a line of code
_WIDEST = 120  # blanks before the next column of it


def written(
    regions: Sequence[Region], words: frozenset[str], body: float, engine: str, confidence: float | None
) -> PageText:
    """Markdown and blocks of regions in reading order."""
    markdown = ""
    blocks: list[Block] = []
    nesting = Nesting()
    for region in regions:
        for block, text in _blocks_of(region, words, body, nesting):
            if text and block.label is not Label.LIST:
                nesting.close()
            if text:
                markdown += "\n\n" if markdown else ""
                start = len(markdown)
                markdown += text
                block = _placed(block, start, len(markdown))
            blocks.append(block)
    return PageText(markdown=markdown, blocks=tuple(blocks), engine=engine, confidence=confidence)


def _placed(block: Block, start: int, end: int) -> Block:
    return replace(block, start=start, end=end)


def _blocks_of(region: Region, words: frozenset[str], body: float, nesting: Nesting) -> list[tuple[Block, str]]:
    """Blocks of one region with their Markdown ("" for what stays outside)."""
    label, lines = region.label, region.lines
    if region.tex:
        return [(_block(Label.FORMULA, region.box, lines, region.tex), f"$${region.tex}$$")]
    if region.by_column:
        if label is Label.HEADING:
            return [_heading(lines, label, words, body)]
        return [_paragraph(Piece(Label.TEXT, [lines]), words)]
    if region.by_line and label in (Label.TEXT, Label.LIST):
        return [_paragraph(Piece(Label.TEXT, [lines]), words)]
    if region.by_row:
        return [_paragraph(Piece(Label.TEXT, [[line] for line in lines]), words)]
    if label is Label.TABLE:
        table = _table(region, words)
        column = table and (table.is_column or (table.is_stepped and not region.ruled))
        if table and not (table.is_frame or column or table.is_prose or _is_form(region)):
            cells = table.lines([line.box for line in lines])
            return [(Block(label=label, box=region.box, text=table.text, lines=cells), table.markdown())]
        if table and not table.is_frame and (column or _is_form(region)):
            return [_written_piece(piece, words, body, nesting) for piece in _rows_of_column(region, body)]
    if label in (Label.TITLE, Label.HEADING) and not headings.is_no_heading(lines, body):
        return _parted_heading(lines, label, words, body)
    if label is Label.TEXT and headings.looks_like_heading(lines, body):
        return [_heading(lines, Label.HEADING, words, body)]
    if label in AT_MARGIN:
        return [(_block(label, region.box, lines, joined([line.text for line in lines], words)), "")]
    if label is Label.FIGURE and not margins.is_prose(lines):
        text = "\n".join(line.text for line in lines)
        return [(_block(label, region.box, lines, text), _picture(text) if region.labels else text)]
    if label in (Label.CAPTION, Label.FORMULA):
        return [_paragraph(Piece(label, [lines]), words)]
    if _is_code(lines):
        return [_paragraph(Piece(Label.TEXT, [lines]), words)]
    listed = Label.LIST if label is Label.LIST and not is_no_item(lines, region.column[1]) else Label.TEXT
    return [_written_piece(piece, words, body, nesting) for piece in pieces(lines, listed, body, region.column)]


def _table(region: Region, words: frozenset[str]) -> Table | None:
    """The cells of a table with their text; None without text."""
    fragments = with_signs_beside_numbers(region.fragments)
    if region.ruled:
        return filled(fragments, parted_below_heads(region.frames, fragments), words)
    frames = with_whole_labels(respecting_gaps(region.frames, fragments), fragments)
    return filled(fragments, with_spanning_heads(frames, fragments, region.rules), words)


def _picture(labels: str) -> str:
    """The labels of a picture as a comment: they can be searched, and stand between no sentences of the page."""
    return f"<!-- picture: {labels.replace('-->', '-- >')} -->"


def _parted_heading(
    lines: Sequence[PrintedLine], label: Label, words: frozenset[str], body: float
) -> list[tuple[Block, str]]:
    parts = headings.heading_parts(lines)
    return [
        _paragraph(Piece(Label.TEXT, [part]), words)
        if headings.is_sentence_below(parts, at)
        else _heading(part, label, words, body)
        for at, part in enumerate(parts)
    ]


def _is_form(region: Region) -> bool:
    """Whether a table without ruled cells is a list of check boxes with their labels."""
    columns = {frame.column for frame in region.frames}
    return not region.ruled and len(columns) < 3 and any(has_check_box(line.text) for line in region.lines)


def _rows_of_column(region: Region, body: float) -> list[Piece]:
    """The rows of a form or a list of contents, which the model calls a table of one column: they do not run on."""
    written: list[Piece] = []
    bands = sorted({(frame.box[1], frame.box[3]) for frame in region.frames if frame.rows == 1})
    for top, bottom in bands:
        lines = [line for line in region.lines if top <= (line.box[1] + line.box[3]) / 2 < bottom]
        for piece in pieces(lines, Label.TEXT, body) if lines else ():
            if written and piece.label is written[-1].label is not Label.HEADING:
                written[-1].parts.extend(piece.parts)
            else:
                written.append(piece)
    return written


def _written_piece(piece: Piece, words: frozenset[str], body: float, nesting: Nesting) -> tuple[Block, str]:
    if piece.label is Label.HEADING:
        return _heading(piece.lines, Label.HEADING, words, body)
    return _list(piece, words, nesting) if piece.label is Label.LIST else _paragraph(piece, words)


def _heading(lines: Sequence[PrintedLine], label: Label, words: frozenset[str], body: float) -> tuple[Block, str]:
    text = joined([line.text for line in lines], words).removeprefix("•").lstrip()
    level = headings.level_of(text, max(line.size for line in lines), body, title=label is Label.TITLE)
    block = _block(label, _around(lines), lines, text, level)
    return block, f"{'#' * level} {text}"


def _list(piece: Piece, words: frozenset[str], nesting: Nesting) -> tuple[Block, str]:
    texts = [joined([line.text for line in part], words) for part in piece.parts]
    items = [nesting.item(part, text) for part, text in zip(piece.parts, texts, strict=True)]
    return _block(Label.LIST, _around(piece.lines), piece.lines, "\n".join(texts)), "\n".join(items)


def _is_code(lines: Sequence[PrintedLine]) -> bool:
    listing = len(lines) > 1 and is_listing(lines)
    return listing and not reads_as_prose(" ".join(line.text for line in lines))


def _paragraph(piece: Piece, words: frozenset[str]) -> tuple[Block, str]:
    lines = piece.lines
    if _is_code(lines):
        text = "\n".join(_indented(lines))
        listed = "\n".join(_indented(lines, in_columns=True))
        return _block(piece.label, _around(lines), lines, text), f"```\n{listed}\n```"
    text = "\n".join(joined([line.text for line in part], words) for part in piece.parts)
    return _block(piece.label, _around(lines), lines, text), escaped(text)


def _indented(lines: Sequence[PrintedLine], *, in_columns: bool = False) -> list[str]:
    """Lines of letters of one width with the blanks before each, and with those that part its columns."""
    left = min(line.box[0] for line in lines)
    parts = [part for line in lines for part in line.as_lines()]
    width = max(1.0, statistics.median((part.box[2] - part.box[0]) / len(part.text) for part in parts))
    return [_placed_text(line.as_lines() if in_columns else (line,), left, width) for line in lines]


def _placed_text(parts: Sequence[Line | PrintedLine], left: float, width: float) -> str:
    """The parts of a line, each at its place where the one before leaves room; ``width``: of a letter, in points."""
    text = " " * min(_DEEPEST, round((parts[0].box[0] - left) / width)) + parts[0].text
    for part in parts[1:]:
        text += " " * max(1, min(_WIDEST, round((part.box[0] - left) / width) - len(text))) + part.text
    return text


def _block(label: Label, box: Box, lines: Sequence[PrintedLine], text: str, level: int = 0) -> Block:
    size = statistics.median_high(line.size for line in lines) if lines else 0.0
    style = PrintStyle(
        label=label,
        level=level,
        size_pt=round(size, 2),
        bold=bool(lines) and all(line.bold for line in lines),
        font=lines[0].font if lines else "",
    )
    return Block(label=label, box=box, text=text, level=level, lines=_lines(lines), style=style)


def _lines(lines: Sequence[PrintedLine]) -> tuple[Line, ...]:
    return tuple(part for line in lines for part in line.as_lines())


def _around(lines: Sequence[PrintedLine]) -> Box:
    box = lines[0].box
    for line in lines[1:]:
        box = union(box, line.box)
    return box
