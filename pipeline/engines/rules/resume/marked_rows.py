"""The rows of a section of a curriculum vitae, marked: which hold a period, which are details."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from pipeline.engines.rules.dates import PeriodMatch
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.entry_rows import (
    BULLET,
    LONG_CHARACTERS,
    NO_NAME,
    entry_periods,
    head_period,
    is_margin,
)
from pipeline.engines.rules.resume.heads import ICONS
from pipeline.engines.rules.resume.labels import is_labelled_detail
from pipeline.engines.rules.resume.words import find_degree, names_school
from pipeline.engines.rules.resume.wrapped import closes_bracket, goes_on_below, joined_rows
from stores.models import Label

_LABELLED_DETAIL = re.compile(NO_NAME.pattern + r"\s*[:：]", re.IGNORECASE)
_HONOUR = re.compile(r"奖学金|[一二三]等奖|优秀(?:毕业生|学生|团员|干部)|\bscholarship (?:of|from)\b", re.IGNORECASE)
_NEXT_LINE = 1.8  # heights between the middles of two lines of one paragraph
_MOST_TOGETHER = 160  # characters of a row of names, places and dates
_LEAST_OF_PARAGRAPH = 45  # characters of a line of one that goes on below
_SMALL = re.compile(r"[a-zà-ÿ(«\"„]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MARK_IN_CHINESE = re.compile(r"\s[|｜·•-]\s|^[\u4e00-\u9fff]{2,8}[:：]")  # between names, or behind a label
_LEAST_HAN = 15  # of a line that goes on below
_FEW_LINES = 2  # of a block that may be a head
_WIDE_CHARACTERS = 60  # of a line of a paragraph


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRow:
    """A row of a section, with what it is in its entry."""

    row: Row
    period: PeriodMatch | None
    detail: bool  # a bullet, the continuation of one, or prose


def is_detail(text: str) -> bool:
    """Whether a row is a bullet or prose."""
    return bool(BULLET.match(text)) or is_prose(text)


def marked_rows(rows: Sequence[Row]) -> list[MarkedRow]:
    """Mark the rows of a section; names that go on in the row below are joined."""
    marked: list[MarkedRow] = []
    bullet_left: float | None = None
    first = next((row for row in rows if not is_margin(row.text)), None)
    bulleted = first is not None and bool(BULLET.match(first.text))  # every entry has a bullet, its details others
    heads = bulleted and _head_all(rows)
    heads_left = first.cells[0].box[0] if first is not None and not bulleted else 0.0
    for row, following in zip_longest(rows, rows[1:]):
        left, text = row.cells[0].box[0], ICONS.sub(" ", row.text)
        dashed_name = row.cells[0].label is Label.HEADING and re.match(r"\s*[-–—]", text)
        is_bullet = bool(BULLET.match(text)) and not dashed_name and not _is_bulleted_period(row)
        if bulleted and following and (heads or _is_bulleted_head(row, following)):
            is_bullet = False
        period = None if is_bullet or _HONOUR.search(text) else head_period(row)
        if period and not period.first and is_labelled_detail(text[: period.start]) and _is_told(text, period):
            period = None
        inside = bullet_left is not None and left > bullet_left + 1.0 and abs(left - heads_left) > 1.0
        if inside and period and not period.first and _ends_sentence(text, period):
            period = None
        continued = inside and period is None
        prose = period is None and (_is_prose_row(row) or bool(_LABELLED_DETAIL.match(text)))
        prose = prose or bool(_HONOUR.search(text) and not is_bullet and not _has_degree_before_honour(text))
        prose = prose or (period is None and bool(marked) and _goes_on(marked[-1], row))
        if is_bullet:
            bullet_left = left
        elif not continued:
            bullet_left = None
        marked.append(MarkedRow(row=row, period=period, detail=is_bullet or continued or prose))
    return list(_without_wraps(_with_whole_paragraphs(_with_prose_blocks(marked))))


def _head_all(rows: Sequence[Row]) -> bool:
    """Whether a row with a period stands below each bullet, two of them at least: bullets begin the entries."""
    below = [after for row, after in pairwise(rows) if BULLET.match(row.text)]
    return len(below) > 1 and all(head_period(row) and not BULLET.match(row.text) for row in below)


def _is_prose_row(row: Row) -> bool:
    """Whether a row is prose; a heading may be as long as two lines."""
    heading = row.cells[0].label is Label.HEADING and not row.text.rstrip().endswith((".", "。"))
    heading = heading and len(_HAN.findall(row.text)) <= _LEAST_HAN
    return is_prose(_longest_cell(row)) and not (heading and len(row.text) < _MOST_TOGETHER)


def _has_degree_before_honour(text: str) -> bool:
    """Whether a stroke parts a degree from the honours behind it: ``造船・硕士 | 荣誉：一等奖学金``."""
    first = re.split(r"[|｜│丨]", text)[0]
    return find_degree(first) is not None and not _HONOUR.search(first)


def _is_bulleted_period(row: Row) -> bool:
    """Whether a bullet holds a period and nothing else: the head of the entry goes on in it."""
    text = BULLET.sub("", row.text, count=1)
    return is_margin(text) and any(period.first for period in entry_periods(text))


def _with_prose_blocks(marked: Sequence[MarkedRow]) -> list[MarkedRow]:
    """Mark the lines of a block as details where they go on in small letters and it ends as a sentence does."""
    result = list(marked)
    start = 0
    for at in range(1, len(result) + 1):
        if at < len(result) and _is_of_block(result[at - 1].row, result[at].row):
            continue
        begin = _prose_begins(result[start:at])
        if begin is not None:
            result[start + begin : at] = [replace(one, detail=True, period=None) for one in result[start + begin : at]]
        start = at
    return result


def _prose_begins(marked: Sequence[MarkedRow]) -> int | None:
    """Which line of a block is the first that goes on below, if the block ends as a sentence does.

    In small letters, or in Chinese as a line that fills the width of the block.
    """
    rows = [one.row for one in marked]
    texts = [row.text.strip() for row in rows]
    right = max(row.cells[-1].box[2] for row in rows)
    full = [right - row.cells[-1].box[2] < row.cells[0].height for row in rows]
    chinese = [filled and len(_HAN.findall(text)) > _LEAST_HAN for filled, text in zip(full, texts, strict=True)]
    chinese = [long and not _MARK_IN_CHINESE.search(text) for long, text in zip(chinese, texts, strict=True)]
    begin = next((n for n, below in enumerate(texts[1:]) if _SMALL.match(below) or chinese[n]), None)
    if begin is None or texts[begin][0].isdigit() or (chinese[begin] and any(one.period for one in marked[begin:])):
        return None
    wide = chinese[begin] or (len(texts[begin]) > _LEAST_OF_PARAGRAPH and len(texts) > _FEW_LINES)
    return begin if wide and texts[-1].endswith((".", "。", "；", "：") if chinese[begin] else (".", "。")) else None


def _is_of_block(row: Row, below: Row) -> bool:
    """Whether two rows are lines of one block of text, one below the other at the same left edge."""
    one, other = row.cells[0], below.cells[0]
    plain = len(row.cells) == len(below.cells) == 1 and one.block == other.block and row.page == below.page
    text = one.label is other.label is Label.TEXT and not BULLET.match(other.text)
    return plain and text and abs(one.box[0] - other.box[0]) < 1.5 and other.middle > one.middle


def _with_whole_paragraphs(marked: Sequence[MarkedRow]) -> list[MarkedRow]:
    """Mark the lines of a paragraph as details up to its first one, where each goes on below in small letters."""
    result = list(marked)
    for at in range(len(result) - 2, -1, -1):
        one, below = result[at], result[at + 1]
        if below.detail and below.period is None and one.period is None and _runs_on(one.row, below.row):
            result[at] = replace(one, detail=True)
    return result


def _runs_on(row: Row, below: Row) -> bool:
    """Whether a long line goes on in small letters in the line below it, of the same paragraph."""
    one, other = row.cells[0], below.cells[0]
    plain = len(row.cells) == len(below.cells) == 1 and one.block == other.block and one.label is not Label.HEADING
    small = re.match(r"[a-zà-ÿ(«\"„]", other.text.strip()) and not BULLET.match(other.text)
    return plain and bool(small) and len(one.text) > _LEAST_OF_PARAGRAPH


def _longest_cell(row: Row) -> str:
    """The longest of the cells beside each other in a row that are short together: the others are places and dates."""
    cells = [ICONS.sub(" ", cell.text).strip() for cell in row.cells]
    return max(cells, key=len) if len(row.text) < _MOST_TOGETHER else row.text


def _without_wraps(marked: Sequence[MarkedRow]) -> Iterator[MarkedRow]:
    """Join the rows of a head whose name goes on in the next one."""
    above: MarkedRow | None = None
    for row in marked:
        free = bool(above) and not (above and above.period and row.period and not _closes_period(above.row, row.row))
        if above and free and not above.detail and not row.detail and goes_on_below(above.row, row.row):
            whole = joined_rows(above.row, row.row)
            above = replace(above, row=whole, period=head_period(whole) if above.period or row.period else None)
            continue
        if above:
            yield above
        above = row
    if above:
        yield above


def _closes_period(row: Row, below: Row) -> bool:
    """Whether a row ends in the middle of a period in brackets: ``Firm (2016.06-`` above ``2017.10)``."""
    return bool(re.search(r"\d\s*[-–—~至]\s*$", row.text)) and closes_bracket(row.text, below.text)


def _is_told(text: str, date: PeriodMatch) -> bool:
    """Whether words stand between the label of a row and the date in it."""
    return bool(re.search(r"[:：].*[^\W\d_]{3}", text[: date.start]))


def _ends_sentence(text: str, date: PeriodMatch) -> bool:
    """Whether a date is the end of a sentence that the line above began."""
    return bool(re.search(r"\w", text[: date.start])) and bool(re.fullmatch(r"\s*[.。;；,]?\s*", text[date.end :]))


def _goes_on(above: MarkedRow, row: Row) -> bool:
    """Whether a row is the end of the paragraph above it: right below prose, small at its begin or with a full stop."""
    first, upper = row.cells[0], above.row.cells[0]
    near = row.page == above.row.page and 0 < first.middle - upper.middle < _NEXT_LINE * upper.height
    same = near and abs(first.box[0] - upper.box[0]) < 1.5 and len(row.cells) == 1
    text = row.text.strip()
    wide = len(above.row.text) > _WIDE_CHARACTERS or _is_long(above.row.text)
    prose = above.detail and above.period is None and not BULLET.match(above.row.text) and wide
    return same and prose and (text[:1].islower() or text.endswith((".", "。", ";", "；")))


def _is_long(text: str) -> bool:
    return len(text) > LONG_CHARACTERS or len(re.findall(r"[\u4e00-\u9fff]", text)) > LONG_CHARACTERS // 3


def _is_bulleted_head(row: Row, following: Row) -> bool:
    """Whether a bullet begins an entry: the row below is set further in and has a period of its own."""
    indented = following.cells[0].box[0] > row.cells[0].box[0] + 1.0
    return indented and not BULLET.match(following.text) and not is_prose(row.text) and bool(head_period(following))


def is_prose(text: str) -> bool:
    """Whether the line is long or ends as a sentence does."""
    sentence = bool(re.search(r"[.。;；]\s*$", text)) and not has_company_suffix(f"x {text.split()[-1]}")
    named = names_school(text) and not re.search(
        r"(?:^|\s)[a-zà-ÿ]{2,}|[\u4e00-\u9fff]", text
    )  # "Alder Technical Institute."
    return _is_long(text) or (sentence and not named and len(re.findall(r"[a-z]{2,}|[\u4e00-\u9fff]{2}", text)) > 4)
