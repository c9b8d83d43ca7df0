"""Rows of experience: tells company, position and place in the heads of entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

from pipeline.engines.evidence.located_values import LocatedValue
from pipeline.engines.rules.parties import has_company_suffix, has_legal_form, is_legal_form_alone, looks_like_address
from pipeline.engines.rules.resume.entries import Entry
from pipeline.engines.rules.resume.heads import KIND_OF_WORK
from pipeline.engines.rules.resume.marked_rows import is_prose
from pipeline.engines.rules.resume.named_pieces import LocatedRow, is_part_of_university, take_labelled
from pipeline.engines.rules.resume.pieces import DASHED, Piece, joined_pieces
from pipeline.engines.rules.resume.plausible import is_plausible
from pipeline.engines.rules.resume.slots import Slot, piece_at, usual_slot
from pipeline.engines.rules.resume.whole_lines import job_line_of, whole_lines
from pipeline.engines.rules.resume.words import is_place, names_job, names_school
from stores.models import Label

_ENOUGH_PARTS = 2  # headings below that of one entry
_ENOUGH_COMPLETE = 2  # entries with a firm and a job
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MOST_DASHED = 0.7  # of the entries: where more have a dash behind the job, it stands before the firm
_LONGEST_NAME = 95
_MOST_SMALL_WORDS = 6  # of three letters or more, in the name of a firm
_MOST_WORDS_OF_FIRM = 7
_YEAR = 4  # characters of an ISO date
_SURE_FIRM = -2  # a legal form, and no word of jobs or schools
_MOST_HAN_IN_CLAUSE = 12  # characters of a name with a stop in it
_FREELANCE = re.compile(
    r"freelancer?|self[- ]employed|selbst(?:st)?ändig|freiberuflich|indépendant|autónomo|自由职业", re.IGNORECASE
)
_FREELANCE_BEHIND = re.compile(rf"[(（](?:{_FREELANCE.pattern})[)）]$", re.IGNORECASE)
_AT = re.compile(r"(?:\s@|(?i:\sat|\sbei(?:m|\sde[rm])?|\schez)(?:\sthe)?)\s*$")
_COMMA = re.compile(r"\s*[,，]\s*")
_DEPARTMENT = re.compile(r"(?:department|dept\.?|division|faculty|abteilung|school of)\b|.{0,8}部门?$", re.IGNORECASE)
_PROJECT_LABEL = re.compile(r"[\W①-⑳\d]*项目(?:名称)?[一二三四五六七八九十\d]*\s*[:：]")
_UNIT_IN_CHINESE = re.compile(
    r".{1,16}(?:[部处科组]|部门|中心|事业群|[一二三四五六七八九十]部)"
)  # of the firm beside it
_PROJECT_IN_CHINESE = re.compile(r".*[\u4e00-\u9fff](?:研究|系统|框架|算法|方法|项目|课题)")


def experience_rows(entries: Sequence[Entry]) -> list[LocatedRow]:
    """Make rows of company, position, location, start_date and end_date from entries."""
    entries, groups = _without_group_heads(_without_projects(entries))
    entries = [_without_subheadings(entry) for entry in entries]
    split = [_places_and_names(entry) for entry in entries]
    heads = [names for _, names, _ in split]
    usual = sum(map(_is_dashed_job, heads)) > _MOST_DASHED * len(heads)
    job_line = job_line_of(heads)
    split = [(row, whole_lines(names, usual, job_line), place) for row, names, place in split]
    heads = [names for _, names, _ in split]
    job_first = _job_stands_first(heads)
    job_slot = usual_slot([names for names in heads if len(names) > 1], lambda text: _job_score(text) > 0, least=2)
    dated = any(entry.end for entry in entries)
    rows: list[LocatedRow] = []
    for at, (entry, (row, names, place)) in enumerate(zip(entries, split, strict=True)):
        row["company"] = row["company"] or (groups[at] if len(names) == 1 else None)
        _name_pieces(row, names, job_slot, job_first)
        _take_own_business(row, entry, names)
        if row["location"] is None:
            row["location"] = place.located() if place else _town_behind(row["company"], names)
        if row["company"] is None and row["position"] and rows:
            row["company"] = rows[-1]["company"]  # several jobs under one firm's name
        if row["company"] and _PROJECT_IN_CHINESE.fullmatch(str(row["company"].value)):
            row["company"] = None  # the title of a project, not a firm
            row["position"] = row["position"] if row["position"] and names_job(row["position"].value) else None
        for field in ("company", "position"):
            value = row[field]
            row[field] = value if value and is_plausible(str(value.value)) else None
        if (row["company"] or row["position"]) and (dated or _is_told(row)):
            rows.append(row | {"start_date": entry.start, "end_date": entry.end})
    return rows


def _without_group_heads(entries: Sequence[Entry]) -> tuple[list[Entry], list[LocatedValue | None]]:
    """Leave out the lines of firms with a period of all the jobs below them; return those firms for each job left."""
    kept: list[Entry] = []
    firms: list[LocatedValue | None] = []
    group: Entry | None = None
    for entry, below in zip_longest(entries, entries[1:]):
        if below is not None and _heads_group(entry, below):
            group = entry
            continue
        group = group if group and _is_inside(entry, group) and len(_names_of(entry)) == 1 else None
        kept.append(entry)
        firms.append(joined_pieces(group.pieces, DASHED)[0].located() if group else None)
    return kept, firms


def _without_subheadings(entry: Entry) -> Entry:
    """An entry without the headings of its parts, of a lower rank than its own, where there are several."""
    first = entry.rows[0].cells[0] if entry.rows else None
    if first is None or first.label is not Label.HEADING:
        return entry
    cells = [row.cells[0] for row in entry.rows[1:] if row.cells[0].label is Label.HEADING]
    lower = {cell.number for cell in cells if cell.level > first.level and not names_job(cell.text)}
    if len(lower) < _ENOUGH_PARTS:
        return entry
    return replace(entry, pieces=tuple(piece for piece in entry.pieces if piece.line.number not in lower))


def _is_told(row: LocatedRow) -> bool:
    """Whether a row without a date names a job or a firm by its words, or both of them in a few."""
    job, firm = (str(value.value) if value else "" for value in (row["position"], row["company"]))
    told = names_job(job) or has_company_suffix(firm) or names_school(firm)
    return told or (bool(job and firm) and bool(_HAN.search(job + firm)))


def _without_projects(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out what began during the job above it and has one name of no known kind, where other jobs have firms."""
    entries = [entry for entry in entries if not (entry.rows and _PROJECT_LABEL.match(entry.rows[0].text))]
    complete = [_has_firm_and_job(entry) for entry in entries]
    if sum(complete) < _ENOUGH_COMPLETE:
        return list(entries)
    kept: list[Entry] = []
    job: Entry | None = None
    for entry, whole in zip(entries, complete, strict=True):
        job = entry if whole else job
        if whole or job is None or not (_is_nameless(entry) and _began_during(entry, job)):
            kept.append(entry)
    return kept


def _has_firm_and_job(entry: Entry) -> bool:
    names = _names_of(entry)
    return any(has_company_suffix(p.text) for p in names) and any(names_job(p.text) for p in names)


def _is_nameless(entry: Entry) -> bool:
    """Whether an entry has one name, which is of no job, firm or school."""
    names = _names_of(entry)
    return len(names) == 1 and not _job_score(names[0].text) and bool(_HAN.search(names[0].text))


def _began_during(entry: Entry, job: Entry) -> bool:
    """Whether an entry began after a job did, and before it ended."""
    if not (entry.start and job.start and job.end):
        return False
    begun, first, last = (str(value.value) for value in (entry.start, job.start, job.end))
    return first <= begun <= last


def _heads_group(entry: Entry, below: Entry) -> bool:
    """Whether an entry is one line without a job, whose period holds that of the job right below it."""
    single = len(entry.rows) == 1 and bool(entry.pieces) and not any(names_job(piece.text) for piece in entry.pieces)
    names = _names_of(below)
    return single and len(names) == 1 and names_job(names[0].text) and _is_inside(below, entry)


def _is_inside(entry: Entry, group: Entry) -> bool:
    """Whether the period of an entry lies in that of another one."""
    if not (entry.start and entry.end and group.start and group.end):
        return False
    begins, ends = str(group.start.value)[:_YEAR], str(group.end.value)[:_YEAR]
    return begins <= str(entry.start.value)[:_YEAR] and str(entry.end.value)[:_YEAR] <= ends


def _names_of(entry: Entry) -> list[Piece]:
    return [piece for piece in entry.pieces if not is_place(piece.text)]


def _places_and_names(entry: Entry) -> tuple[LocatedRow, list[Piece], Piece | None]:
    """Return the labelled values, the pieces that can be names, and the place."""
    row: LocatedRow = dict.fromkeys(("company", "position", "location"))
    pieces = take_labelled(entry.pieces, row)
    place = next((piece for piece in pieces if is_place(piece.text)), None)
    names = [piece for piece in pieces if piece is not place and not _is_sentence(piece.text)]
    names = _jobs_together([piece for piece in names if not is_part_of_university(piece, names)])
    if len(names) > 2:
        names = [piece for piece in names if not _is_address(piece.text)]
        elsewhere = [piece for piece in names if not is_place(piece.text)]
        names = elsewhere if len(elsewhere) > 1 else names
    if place is None and len(names) > 2:
        place = next((p for p in names if p.right and not names_job(p.text) and not has_company_suffix(p.text)), None)
        names = [piece for piece in names if piece is not place]
    elif place is not None and place.right and len(names) > 2:
        apart = [piece for piece in names if piece.line is not place.line or _job_score(piece.text)]
        names = apart if len(apart) > 1 else names
    if len(names) == 2 and place is None and _is_town_of(names[1], names[0]):
        names, place = names[:1], names[1]
    if len(names) == 2 and not any(names_job(piece.text) for piece in names):
        names = [names[0], *(piece for piece in names[1:] if not _UNIT_IN_CHINESE.fullmatch(piece.text))]
    if len(names) > 2:
        names = [piece for piece in names if not _DEPARTMENT.match(piece.text)]
        kinds = [piece for piece in names if KIND_OF_WORK.fullmatch(piece.text)]
        titled = any(names_job(piece.text) for piece in names if piece not in kinds)
        names = [piece for piece in names if not titled or piece not in kinds]
    return row, [piece for piece in names if len(piece.text) < _LONGEST_NAME], place


def _is_town_of(town: Piece, firm: Piece) -> bool:
    """Whether one word stands behind a comma behind a firm with its legal form, in a line of both."""
    text = firm.line.text
    behind = firm.line.number == town.line.number and f"{firm.text}, {town.text}" in text
    word = town.text[:1].isupper() and town.text.isalpha() and _job_score(town.text) == 0
    return behind and word and text.strip().endswith(town.text) and has_legal_form(firm.text)


def _is_address(text: str) -> bool:
    """Whether a piece is a street and a number, of the place of a firm."""
    return looks_like_address(text) and bool(re.search(r"\s\d+\s?[a-z]?$", text)) and _job_score(text) == 0


def _jobs_together(names: list[Piece]) -> list[Piece]:
    """Join the two jobs that a line begins with, before a comma and the firm: ``Founder, President, Alder Labs``."""
    if len(names) < 3 or not all(names_job(piece.text) for piece in names[:2]) or names_job(names[2].text):
        return names
    firm = names[2].line.number == names[0].line.number
    return [*joined_pieces(names[:2], _COMMA), *names[2:]] if firm else names


def _is_sentence(text: str) -> bool:
    """Whether a piece is of the details: a short sentence, many small words, or what was in some year."""
    if re.match(r"(?:19|20)\d{2}\s+[^\W\d]", text):
        return True
    named = names_job(text) or has_company_suffix(text) or names_school(text)
    if not named and len(re.findall(r"[\u4e00-\u9fff]", text)) > _MOST_HAN_IN_CLAUSE and re.search("[，。；：]", text):
        return True
    wordy = len(re.findall(r"(?<!\w)[a-zà-ÿ]{3,}", text)) > _MOST_SMALL_WORDS and not named
    return wordy or (text.rstrip().endswith((".", "。")) and len(re.findall(r"(?<!\w)[a-zà-ÿ]{2,}", text)) > 2)


def _town_behind(company: LocatedValue | None, names: Sequence[Piece]) -> LocatedValue | None:
    """Return the short name right behind the company on its line: a town that is in no list of ours."""
    for piece, next_piece in pairwise(names):
        behind = company is not None and piece.text == company.value and next_piece.line.number == piece.line.number
        capital = next_piece.text[:1].isupper() and len(next_piece.text.split()) <= 3
        if behind and capital and _job_score(next_piece.text) == 0 and not re.search(r"\d", next_piece.text):
            return next_piece.located()
    return None


def _job_stands_first(entries: Sequence[Sequence[Piece]]) -> bool:
    """Whether most entries of the section name the job before the firm."""
    votes = 0
    for pieces in entries:
        if len(pieces) >= 2:
            first, second = pieces[0].text, pieces[1].text
            votes += _job_score(first) - _job_score(second)
    return votes > 0


def _job_score(text: str) -> int:
    return 2 * names_job(text) - 2 * has_company_suffix(text) - names_school(text)


def _is_dashed_job(names: Sequence[Piece]) -> bool:
    """Whether the first line names a job and, behind a dash, something else: ``Developer - Firm``."""
    first = [piece for piece in names if piece.line.number == names[0].line.number]
    return len(first) > 1 and names_job(first[0].text)


def _name_pieces(row: LocatedRow, names: Sequence[Piece], job_slot: Slot | None, job_first: bool) -> None:
    if row["company"] or row["position"]:
        rest = [piece for piece in names if not _same(piece, row["company"]) and not _same(piece, row["position"])]
        missing = "position" if row["company"] else "company"
        if row[missing] is None and rest:
            row[missing] = rest[0].located()
        return
    if len(names) == 1:
        works = _job_score(names[0].text) > 0 or bool(_FREELANCE_BEHIND.search(names[0].text))
        row["position" if works else "company"] = names[0].located()
    elif names:
        job, firm = _job_and_firm(names, job_slot, job_first)
        row["position"], row["company"] = job.located(), firm.located()


def _job_and_firm(names: Sequence[Piece], job_slot: Slot | None, job_first: bool) -> tuple[Piece, Piece]:
    """Tell the job and the firm among two names or more: by their words, else by where the other entries have them."""
    first, second = names[0], names[1]
    if max(_job_score(first.text), _job_score(second.text)) <= 0:
        second = next((piece for piece in names[2:] if _job_score(piece.text) > 0), second)
    difference = _job_score(first.text) - _job_score(second.text)
    if difference == 0 and _stands_at(first, second):
        return first, second
    job, firm = (first, second) if difference > 0 or (difference == 0 and job_first) else (second, first)
    usual = piece_at(names, job_slot)
    if difference == 0 and usual is not None:
        job, firm = usual, second if usual is first else first
    apart = firm.line.number != job.line.number  # then a "group" behind the job is a part of the firm
    rest = [piece for piece in names if piece is not job and not (apart and piece.line.number == job.line.number)]
    named = (piece for piece in rest if _is_firm(piece.text))
    return job, firm if _job_score(firm.text) < 0 else next(named, firm)


def _stands_at(job: Piece, firm: Piece) -> bool:
    """Whether a word between two names of a line says that the second one is where the first one was done."""
    before, mark, _ = job.line.text.partition(firm.text)
    return bool(mark) and job.line.number == firm.line.number and bool(_AT.search(before))


def _take_own_business(row: LocatedRow, entry: Entry, names: Sequence[Piece]) -> None:
    """Fill in that somebody worked for themselves, where that stands in a line for itself in the place of the firm."""
    own = next((piece for piece in entry.pieces if _FREELANCE.fullmatch(piece.text.strip())), None)
    whole = joined_pieces(names, DASHED) if own and names else []
    apart = own is not None and own.text.strip() == own.line.text.strip() and len(whole) == 1
    if own is None or not apart or has_company_suffix(whole[0].text) or names_school(whole[0].text):
        return
    if len(names) > 1:
        row["position"], row["company"] = whole[0].located(), None
    if row["position"] is None:
        row["position"], row["company"] = row["company"], None
    row["company"] = row["company"] or own.located()


def _is_firm(text: str) -> bool:
    few = len(text.split()) <= _MOST_WORDS_OF_FIRM
    return few and _job_score(text) == _SURE_FIRM and not is_legal_form_alone(text) and not is_prose(text)


def _same(piece: Piece, value: LocatedValue | None) -> bool:
    return value is not None and value.value in piece.text
