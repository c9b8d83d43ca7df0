"""The printed lines of a document in reading order, each with its place on the page and on the page set upright."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.engines.evidence.level_boxes import level_boxes
from stores.models import Block, Box, Label, Page, Route

_LONG_ENOUGH = 4  # characters: shorter lines do not tell which way they run
_LEAST_STEP = 0.5  # of the lowest line's height
_LEAST_STEP_OF_CELLS = 1.2  # of the higher one's height
_ENOUGH_TO_TELL = 6  # lines, before a page counts as upside down


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    """One printed line or table cell: its page (from 1), its block and its place in reading order (both from 0)."""

    number: int
    page: int
    block: int
    label: Label
    level: int
    box: Box  # in points, on the page set upright and level: rows and columns are found by it
    printed_box: Box  # in points, on the page as displayed
    text: str

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


def page_lines(pages: Sequence[Page]) -> list[PageLine]:
    """List the non-empty lines of all blocks of ``pages`` in reading order, running headers and footers included."""
    lines: list[PageLine] = []
    for page in pages:
        first_block = lines[-1].block + 1 if lines else 0
        lines.extend(_lines_of_page(page, len(lines), first_block))
    return lines


def _lines_of_page(page: Page, first_number: int, first_block: int) -> Iterator[PageLine]:
    printed = [
        (at, block, box, text) for at, block in enumerate(page.blocks) for box, text in _printed(block) if text.strip()
    ]
    boxes = upright_boxes([(box, text) for _, _, box, text in printed])
    boxes = level_boxes(boxes) if page.route is Route.OCR else boxes
    for number, ((at, block, box, text), upright) in enumerate(zip(printed, boxes, strict=True), first_number):
        yield PageLine(
            number=number,
            page=page.number,
            block=first_block + at,
            label=block.label,
            level=block.level,
            box=upright,
            printed_box=box,
            text=text,
        )


def upright_boxes(printed: Sequence[tuple[Box, str]]) -> list[Box]:
    """Turn the boxes of lines, given in reading order, so that lines lie level and follow each other downwards."""
    long = [box for box, text in printed if len(text.strip()) >= _LONG_ENOUGH]
    standing = sum(box[3] - box[1] > 1.5 * (box[2] - box[0]) for box in long) * 2 > len(long)
    axis = 0 if standing else 1
    least = _LEAST_STEP * min((box[axis + 2] - box[axis] for box in long), default=0.0)
    steps = [_step(above, below, axis, least) for above, below in pairwise(long)]
    forward = sum(step > 0 for step in steps) >= sum(step < 0 for step in steps)
    boxes = [box for box, _ in printed]
    if standing and forward:  # read from bottom to top
        return [(-y1, x0, -y0, x1) for x0, y0, x1, y1 in boxes]
    if standing:
        return [(y0, -x1, y1, -x0) for x0, y0, x1, y1 in boxes]
    if not forward and len(long) >= _ENOUGH_TO_TELL:
        return [(-x1, -y1, -x0, -y0) for x0, y0, x1, y1 in boxes]
    return boxes


def _step(above: Box, below: Box, axis: int, least: float) -> float:
    """How far the next line stands below this one, 0 where it may stand beside it.

    Cells of one row of a scan stand a little above or below each other, on skewed pages by nearly their height.
    """
    step, across = below[axis] - above[axis], 1 - axis
    beside = min(above[across + 2], below[across + 2]) <= max(above[across], below[across])
    tallest = max(above[axis + 2] - above[axis], below[axis + 2] - below[axis])
    return step if abs(step) > (_LEAST_STEP_OF_CELLS * tallest if beside else least) else 0.0


def _printed(block: Block) -> list[tuple[Box, str]]:
    """Boxes and texts of a block's lines; one without lines is cut at its line breaks into slices of equal height."""
    if block.lines:
        return [(line.box, line.text) for line in block.lines]
    texts = block.text.splitlines() or [block.text]
    x0, y0, x1, y1 = block.box
    step = (y1 - y0) / len(texts)
    return [((x0, y0 + step * i, x1, y0 + step * (i + 1)), text) for i, text in enumerate(texts)]
