"""Running headers, footers and page numbers: what stands at the margin of every page and is no part of its text. Pure.

The layout model finds most of them. It also takes letterheads and last entries for such, and at times the first line
of a book page for a heading; the rules here put that right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import PrintedLine
from stores.models import Box, Label

_STRIP = 1.7  # times as high as wide: no sheet of a book, a letter or a form is
_MARGIN = 0.18  # of the page's height: no running header or footer reaches further in
_EDGE = 0.09  # of the page's height: what is left of a line there is a page number
_SIDE = 0.1  # of the page's width
_TITLE, _TITLE_LINES = 1.25, 3  # times the size of the text; no running header is so large
_LONGEST = 400  # characters of a running header or footer
_LONGEST_LINE = 80  # characters of a book's running line
_FULL_LINE = 35  # characters of a line of running text
_PROSE_LINES = 8  # a page with as many full lines, most of its lines, is one of a book or an article
_PAGE_NUMBER = re.compile(
    r"(?:[-–—|.·•\s]*)(?:(?:page|seite|p\.|第)\s*)?(?:\d{1,4}|[ivxlc]{1,7})\s*(?:页|頁)?"
    r"(?:\s*(?:/|of|von|sur|de|-|共)\s*\d{1,4}\s*(?:页|頁)?)?(?:[-–—|.·•\s]*)",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(r"(\d{2,4})\s+(\D.*)")
_NUMBER_LAST = re.compile(r"(\D.*?)\s+(\d{2,4})")


def has_margins(width: float, height: float) -> bool:
    """Whether a page of this form may have running headers and footers: receipts and other strips have none."""
    return height < _STRIP * width


def label_at_margin(
    label: Label, box: Box, lines: Sequence[PrintedLine], page: tuple[float, float], body: float
) -> Label:
    """The label of a region, corrected. ``page``: its width and height, ``body``: its font size, in points."""
    width, height = page
    text = " ".join(line.text for line in lines)
    top, bottom = box[1] / height, box[3] / height
    if _PAGE_NUMBER.fullmatch(text):
        if label not in (Label.TEXT, Label.LIST, Label.HEADING):
            return label
        at_edge = {bottom < _EDGE: Label.HEADER, top > 1 - _EDGE: Label.FOOTER}
        return at_edge.get(True, label)
    if label not in (Label.HEADER, Label.FOOTER):
        return label
    if label is Label.HEADER and lines and _is_title(lines, body) and (width > height or top > _EDGE):
        return Label.HEADING
    inside = bottom > _MARGIN if label is Label.HEADER else top < 1 - _MARGIN
    large = len(lines) > 2 and min(line.size for line in lines) > 0.97 * body
    return Label.TEXT if inside or large or len(text) > _LONGEST else label


def _is_title(lines: Sequence[PrintedLine], body: float) -> bool:
    """Whether a header is set larger than the text of its page: the title of a slide, or of a paper."""
    words = any(len(word) > 1 and word.isalpha() for line in lines for word in re.split(r"[\W\d_]+", line.text))
    return words and len(lines) <= _TITLE_LINES and min(line.size for line in lines) >= _TITLE * body


def page_number_of(text: str) -> int:
    """The number of a line that is a page number in digits and nothing else, 0 for any other line."""
    digits = re.search(r"\d{1,4}", text) if _PAGE_NUMBER.fullmatch(text) else None
    return int(digits.group()) if digits else 0


def is_side_note(box: Box, width: float) -> bool:
    """Whether text that runs up or down stands at the very side of a page: a stamp of where the file came from."""
    return box[2] < _SIDE * width or box[0] > (1 - _SIDE) * width


def is_prose(lines: Sequence[PrintedLine], at_least: int = 3) -> bool:
    """Whether these lines are running text: most of them full."""
    full = sum(len(line.text) > _FULL_LINE for line in lines)
    return full >= at_least and full > 0.6 * len(lines)


def is_running_line(line: PrintedLine, height: float, all_lines: Sequence[PrintedLine]) -> bool:
    """Whether the first line of a page of running text is a book's: capitals, and a page number at one end."""
    if line.box[1] > _EDGE * height or len(line.text) > _LONGEST_LINE or not is_prose(all_lines, _PROSE_LINES):
        return False
    first, last = _NUMBER_FIRST.fullmatch(line.text), _NUMBER_LAST.fullmatch(line.text)
    words = first.group(2) if first else last.group(1) if last else ""
    letters = [char for char in words if char.isalpha()]
    return bool(letters) and sum(char.isupper() for char in letters) > 0.7 * len(letters)
