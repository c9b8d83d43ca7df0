"""Finds footers that stand wherever the text of their pages ends, as in pages printed from a browser. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.margin_text import Counting, countings, counts_on, folded, is_number_of_part, is_page_number
from pipeline.page_markdown import AT_MARGIN, is_in_markdown
from pipeline.structure.candidates import is_sentence
from stores.models import Block, Label, Page

_LONGEST = 80  # characters
_LEAST_LETTERS = 4
_LEAST_PAGES = 3
_LABELS = (Label.HEADING, Label.TITLE, Label.TEXT, Label.FOOTER)
_MOST_ROWS, _LEVEL_PT = 2, 4.0  # lines beside one another differ by less
_ONE_LINE = 1.6  # times the height of a line
_Key = tuple[str, str]


class _FootLine(NamedTuple):
    """A line at the foot of a page. ``at``: index of the page, ``block``: its own there; ``last``: in the last row."""

    at: int
    block: int
    text: str
    last: bool


def floating_footers(pages: Sequence[Page]) -> dict[int, list[int]]:
    """Index of a page -> indices of its blocks that are footers by what they say.

    They hold a number that counts on from page to page, or stand last, below or beside one, on several pages.
    """
    lines = [line for at, page in enumerate(pages) for line in _foot_lines(at, page)]
    counting = _counting(lines, pages)
    numbered = {line.at for line in counting}
    words: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        if line.last and line.at in numbered and line not in counting:
            words[folded(line.text)].add(line.at)
    known = {text for text, on in words.items() if len(on) >= _LEAST_PAGES} | set(counting.values())
    footers: dict[int, list[int]] = defaultdict(list)
    for line in lines:
        repeats = line.last and line.at in numbered and folded(line.text) in known and _has_words(line.text)
        if (line in counting or repeats) and pages[line.at].blocks[line.block].label not in AT_MARGIN:
            footers[line.at].append(line.block)
    return footers


def _counting(lines: Sequence[_FootLine], pages: Sequence[Page]) -> Mapping[_FootLine, str]:
    """The lines whose numbers count on from page to page, each with its words."""
    groups: dict[_Key, list[tuple[_FootLine, Counting]]] = defaultdict(list)
    for line in lines:
        for number in countings(line.text):
            if _has_words(number.words) or _is_number(line.text):
                groups[number.template, number.words].append((line, number))
    counted: dict[_FootLine, str] = {}
    for (_, words), group in groups.items():
        chain = counts_on([(pages[line.at].number, number.value) for line, number in group])
        if len(chain) >= _LEAST_PAGES:
            counted |= {group[at][0]: words for at in chain}
    return counted


def _foot_lines(at: int, page: Page) -> Iterator[_FootLine]:
    """The short lines in the last two rows of a page that stand for themselves."""
    rows: list[float] = []
    for index in sorted(range(len(page.blocks)), key=lambda index: -page.blocks[index].box[3]):
        block = page.blocks[index]
        if not rows or rows[-1] - block.box[3] > _LEVEL_PT:
            rows.append(block.box[3])
        text = " ".join(block.text.split())
        if len(rows) > _MOST_ROWS:
            return
        if text and len(text) <= _LONGEST and _may_be_footer(block) and not is_sentence(text):
            yield _FootLine(at, index, text, len(rows) < 2)


def _may_be_footer(block: Block) -> bool:
    """Whether a block is a line, or a row that its reader took for a table."""
    if block.label is Label.TABLE:
        return "\n" not in block.text.strip()
    shown = is_in_markdown(block) or block.label is Label.FOOTER
    return block.label in _LABELS and shown and _is_one_line(block)


def _is_one_line(block: Block) -> bool:
    heights = [line.box[3] - line.box[1] for line in block.lines]
    return not heights or block.box[3] - block.box[1] < _ONE_LINE * max(heights)


def _has_words(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _LEAST_LETTERS


def _is_number(text: str) -> bool:
    return is_page_number(text) or is_number_of_part(text)
