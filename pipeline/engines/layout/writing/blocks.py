"""The lines of one region of a page, cut into headings, paragraphs and list items. Pure.

A line break is the author's own where the next line's first word would still have fitted; everywhere else the line
was full and the paragraph goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.engines.layout.lines import headings
from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.joining import are_rows, has_bullet, is_choice, is_list_start
from pipeline.engines.layout.lines.right_to_left import runs_right_to_left
from pipeline.engines.layout.lines.script_gaps import is_cjk
from stores.models import Box, Label

_GAP = 1.6  # a pitch that is larger than the usual one by this factor parts paragraphs
_INDENT_EM = 0.9
_DEDENT_EM = 0.7
_ENTRIES = 0.6  # of the breaks of a text's lines are the author's own
_PROSE = 45  # characters of a line that is more than a label or an entry
_SHORT, _LEAST_ENTRIES = 34, 3  # characters of an entry, at most, and entries
_FLUSH_EM, _SHIFTED_EM, _INSET_EM, _FAR_EM = 0.6, 1.2, 2.5, 8.0
_APART_EM = 4.0  # between a line of text and what stands at the edge beside it
_LABEL_EM = 12.0  # of what stands there, which is no longer than that or than the rest of the line
_MUCH = 0.4  # of the width of a text: a line that is longer is no entry
_SPACED = 1.2  # of the usual pitch, at most, from one line of an item of Chinese to the next
_WIDEST_PITCH_EM = 2.2  # of lines that are set apart
_SLIDE_PT, _SLIDE_GAP_EM = 18.0, 0.7  # type of slides, and the gap between two lines of it that do not run on
_ENDS, _RAGGED_EM = ".!?:;。！？；：", 3.0  # of a sentence; from the end of a full line to the edge of its column
_LEAST_TEXT, _HEADLINE = 4, 1.5  # lines of a text that are set alike, and the size of headlines, of the body's
_STOPS = "。！？；："
_CLAUSE = re.compile(r"\d{1,3}(?:\.\d{1,3})+\s*[^\d\s%.]")
_BARE_NUMBER, _LEAST_NUMBERS, _LEAST_BEHIND = re.compile(r"\d{1,3}[a-z]?|[a-z]"), 2, 12  # characters behind it
_PAGE = re.compile(r"\d{1,4}|[ivxlc]{1,6}")


@dataclass(slots=True)
class Piece:
    """Lines that belong together. ``parts``: their groups; inside a group lines run on, between groups they break."""

    label: Label
    parts: list[list[PrintedLine]]

    @property
    def lines(self) -> list[PrintedLine]:
        return [line for part in self.parts for line in part]


def pieces(
    lines: Sequence[PrintedLine], label: Label, body: float, column: tuple[float, float] = (0.0, 0.0)
) -> list[Piece]:
    """The lines of a region of text or of a list, cut.

    ``body``: the page's usual font size in points; ``column``: left and right edge of the column that it stands in.
    """
    cut: list[Piece] = []
    right = max(line.box[2] for line in lines)
    left = min(line.box[0] for line in lines)
    pitch = _usual_pitch(lines)
    wrapped = sum(line.box[2] > right - _FLUSH_EM * line.size for line in lines) > 1
    listed = label is Label.LIST or _lists(lines)
    alone = _standing_alone(lines, right)
    if label is Label.LIST:
        alone = frozenset(at for at in alone if _heads_paragraph(lines, at))
    titles, numbered = _heading_lines(lines, body, right), _hanging_numbers(lines)
    entries = _are_entries(lines, right) or _are_short_entries(lines, column[1])
    for index, line in enumerate(lines):
        before = lines[index - 1] if index else None
        large = index in titles and not _is_in_sentence(lines, index, right)
        if large and (len(lines) > 1 or label is Label.TEXT):
            _add_heading(cut, line, before)
        elif index in alone or (index - 1 in alone and not (listed and is_list_start(line.text))):
            cut.append(Piece(Label.TEXT, [[line]]))
        elif (listed and is_list_start(line.text)) or (index in numbered and label is Label.LIST):
            _add_item(cut, line)
        elif index in numbered:
            cut.append(Piece(Label.TEXT, [[line]]))
        elif before is None:
            goes_on = any(is_list_start(other.text) for other in lines)  # what is above the first bullet is no item
            cut.append(Piece(Label.TEXT if goes_on else label, [[line]]))
        elif _are_rows_of_chinese(before, line, column):
            cut[-1].parts.append([line])
        else:
            chinese = is_cjk(line.text[0]) or (is_cjk(before.text[-1]) and before.text[-1] not in "，、")
            wide = before.text[-1] in _STOPS or (chinese and not wrapped)
            measure = left, max(right, column[1]) if wide else right, pitch
            _continue(cut, before, line, measure, label, entries=entries)
    return cut


def _heading_lines(lines: Sequence[PrintedLine], body: float, right: float) -> frozenset[int]:
    """Indices of lines that are set as headings, without those of a large paragraph: its last line ends a sentence."""
    large = [headings.is_heading_line(line, body) for line in lines]
    for at in range(len(lines) - 1, 0, -1):
        if large[at - 1] and not large[at] and _is_same_text(lines[at - 1], lines[at], right):
            large[at - 1] = False
    if len(lines) >= _LEAST_TEXT and _is_large_text(lines, body):
        large = [own and _heads_by_its_words(line.text) for own, line in zip(large, lines, strict=True)]
    return frozenset(at for at, is_large in enumerate(large) if is_large)


def _heads_by_its_words(text: str) -> bool:
    """Whether a line is a heading in whatever type it is set: it has a number, or nothing but capitals."""
    return bool(headings.numbered_level(text)) or (text.isupper() and text.replace(" ", "").isalpha() and len(text) > 3)


def _is_large_text(lines: Sequence[PrintedLine], body: float) -> bool:
    """Whether lines are text in larger type than the small print around it: set alike, not bold, little larger."""
    plain = not lines[0].bold and lines[0].size < _HEADLINE * body
    return plain and all(_are_alike(lines[0], line) for line in lines)


def _hanging_numbers(lines: Sequence[PrintedLine]) -> frozenset[int]:
    """Indices of the lines of a form that begin with a bare number, or a letter, that stands apart from the text."""
    parts = [line.parts if len(line.parts) > 1 and len(line.parts[1].text) >= _LEAST_BEHIND else () for line in lines]
    first = [own[0].text if own else "" for own in parts]
    apart = [at for at, text in enumerate(first) if _BARE_NUMBER.fullmatch(text)]
    return frozenset(apart if sum(first[at].isdigit() for at in apart) >= _LEAST_NUMBERS else ())


def _are_alike(one: PrintedLine, other: PrintedLine) -> bool:
    return abs(one.size - other.size) < 0.05 * other.size and one.bold == other.bold


def _is_same_text(before: PrintedLine, line: PrintedLine, right: float) -> bool:
    """Whether a line runs on from the full one above, set alike."""
    alike = _are_alike(before, line)
    near = line.box[1] - before.box[3] < _SLIDE_GAP_EM * line.size
    return alike and near and not is_forced(before, line, right) and not headings.numbered_level(line.text)


def _are_entries(lines: Sequence[PrintedLine], right: float) -> bool:
    """Whether most lines end where they please, as those of addresses, verses and lists do: then all of them do."""
    breaks = [is_forced(before, line, right) for before, line in pairwise(lines)]
    return len(breaks) > 1 and sum(breaks) >= _ENTRIES * len(breaks)


def _are_short_entries(lines: Sequence[PrintedLine], right: float) -> bool:
    """Whether all lines are short and could have gone on in their column, as those of a sidebar do."""
    if len(lines) < _LEAST_ENTRIES or any(len(line.text) > _SHORT for line in lines):
        return False
    return all(is_forced(before, line, right) for before, line in pairwise(lines))


def _standing_alone(lines: Sequence[PrintedLine], right: float) -> frozenset[int]:
    """Indices of lines that are paragraphs of their own: rows of boxes to tick, and what may be a heading.

    Whether they are is known when all pages are. Such a line may follow the last line of a paragraph that is as long
    as the region is wide.
    """
    choices = {at for at, line in enumerate(lines) if is_choice(line.text)}
    may_be = [headings.may_be_heading(line) or _is_bold_between(lines, at) for at, line in enumerate(lines)]
    breaks = [True, *(is_forced(before, line, right) for before, line in pairwise(lines)), True]
    ended = [True, *(line.text[-1] in _STOPS for line in lines)]
    return frozenset(
        at for at in range(len(lines)) if at in choices or (may_be[at] and (breaks[at] or ended[at]) and breaks[at + 1])
    )


def _heads_paragraph(lines: Sequence[PrintedLine], at: int) -> bool:
    """Whether behind a line of what the model calls a list stands text without a number."""
    following = lines[at + 1].text if at + 1 < len(lines) else ""
    return bool(following) and not (is_list_start(following) or headings.numbered_level(following))


def _is_bold_between(lines: Sequence[PrintedLine], at: int) -> bool:
    """Whether a line is bold, short, no sentence, and the lines before and behind it are not bold."""
    around = (*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2])
    return headings.is_bold_title(lines[at]) and bool(around) and not any(line.bold for line in around)


def _lists(lines: Sequence[PrintedLine]) -> bool:
    """Whether lines of a text begin list items: one with a bullet, or two of any kind."""
    starts = sum(is_list_start(line.text) for line in lines)
    return starts > 1 or any(has_bullet(line.text) for line in lines)


def _usual_pitch(lines: Sequence[PrintedLine]) -> float:
    steps = sorted(line.box[3] - before.box[3] for before, line in pairwise(lines))
    return steps[(len(steps) - 1) // 2] if steps else 0.0


def _add_heading(pieces: list[Piece], line: PrintedLine, before: PrintedLine | None) -> None:
    runs_on = before is not None and abs(before.size - line.size) < 0.5 and line.box[1] - before.box[3] < line.size
    if runs_on and pieces and pieces[-1].label is Label.HEADING and not headings.numbered_level(line.text):
        pieces[-1].parts[-1].append(line)
    else:
        pieces.append(Piece(Label.HEADING, [[line]]))


def _add_item(pieces: list[Piece], line: PrintedLine) -> None:
    if pieces and pieces[-1].label is Label.LIST:
        pieces[-1].parts.append([line])
    else:
        pieces.append(Piece(Label.LIST, [[line]]))


def _continue(
    pieces: list[Piece],
    before: PrintedLine,
    line: PrintedLine,
    measure: tuple[float, float, float],
    label: Label,
    *,
    entries: bool,
) -> None:
    """Add a line that begins no item: it runs on, breaks, or begins another paragraph.

    ``entries``: lines of this text stand for themselves, unless a word or a sentence goes on.
    """
    left, right, pitch = measure
    last = pieces[-1]
    em = max(line.size, 1.0)
    fresh = (
        last.label is Label.HEADING or line.box[3] - before.box[3] > _GAP * max(pitch, em) or _is_slide(before, line)
    )
    if _is_run_in_title(last, line) or (len(pieces) > 1 and _ends_run_in_title(last, line, right)):
        pieces.append(Piece(Label.TEXT, [[line]]))
        return
    fresh = fresh or (before.text[-1] in _STOPS and bool(_CLAUSE.match(line.text)))
    begins, ends = _begins_apart(line), _ends_apart(line)
    if last.label is Label.LIST:
        outside = line.box[0] < last.parts[-1][0].box[0] - _DEDENT_EM * em and not _runs_on(before, line, right, pitch)
        if outside or begins or ends or (fresh and label is not Label.LIST):
            pieces.append(Piece(Label.TEXT, [[line]]))
        else:
            last.parts[-1].append(line)
        return
    indented = line.box[0] > left + _INDENT_EM * em and before.box[0] < left + _INDENT_EM * em
    short = is_forced(before, line, right) and not _goes_on_in_sentence(before, line, left, right, entries=entries)
    forced = short or begins or _ends_apart(before) or (entries and _begins_entry(before, line))
    if not fresh and (are_rows(before.text, line.text) or (_is_entry(before) and _is_entry(line))):
        last.parts.append([line])
    elif fresh or (forced and (indented or len(last.parts[-1]) > 1)):
        pieces.append(Piece(Label.TEXT, [[line]]))
    elif forced:
        last.parts.append([line])
    else:
        last.parts[-1].append(line)


def _is_in_sentence(lines: Sequence[PrintedLine], at: int, right: float) -> bool:
    """Whether a recognised line, whose size is only that of its box, goes on with a sentence or is gone on with."""
    line, before, after = lines[at], lines[at - 1] if at else None, lines[at + 1] if at + 1 < len(lines) else None
    if line.font:
        return False
    if before is not None and before.text[-1] not in _ENDS and _is_full(before, right):
        return True
    small = after is not None and after.text[0].islower()
    return small and line.text[-1] not in _ENDS and _is_full(line, right)


def _is_full(line: PrintedLine, right: float) -> bool:
    return line.box[2] > right - _RAGGED_EM * line.size


def _is_slide(before: PrintedLine, line: PrintedLine) -> bool:
    """Whether two lines in large type stand apart, as the points of a slide do, however evenly they are spread."""
    return min(before.size, line.size) >= _SLIDE_PT and line.box[1] - before.box[3] > _SLIDE_GAP_EM * line.size


def _ends_apart(line: PrintedLine) -> bool:
    """Whether a line ends with something short that stands apart at the right edge, such as the date of an entry."""
    return len(line.parts) > 1 and _is_apart(line, line.parts[-1].box, line.parts[-1].box[0] - line.parts[-2].box[2])


def _begins_apart(line: PrintedLine) -> bool:
    """Whether a line begins with something short that stands apart at the left edge."""
    return len(line.parts) > 1 and _is_apart(line, line.parts[0].box, line.parts[1].box[0] - line.parts[0].box[2])


def _is_apart(line: PrintedLine, box: Box, gap: float) -> bool:
    em, width = max(line.size, 1.0), box[2] - box[0]
    others = sum(part.box[2] - part.box[0] for part in line.parts) - width
    return gap > _APART_EM * em and width < max(others, _LABEL_EM * em)


def _is_run_in_title(last: Piece, line: PrintedLine) -> bool:
    """Whether a bold line follows the end of a paragraph or an item that is not bold: the title of what follows."""
    before = last.lines[-1]
    prose = len(last.parts[-1]) > 1 or len(before.text) > _PROSE or last.label is Label.LIST
    return line.bold and not before.bold and prose and before.text[-1] in ".!?" and not is_list_start(line.text)


def _ends_run_in_title(last: Piece, line: PrintedLine, right: float) -> bool:
    """Whether a line follows such a title."""
    title = last.label is Label.TEXT and all(printed.bold for printed in last.lines)
    return title and not line.bold and (last.lines[-1].text[-1] == ":" or is_forced(last.lines[-1], line, right))


def _runs_on(before: PrintedLine, line: PrintedLine, right: float, pitch: float) -> bool:
    """Whether an item whose first line alone is indented goes on at the left edge: the line before is full."""
    em = max(line.size, 1.0)
    spaced = is_cjk(line.text[0]) and line.box[3] - before.box[3] < _SPACED * min(pitch, _WIDEST_PITCH_EM * em)
    level = line.box[1] - before.box[3] < 0.5 * em or spaced
    return level and before.text[-1] not in ".!?:;。！？：；" and not is_forced(before, line, right)


def _goes_on_in_sentence(before: PrintedLine, line: PrintedLine, left: float, right: float, *, entries: bool) -> bool:
    """Whether a line begins with a small word in the middle of a sentence, though the line before is short.

    It stands beside a picture, or was ended by hand.
    """
    text = before.text
    prose = len(text) > _PROSE / 2 and before.box[2] - before.box[0] > _MUCH * (right - left)
    small = line.text[0].islower() and text[-1].isalpha() and not is_list_start(line.text)
    level = abs(line.box[0] - before.box[0]) < _INDENT_EM * max(line.size, 1.0)
    return small and prose and level and not entries and _are_alike(before, line)


def _begins_entry(before: PrintedLine, line: PrintedLine) -> bool:
    """Whether a line is the next of a list of entries: no word is broken, and it begins with no small letter."""
    goes_on = line.text[0].islower() and "@" not in line.text.split(maxsplit=1)[0]
    return before.text[-1] not in "-‐\u00ad" and not goes_on and any(map(str.isalnum, line.text))


def _are_rows_of_chinese(before: PrintedLine, line: PrintedLine, column: tuple[float, float]) -> bool:
    """Whether two lines of Chinese are centred below one another, or end flush right, far from the column's edges."""
    em = max(line.size, 1.0)
    if not is_cjk(before.text[-1]) or abs(before.box[0] - line.box[0]) < _SHIFTED_EM * em:
        return False
    from_left = min(before.box[0], line.box[0]) - column[0]
    from_right = column[1] - max(before.box[2], line.box[2])
    centred = abs(sum(before.box[::2]) - sum(line.box[::2])) < em  # of twice the middles
    flush = abs(before.box[2] - line.box[2]) < _FLUSH_EM * em
    return (centred and min(from_left, from_right) > _INSET_EM * em) or (flush and from_left > _FAR_EM * em)


def _is_entry(line: PrintedLine) -> bool:
    """Whether a line is an entry of a list of contents whose leaders are drawn, or left out: a page number far away."""
    return len(line.parts) == 2 and bool(_PAGE.fullmatch(line.parts[1].text))


def _length_of_first_word(text: str) -> int:
    """Characters before the first place where a line may break."""
    ends = (at for at, char in enumerate(text) if at and (char.isspace() or is_cjk(char)))
    return next(ends, len(text))


def is_forced(before: PrintedLine, line: PrintedLine, right: float) -> bool:
    """Whether the next line's first word would have fitted behind the line before, up to ``right``."""
    width = (line.box[2] - line.box[0]) / max(len(line.text), 1)
    first = _length_of_first_word(line.text)
    if before.text[-1] in "-‐\u00ad":
        return False
    slack = 2.0 if is_cjk(line.text[0]) else 0.6
    return right - before.box[2] > (first + 1) * width + slack * max(line.size, 1.0)


def is_no_item(lines: Sequence[PrintedLine], right: float) -> bool:
    """Whether what the model calls a list item is none. ``right``: the right edge of its column.

    It has no bullet, and begins with another sign, runs from the right, or is a paragraph of Chinese: their first
    lines are indented like items.
    """
    first = lines[0].text
    paragraph = _is_chinese_paragraph(lines, right)
    if is_list_start(first) or (not paragraph and any(is_list_start(line.text) for line in lines)):
        return False
    return first[0] in "#><" or paragraph or is_choice(first) or runs_right_to_left(first)


def _is_chinese_paragraph(lines: Sequence[PrintedLine], right: float) -> bool:
    """Whether the first of several lines is indented, or a single one is full, and a sentence of Chinese ends there."""
    first = lines[0]
    if not is_cjk(first.text[0]) or not any("。" in line.text for line in lines):
        return False
    if len(lines) > 1:
        return first.box[0] > lines[1].box[0] + 0.9 * first.size
    return first.box[2] > right - 1.5 * first.size
