"""What goes on over page breaks: paragraphs, list items, lists and tables that end on the next page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.page_markdown import is_in_markdown
from pipeline.structure.candidates import as_read
from pipeline.structure.numbering import numbering_of
from stores.models import Block, Label, Page

_ASIDE = (Label.FIGURE, Label.CAPTION, Label.TABLE)  # what may stand between the two halves of a paragraph
_RUNNING = (Label.TEXT, Label.LIST)
_MOST_SKIPPED = 5  # blocks at the top of a page: figures, tables and their captions
_SMALL = 0.94  # of the size of the text: a footnote
_SAME_SIZE = 0.08
_SAME_EDGE = 0.03  # of the page's width
_FULL_EM = 2.5  # em: a line that ends further from the right edge ends its paragraph
_BOTTOM, _TOP = 0.6, 0.4  # of the page's height: a table ends below the one and goes on above the other
_ENDS = re.compile(r"[.!?:;。！？：；…][\"”’'»)）】」』\]*_⁰-⁹¹²³]*$")
_BROKEN = re.compile(r"[^\W\d_]{2,}[-‐\u00ad]$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)]|[(（]\w{1,3}[)）])\s")
_CONTINUED = re.compile(
    r"\W*(?:.{0,80}[(（\[]?\b(?:cont(?:inued|'d|d)?\.?|fortsetzung|suite)\W*|[续續]表.*|.*[(（][续續][)）]\W*)",
    re.IGNORECASE,
)
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*$")
_PIPE = re.compile(r"(?<!\\)\|")
_NUMBER = re.compile(r"[-+(]?[\d.,\s%€$£¥]*\d[\d.,\s%€$£¥)]*")
_HYPHENATED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")


@dataclass(frozen=True, slots=True)
class Part:
    """A range of the Markdown of a page, and what parts it from the text before it in the Markdown of the document."""

    page: int  # index in the pages
    start: int
    end: int
    glue: str = "\n\n"


@dataclass(frozen=True, slots=True)
class Continuation:
    """A block of a page (index ``last``) that goes on as a block of the next one (index ``first``).

    ``cut``: characters to leave out at the end of the first half; ``parts``: the second half.
    """

    last: int
    first: int
    cut: int
    parts: tuple[Part, ...]


def parts_of(pages: Sequence[Page]) -> list[Part]:
    """The Markdown of a document: its pages one after the other, with what goes on over page breaks put together.

    What stands between two halves, such as a footnote or a figure, follows behind the second one.
    """
    parts: list[Part] = []
    deferred: list[Part] = []
    before: Continuation | None = None
    vocabulary = _Vocabulary(pages)
    after = [*_continuations(pages, vocabulary), None]
    for index, page in enumerate(pages):
        onward, size = after[index], len(page.markdown)
        start = 0
        if before is not None:
            block = page.blocks[before.first]
            parts += before.parts
            deferred.append(Part(index, 0, block.start))
            start = block.end
            if onward is not None and onward.last == before.first:
                parts[-1] = _shortened(parts[-1], onward.cut)
                deferred.append(Part(index, block.end, size))
                before = onward
                continue
            parts += deferred
            deferred = []
        end = page.blocks[onward.last].end if onward else size
        parts.append(_shortened(Part(index, start, end), onward.cut if onward else 0))
        deferred = [Part(index, end, size)] if onward else []
        before = onward
    whole = [piece for part in parts for piece in _within(part, pages[part.page], vocabulary)]
    return [part for part in whole if pages[part.page].markdown[part.start : part.end].strip()]


def _within(part: Part, page: Page, vocabulary: _Vocabulary) -> Iterator[Part]:
    """A part of a page, cut where a paragraph goes on in the next block: at the foot of a column."""
    inside = [b for b in page.blocks if is_in_markdown(b) and part.start <= b.start and b.end <= part.end]
    start, glue = part.start, part.glue
    for block, more in pairwise(inside):
        running = block.label in _RUNNING and more.label in _RUNNING and more.start > block.end
        if not running or not _is_full(page, block) or not _may_go_on(page, block, more, strictly=True):
            continue
        cut, seam = _seam(page.markdown[block.start : block.end], page.markdown[more.start : more.end], vocabulary)
        yield Part(part.page, start, block.end - cut, glue)
        start, glue = more.start, seam
    yield Part(part.page, start, part.end, glue)


def _shortened(part: Part, by: int) -> Part:
    return Part(part.page, part.start, part.end - by, part.glue) if by else part


def _continuations(pages: Sequence[Page], vocabulary: _Vocabulary) -> Iterator[Continuation | None]:
    """For each page but the last: what of it goes on upon the next one."""
    taken = -1  # the block of the page by which the page before goes on
    for index, (page, following) in enumerate(pairwise(pages)):
        onward = None
        if following.number == page.number + 1:
            onward = _table(page, following, index + 1) or _paragraph(page, following, index + 1, vocabulary)
        if onward is not None and onward.last < taken:
            onward = None
        taken = onward.first if onward else -1
        yield onward


class _Vocabulary:
    """The hyphenated words of a document, gathered when first asked for."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._words: frozenset[str] | None = None

    def has(self, word: str) -> bool:
        if self._words is None:
            texts = (page.markdown.lower() for page in self._pages)
            self._words = frozenset(word for text in texts for word in _HYPHENATED.findall(text))
        return word.lower() in self._words


def _blocks(page: Page) -> list[int]:
    """The indices of the blocks that are in the Markdown."""
    return [index for index, block in enumerate(page.blocks) if is_in_markdown(block)]


def _paragraph(page: Page, following: Page, at: int, vocabulary: _Vocabulary) -> Continuation | None:
    last, passed = _last_running(page)
    if last is None:
        return None
    block = page.blocks[last]
    first = next(
        (
            at
            for at, strictly in _first_running(following)
            if _may_go_on(page, block, following.blocks[at], strictly=passed or strictly)
        ),
        None,
    )
    if first is None:
        return None
    more = following.blocks[first]
    text, onward = page.markdown[block.start : block.end], following.markdown[more.start : more.end]
    if text.endswith("```") or onward.startswith("```"):
        return None
    cut, glue = _seam(text, onward, vocabulary)
    return Continuation(last, first, cut, (Part(at, more.start, more.end, glue),))


def _last_running(page: Page) -> tuple[int | None, bool]:
    """The last block of running text, and whether figures or tables follow it; footnotes may, too."""
    passed = False
    body = _size_of_text(page)
    for index in reversed(_blocks(page)):
        block = page.blocks[index]
        if block.label in _ASIDE:
            passed = True
        elif block.label not in _RUNNING:
            return None, passed
        elif not _is_footnote(block, body):
            return index, passed
    return None, passed


def _first_running(page: Page) -> Iterator[tuple[int, bool]]:
    """The first blocks of running text, each with whether something else stands before it."""
    skipped = False
    for index in _blocks(page)[:_MOST_SKIPPED]:
        block = page.blocks[index]
        if block.label in _RUNNING:
            yield index, skipped
        elif block.label not in _ASIDE:
            return
        skipped = True


def _size_of_text(page: Page) -> float:
    sized = [(as_read(block).size_pt, len(block.text)) for block in page.blocks if block.label in _RUNNING]
    return max(sized, key=lambda pair: pair[1])[0] if sized else 0.0


def _is_footnote(block: Block, body: float) -> bool:
    size = as_read(block).size_pt
    return 0 < size < _SMALL * body


def _may_go_on(page: Page, block: Block, more: Block, *, strictly: bool) -> bool:
    """Whether a block is unfinished and the other goes on with it. ``strictly``: by its words, not by place alone."""
    one, other = as_read(block).size_pt, as_read(more).size_pt
    if one and other and abs(one - other) > _SAME_SIZE * one:
        return False
    text, onward = block.text.rstrip(), more.text.lstrip()
    if not text or not onward or "@" in text.split()[-1] or _ENDS.search(text) or _begins_anew(onward):
        return False
    if _BROKEN.search(text):
        return onward[0].islower()
    if onward[0].islower():
        return True
    if strictly or not _is_full(page, block):
        return False
    if text[-1].isdigit() and onward[0].isupper():  # a list of references, whose entries end with numbers
        return False
    return not _is_indented(more) and (_is_cjk(text[-1]) == _is_cjk(onward[0])) and len(text) > 20


def _begins_anew(text: str) -> bool:
    return bool(_ITEM.match(text)) or (numbering_of(text) is not None and not text[0].islower())


def _is_full(page: Page, block: Block) -> bool:
    """Whether the last line of a paragraph reaches the right edge of its column."""
    lines = block.lines
    if not lines:
        return False
    left, _, right, _ = block.box
    column = [b.box[2] for b in page.blocks if b.label in _RUNNING and b.box[0] < right and b.box[2] > left]
    size = as_read(block).size_pt or 10.0
    return max(line.box[2] for line in lines[-1:]) > max(column) - _FULL_EM * size


def _is_indented(block: Block) -> bool:
    lines = block.lines
    return len(lines) > 1 and lines[0].box[0] > lines[1].box[0] + 0.8 * (as_read(block).size_pt or 10.0)


def _is_cjk(char: str) -> bool:
    return "\u2e80" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef"


def _seam(text: str, onward: str, vocabulary: _Vocabulary) -> tuple[int, str]:
    """Characters to cut from the end of the first half, and what goes between the halves."""
    if _BROKEN.search(text):
        head, tail = re.split(r"[\s|]", text)[-1], re.split(r"[^\w-]", onward, maxsplit=1)[0]
        return (0, "") if text[-1] != "\u00ad" and vocabulary.has(head + tail) else (1, "")
    if _is_cjk(text[-1]) or _is_cjk(onward[0]):
        return 0, ""
    return 0, " "


def _table(page: Page, following: Page, at: int) -> Continuation | None:
    last = next((i for i in reversed(_blocks(page)) if not _is_note(page, i)), None)
    first = next((i for i in _blocks(following) if not _CONTINUED.fullmatch(following.blocks[i].text)), None)
    if last is None or first is None:
        return None
    table, more = page.blocks[last], following.blocks[first]
    if not (table.label is more.label is Label.TABLE) or not _are_one_table(page, table, following, more):
        return None
    rows = _rows(page, table)
    onward = _rows(following, more)
    if len(rows) < 2 or len(onward) < 2 or _columns(rows[0]) != _columns(onward[0]):
        return None
    if _same_row(rows[0], onward[0]):
        start = more.start + len(onward[0]) + 1 + len(onward[1]) + 1
        return Continuation(last, first, 0, (Part(at, min(start, more.end), more.end, "\n"),))
    if _is_own_header(rows, onward):
        return None
    row_end = more.start + len(onward[0])
    rest = Part(at, min(row_end + 1 + len(onward[1]) + 1, more.end), more.end, "\n")
    return Continuation(last, first, 0, (Part(at, more.start, row_end, "\n"), rest))


def _is_note(page: Page, index: int) -> bool:
    """Whether a block below a table is set smaller than the text: a footnote."""
    block = page.blocks[index]
    return block.label is Label.TEXT and _is_footnote(block, _size_of_text(page)) and len(block.text) < 200


def _are_one_table(page: Page, table: Block, following: Page, more: Block) -> bool:
    """Whether two tables stand at the end and the beginning of their pages, between the same edges."""
    at_break = table.box[3] > _BOTTOM * page.height_pt and more.box[1] < _TOP * following.height_pt
    slack = _SAME_EDGE * max(page.width_pt, 1.0)
    edges = all(abs(table.box[side] - more.box[side]) < slack for side in (0, 2))
    return at_break and edges and page.width_pt > 0


def _rows(page: Page, block: Block) -> list[str]:
    """The lines of a pipe table, none where it is no such table."""
    lines = page.markdown[block.start : block.end].split("\n")
    return lines if len(lines) > 1 and _RULE.match(lines[1]) else []


def _columns(row: str) -> int:
    return len(_PIPE.findall(row))


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _PIPE.split(row)[1:-1]]


def _same_row(one: str, other: str) -> bool:
    return [c.casefold() for c in _cells(one)] == [c.casefold() for c in _cells(other)]


def _is_own_header(rows: Sequence[str], onward: Sequence[str]) -> bool:
    """Whether the first row of the second table names columns: no number stands where the rows below have them."""
    below = [_cells(row) for row in (*rows[2:], *onward[2:])]
    first = _cells(onward[0])
    numeric = [
        at
        for at in range(len(first))
        if sum(bool(_NUMBER.fullmatch(row[at])) for row in below if at < len(row)) > 0.6 * len(below)
    ]
    if not numeric:
        return False
    return not any(first[at] and any(map(str.isdigit, first[at])) for at in numeric) and all(first)
