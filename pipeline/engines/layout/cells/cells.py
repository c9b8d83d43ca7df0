"""Puts characters into the cells of a table; writes a pipe table or, where cells span, HTML. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment, printed_lines
from pipeline.engines.layout.lines.joining import joined
from pipeline.engines.layout.lines.script_gaps import is_cjk
from pipeline.engines.layout.lines.side_labels import parted_at_label
from pipeline.math_spans import map_around_math
from stores.models import Box, Line

_PROSE = 90  # characters of a cell that is rather a paragraph
_STRIP = 16.0  # points
_WORD_GAP_EM = 0.2  # a wider gap parts two words
_LEADERS = re.compile(
    r"(?:…\s*|(?:\.\s+){2,}|^\.\s+)+(?=[$€£¥]?\s?[(（]?[-–—−]?\d)"
)  # that run from a label up to its value


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: its place, how many columns and rows it spans, its printed text."""

    row: int
    column: int
    box: Box
    text: str
    columns: int = 1
    rows: int = 1
    heading: bool = False
    lines: tuple[Line, ...] = ()  # as they are printed, parted at wide gaps


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of one table in reading order, without those that others cover."""

    cells: tuple[Cell, ...]
    box: Box

    @property
    def spans(self) -> bool:
        return any(cell.columns > 1 or cell.rows > 1 for cell in self.cells)

    @property
    def is_frame(self) -> bool:
        """Whether only one cell holds text: a frame around a text, no table."""
        return sum(bool(cell.text) for cell in self.cells) < 2

    @property
    def is_column(self) -> bool:
        """Whether all text stands in one column: lines below one another, no table."""
        return len({cell.column for cell in self.cells if cell.text}) < 2

    @property
    def is_stepped(self) -> bool:
        """Whether every row holds one text, not all in one column: lines that are indented, no table."""
        rows = [[cell for cell in row if cell.text] for row in self._by_row()]
        return len(rows) > 2 and all(len(row) == 1 for row in rows)

    @property
    def is_prose(self) -> bool:
        """Whether it is text set in two columns, a date beside a paragraph, that only looks like a table."""
        texts = [cell.text for cell in self.cells if cell.text]
        columns = len({cell.column for cell in self.cells if cell.text})
        long = sum(len(text) for text in texts if len(text) > _PROSE)
        return columns <= 2 and long > 0.6 * sum(map(len, texts))

    @property
    def text(self) -> str:
        """Rows as lines, cells apart by tabs."""
        return "\n".join("\t".join(cell.text for cell in row).rstrip("\t") for row in self._by_row())

    def lines(self, rows: Sequence[Box]) -> tuple[Line, ...]:
        """The printed lines of all cells in the order of ``rows``, the boxes of the lines that go through the table."""
        middles = [(box[1] + box[3]) / 2 for box in rows]
        placed = [(_nearest(middles, line.box), line.box[0], line) for cell in self.cells for line in cell.lines]
        return tuple(line for _, _, line in sorted(placed, key=lambda item: item[:2]))

    def markdown(self) -> str:
        return self._as_html() if self.spans else self._as_pipes()

    def _by_row(self) -> list[list[Cell]]:
        rows: dict[int, list[Cell]] = {}
        for cell in self.cells:
            rows.setdefault(cell.row, []).append(cell)
        return [sorted(rows[row], key=lambda cell: cell.column) for row in sorted(rows)]

    def _as_pipes(self) -> str:
        rows = [[_piped(cell.text) for cell in row] for row in self._by_row()]
        width = max(len(row) for row in rows)
        padded = [row + [""] * (width - len(row)) for row in rows]
        written = ["| " + " | ".join(row) + " |" for row in padded]
        return "\n".join([written[0], "|" + " --- |" * width, *written[1:]])

    def _as_html(self) -> str:
        rows = "\n".join("<tr>" + "".join(map(_tagged, row)) + "</tr>" for row in self._by_row())
        return f"<table>\n{rows}\n</table>"


def _nearest(middles: Sequence[float], box: Box) -> int:
    middle = (box[1] + box[3]) / 2
    return min(range(len(middles)), key=lambda at: abs(middles[at] - middle), default=0)


def _piped(text: str) -> str:
    return map_around_math(text, _escaped, _math_in_a_cell).replace("\n", " ")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _math_in_a_cell(formula: str) -> str:
    """A formula whose backslashes are TeX's and whose bars end no cell."""
    return formula.replace("\\|", "\\Vert ").replace("|", "\\vert ")


def _tagged(cell: Cell) -> str:
    tag = "th" if cell.heading else "td"
    wide = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    high = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    return f"<{tag}{wide}{high}>{html.escape(cell.text, quote=False)}</{tag}>"


@dataclass(frozen=True, slots=True)
class Frame:
    """The place of one cell: grid position, spans, box."""

    row: int
    column: int
    rows: int
    columns: int
    box: Box
    heading: bool = False


def bands_of(frames: Sequence[Frame]) -> dict[int, tuple[float, float]]:
    """The top and bottom of each row that a cell fills alone."""
    bands: dict[int, tuple[float, float]] = {}
    for frame in frames:
        if frame.rows == 1:
            bands.setdefault(frame.row, (frame.box[1], frame.box[3]))
    return bands


def frames_of_grid(columns: Sequence[float], rows: Sequence[float]) -> list[Frame]:
    """One frame per slot of a grid whose lines are ``columns`` (x) and ``rows`` (y), ascending, in points."""
    return [
        Frame(row, column, 1, 1, (columns[column], rows[row], columns[column + 1], rows[row + 1]), row == 0)
        for row in range(len(rows) - 1)
        for column in range(len(columns) - 1)
    ]


def part_column(frames: Sequence[Frame], column: int, place_in: Callable[[Frame], float]) -> list[Frame]:
    """The cells of a table with one column made two, each of its plain cells cut at ``place_in`` (points)."""
    parted: list[Frame] = []
    for frame in frames:
        if frame.column > column:
            parted.append(replace(frame, column=frame.column + 1))
        elif frame.column + frame.columns <= column:
            parted.append(frame)
        elif frame.columns > 1 or frame.rows > 1:
            parted.append(replace(frame, columns=frame.columns + 1))
        else:
            (x0, y0, x1, y1), place = frame.box, place_in(frame)
            parted.append(replace(frame, box=(x0, y0, place, y1)))
            parted.append(replace(frame, column=column + 1, box=(place, y0, x1, y1)))
    return parted


def frames_of_placements(rows: Sequence[Sequence[Any]], label_rows: Collection[int]) -> list[Frame]:
    """Frames of a grid of PyMuPDF's SpanCells: rows of cells, those that others cover left out.

    ``label_rows``: rows that hold one label for the rows below; they become one cell.
    """
    frames: list[Frame] = []
    taken: set[tuple[int, int]] = set()
    for row, cells in enumerate(rows):
        column = 0
        if row in label_rows and _is_label(cells):
            frames.append(_whole_row(row, cells))
            continue
        for cell in cells:
            while (row, column) in taken:
                column += 1
            high, wide = max(1, int(cell.rowspan)), max(1, int(cell.colspan))
            taken.update((row + down, column + right) for down in range(high) for right in range(wide))
            if cell.bbox is not None:
                x0, y0, x1, y1 = (float(value) for value in cell.bbox)
                frames.append(Frame(row, column, high, wide, (x0, y0, x1, y1), cell.tag == "th"))
            column += wide
    return frames


def _is_label(cells: Sequence[Any]) -> bool:
    plain = all(cell.rowspan == 1 and cell.bbox is not None for cell in cells)
    return plain and len(cells) > 1 and sum(bool(cell.text.strip()) for cell in cells) == 1


def _whole_row(row: int, cells: Sequence[Any]) -> Frame:
    box = _around([cell.bbox for cell in cells])
    return Frame(row, 0, 1, sum(int(cell.colspan) for cell in cells), box, True)


def filled(fragments: Sequence[Fragment], frames: Sequence[Frame], words: frozenset[str]) -> Table | None:
    """The table of these cells with the text that lies in them; None without text."""
    if not frames or not fragments:
        return None
    parts: dict[int, list[Fragment]] = {}
    places = _Places(frames)
    for part in fragments:
        for place, run in _runs(part, places):
            parts.setdefault(place, []).append(fragment(run, upright=part.upright))
    cells = [_cell(frame, parts.get(index, []), words) for index, frame in enumerate(frames)]
    return Table(tuple(_without_empty(cells)), _around([frame.box for frame in frames]))


def _cell(frame: Frame, parts: Sequence[Fragment], words: frozenset[str]) -> Cell:
    lines = [line for side in parted_at_label(parts) or (parts,) for line in printed_lines(side)]
    text = joined([line.text for line in lines], words)
    return Cell(
        row=frame.row,
        column=frame.column,
        rows=frame.rows,
        columns=frame.columns,
        box=frame.box,
        text=_LEADERS.sub("", text) if frame.column else text,
        heading=frame.heading,
        lines=tuple(part for line in lines for part in line.as_lines()),
    )


def _runs(part: Fragment, places: _Places) -> list[tuple[int, list[Glyph]]]:
    """A fragment cut where a word enters another cell; spaces go with the character before them."""
    runs: list[tuple[int, list[Glyph]]] = []
    last = 0
    for word in _words(part.glyphs):
        if word[0].char.isspace():
            if runs:
                runs[-1][1].extend(word)
            continue
        last = places.of(word, last)
        if runs and runs[-1][0] == last:
            runs[-1][1].extend(word)
        else:
            runs.append((last, list(word)))
    return runs


def _words(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Characters that no grid line may part: those of a Latin word or a number; others stand alone."""
    words: list[list[Glyph]] = []
    for glyph in glyphs:
        if words and _in_one_word(words[-1][-1], glyph):
            words[-1].append(glyph)
        else:
            words.append([glyph])
    return words


def _in_one_word(before: Glyph, glyph: Glyph) -> bool:
    if any(char.isspace() or is_cjk(char) for char in (before.char[-1], glyph.char[0])):
        return False
    return glyph.x0 - before.x1 < _WORD_GAP_EM * glyph.style.size


class _Places:
    """Finds the frame that holds a word; frames are looked up by the strips of the page that they reach into."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames
        self._strips: dict[int, list[int]] = {}
        for index, frame in enumerate(frames):
            for strip in range(int(frame.box[1] // _STRIP), int(frame.box[3] // _STRIP) + 1):
                self._strips.setdefault(strip, []).append(index)

    def of(self, word: Sequence[Glyph], guess: int) -> int:
        """The frame that holds the middle of a word, else the nearest; ``guess`` is tried first."""
        x, y = (word[0].x0 + word[-1].x1) / 2, word[0].middle[1]
        near = [guess, *self._strips.get(int(y // _STRIP), ())]
        held: int | None = next((index for index in near if _distance(self._frames[index].box, x, y) == 0), None)
        if held is not None:
            return held
        distances: list[float] = [_distance(frame.box, x, y) for frame in self._frames]
        return distances.index(min(distances))


def _distance(box: Box, x: float, y: float) -> float:
    return max(box[0] - x, 0.0, x - box[2]) + max(box[1] - y, 0.0, y - box[3])


def _around(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _without_empty(cells: list[Cell]) -> list[Cell]:
    """The cells without rows and columns in which none with text begins; spans over those are shorter."""
    rows = {row: at for at, row in enumerate(sorted({cell.row for cell in cells if cell.text}))}
    columns = {column: at for at, column in enumerate(sorted({cell.column for cell in cells if cell.text}))}
    kept: list[Cell] = []
    for cell in cells:
        down = [rows[row] for row in range(cell.row, cell.row + cell.rows) if row in rows]
        across = [columns[column] for column in range(cell.column, cell.column + cell.columns) if column in columns]
        if down and across:
            kept.append(replace(cell, row=down[0], column=across[0], rows=len(down), columns=len(across)))
    return kept
