"""Where a value stands: the printed lines of a document, and proofs made of them.

Quotes are verbatim: the text of the lines as the reader gave it. A value that a rule took from lines is proved by
these lines; a value that came from elsewhere (a model's answer) is looked for with ``locate``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rapidfuzz import fuzz

from stores.models import Block, Box, Evidence, Label, Page

_FUZZY_PERCENT = 90.0
_LONG_ENOUGH = 4  # characters: shorter lines do not tell which way they run
_ENOUGH_TO_TELL = 6  # lines, before a page counts as upside down


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    """One printed line or table cell with its page, its block and its place in reading order (``number``, from 0)."""

    number: int
    page: int
    block: int
    label: Label
    level: int
    box: Box  # as it would lie on an upright page: rows and columns are told by it
    printed_box: Box  # as it lies on the page
    text: str

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value, how it is printed, and the lines that print it; no lines where it was not located."""

    value: Any
    quote: str = ""
    lines: tuple[PageLine, ...] = ()

    def evidence(self, path: str) -> Evidence:
        """The proof. Lines on a second page are left out: a proof names one page."""
        if not self.lines or not self.quote:
            return Evidence(path=path, page=0, boxes=(), quote="", found=False)
        page = self.lines[0].page
        here = [line.printed_box for line in self.lines if line.page == page]
        boxes = tuple(dict.fromkeys(box for box in here if box[2] > box[0]))  # some readers cannot place all text
        return Evidence(path=path, page=page, boxes=boxes, quote=self.quote)


def found_in(value: Any, lines: Sequence[PageLine], quote: str | None = None) -> Found:
    """A value proved by ``lines``; the quote is ``quote``, or the whole text of those on the first line's page."""
    if quote is None:
        quote = " ".join(line.text.strip() for line in lines if line.page == lines[0].page)
    return Found(value=value, quote=quote.strip(), lines=tuple(lines))


def page_lines(pages: Sequence[Page]) -> list[PageLine]:
    """Every non-empty line of every block of ``pages``, in reading order, running headers and footers included."""
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
    """The boxes of lines, given in reading order, turned so that lines lie level and follow each other downwards."""
    long = [box for box, text in printed if len(text.strip()) >= _LONG_ENOUGH]
    standing = sum(box[3] - box[1] > 1.5 * (box[2] - box[0]) for box in long) * 2 > len(long)
    axis = 0 if standing else 1
    steps = [other[axis] - one[axis] for one, other in pairwise(long)]
    forward = sum(step > 0 for step in steps) >= sum(step < 0 for step in steps)
    boxes = [box for box, _ in printed]
    if standing and forward:  # read from bottom to top
        return [(-y1, x0, -y0, x1) for x0, y0, x1, y1 in boxes]
    if standing:
        return [(y0, -x1, y1, -x0) for x0, y0, x1, y1 in boxes]
    if not forward and len(long) >= _ENOUGH_TO_TELL:
        return [(-x1, -y1, -x0, -y0) for x0, y0, x1, y1 in boxes]
    return boxes


def _printed(block: Block) -> list[tuple[Box, str]]:
    """Boxes and texts of a block's lines; a block without lines is cut at its line breaks into slices of its box."""
    if block.lines:
        return [(line.box, line.text) for line in block.lines]
    texts = block.text.splitlines() or [block.text]
    x0, y0, x1, y1 = block.box
    step = (y1 - y0) / len(texts)
    return [((x0, y0 + step * i, x1, y0 + step * (i + 1)), text) for i, text in enumerate(texts)]


def squash(text: str) -> str:
    """Letters and digits alone, folded: what two printings of the same words have in common."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def locate(quote: str, lines: Sequence[PageLine]) -> Found:
    """Where ``quote`` is printed: within one line, else over lines that follow each other, else nearly so in a line."""
    wanted = squash(quote)
    if not wanted:
        return Found(value=quote)
    for line in lines:
        if wanted in squash(line.text):
            return found_in(quote, [line])
    run = _run_of_lines(wanted, lines)
    if run:
        return found_in(quote, run)
    near = max(lines, key=lambda line: fuzz.partial_ratio(wanted, squash(line.text)), default=None)
    if (
        near
        and len(squash(near.text)) >= len(wanted)
        and fuzz.partial_ratio(wanted, squash(near.text)) >= _FUZZY_PERCENT
    ):
        return found_in(quote, [near])
    return Found(value=quote)


def _run_of_lines(wanted: str, lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines of one page whose texts together hold ``wanted``, or none."""
    for page in sorted({line.page for line in lines}):
        ours = [line for line in lines if line.page == page]
        start = "".join(squash(line.text) for line in ours).find(wanted)
        if start < 0:
            continue
        run, at = [], 0
        for line in ours:
            end = at + len(squash(line.text))
            if end > start and at < start + len(wanted):
                run.append(line)
            at = end
        return run
    return []
