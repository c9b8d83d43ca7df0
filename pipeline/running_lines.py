"""Finds running headers and footers: lines at the same place of several pages, equal or counting. Pure.

A single page cannot tell a running header from another line near its edge: an address, a drawing number, a footnote.
So readers only propose headers and footers, and this module decides once all pages are read. A running line is left
out of the Markdown of every page but the first, and of the first too where the text repeats its words; page numbers
are always left out, and so are headers that repeat the heading of their page's section. Nothing else is left out, and
never everything on a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from pipeline.margin_text import (
    Counting,
    countings,
    counts_on,
    folded,
    is_chapter_mark,
    is_name_and_address,
    is_page_number,
    is_publishers_line,
)
from pipeline.page_markdown import AT_MARGIN, with_margins
from stores.models import Block, Label, Line, Page, Route

RUNNING_VERSION = "6"  # part of fingerprints: raise it with every change of what is left out

_STRIP = 0.18  # of the page's height: lines that no reader took for a header are looked at so far into the page
_SAME_PLACE_PT, _SAME_PLACE = 18.0, 0.03  # points, or of the page's height
_ALIKE = 0.88  # of a recognised line: what differs is noise
_LEAST_NOISY = 8  # characters; a shorter line that differs is another one
_MANY_ALIKE = 3  # pages
_MOST_KINDS = 60  # of noisy lines that are compared with each other
_LEVEL_PT = 4.0  # lines that stand beside one another differ by less
_FULL_LINE, _FULL_LINES = 35, 8  # characters of a line, and lines, of a page of running text


@dataclass(frozen=True, slots=True)
class _MarginLine:
    """A line at the margin of a page. ``block`` is -1 where no reader took it for a header or footer."""

    page: int
    block: int
    top: bool
    distance: float  # from its edge of the page to the middle of the line, points
    height_pt: float  # of the page
    text: str
    folded: str
    recognised: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a running line has in common with those on other pages; ``words`` is empty where it only counts."""

    key: Hashable
    words: str


def settled(pages: Sequence[Page]) -> list[Page]:
    """Return all pages of a document with running lines left out of their Markdown and all other blocks in it."""
    outside = running_blocks(pages)
    settled_pages = []
    for page in pages:
        if page.text is None:
            settled_pages.append(page)
            continue
        text = with_margins(page.text, outside.get(page.number, frozenset()))
        settled_pages.append(page if text is page.text else replace(page, text=text))
    return settled_pages


def running_blocks(pages: Sequence[Page]) -> dict[int, frozenset[int]]:
    """Page number -> indices of its header and footer blocks that are to be left out."""
    lines = [line for page in pages for line in _margin_lines(page)]
    if not any(line.block >= 0 for line in lines):
        return {}
    kinds = _kinds(lines) | _on_a_single_page(pages, lines)
    named = _naming_sections(pages, lines, kinds)
    kinds |= named
    texts = _PageTexts(pages)
    by_block: dict[tuple[int, int], list[_MarginLine]] = defaultdict(list)
    for line in lines:
        if line.block >= 0:
            by_block[line.page, line.block].append(line)
    printed = {kinds[line].key for line in lines if line.block < 0 and line in kinds}
    printed |= {kind.key for kind in named.values()}
    running: dict[int, set[int]] = defaultdict(set)
    for (number, block), members in by_block.items():
        if all(line in kinds or not line.folded for line in members) and not _is_first(members, kinds, printed, texts):
            running[number].add(block)
    return {
        number: frozenset(blocks)
        for number, blocks in running.items()
        if texts.has_more_than(number, frozenset(blocks))
    }


def _is_first(
    members: Sequence[_MarginLine], kinds: dict[_MarginLine, _Kind], printed: set[Hashable], texts: _PageTexts
) -> bool:
    """Whether these lines have words that no earlier page and no text nearby has: then they stay this once."""
    kinds_here = [kinds[line] for line in members if line in kinds and kinds[line].words]
    fresh = [kind for kind in kinds_here if kind.key not in printed and not texts.says(kind.words, members[0].page)]
    printed.update(kind.key for kind in kinds_here)
    return bool(fresh)


class _PageTexts:
    """The text of each page without its headers and footers."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = {page.number: page for page in pages}
        self._first = [page.number for page in pages[:3]]
        self._folded: dict[int, str] = {}

    def has_more_than(self, number: int, outside: frozenset[int]) -> bool:
        """Whether anything is left of a page without those blocks."""
        page = self._pages[number]
        return bool(page.text and with_margins(page.text, outside).markdown.strip())

    def says(self, words: str, number: int) -> bool:
        """Whether the first pages of the document, or this one and its neighbours, hold these words as text."""
        near = dict.fromkeys((*self._first, number - 1, number, number + 1))
        return any(words in self._body(at) for at in near)

    def _body(self, number: int) -> str:
        if number not in self._folded:
            page = self._pages.get(number)
            blocks = page.blocks if page else ()
            self._folded[number] = folded(" ".join(b.text for b in blocks if b.label not in AT_MARGIN))
        return self._folded[number]


def _margin_lines(page: Page) -> Iterator[_MarginLine]:
    """The lines of the page's headers and footers, and others so near to its edges that they might be such."""
    for index, block in enumerate(page.blocks):
        if block.label in AT_MARGIN:
            yield from (_margin_line(page, index, line, block) for line in _lines(block))
        elif block.label is not Label.TABLE:
            yield from (_margin_line(page, -1, line, block) for line in _lines(block) if _is_near_edge(page, line))


def _lines(block: Block) -> Sequence[Line]:
    return block.lines or (Line(box=block.box, text=block.text),)


def _is_near_edge(page: Page, line: Line) -> bool:
    strip = _STRIP * page.height_pt
    return line.box[3] < strip or line.box[1] > page.height_pt - strip


def _margin_line(page: Page, index: int, line: Line, block: Block) -> _MarginLine:
    middle = (line.box[1] + line.box[3]) / 2
    top = (block.box[1] + block.box[3]) / 2 < page.height_pt / 2
    top = block.label is Label.HEADER if block.label in AT_MARGIN else top  # the text of a page may end in its middle
    return _MarginLine(
        page=page.number,
        block=index,
        top=top,
        distance=middle if top else page.height_pt - middle,
        height_pt=page.height_pt,
        text=line.text,
        folded=folded(line.text),
        recognised=page.route is Route.OCR,
    )


def _kinds(lines: Sequence[_MarginLine]) -> dict[_MarginLine, _Kind]:
    """Find the running lines, each with its kind."""
    kinds: dict[_MarginLine, _Kind] = {}
    for counting, members in (*_counting(lines), *_counting_on(lines)):
        if len({line.page for line in members}) >= counting.least_pages:
            kinds |= dict.fromkeys(members, _Kind((members[0].top, counting.template), counting.words))
    equal: dict[tuple[bool, str], list[_MarginLine]] = defaultdict(list)
    for line in lines:
        if line.folded and line not in kinds:
            equal[line.top, line.folded].append(line)
    for key, group in equal.items():
        below_text = [line for line in group if line.block >= 0 and not line.top]
        if len({line.page for line in below_text}) >= _MANY_ALIKE:
            kinds |= dict.fromkeys(below_text, _Kind(key, key[1]))
        for members in _at_one_place(group):
            if len({line.page for line in members}) > 1:
                kinds |= dict.fromkeys(members, _Kind(key, key[1]))
    return kinds | _noisy([line for line in lines if line.recognised], kinds)


def _counting(lines: Sequence[_MarginLine]) -> Iterator[tuple[Counting, list[_MarginLine]]]:
    """Yield groups of lines that differ only in a number that counts with the pages, or with every second page."""
    groups: dict[Hashable, list[tuple[Counting, _MarginLine]]] = defaultdict(list)
    for line in lines:
        for counting in countings(line.text):
            for step in (1, 2):
                key = (line.top, counting.template, step, counting.value - step * line.page)
                groups[key].append((counting, line))
    for group in groups.values():
        proposed = [line for counting, line in group if line.block >= 0 and not counting.words]
        if len({line.page for line in proposed}) >= _MANY_ALIKE:  # numbers alone, wherever the text of a page ends
            yield group[0][0], proposed
        for members in _at_one_place([line for _, line in group]):
            yield group[0][0], members


def _counting_on(lines: Sequence[_MarginLine]) -> Iterator[tuple[Counting, list[_MarginLine]]]:
    """Yield groups of proposed lines whose numbers count on, wherever the text of their pages ends."""
    groups: dict[Hashable, list[tuple[Counting, _MarginLine]]] = defaultdict(list)
    for line in lines:
        if line.block >= 0:
            for counting in countings(line.text):
                groups[line.top, counting.template].append((counting, line))
    for group in groups.values():
        chain = counts_on([(line.page, counting.value) for counting, line in group])
        if len(chain) >= _MANY_ALIKE:
            yield group[0][0], [group[at][1] for at in chain]


def _at_one_place(lines: Iterable[_MarginLine]) -> Iterator[list[_MarginLine]]:
    """Group lines by their distance from the edge of the page, which may differ a little."""
    group: list[_MarginLine] = []
    for line in sorted(lines, key=lambda line: line.distance):
        if group and not _same_place(group[-1], line):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _same_place(line: _MarginLine, other: _MarginLine) -> bool:
    apart = abs(line.distance - other.distance)
    return (
        apart <= _SAME_PLACE_PT or abs(line.distance / line.height_pt - other.distance / other.height_pt) < _SAME_PLACE
    )


def _noisy(lines: Sequence[_MarginLine], known: dict[_MarginLine, _Kind]) -> dict[_MarginLine, _Kind]:
    """Find recognised lines that are nearly equal on several pages: OCR reads the same words in several ways."""
    groups: list[list[_MarginLine]] = []
    for line in lines:
        if len(line.folded) < _LEAST_NOISY:
            continue
        group_of_line = next((group for group in groups if _is_alike(group[0], line)), None)
        if group_of_line is not None:
            group_of_line.append(line)
        elif len(groups) < _MOST_KINDS:
            groups.append([line])
    kinds: dict[_MarginLine, _Kind] = {}
    for group in groups:
        if len({line.page for line in group}) >= _MANY_ALIKE:
            kind = next((known[line] for line in group if line in known), None)
            kind = kind or _Kind((group[0].top, group[0].folded), group[0].folded)
            kinds |= dict.fromkeys(group, kind)
    return kinds


def _is_alike(one: _MarginLine, other: _MarginLine) -> bool:
    if one.folded == other.folded:
        return one.top == other.top and _same_place(one, other)
    if one.top != other.top or not _same_place(one, other) or _digits(one.folded) != _digits(other.folded):
        return False
    matcher = SequenceMatcher(None, one.folded, other.folded, autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _on_a_single_page(pages: Sequence[Page], lines: Sequence[_MarginLine]) -> dict[_MarginLine, _Kind]:
    """Find the running lines of a document that is a single page out of a book or journal, where nothing can repeat.

    They are its page number, the title or chapter beside that, and what the publisher prints on every page.
    """
    if len(pages) != 1 or sum(len(line.text) > _FULL_LINE for b in pages[0].blocks for line in _lines(b)) < _FULL_LINES:
        return {}
    proposed = [line for line in lines if line.block >= 0]
    numbers = [line for line in proposed if is_page_number(line.text)]
    publishers = [line for line in proposed if is_publishers_line(line.text)]
    beside = [
        line
        for line in proposed
        if any(_is_title(line) and _is_beside(line, mark) for mark in (*numbers, *publishers))
        or any(is_name_and_address(line.text) and _is_beside(line, mark) for mark in publishers)
    ]
    return dict.fromkeys([*numbers, *publishers, *beside], _Kind("page number", ""))


def _naming_sections(
    pages: Sequence[Page], lines: Sequence[_MarginLine], known: Mapping[_MarginLine, _Kind]
) -> dict[_MarginLine, _Kind]:
    """Find the headers that name the section of their page, once each: its heading stands there or on a page before."""
    headings: set[str] = set()
    on_page: dict[int, set[str]] = {}
    for page in pages:
        headings |= {folded(block.text) for block in page.blocks if block.label in (Label.HEADING, Label.TITLE)}
        on_page[page.number] = set(headings)
    headers = [line for line in lines if line.block >= 0 and line.top and line not in known]
    return {
        line: _Kind(("section", line.folded), line.folded)
        for line in headers
        if len(line.folded) > 1 and line.folded in on_page[line.page]
    }


def _is_beside(line: _MarginLine, mark: _MarginLine) -> bool:
    return line.top == mark.top and abs(line.distance - mark.distance) < _LEVEL_PT


def _is_title(line: _MarginLine) -> bool:
    return is_chapter_mark(line.text) or (line.text.isupper() and not _digits(line.text))
