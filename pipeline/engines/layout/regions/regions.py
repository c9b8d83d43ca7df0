"""The boxes of the layout model with the text that lies in each. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, fragment
from pipeline.engines.layout.lines.headings import may_be_heading, numbered_level
from pipeline.engines.layout.lines.joining import is_list_start
from pipeline.engines.layout.lines.script_gaps import is_cjk
from stores.models import Box, Label

_RUNNING = (Label.TEXT, Label.LIST)
_TITLES = (Label.TITLE, Label.HEADING)
_TITLE_GAP = 0.7  # of the size, between two lines of a title
_NUMBERED_GAP = 1.6  # where the first of them has a number
_TITLE_LINES = 5
_SECTION = re.compile(r"\d{1,3}(?:[.．]\d{1,3})+[.．]?|第\s*[〇零一二三四五六七八九十百\d]{1,5}\s*[章节節条條]")
_NUMBER_GAP_EM = 3.0  # between the number of a section and its title, at most
_SLACK_EM = 1.5  # a full line ends so near to the right edge, in em
_INDENT_PT = 50.0  # between the left edges of texts of one column
_GAP_EM = 1.2  # between the lines of a paragraph
_WIDE_GAP_EM = 2.0  # where lines are set twice as far apart, as in theses
_SIZE_PT, _SIZE_SHARE = 0.6, 0.12  # by which the sizes of two lines of one text may differ
_HANGING_EM = 3.0
_LONG, _OPENS = 80, '(“‘"'  # characters of a line that is no name, and what a word may begin with
_INDENT_EM, _CLOSE_EM = 13.0, 0.6
_ITEM_MARK = re.compile(r"[*•‣◦∙●○■□▪▫]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]")
_ITEM_GAP_EM, _ITEM_SIZE = 5.0, 1.4  # from the mark of an item to its text, and how much larger one may be
_LEAST_BLANKS, _PLAIN = 6, 0.8  # in a line of running text, and its share of letters and blanks
_FULL = 12  # characters of a full line
_FEW_TEXTS = 2  # in a figure: the model saw several columns as one
_WHOLE = 0.8  # a fragment that lies in a box with this share of its area is not cut


@dataclass(slots=True)
class Region:
    """A box of the model and what was found in it."""

    label: Label
    box: Box
    fragments: list[Fragment] = field(default_factory=list)
    lines: list[PrintedLine] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)  # the cells of a table
    ruled: bool = False  # drawn lines part all cells
    rules: list[tuple[float, float, float]] = field(default_factory=list)  # of a table's heads: from, to, height
    by_line: bool = False  # a listing: lines end where they are printed, and begin at their places
    by_column: bool = False  # its lines are columns, from right to left
    by_row: bool = False  # every printed line stands for itself
    labels: bool = False  # a picture on a page of text, of which OCR read the labels
    tex: str = ""  # of a formula on lines of its own
    column: tuple[float, float] = (0.0, 0.0)  # left and right edge of the column that it stands in

    @property
    def is_code(self) -> bool:
        """Whether it is set in letters of one width."""
        return is_listing(self.lines)


def is_listing(lines: Sequence[PrintedLine]) -> bool:
    """Whether lines are set in letters of one width. Ideographs always are: where they are most, that says nothing."""
    text = "".join(line.text for line in lines)
    return bool(lines) and all(line.mono for line in lines) and 2 * sum(map(is_cjk, text)) <= len(text)


def fill(regions: list[Region], fragments: Sequence[Fragment]) -> None:
    """Give every fragment, or the parts of it, to the region that holds it; what lies in none becomes a region."""
    homeless: list[Fragment] = []
    for part in fragments:
        for home, piece in _homes(part, regions):
            if home is None:
                homeless.append(piece)
            else:
                home.fragments.append(piece)
    regions.extend(_gathered(homeless))


def _homes(part: Fragment, regions: Sequence[Region]) -> list[tuple[Region | None, Fragment]]:
    shares = [(share_of(part.box, region.box), region) for region in regions]
    near = [(share, region) for share, region in shares if share > 0.02]
    if not near:
        return [(None, part)]
    best = max(near, key=lambda pair: (round(pair[0], 1), -_area(pair[1].box)))
    if best[0] >= _WHOLE or len(near) == 1:
        return [(best[1] if best[0] >= 0.4 else None, part)]
    return _cut_at_words(part, [region for _, region in near])


def _cut_at_words(part: Fragment, regions: Sequence[Region]) -> list[tuple[Region | None, Fragment]]:
    runs: list[tuple[Region | None, list[Any]]] = []
    inside = False
    for glyph in part.glyphs:
        if inside and runs:
            runs[-1][1].append(glyph)
            inside = not glyph.char.isspace()
            continue
        home = _at(glyph.middle, regions)
        if runs and runs[-1][0] is home:
            runs[-1][1].append(glyph)
        else:
            runs.append((home, [glyph]))
        inside = glyph.char.isalnum() and ord(glyph.char[0]) < 0x2E80
    return [(home, fragment(run, upright=part.upright)) for home, run in runs if any(not g.char.isspace() for g in run)]


def _at(point: tuple[float, float], regions: Sequence[Region]) -> Region | None:
    x, y = point
    holding = [
        region for region in regions if region.box[0] <= x <= region.box[2] and region.box[1] <= y <= region.box[3]
    ]
    return min(holding, key=lambda region: _area(region.box), default=None)


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def share_of(inner: Box, outer: Box) -> float:
    """Share of ``inner`` that lies in ``outer``."""
    width = min(inner[2], outer[2]) - max(inner[0], outer[0])
    height = min(inner[3], outer[3]) - max(inner[1], outer[1])
    area = _area(inner)
    return max(0.0, width) * max(0.0, height) / area if area > 0 else 0.0


def _gathered(homeless: Sequence[Fragment]) -> list[Region]:
    """Regions of text for fragments that no region holds: neighbours below one another together."""
    regions: list[Region] = []
    for part in sorted(homeless, key=lambda part: (part.box[1], part.box[0])):
        size = part.box[3] - part.box[1]
        last = next((region for region in reversed(regions[-4:]) if _continues(region.box, part.box, size)), None)
        if last is None:
            regions.append(Region(Label.TEXT, part.box, [part]))
        else:
            last.fragments.append(part)
            last.box = union(last.box, part.box)
    return regions


def _continues(above: Box, box: Box, size: float) -> bool:
    beside = box[0] < above[2] + size and box[2] > above[0] - size
    return beside and box[1] - above[3] < 0.7 * size and abs(box[0] - above[0]) < 3 * size


def union(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def shrink_figures(regions: Sequence[Region]) -> None:
    """Let a figure that reaches over others and over texts that are none of its own stand where its labels do."""
    held = [region for region in regions if region.lines and region.label is not Label.TABLE]
    for region in (one for one in held if one.label is Label.FIGURE):
        others = [other for other in held if other is not region and share_of(other.box, region.box) > _WHOLE]
        if len(others) >= _FEW_TEXTS:
            box = region.lines[0].box
            for line in region.lines:
                box = union(box, line.box)
            region.box = box


def find_columns(regions: Sequence[Region]) -> None:
    """Tell each region of text how far its column reaches: as far as text above and below, but over nothing beside."""
    import numpy as np

    running = [region for region in regions if region.label in _RUNNING and region.lines]
    if not running:
        return
    lefts, _, rights, _ = np.array([region.box for region in running]).T
    all_lefts, tops, all_rights, bottoms = np.array([region.box for region in regions]).T
    for region in running:
        x0, y0, x1, y1 = region.box
        alike = ((abs(lefts - x0) < _INDENT_PT) | (abs(rights - x1) < _INDENT_PT)) & (lefts < x1) & (rights > x0)
        level = (tops < y1) & (bottoms > y0)
        left = max([lefts[alike].min(), *all_rights[level & (all_rights <= x0)]])
        right = min([rights[alike].max(), *all_lefts[level & (all_lefts >= x1)]])
        region.column = (float(left), float(right))


def put_together(regions: Sequence[Region]) -> list[Region]:
    """Neighbours in reading order made one where a word, a Chinese sentence, a listing or a centred title goes on."""
    joined: list[Region] = []
    for region in regions:
        last = joined[-1] if joined else None
        item = last is not None and _marks_item(last, region)
        if last is not None and (item or _numbers(last, region)):
            last.label = Label.LIST if item and last.lines[0].text != "*" else region.label
            last.lines = [_beside(last.lines[0], region.lines[0]), *region.lines[1:]]
            last.fragments.extend(region.fragments)
            last.box = union(last.box, region.box)
        elif last is not None and _numbered_title_goes_on(last, region):
            last.label = Label.HEADING if last.label is Label.TEXT else last.label
            last.lines.extend(region.lines)
            last.fragments.extend(region.fragments)
            last.box = union(last.box, region.box)
        elif last is not None and (_goes_on(last, region) or _sentence_goes_on(last, region, regions)):
            last.lines.extend(region.lines)
            last.fragments.extend(region.fragments)
            last.box = union(last.box, region.box)
        else:
            joined.append(region)
    return joined


def _numbers(number: Region, title: Region) -> bool:
    """Whether a region is the number of the title beside it: recognised lines end at wide gaps."""
    if len(number.lines) != 1 or not title.lines or title.label not in (*_RUNNING, *_TITLES):
        return False
    one, other = number.lines[0], title.lines[0]
    if number.label not in (*_RUNNING, *_TITLES) or not _SECTION.fullmatch(one.text) or not is_cjk(other.text[0]):
        return False
    gap, size = other.box[0] - one.box[2], max(one.size, other.size)
    level = abs(one.box[1] + one.box[3] - other.box[1] - other.box[3]) < size  # of twice the middles
    return level and 0 < gap < _NUMBER_GAP_EM * size


def _marks_item(mark: Region, item: Region) -> bool:
    """Whether a region is nothing but the bullet or the number of the list item that is printed beside it."""
    if len(mark.lines) != 1 or not item.lines or mark.label not in _RUNNING or item.label not in _RUNNING:
        return False
    one, other = mark.lines[0], item.lines[0]
    if not _ITEM_MARK.fullmatch(one.text) or is_list_start(other.text) or mark.is_code or item.is_code:
        return False
    level = other.box[1] - 1 < (one.box[1] + one.box[3]) / 2 < other.box[3] + 1
    alike = other.size / _ITEM_SIZE < one.size < _ITEM_SIZE * other.size
    return level and alike and 0 < other.box[0] - one.box[2] < _ITEM_GAP_EM * other.size


def _beside(one: PrintedLine, other: PrintedLine) -> PrintedLine:
    return replace(other, text=f"{one.text} {other.text}", box=union(one.box, other.box), parts=())


def _goes_on(above: Region, below: Region) -> bool:
    return (
        _word_goes_on(above, below)
        or _chinese_goes_on(above, below)
        or _title_goes_on(above, below)
        or _chinese_title_goes_on(above, below)
        or _code_goes_on(above, below)
    )


def _chinese_title_goes_on(above: Region, below: Region) -> bool:
    """Whether a centred title of Chinese goes on below: it has no number of its own, and the same size."""
    if not (above.label in _TITLES and below.label in _TITLES and above.lines and below.lines):
        return False
    last, first = above.lines[-1], below.lines[0]
    alike = abs(last.size - first.size) < 0.12 * last.size and last.bold == first.bold
    centred = abs(last.box[0] + last.box[2] - first.box[0] - first.box[2]) < last.size
    words = is_cjk(last.text[-1]) and is_cjk(first.text[0]) and not is_list_start(first.text) and first.text[0] != "第"
    near = first.box[1] - last.box[3] < 0.8 * last.size
    return words and alike and centred and near and last.box[2] - last.box[0] > first.box[2] - first.box[0]


def _chinese_goes_on(above: Region, below: Region) -> bool:
    """Whether a full line of Chinese ends within a sentence that goes on below: an indented line looks like an item."""
    if not (above.label in _RUNNING and below.label in _RUNNING and above.lines and below.lines):
        return False
    last, first = above.lines[-1], below.lines[0]
    within = _ends_within_chinese(last.text, first.text) or (last.text[-1] in "。！？" and _was_indented(above, first))
    if not within or is_list_start(first.text) or last.bold != first.bold:
        return False
    right = max(line.box[2] for line in (*above.lines, *below.lines))
    full = last.box[2] > right - _SLACK_EM * last.size and len(last.text) > _FULL
    return full and _is_at_margin(last, first) and _is_next(last, first, _WIDE_GAP_EM)


def _is_at_margin(last: PrintedLine, first: PrintedLine) -> bool:
    """Whether a line begins no further right than the one above: the number of an item stands before its text."""
    hanging = is_list_start(last.text) or last.text[0] == "⁽"
    return first.box[0] < last.box[0] + (_HANGING_EM if hanging else 1.0) * first.size


def _sentence_goes_on(above: Region, below: Region, regions: Sequence[Region]) -> bool:
    """Whether a full line of words ends within a sentence that goes on below: lines set far apart look like texts.

    ``regions``: all of the page, which tell how far lines reach.
    """
    if not (above.label in _RUNNING and below.label in _RUNNING and above.lines and below.lines):
        return False
    last, first = above.lines[-1], below.lines[0]
    if above.is_code or below.is_code or is_list_start(first.text) or last.bold != first.bold:
        return False
    within = last.text[-1].islower() or last.text[-1] == "," or (last.text[-1].isalnum() and first.text[0].islower())
    begins = first.text[0].isalpha() or (within and first.text[0] in _OPENS)
    if not (within or _was_indented(above, first)) or not (_is_words(last.text) and begins):
        return False
    capital = len(above.lines) == 1 and not first.text[0].islower() and not _was_indented(above, first)
    if capital and len(last.text) < _LONG:
        return False  # the next name of a list
    letter = (last.box[2] - last.box[0]) / len(last.text)
    right = max(region.box[2] for region in regions if region.label in _RUNNING and _share_column(region, below))
    full = right - last.box[2] < letter * (len(first.text.split(maxsplit=1)[0]) + 1)  # the next word has no room
    return full and _is_at_margin(last, first) and _is_next(last, first, _CLOSE_EM if capital else _WIDE_GAP_EM)


def _is_words(line: str) -> bool:
    """Whether a line is several words of a language, and no code or formula."""
    letters = sum(char.isalpha() or char.isspace() for char in line)
    return line.count(" ") >= _LEAST_BLANKS and letters > _PLAIN * len(line)


def _was_indented(paragraph: Region, line: PrintedLine) -> bool:
    """Whether the first line of a paragraph is indented, which this one, right below it, is not."""
    first = paragraph.lines[0]
    return first.box[0] > line.box[0] + line.size and not is_list_start(first.text)


def _share_column(one: Region, other: Region) -> bool:
    return one.box[0] < other.box[2] and other.box[0] < one.box[2]


def _ends_within_chinese(line: str, following: str) -> bool:
    """Whether a line ends with a letter of Chinese, or with a foreign word after which Chinese goes on."""
    foreign = line[-1].isalnum() and is_cjk(following[0]) and any(map(is_cjk, line))
    return _is_letter(line[-1]) or (foreign and not line[-1].isdigit())


def _is_letter(char: str) -> bool:
    return is_cjk(char) and (char.isalpha() or char in "，、")


def _word_goes_on(above: Region, below: Region) -> bool:
    if not (above.label is below.label is Label.TEXT and above.lines and below.lines):
        return False
    last, first = above.lines[-1], below.lines[0]
    broken = last.text[-1] in "-\u2010" and last.text[-2:-1].isalpha() and first.text[0].islower()
    return broken and _is_next(last, first)


def _code_goes_on(above: Region, below: Region) -> bool:
    listing = above.is_code and below.is_code and above.label in _RUNNING and below.label in _RUNNING
    return listing and _is_next(above.lines[-1], below.lines[0], _WIDE_GAP_EM)  # over an empty line, too


def _title_goes_on(above: Region, below: Region) -> bool:
    """Whether two headings are lines of one: centred, set alike, right below one another, without a number."""
    if not (above.label in _TITLES and below.label in _TITLES and above.lines and below.lines):
        return False
    last, first = above.lines[-1], below.lines[0]
    alike = last.bold == first.bold and last.font == first.font and abs(last.size - first.size) < 0.3
    close = -0.3 * last.size < first.box[1] - last.box[3] < _TITLE_GAP * last.size
    few = len(above.lines) + len(below.lines) <= _TITLE_LINES
    return alike and close and few and _are_centred(last, first) and not numbered_level(first.text)


def _numbered_title_goes_on(above: Region, below: Region) -> bool:
    """Whether a centred line with the number of a chapter goes on right below, set alike, where lines stand far apart.

    The model may take each of the lines for a text or for a title.
    """
    if not (above.lines and below.lines) or not {above.label, below.label} <= {Label.TEXT, *_TITLES}:
        return False
    last, first = above.lines[-1], below.lines[0]
    alike = last.bold == first.bold and last.font == first.font != "" and abs(last.size - first.size) < 0.3
    close = -0.3 * last.size < first.box[1] - last.box[3] < _NUMBERED_GAP * last.size
    few = len(above.lines) + len(below.lines) <= _TITLE_LINES
    if not (alike and close and few and _are_centred(last, first) and may_be_heading(above.lines[0])):
        return False
    return not may_be_heading(first) and last.text[-1] not in ".:;。：；"


def _are_centred(last: PrintedLine, first: PrintedLine) -> bool:
    middles = abs(last.box[0] + last.box[2] - first.box[0] - first.box[2]) / 2
    return middles < 0.5 * last.size < abs(last.box[0] - first.box[0])


def _is_next(last: PrintedLine, first: PrintedLine, most_em: float = _GAP_EM) -> bool:
    """Whether a line stands right below another, in the same column and size. ``most_em``: sizes between them."""
    gap = first.box[1] - last.box[3]
    indented = (
        first.box[0] + _INDENT_EM * first.size
    )  # the last word of a paragraph whose first line begins further right
    beside = first.box[0] < last.box[2] and last.box[0] < max(first.box[2], indented)
    exact = bool(last.font or first.font)  # the size of recognised text is that of its box
    slack = _SIZE_PT if exact else max(_SIZE_PT, _SIZE_SHARE * last.size)
    return beside and -0.3 * last.size < gap < most_em * last.size and abs(first.size - last.size) < slack
