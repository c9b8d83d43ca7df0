"""Finds running titles, logos and page numbers that readers took for headings or text. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipeline.margin_text import countings, folded, is_page_number
from pipeline.page_markdown import AT_MARGIN, escaped, is_in_markdown, rewritten
from pipeline.structure.candidates import as_read, is_sentence
from pipeline.structure.floating_footers import floating_footers
from stores.models import Label, Page, PageText

_STRIP = 0.12  # of the page's height
_DEEP_STRIP = 0.25  # of it, for what nothing stands above, or below
_MOST_LINES = 3
_MOST_EDGES = 2  # blocks below one another at an edge of a page
_SAME_PLACE = 0.02  # of the page's height
_LEAST_PAGES = 3
_LEAST_SHARE = 0.3  # of the pages from the first to the last that have it
_DEEP_SHARE = 0.4  # of the document's pages but one, for what stands deeper in the page
_LONGEST = 80  # characters
_LARGER = 1.06  # times another size: what differs by less is set alike
_LABELS = (Label.HEADING, Label.TITLE, Label.TEXT)
_TITLES = (Label.HEADING, Label.TITLE)


class _Edge(NamedTuple):
    """A line at the upper or lower edge of a page. ``place`` from 0 to 1; ``deep``: not in the outer strip.

    ``size_pt``: 0 where it is not known; ``margin``: its reader took it for a header or footer.
    """

    at: int  # index of the page
    block: int  # its index
    top: bool
    place: float
    deep: bool
    text: str
    size_pt: float
    margin: bool = False


def with_running_titles(pages: Sequence[Page]) -> list[Page]:
    """The pages with their running titles as headers and footers, for ``running_lines`` to leave out."""
    counting, alone = _page_numbers(pages)
    offsets = {offset for offset, on in counting.items() if len(on) >= _LEAST_PAGES}
    groups: dict[tuple[bool, str], list[_Edge]] = defaultdict(list)
    for at, page in enumerate(pages):
        for edge in (*_at_edges(at, page), *_margins(at, page)):
            groups[edge.top, _without_number(edge.text, page.number, offsets)].append(edge)
    running: dict[int, dict[int, Label]] = defaultdict(dict)
    for (top, _), members in groups.items():
        for edge in _repeated(members, len(pages)):
            if edge.margin or _is_larger(edge, members):
                continue  # the heading of a chapter, whose pages repeat it in small print
            if edge.at == 0 and pages[0].blocks[edge.block].label in _TITLES:
                continue  # the title of the document, which its other pages repeat
            running[edge.at][edge.block] = Label.HEADER if top else Label.FOOTER
    for at, index, label, offset in alone:
        if offset in offsets:
            running[at].setdefault(index, label)
    for at, indices in floating_footers(pages).items():
        for index in indices:
            running[at].setdefault(index, Label.FOOTER)
    return [_relabelled(page, running[at]) if at in running else page for at, page in enumerate(pages)]


def _page_numbers(pages: Sequence[Page]) -> tuple[dict[int, set[int]], list[tuple[int, int, Label, int]]]:
    """The pages by the offset at which a page number of theirs counts, and the numbers that are read as text.

    Those are (index of the page, of the block, label, offset) of what stands above or below all other text, wherever
    the text of a page ends.
    """
    counting: dict[int, set[int]] = defaultdict(set)
    alone: list[tuple[int, int, Label, int]] = []
    for at, page in enumerate(pages):
        for index, block in enumerate(page.blocks):
            if not is_page_number(block.text):
                continue
            for value in {number.value - page.number for number in countings(block.text)}:
                label = _edge_of(page, index)
                if block.label in AT_MARGIN or label:
                    counting[value].add(at)
                if label and block.label in _LABELS and is_in_markdown(block):
                    alone.append((at, index, label, value))
    return counting, alone


def _without_number(text: str, page: int, offsets: Collection[int]) -> str:
    """The words of a line, folded, without the page number that it begins or ends with."""
    for number in countings(text):
        if number.value - page in offsets and sum(map(str.isalpha, number.words)) > 1:
            return number.words
    return folded(text)


def _edge_of(page: Page, index: int) -> Label | None:
    """Whether a block is a header or a footer by its place: nothing stands above it, or nothing below.

    What stands beside it does not count.
    """
    box = page.blocks[index].box
    middle = (box[1] + box[3]) / 2
    others = [block.box for at, block in enumerate(page.blocks) if at != index]
    others = [other for other in others if not other[1] < middle < other[3]]
    if all(other[3] <= box[1] + 2 for other in others):
        return Label.FOOTER
    return Label.HEADER if all(other[1] >= box[3] - 2 for other in others) else None


def _at_edges(at: int, page: Page) -> Iterator[_Edge]:
    """Blocks of few lines at the upper and lower edge of a page, or above or below all its other text."""
    above, below = _outermost(page, top=True), _outermost(page, top=False)
    for index, block in enumerate(page.blocks):
        if not is_in_markdown(block) or block.label not in _LABELS or len(block.lines) > _MOST_LINES:
            continue
        letters = sum(map(str.isalpha, block.text))
        if len(block.text) > _LONGEST or not letters or not page.height_pt:
            continue
        top, bottom = block.box[1] / page.height_pt, block.box[3] / page.height_pt
        if len(block.lines) < 2 and (bottom < _STRIP or top > 1 - _STRIP):
            yield _Edge(at, index, bottom < _STRIP, (top + bottom) / 2, False, block.text, as_read(block).size_pt)
        elif letters < 2 or is_sentence(block.text):
            continue
        elif (bottom < _DEEP_STRIP and index in above) or (top > 1 - _DEEP_STRIP and index in below):
            yield _Edge(at, index, bottom < _DEEP_STRIP, (top + bottom) / 2, True, block.text, as_read(block).size_pt)


def _margins(at: int, page: Page) -> Iterator[_Edge]:
    """The lines of a page that its reader took for headers and footers: they show what runs through the others."""
    for index, block in enumerate(page.blocks):
        if block.label not in AT_MARGIN or not page.height_pt:
            continue
        size = as_read(block).size_pt if len(block.lines) == 1 else 0.0
        for line in block.lines:
            place = (line.box[1] + line.box[3]) / 2 / page.height_pt
            yield _Edge(at, index, block.label is Label.HEADER, place, False, line.text, size, margin=True)


def _is_larger(edge: _Edge, members: Sequence[_Edge]) -> bool:
    """Whether a line is set larger than most of those like it that are headers or footers for their readers."""
    sizes = sorted(member.size_pt for member in members if member.margin and member.size_pt)
    return bool(sizes) and edge.size_pt > _LARGER * sizes[len(sizes) // 2]


def _outermost(page: Page, *, top: bool) -> list[int]:
    """The blocks at the upper or lower edge of a page's text: few, below one another."""
    side = 1 if top else 3
    rows = sorted(range(len(page.blocks)), key=lambda index: page.blocks[index].box[side], reverse=not top)
    kept: list[int] = []
    levels: list[float] = []
    for index in rows:
        level = page.blocks[index].box[side]
        if not levels or abs(level - levels[-1]) > _SAME_PLACE * max(page.height_pt, 1.0):
            levels.append(level)
        if len(levels) > _MOST_EDGES:
            break
        kept.append(index)
    return kept


def _repeated(members: Sequence[_Edge], pages: int) -> list[_Edge]:
    """Those of the equal lines that stand at one place, where enough pages have them there."""
    places = sorted(edge.place for edge in members)
    usual = places[len(places) // 2]
    alike = [edge for edge in members if abs(edge.place - usual) < _SAME_PLACE]
    on = sorted({edge.at for edge in alike})
    enough = len(on) >= _LEAST_PAGES and len(on) >= _LEAST_SHARE * (on[-1] - on[0] + 1)
    if any(edge.deep for edge in alike):
        enough = enough and len(on) >= _DEEP_SHARE * (pages - 1)
    return alike if enough else []


def _relabelled(page: Page, labels: dict[int, Label]) -> Page:
    text = page.text
    if text is None:
        return page
    for index, label in labels.items():
        text = _as_margin(text, index, label)
    return replace(page, text=text)


def _as_margin(text: PageText, index: int, label: Label) -> PageText:
    block = text.blocks[index]
    return rewritten(text, index, escaped(block.text.strip()), label=label, level=0, style=as_read(block))
