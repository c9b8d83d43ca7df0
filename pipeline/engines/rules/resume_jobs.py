"""Rows of education and experience: tells school and degree, company and position in the heads of entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume_entries import Entry
from pipeline.engines.rules.resume_entry_rows import is_no_name
from pipeline.engines.rules.resume_heads import KIND_OF_WORK
from pipeline.engines.rules.resume_labels import LABEL
from pipeline.engines.rules.resume_pieces import Piece, joined_pieces
from pipeline.engines.rules.resume_whole_lines import job_line_of, whole_lines
from pipeline.engines.rules.resume_words import find_degree, is_place, names_job, names_school

LocatedRow = dict[str, LocatedValue | None]

_MOST_DASHED = 0.7  # of the entries: where more have a dash behind the job, it stands before the firm
_LONGEST_NAME = 95
_MOST_SMALL_WORDS = 6  # of three letters or more, in the name of a firm
_COMMA = re.compile(r"\s*[,，]\s*")
_THESIS = re.compile(r"(?:[^\W\d_]+[\s-]?)?(?:thesis|arbeit|mémoire|tesis|tesi)\b", re.IGNORECASE)
_DEPARTMENT = re.compile(r"(?:department|dept\.?|division|faculty|abteilung|school of)\b|.{0,8}部门?$", re.IGNORECASE)
_UNIVERSITY = re.compile(r"universi|大学", re.IGNORECASE)
_FACULTY = re.compile(
    r"(?:faculty|school|college|department|institute)\s+(?:of|for)\s.*|(?:fakultät|institut)\s+für\s.*|facult(?:é|ad)\s+d.*|"
    r"[\u4e00-\u9fff与和]{2,12}(?:学院|系)",
    re.IGNORECASE,
)
_PROJECT_IN_CHINESE = re.compile(r".*[\u4e00-\u9fff](?:研究|系统|框架|算法|方法|项目|课题)")
_AREA_JOINT = re.compile(
    r"^\s*(?:degree)?\s*[,:：]?\s*(?:\bin\b|\bof\b|\ben\b|\bim\b|\bin der\b|-|–|\()?\s*", re.IGNORECASE
)
_SUBJECTS = ("major", "minor")
_STUDIES = re.compile(r"[^\W\d_]*studium\b", re.IGNORECASE)  # a degree where no other one is named
_DIPLOMA_IN_CHINESE = re.compile(r"[（(]\s*([\u4e00-\u9fffA-Za-z]+)\s*[）)]$")


def education_rows(entries: Sequence[Entry]) -> list[LocatedRow]:
    """Make rows of institution, degree, area, start_date and end_date from entries with a school or a degree."""
    rows = [_education(entry) for entry in entries]
    for above, row in pairwise(rows):
        if row["institution"] is None and row["degree"]:
            row["institution"] = above["institution"]  # several degrees of one school
    for (one, upper), (other, lower) in pairwise(zip(entries, rows, strict=True)):
        if _is_of_school_above(other, lower, one) and upper["institution"]:
            lower["institution"], lower["area"] = upper["institution"], lower["area"] or lower["institution"]
    told = [bool(row["degree"]) or _is_school(row["institution"]) for row in rows]
    lines = [len({piece.row for piece in entry.pieces if not is_place(piece.text)}) for entry in entries]
    alike = {count for count, is_told in zip(lines, told, strict=True) if is_told and count > 1}
    dated = [bool(row["start_date"] or row["end_date"]) for row in rows]
    shaped = [count in alike and has_date for count, has_date in zip(lines, dated, strict=True)]
    shaped = [same and not _is_thesis(entry) for same, entry in zip(shaped, entries, strict=True)]
    kept = [is_told or same or not any(told) for is_told, same in zip(told, shaped, strict=True)]
    return [row for row, keep in zip(rows, kept, strict=True) if keep and (row["institution"] or row["degree"])]


def _is_thesis(entry: Entry) -> bool:
    return bool(entry.pieces) and bool(_THESIS.match(entry.pieces[0].text))


def _is_of_school_above(entry: Entry, row: LocatedRow, above: Entry) -> bool:
    """Whether an entry is one line with a degree and no school, below one of several lines: of the same school."""
    lines = [{piece.line.number for piece in one.pieces} for one in (entry, above)]
    placed = any(is_place(piece.text) for piece in entry.pieces)
    lacking = bool(row["degree"]) and row["institution"] is not None and not _is_school(row["institution"])
    return lacking and not placed and len(lines[0]) == 1 and len(lines[1]) > 1


def _is_school(name: LocatedValue | None) -> bool:
    return name is not None and names_school(name.value)


def _education(entry: Entry) -> LocatedRow:
    row: LocatedRow = dict.fromkeys(("institution", "degree", "area"))
    rest: list[Piece] = []
    for piece in _take_labelled(entry.pieces, row):
        if is_place(piece.text) or _is_state(piece, entry):
            continue
        if _is_part_of_university(piece, entry.pieces):
            rest.append(piece)
        elif row["institution"] is None and names_school(piece.text) and not _is_degree_first(piece.text):
            row["institution"] = piece.located()
        elif row["degree"] is None and find_degree(piece.text) and not _names_subject(piece, entry):
            _take_degree(piece, row)
        else:
            rest.append(piece)
    if row["institution"] is None and rest and not _STUDIES.match(rest[0].text):
        row["institution"] = rest.pop(_best_name(rest, entry.pieces)).located()
    if row["degree"] is None and (studies := next((piece for piece in rest if _STUDIES.match(piece.text)), None)):
        row["degree"] = studies.located()
        rest.remove(studies)
    if row["area"] is None and rest:
        row["area"] = _area(rest)
    return row | {"start_date": entry.start, "end_date": entry.end}


def _names_subject(piece: Piece, entry: Entry) -> bool:
    """Whether a piece is of a subject ("Major in Physics") beside one with a degree."""
    degrees = [match[0].casefold() for one in entry.pieces if (match := find_degree(one.text))]
    ours = find_degree(piece.text)
    subject = ours is not None and ours[0].casefold() in _SUBJECTS
    return subject and any(degree not in _SUBJECTS for degree in degrees)


def _is_part_of_university(piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether a piece names a faculty or school of the university that another piece names."""
    whole = (other for other in pieces if other is not piece and _UNIVERSITY.search(other.text))
    return bool(_FACULTY.fullmatch(piece.text)) and not _UNIVERSITY.search(piece.text) and any(whole)


def _is_state(piece: Piece, entry: Entry) -> bool:
    """Whether a piece is the state behind a school (``MS``), though it looks like a degree, which another piece is."""
    behind = bool(re.fullmatch(r"[A-Z]{2}", piece.text)) and f", {piece.text}" in piece.line.text
    return behind and any(one.row != piece.row and find_degree(one.text) for one in entry.pieces)


def _is_degree_first(text: str) -> bool:
    """Whether most of the text is a degree, as in ``Bachelor of Science, MIT``, though it names a school."""
    degree = find_degree(text)
    return bool(degree and degree.start() == 0 and len(degree[0]) >= 0.5 * len(text))


def _best_name(pieces: Sequence[Piece], every: Sequence[Piece]) -> int:
    """Return the index of the piece with a place beside it, else of a firm, of one below the degree, or of any."""
    degrees = {piece.row for piece in every if find_degree(piece.text)}
    places = {piece.row for piece in every if is_place(piece.text)} - degrees
    if degrees and (beside := next((at for at, piece in enumerate(pieces) if piece.row in places), None)) is not None:
        return beside
    fitting = [at for at, piece in enumerate(pieces) if not piece.right and not piece.text[:1].islower()]
    firms = (at for at in fitting if has_company_suffix(pieces[at].text))
    below = (at for at in fitting if degrees and pieces[at].row > min(degrees))
    return next(firms, next(below, next(iter(fitting), 0)))


def _take_degree(piece: Piece, row: LocatedRow) -> None:
    """Fill in the degree of a piece, and the field of study behind it (``PhD in Physics``) or before it."""
    match = find_degree(piece.text)
    if match is None:
        return
    degree, rest = match[0].strip(), piece.text[match.end() :]
    before = piece.text[: match.start()].strip(" (（-–,，：:/")
    if re.match(r"(?:bachelor|master)", degree, re.IGNORECASE) and re.match(r"\s+of\s+", rest, re.IGNORECASE):
        joint = re.match(r"\s+of\s+[^,(（|]+?(?=\s+in\s+|[,(（|]|$)", rest, re.IGNORECASE)
        degree, rest = (degree + joint[0], rest[joint.end() :]) if joint else (degree, rest)
    row["degree"] = located_in(degree, [piece.line], degree)
    area = _AREA_JOINT.sub("", rest, count=1).strip(" )）,.;，:：")
    area = area or re.sub(r"\s+(?:in|of)$", "", before)
    if row["area"] is None and re.search(r"[^\W\d_]{2,}", area) and not is_place(area):
        row["area"] = located_in(area, [piece.line], area)


def _area(rest: Sequence[Piece]) -> LocatedValue | None:
    """Return the first piece that can be a field of study; pieces of the right margin come last."""
    fitting = [p for p in rest if re.search(r"[^\W\d_]{2,}", p.text) and not names_school(p.text) and len(p.text) < 80]
    return min(fitting, key=lambda piece: piece.right).located() if fitting else None


def experience_rows(entries: Sequence[Entry]) -> list[LocatedRow]:
    """Make rows of company, position, location, start_date and end_date from entries."""
    split = [_places_and_names(entry) for entry in entries]
    heads = [names for _, names, _ in split]
    usual = sum(map(_is_dashed_job, heads)) > _MOST_DASHED * len(heads)
    job_line = job_line_of(heads)
    split = [(row, whole_lines(names, usual, job_line), place) for row, names, place in split]
    job_first = _job_stands_first([names for _, names, _ in split])
    rows: list[LocatedRow] = []
    for entry, (row, names, place) in zip(entries, split, strict=True):
        _name_pieces(row, names, job_first)
        if row["location"] is None:
            row["location"] = place.located() if place else _town_behind(row["company"], names)
        if row["company"] is None and row["position"] and rows:
            row["company"] = rows[-1]["company"]  # several jobs under one firm's name
        if row["company"] and _PROJECT_IN_CHINESE.fullmatch(str(row["company"].value)):
            row["company"] = None  # the title of a project, not a firm
            row["position"] = row["position"] if row["position"] and names_job(row["position"].value) else None
        if row["company"] or row["position"]:
            rows.append(row | {"start_date": entry.start, "end_date": entry.end})
    return rows


def _places_and_names(entry: Entry) -> tuple[LocatedRow, list[Piece], Piece | None]:
    """Return the labelled values, the pieces that can be names, and the place."""
    row: LocatedRow = dict.fromkeys(("company", "position", "location"))
    pieces = _take_labelled(entry.pieces, row)
    place = next((piece for piece in pieces if is_place(piece.text)), None)
    names = [piece for piece in pieces if piece is not place and not _is_sentence(piece.text)]
    names = _jobs_together([piece for piece in names if not _is_part_of_university(piece, names)])
    if place is None and len(names) > 2:
        place = next((p for p in names if p.right and not names_job(p.text) and not has_company_suffix(p.text)), None)
        names = [piece for piece in names if piece is not place]
    elif place is not None and place.right and len(names) > 2:
        names = [piece for piece in names if piece.line is not place.line or _job_score(piece.text)]
    if len(names) > 2:
        names = [piece for piece in names if not _DEPARTMENT.match(piece.text)]
        kinds = [piece for piece in names if KIND_OF_WORK.fullmatch(piece.text)]
        titled = any(names_job(piece.text) for piece in names if piece not in kinds)
        names = [piece for piece in names if not titled or piece not in kinds]
    return row, [piece for piece in names if len(piece.text) < _LONGEST_NAME], place


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


def _name_pieces(row: LocatedRow, names: Sequence[Piece], job_first: bool) -> None:
    if row["company"] or row["position"]:
        rest = [piece for piece in names if not _same(piece, row["company"]) and not _same(piece, row["position"])]
        missing = "position" if row["company"] else "company"
        if row[missing] is None and rest:
            row[missing] = rest[0].located()
        return
    if len(names) == 1:
        row["position" if _job_score(names[0].text) > 0 else "company"] = names[0].located()
    elif names:
        first, second = names[0], names[1]
        if max(_job_score(first.text), _job_score(second.text)) <= 0:
            second = next((piece for piece in names[2:] if _job_score(piece.text) > 0), second)
        difference = _job_score(first.text) - _job_score(second.text)
        swap = difference > 0 or (difference == 0 and job_first)
        row["position"], row["company"] = (
            (first.located(), second.located()) if swap else (second.located(), first.located())
        )


def _same(piece: Piece, value: LocatedValue | None) -> bool:
    return value is not None and value.value in piece.text


def _take_labelled(pieces: Sequence[Piece], row: LocatedRow) -> list[Piece]:
    """Fill ``row`` from labelled pieces such as ``学校：北京大学``; return the others that can be names."""
    rest = []
    for piece in pieces:
        match = LABEL.match(piece.text)
        name = match.lastgroup if match else None
        if match and name in row and row[name] is None:
            value = piece.text[match.end() :].strip()
            if name == "degree" and find_degree(value):
                _take_degree(replace(piece, text=value), row)
            else:
                row[name] = located_in(value, [piece.line], value) if value else None
        elif (
            piece.text[:1] not in "[【"
            and not is_no_name(piece.text)
            and any(character.isalpha() for character in piece.text)
        ):
            rest.append(piece)
    return rest
