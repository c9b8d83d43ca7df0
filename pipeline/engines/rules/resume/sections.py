"""The sections of a curriculum vitae: its headings, its columns, and the rows below each heading."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.dates import find_periods
from pipeline.engines.rules.page_rows import Row, printed_rows
from pipeline.engines.rules.resume.columns import columns_of
from pipeline.engines.rules.resume.content import NO_ENTRIES, jobs_begin
from pipeline.engines.rules.resume.entry_rows import is_bulleted, is_margin
from pipeline.engines.rules.resume.head_rows import heads_entry, is_period_row, names_period, opens_entry
from pipeline.engines.rules.resume.headings import SectionKind, heading_kind
from pipeline.engines.rules.resume.known_headings import SAME_LEFT, WITH_ENTRIES, is_lower, known_headings
from pipeline.engines.rules.resume.marked_rows import is_detail
from pipeline.engines.rules.resume.tables import header_cells
from pipeline.engines.rules.resume.words import find_degree, is_place, names_job, names_school
from pipeline.engines.rules.resume.wrapped import is_broken
from stores.models import Label

_PAPER = re.compile(r"\W*r[ée]sum[ée]\W*", re.IGNORECASE)  # the name of the paper on its top, a summary further down
_SENTENCE_PART = re.compile(r"^\s*[(（]|[.,;，。；]\s*$")
_DASH_BULLET = re.compile(r"\s*[-–—*]\s")
_LONG_ROW = 120
_BULLET_INSIDE = re.compile(r"(?<=\S)\s+(?=[•◦▪‣●○■□➢➤✓✔]\s?\S)")
_LEAST_COMMAS = 2  # of an enumeration, which is no heading
_ROWS_BELOW = 3  # of an entry's heading, among which its period stands
_FURTHEST_ABOVE_HEIGHT = 1.06  # a heading of unknown words must be taller than the text
_LONGEST, _LONGEST_WITH_COLON = 50, 70  # characters of a heading of unknown words
_LOWER = 0.95  # times the height of the heading of a section
_DESCENDING = re.compile(r"[gjpqyQçşţрцущдф,;()\[\]{}|_]|[\u2e80-\u9fff\uac00-\ud7a3]")  # signs below the base line
_DESCENT = 1.27  # times the height of capitals is that of capitals and letters below the base line
_ALIKE = 0.04  # of the height of a heading: others are as high
_NEXT_LINE = 1.8  # heights between the middles of two lines of one heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading's kind and the rows below it, over pages, in reading order."""

    kind: SectionKind
    rows: tuple[Row, ...]

    @property
    def lines(self) -> list[PageLine]:
        return [cell for row in self.rows for cell in row.cells]


def body_and_headings(lines: Sequence[PageLine]) -> tuple[list[PageLine], dict[int, SectionKind]]:
    """The lines of a document without page furniture, numbered anew, and the numbers of those that begin a section."""
    body = _split_at_bullets(_without_page_furniture(lines))
    no_headings = header_cells(printed_rows(body)) | {line.number for line in body[:1] if _PAPER.fullmatch(line.text)}
    return body, known_headings(body, no_headings)


def find_sections(lines: Sequence[PageLine]) -> list[Section]:
    """Divide a document into sections; text in columns is read column by column."""
    body, known = body_and_headings(lines)
    headings = known | _unknown_headings(body, known)
    parts: list[tuple[SectionKind, list[Row]]] = []
    projects = False  # the last heading of known words is of projects or awards
    under: PageLine | None = None  # the heading of the last part
    untold: set[int] = set()  # parts below headings of unknown words, or below none
    for column in columns_of(body, known):
        if column.fresh or not parts:
            parts.append((SectionKind.HEAD, []))
            untold.add(len(parts) - 1)
        rows = printed_rows(column.lines)
        head_ends = 0  # rows before this one belong to the head of an entry, headings or not
        for at, row in enumerate(rows):
            cell = next((c for names in (known, headings) for c in row.cells if c.number in names), None)
            kind = headings[cell.number] if cell else None
            unknown = cell is not None and cell.number not in known
            if unknown and parts[-1][0] in WITH_ENTRIES and heads_entry(row, _rows_below(rows[at + 1 :], headings)):
                head_ends = at + 2
            if unknown and parts[-1][0] in WITH_ENTRIES and not parts[-1][1] and _opens_first(rows, at):
                head_ends = at + 1  # a heading has something below it: this is its first entry
            if unknown and (_goes_on(parts[-1], row) or _ends_head(parts[-1], row) or _is_first_school(parts[-1], row)):
                head_ends = at + 1
            if unknown and (_opens_with_period(parts[-1]) or _repeats_first(parts[-1], row)):
                head_ends = at + 1
            if unknown and _is_of_lower_rank(under, parts[-1], row):
                head_ends = at + 1
            if kind is None or (unknown and at < head_ends):
                parts[-1][1].append(row)
            else:
                beside = _beside_first_line(parts, rows[at - 1], cell, known) if at and cell else []
                parts.append((kind, [*beside, *_rest_of(row, headings if unknown else known)]))
                under = cell
                untold -= set() if unknown else {len(parts) - 1}
                projects = bool(cell and NO_ENTRIES.search(cell.text)) if not unknown else projects
                untold |= {len(parts) - 1} if unknown and not projects else set()
    if not any(kind is SectionKind.EXPERIENCE for kind, _ in parts):
        parts = [part for at, told in enumerate(parts) for part in (_with_jobs(told) if at in untold else [told])]
    return [Section(kind=kind, rows=tuple(rows)) for kind, rows in parts if rows]


def _goes_on(part: tuple[SectionKind, list[Row]], row: Row) -> bool:
    """Whether a line set as a heading is the second one of the head of an entry, right below the first."""
    kind, rows = part
    if kind not in WITH_ENTRIES or not rows:
        return False
    one, other = rows[-1].cells[0], row.cells[0]
    near = one.page == other.page and 0 < other.middle - one.middle < _NEXT_LINE * one.height
    alike = one.label is other.label is Label.HEADING and abs(one.height - other.height) < 1.0
    alike = alike or (one.block == other.block and is_broken(one, other))
    return near and alike and abs(one.box[0] - other.box[0]) < 1.0


def _is_of_lower_rank(under: PageLine | None, part: tuple[SectionKind, list[Row]], row: Row) -> bool:
    """Whether a heading is of a lower rank than that of its section, right below it or as the first entry's is."""
    kind, rows = part
    cell = row.cells[0]
    if kind not in WITH_ENTRIES or under is None or under.label is not Label.HEADING or cell.label is not Label.HEADING:
        return False
    first = rows[0].cells[0] if rows else cell
    alike = first.label is Label.HEADING and first.level == cell.level and abs(first.box[0] - cell.box[0]) < SAME_LEFT
    return cell.level > under.level > 0 and alike


def _ends_head(part: tuple[SectionKind, list[Row]], row: Row) -> bool:
    """Whether a line set as a heading is the job right below a firm with its period, or the degree below a school."""
    kind, rows = part
    if kind not in WITH_ENTRIES or not rows or len(row.cells) > 1:
        return False
    above, names = rows[-1], names_job if kind is SectionKind.EXPERIENCE else find_degree
    near = above.page == row.page and row.cells[0].middle - above.cells[0].middle < _NEXT_LINE * above.cells[0].height
    return near and names_period(above) and not names(above.text) and bool(names(row.text))


def _is_first_school(part: tuple[SectionKind, list[Row]], row: Row) -> bool:
    """Whether a line set as a heading names a school right below the heading of the schools."""
    kind, rows = part
    return kind is SectionKind.EDUCATION and not rows and names_school(row.text)


def _opens_first(rows: Sequence[Row], at: int) -> bool:
    """Whether a row right below a heading begins the first entry: something stands beside it, and a date near below."""
    below = rows[at + 1 : at + _ROWS_BELOW]
    return len(rows[at].cells) > 1 and not find_periods(rows[at].text) and any(find_periods(row.text) for row in below)


def _with_jobs(part: tuple[SectionKind, list[Row]]) -> list[tuple[SectionKind, list[Row]]]:
    """Part of a document in which no heading names the jobs, parted where they begin."""
    kind, rows = part
    begin = jobs_begin(rows)
    return [part] if begin is None else [(kind, rows[:begin]), (SectionKind.EXPERIENCE, rows[begin:])]


def _beside_first_line(
    parts: list[tuple[SectionKind, list[Row]]], above: Row, below: PageLine, known: Container[int]
) -> list[Row]:
    """Take what stands beside the first line of a heading in the margin from its part; its second one is ``below``."""
    first = above.cells[0]
    near = first.page == below.page and 0 < below.middle - first.middle < _NEXT_LINE * below.height
    alike = first.text.isupper() == below.text.isupper() and abs(first.box[0] - below.box[0]) < 1.0
    alike = alike and (first.text.isupper() or first.label is below.label is Label.HEADING)
    if not near or not alike or len(above.cells) < 2 or not heading_kind(f"{first.text} {below.text}"):
        return []
    if first.number in known:
        return parts.pop()[1]
    if not parts[-1][1]:
        return []
    parts[-1][1].pop()
    return _rest_of(above, {first.number})


def _opens_with_period(part: tuple[SectionKind, list[Row]]) -> bool:
    """Whether a section's entries begin with rows of periods, and the last one lacks a name that the first one has."""
    kind, rows = part
    if kind not in WITH_ENTRIES or not rows or not opens_entry(rows[0]):
        return False
    last = max(at for at, row in enumerate(rows) if opens_entry(row))
    behind = rows[last + 1 :]
    return not any(is_detail(row.text) for row in behind) and (not behind or len(behind) < _names_below(rows))


def _repeats_first(part: tuple[SectionKind, list[Row]], row: Row) -> bool:
    """Whether a row has a date and a name where the first row of a section with entries has them."""
    kind, rows = part
    if kind not in WITH_ENTRIES or not rows or len(row.cells) < 2 or len(rows[0].cells) < 2:
        return False
    pairs = list(zip(row.cells[:2], rows[0].cells[:2], strict=True))
    dated = all(
        cells[0].text.strip() and is_margin(cells[0].text) and find_periods(cells[0].text)
        for cells in (row.cells, rows[0].cells)
    )
    return dated and all(abs(one.box[0] - other.box[0]) < SAME_LEFT for one, other in pairs)


def _names_below(rows: Sequence[Row]) -> int:
    """How many rows stand between the period of the first entry and its details, or the next period."""
    ends = (at for at, row in enumerate(rows[1:]) if is_detail(row.text) or is_period_row(row))
    return next(ends, 0)


def _rows_below(rows: Sequence[Row], headings: dict[int, SectionKind]) -> list[Row]:
    """Return the few rows below a heading, up to the next one; the heading of a job below a firm's does not count."""
    ends = (at for at, row in enumerate(rows) if row.cells[0].number in headings and not names_job(row.text))
    return list(rows[: min(next(ends, len(rows)), _ROWS_BELOW)])


def _split_at_bullets(lines: Sequence[PageLine]) -> list[PageLine]:
    """Split lines before each bullet inside them (table cells hold whole entries) and number all lines again."""
    parts: list[PageLine] = []
    for line in lines:
        texts = _BULLET_INSIDE.split(line.text)
        if len(texts) == 2 and is_place(texts[1].lstrip("•◦▪‣●○■□ ")):
            texts = [line.text]  # "Firm • Town, Country": the bullet separates
        if _DASH_BULLET.match(line.text) and any(find_periods(text) for text in texts) and len(line.text) < _LONG_ROW:
            texts = [line.text]  # "– Firm • Job • 2019": so do those behind another one
        x0, y0, x1, _ = line.box
        step = line.height / len(texts)
        for at, text in enumerate(texts):
            box = (x0, y0 + step * at, x1, y0 + step * (at + 1))
            parts.append(replace(line, number=len(parts), box=box, text=text))
    return parts


def _rest_of(row: Row, headings: Container[int]) -> list[Row]:
    """Return the cells beside a heading: a heading in the left margin has its first entry there."""
    cells = tuple(cell for cell in row.cells if cell.number not in headings)
    return [Row(page=row.page, cells=cells)] if cells else []


def _without_page_furniture(lines: Sequence[PageLine]) -> list[PageLine]:
    """Leave out page numbers, "last updated" notes, and running headers and footers.

    What layout analysis takes for a header or footer may be the first or last entry of a page: a period is kept.
    """
    first = lines[0].page if lines else 0
    furniture = re.compile(
        r"page \d+|\d{1,2}\s*/\s*\d{1,2}\W*$|last updated|seite \d+|第\s*\d+\s*页|\W*\d{1,2}\W*$", re.IGNORECASE
    )
    margins = [line for line in lines if line.label in (Label.HEADER, Label.FOOTER)]
    pages_by_text: dict[str, set[int]] = {}
    for line in margins:
        pages_by_text.setdefault(_masked(line.text), set()).add(line.page)
    running = {
        line.number
        for line in margins
        if len(pages_by_text[_masked(line.text)]) > 1
        or re.search(r"page \d+|last updated", line.text, re.IGNORECASE)
        or (line.page > first and not any(period.first for period in find_periods(line.text)))
    }
    running -= {line.number for line in margins if line.number in running and _is_dated_beside(line, lines)}
    running -= {
        line.number for line in margins if pages_by_text[_masked(line.text)] == {line.page} and _heads(line, lines)
    }
    return [line for line in lines if line.number not in running and not furniture.match(line.text.strip())]


def _masked(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _heads(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a line at the top of a page is the heading of a section, or stands right above or below a period."""
    if heading_kind(line.text):
        return True
    near = [o for o in lines if o.page == line.page and abs(o.middle - line.middle) < _NEXT_LINE * line.height]
    return any(period.first for other in near for period in find_periods(other.text))


def _is_dated_beside(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a period stands in the row of a line, which is the head of an entry then."""
    row = [o for o in lines if o.page == line.page and abs(o.middle - line.middle) < 0.5 * line.height]
    return any(period.first for other in row for period in find_periods(other.text))


def _unknown_headings(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> dict[int, SectionKind]:
    """Find lines that are set like the known headings, whatever their words: they end a section."""
    models = [line for line in lines if line.number in known]
    if not models:
        return {}
    body_height = median(line.height for line in lines)
    marked = any(is_bulleted(model.text) for model in models)
    headings = {}
    for line in lines:
        if is_bulleted(line.text) and not marked:
            continue
        enumeration = line.text.count(",") >= _LEAST_COMMAS
        if (
            line.number in known
            or enumeration
            or _SENTENCE_PART.search(line.text)
            or len(line.text.strip()) > _longest(line)
            or line.number < models[0].number
        ):
            continue
        above = next((model for model in reversed(models) if model.number < line.number), models[0])
        inner = known[above.number] in WITH_ENTRIES and line.label is Label.HEADING and is_lower(line, above)
        inner = inner and line.height < _LOWER * above.height
        if not inner and (_ranks_alike(line, models) or _drawn_alike(line, models, body_height)):
            headings[line.number] = SectionKind.OTHER
    return headings


def _longest(line: PageLine) -> int:
    """How many characters a heading of unknown words may have: more where a colon ends it."""
    announces = line.label is Label.HEADING and line.text.rstrip().endswith((":", "："))
    return _LONGEST_WITH_COLON if announces else _LONGEST


def _ranks_alike(line: PageLine, models: Sequence[PageLine]) -> bool:
    """Whether a heading is of the rank of the known ones, of those that begin where it does if there are any."""
    near = [model for model in models if abs(model.box[0] - line.box[0]) < SAME_LEFT] or models
    marked = [model.level for model in near if model.label in (Label.HEADING, Label.TITLE)]
    return len(marked) * 2 > len(near) and line.label is Label.HEADING and 0 < line.level <= max(marked)


def _size(line: PageLine) -> float:
    """How large a line is set: the height of its print, had it letters below the base line."""
    return line.height if _DESCENDING.search(line.text) else line.height * _DESCENT


def _drawn_alike(line: PageLine, models: Sequence[PageLine], body_height: float) -> bool:
    near = [model for model in models if abs(model.box[0] - line.box[0]) < SAME_LEFT]
    if not near:
        return False
    tall = all(model.height > _FURTHEST_ABOVE_HEIGHT * body_height for model in near)
    same_height = any(abs(model.height - line.height) < _ALIKE * model.height for model in near)
    if line.label is not Label.HEADING and all(model.label is Label.HEADING for model in near):
        same_height = same_height and any(abs(_size(model) - _size(line)) < _ALIKE * _size(model) for model in near)
    shouted = all(model.text.isupper() for model in models) and line.text.isupper() and len(line.text.split()) <= 4
    wordy = bool(re.fullmatch(r"[^\W\d_]{3,}(?:[\s&]+[^\W\d_]+)*\W*", line.text.strip()))
    return (tall and same_height) or (shouted and same_height and wordy)
