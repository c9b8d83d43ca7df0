"""Finds running titles, logos and page numbers that readers took for headings or text. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.margin_text import countings, folded, is_page_number
from pipeline.page_markdown import AT_MARGIN, escaped, is_in_markdown, rewritten
from pipeline.structure.candidates import as_read
from stores.models import Label, Page, PageText

_STRIP = 0.12  # of the page's height
_SAME_PLACE = 0.02  # of the page's height
_LEAST_PAGES = 3
_LEAST_SHARE = 0.3  # of the pages from the first to the last that have it
_LONGEST = 80  # characters
_LABELS = (Label.HEADING, Label.TITLE, Label.TEXT)


def with_running_titles(pages: Sequence[Page]) -> list[Page]:
    """The pages with their running titles as headers and footers, for ``running_lines`` to leave out."""
    groups: dict[tuple[bool, str], list[tuple[int, int, float]]] = defaultdict(list)
    for at, page in enumerate(pages):
        for index, top, middle in _at_edges(page):
            groups[top, folded(page.blocks[index].text)].append((at, index, middle))
    running: dict[int, dict[int, Label]] = defaultdict(dict)
    for (top, _), members in groups.items():
        for at, index, _ in _repeated(members):
            running[at][index] = Label.HEADER if top else Label.FOOTER
    for at, index, label in _page_numbers(pages):
        running[at].setdefault(index, label)
    return [_relabelled(page, running[at]) if at in running else page for at, page in enumerate(pages)]


def _page_numbers(pages: Sequence[Page]) -> list[tuple[int, int, Label]]:
    """(index of the page, of the block, label) of page numbers that are read as text, above or below all other text.

    They count with those of other pages, wherever the text of a page ends.
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
    return [(at, index, label) for at, index, label, value in alone if len(counting[value]) >= _LEAST_PAGES]


def _edge_of(page: Page, index: int) -> Label | None:
    """Whether a block is a header or a footer by its place: nothing stands above it, or nothing below."""
    box = page.blocks[index].box
    others = [block.box for at, block in enumerate(page.blocks) if at != index]
    if all(other[3] <= box[1] + 2 for other in others):
        return Label.FOOTER
    return Label.HEADER if all(other[1] >= box[3] - 2 for other in others) else None


def _at_edges(page: Page) -> Iterator[tuple[int, bool, float]]:
    """(index, at the top?, place from 0 to 1) of blocks of one line at the upper and lower edge of a page."""
    for index, block in enumerate(page.blocks):
        if not is_in_markdown(block) or block.label not in _LABELS or len(block.lines) > 1:
            continue
        if len(block.text) > _LONGEST or sum(map(str.isalpha, block.text)) < 2 or not page.height_pt:
            continue
        top, bottom = block.box[1] / page.height_pt, block.box[3] / page.height_pt
        if bottom < _STRIP or top > 1 - _STRIP:
            yield index, bottom < _STRIP, (top + bottom) / 2


def _repeated(members: Sequence[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Those of the equal lines that stand at one place, where enough pages have them there."""
    places = sorted(place for _, _, place in members)
    usual = places[len(places) // 2]
    alike = [member for member in members if abs(member[2] - usual) < _SAME_PLACE]
    on = sorted({at for at, _, _ in alike})
    enough = len(on) >= _LEAST_PAGES and len(on) >= _LEAST_SHARE * (on[-1] - on[0] + 1)
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
