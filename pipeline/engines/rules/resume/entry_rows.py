"""The rows of a section made ready to be read as entries: dates and bullets apart from the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

from pipeline.engines.rules.dates import PeriodMatch, find_periods
from pipeline.engines.rules.month_names import OPEN_END, is_season, month_number
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.resume.heads import ICONS, STRONG_SEPARATOR
from pipeline.engines.rules.resume.words import begins_with_degree, find_degree, is_place, names_job, names_school

BULLET = re.compile(
    r"^\s*(?:[\u2190-\u21ff\u2200-\u22ff\u25a0-\u25ff\u2794-\u27be\u2b00-\u2bff](?=\s)|[•◦▪‣●○■□⋆・◈›⇒→⁌⁍❖➢➤✓✔»※★☆·∙⁃►▶◆◇\uf0b7\uf0a7\uf076]|[-–—*o+{]\s|\(?\d{1,2}[.)、）]\s?(?!\d))"
)
PREPOSITION = re.compile(
    r"(?:\b(?:from|in|during|between|since|for|of|von|im|de|en)|[,(:–-]|[自从于在])\s*$", re.IGNORECASE
)
NO_NAME = re.compile(
    r"^(?:class\s+of|certificates?(?=\W*$)|gpa|cgpa|description|grade|score|percentage|thesis|advisor|supervisor|(?:mentor|guide|adviser|instructor)s?\s*[:：].*|(?:advised|supervised|mentored)\s+by|honou?rs|awards?|highlights?|responsibilit(?:y|ies)|achievements?|duties|tasks|aufgaben|missions?|工作(?:描述|内容|职责|成果|业绩)|平均分|专业排名|主要(?:职责|业绩|工作)|relevant|coursework|note|"
    r"betreuer(?:in)?|encadrant|proje(?:c?ts?|kte?)\s*[:：]|technolog(?:y|ies|ien)\s*[:：]|"
    r"(?:currently|actualmente|actuellement|derzeit)\s|(?:concluido|terminado|completed|graduated|abgeschlossen|obtenue?)(?:\s+(?:en|in|on|le|am))?$|"
    r"rank(?:ing)?|(?:\d+\s+(?:months?|years?|weeks?|mos?|yrs?|mois|ans?|monate?|jahre?|años?|mes(?:es)?)(?:\s+|\+?$)){1,2}$|"
    r"(?!特任|特聘|讲座|客座|访问|助理|兼职|名誉|荣誉)[\u4e00-\u9fff]{2,3}(?:教授|老师|导师)$|(?:工作|就职|任职)$|绩点|排名|主修课程|时间|起止|部门|"
    r"full[ -]?time|part[ -]?time|contract|permanent|freelance|expected|present|current|全职|兼职|统招|"
    r"全日制)(?![^\W\d_])",
    re.IGNORECASE,
)
_TWO_DATES = re.compile(
    r"^(\s*\d{1,2}/\d{4})\s(?=\d{1,2}/\d{4}(?!\d))|((?<!\d)(?:19|20)\d{2}\s)\|(?=\s(?:19|20)\d{2}\s*$)"
)
_AND = re.compile(
    r"\b([^\W\d_]{3,10})(\.?(?:\s+(?:19|20)\d{2})?)(\s+(?:und|and|et|y|e|&)\s+)([^\W\d_]{3,10})(?=\.?\s+(?:19|20)\d{2})"
)
_SLASHED_YEARS = re.compile(  # "Juin 2022/Septembre 2022", "2013 / 2014", but no list of three
    r"(?<![/\d])((?:19|20)\d{2})(\s?/\s?)(?=(?:[^\W\d_]{3,9}\.?\s+)?(?:19|20)\d{2}(?![/\d]))"
)
_EXPECTED = r"(?:voraussichtlich(?:e[rs]?)?|voraus\.|vsl\.|expected|anticipated|prévue?|prevista?|预计)"
_EXPECTED_END = re.compile(rf"(?<=[-–—~])\s*{_EXPECTED}(?=\s+[^\W\d_]|\s*\d)", re.IGNORECASE)
_EXPECTED_ASIDE = re.compile(rf"\s*[(（]\s*{_EXPECTED}\s*[)）]|\s+{_EXPECTED}$", re.IGNORECASE)
_KIND_BEFORE_JOB = re.compile(
    r"^(?:full[ -]?time|part[ -]?time|contract|permanent|freelance|current)\s+", re.IGNORECASE
)
_DURATION = re.compile(r"\s*[(（]\s*(?:\d+\s*(?:[^\W\d_]|\s)+){1,2}\+?[)）]\s*$")  # behind a date: "2014 (6 months)"
LONG_CHARACTERS = 100
_LONGEST_JOB = 85
_JOINT = re.compile(r"\W*(?:to|bis|until|till|à|au|hasta|至|到)\W*", re.IGNORECASE)  # between two dates
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_HEAD_IN_HAN = 34  # characters of the names in the head of an entry
_LEAST_STOPS = 2


def _as_range(months: re.Match[str]) -> str:
    """Two months that "and" joins, as a period of the same length."""
    both = month_number(months[1]) and month_number(months[4])
    return f"{months[1]}{months[2]}{'–'.center(len(months[3]))}{months[4]}" if both else months[0]


def entry_periods(text: str) -> list[PeriodMatch]:
    """Find periods and dates as a curriculum vitae prints them: years of two digits, two dates side by side."""
    text = _TWO_DATES.sub(lambda dates: f"{dates[1] or dates[2]}–", text)
    text = _AND.sub(_as_range, text)
    text = _SLASHED_YEARS.sub(lambda years: f"{years[1]}{'–'.center(len(years[2]))}", text)
    text = _EXPECTED_END.sub(lambda word: " " * len(word[0]), text)
    return find_periods(text, casual=True)


def is_no_name(text: str) -> bool:
    """Whether a text says something else of an entry than a name; ``Freelance Designer`` is a job."""
    kind = _KIND_BEFORE_JOB.match(text)
    if _names_time(text):
        return True
    told = kind and (names_job(text[kind.end() :]) or begins_with_degree(text[kind.end() :]))
    return bool(NO_NAME.match(text)) and not told


def _names_time(text: str) -> bool:
    """Whether a text is a season, the open end of a period, or months that a dash joins, and nothing else."""
    words = re.findall(r"[^\W\d_]+", text)
    if _JOINT.fullmatch(text) or re.fullmatch(OPEN_END, text.strip(" -–—.()"), re.IGNORECASE):
        return True
    if len(words) > 1:
        return all(month_number(word) for word in words) and bool(re.search(r"[-–—/]", text))
    return len(words) == 1 and is_season(words[0])


def is_bulleted(text: str) -> bool:
    return bool(BULLET.match(text))


def without_bullets(every: Sequence[Row]) -> Sequence[Row]:
    """Take the bullets away where they begin the entries themselves: rows without a bullet have no period."""
    rows = [row for row, below in zip_longest(every, every[1:]) if not (below and _is_mark_of(row, below))]
    heads = _outermost([row for row in rows if BULLET.match(row.text)])
    bare = {id(row): _without_bullet(row) for row in heads}
    named = [names_school(row.text) and _is_degree_first(row.text) for row in bare.values()]
    dated = sum(bool(head_period(row)) or study for row, study in zip(bare.values(), named, strict=True))
    bulleted = {id(row) for row in rows if BULLET.match(row.text)}
    bulleted |= {id(row) for above, row in pairwise(rows) if _closes_bracket(above.text, row.text)}
    both = [row for row in bare.values() if names_school(row.text) and find_degree(row.text)]
    studies = both or [row for row in bare.values() if begins_with_degree(row.text)]
    if heads and 2 * len(studies) > len(heads) and not any(head_period(row) for row in rows):
        return [bare.get(id(row), row) for row in rows]  # degrees without dates, with their schools or without
    if not heads or 2 * dated <= len(heads) or any(head_period(row) for row in rows if id(row) not in bulleted):
        return rows
    return [bare.get(id(row), row) for row in rows]


def _is_degree_first(text: str) -> bool:
    degree = find_degree(text)
    return degree is not None and degree.start() == 0


def _closes_bracket(upper: str, lower: str) -> bool:
    """Whether a line closes the bracket that the one above it leaves open."""
    opened = len(re.findall("[(（]", upper)) - len(re.findall("[)）]", upper))
    return opened == 1 and bool(re.match(r"[^(（]*[)）]", lower))


def _is_mark_of(row: Row, below: Row) -> bool:
    """Whether a row is nothing but the bullet of a head whose second line follows, with its period."""
    return not re.search(r"\w", row.text) and row.page == below.page and head_period(below) is not None


def _outermost(rows: Sequence[Row]) -> list[Row]:
    """The rows with the bullet of the first one, where others stand further in; all where there are none."""
    first = rows[0].text.strip()[0] if rows else ""
    same = [row for row in rows if row.text.strip()[0] == first]
    others = [row for row in rows if row.text.strip()[0] != first]
    left = max((row.cells[0].box[0] for row in same), default=0.0)
    return same if all(row.cells[0].box[0] > left for row in others) else list(rows)


def _without_bullet(row: Row) -> Row:
    first = row.cells[0]
    rest = BULLET.sub("", first.text, count=1).strip()
    return replace(row, cells=((replace(first, text=rest),) if rest else ()) + row.cells[1:])


def without_margins(rows: Sequence[Row]) -> Iterator[Row]:
    """Split rows where a date or place in the right margin stands beside details; each becomes a row of its own."""
    for row in rows:
        bullet = bool(BULLET.match(row.text))
        details = bullet or _is_long(row.cells[0].text)
        margin = tuple(cell for cell in row.cells[1:] if details and is_margin(cell.text))
        cells = tuple(cell for cell in row.cells if cell not in margin)
        joined = _period_behind(cells[-1].text) if bullet and not margin else None
        if margin:
            yield Row(page=row.page, cells=margin)
        if joined is not None:
            line = cells[-1]
            yield Row(page=row.page, cells=(replace(line, text=line.text[joined:]),))
            cells = (*cells[:-1], replace(line, text=line.text[:joined]))
        yield Row(page=row.page, cells=cells)


def _is_long(text: str) -> bool:
    """Whether a cell is too long for a name; jobs, schools and degrees may be longer."""
    named = names_job(text) or names_school(text) or find_degree(text)
    most = _LONGEST_JOB if named and not text.rstrip().endswith((".", "。", ";")) else LONG_CHARACTERS // 2
    return len(text) > most


def _period_behind(text: str) -> int | None:
    """Return where the period begins at the end of a bullet, if it is not part of the sentence but of the margin."""
    periods = [period for period in entry_periods(text) if period.first and not text[period.end :].strip()]
    if not periods or PREPOSITION.search(text[: periods[-1].start]):
        return None
    return periods[-1].start


def is_margin(text: str) -> bool:
    text = _DURATION.sub("", _EXPECTED_ASIDE.sub("", ICONS.sub(" ", text))).strip()
    periods = entry_periods(text)
    rest = (text[: periods[0].start] + text[periods[0].end :]).strip(" ,;|()·•-–—") if periods else text
    return is_place(rest) or (bool(periods) and not re.search(r"\w", rest))


def _is_margin_of(text: str, date: str) -> bool:
    """Whether a cell holds a date and places, with strokes between them: ``Jun 2016 | Beijing, China``."""
    return date in text and all(is_margin(part) for part in STRONG_SEPARATOR.split(text) if part.strip())


def _is_between_strokes(text: str, date: str) -> bool:
    """Whether a date stands alone between two strokes: ``Alder University | July 2018 | BSc``."""
    return date.strip() in [part.strip() for part in STRONG_SEPARATOR.split(text)[1:-1] if part]


def _fills_cell(row: Row, period: str) -> bool:
    """Whether a cell of a row holds a period and nothing else."""
    return any(_EXPECTED_ASIDE.sub("", cell.text).strip() == period.strip() for cell in row.cells)


def head_period(row: Row) -> PeriodMatch | None:
    """Return the period in the head of an entry: a range, or a date in its own cell or at either end of the row."""
    text = row.text
    periods = entry_periods(text)
    if not periods:
        return None
    period = max(periods, key=lambda p: bool(p.first))
    before, after = text[: period.start], _DURATION.sub("", text[period.end :])
    inside = bool(re.search(r"[^\W\d_]", before)) and bool(re.search(r"[^\W\d_]{2,}.*[^\W\d_]{2,}", after))
    if len(_HAN.findall(text)) > _LONGEST_HEAD_IN_HAN and len(re.findall("[，,。；]", text)) >= _LEAST_STOPS:
        return None  # a sentence about what was in that year
    stopped = re.search(r"[a-z]{2,}[.。;；]\s*$", text) and re.search(r"\w", before)
    sentence = len(text) > LONG_CHARACTERS or stopped
    if period.first:
        return None if inside and sentence and not _fills_cell(row, text[period.start : period.end]) else period
    if text[:1].islower() and PREPOSITION.search(before):
        return None  # the end of a broken sentence
    apart = any(
        period.last and _DURATION.sub("", cell.text).strip() in text[max(period.start - 8, 0) : period.end + 3]
        for cell in row.cells
    )
    date = text[period.start : period.end]
    apart = apart or any(_is_margin_of(cell.text, date) for cell in row.cells[1:])
    apart = apart or any(_is_between_strokes(cell.text, date) for cell in row.cells)
    at_edge = not re.search(r"\w", before) or not re.search(r"\w", after)
    return period if (apart or at_edge) and not sentence else None
