"""Rows of education: tells school, degree and field of study in the heads of entries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.engines.evidence.located_values import LocatedValue
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.entries import Entry
from pipeline.engines.rules.resume.entry_rows import BULLET, entry_periods, is_bulleted
from pipeline.engines.rules.resume.heads import KIND_OF_SCHOOL, split_head
from pipeline.engines.rules.resume.marked_rows import is_prose
from pipeline.engines.rules.resume.named_pieces import LocatedRow, is_part_of_university, take_degree, take_labelled
from pipeline.engines.rules.resume.pieces import Piece
from pipeline.engines.rules.resume.plausible import is_plausible
from pipeline.engines.rules.resume.slots import Slot, piece_at, slots_of, usual_slot
from pipeline.engines.rules.resume.words import find_degree, is_place, names_school, names_subject
from stores.models import Label

_THESIS = re.compile(
    r"(?:[^\W\d_]+[\s-]?)?(?:thesis|arbeit|mémoire|tesis|tesi|freiwilligendienst|zivildienst|wehrdienst)\b"
    r"|freiwilliges\s+(?:soziales|ökologisches)\s+jahr",
    re.IGNORECASE,
)
_NO_SCHOOL = re.compile(r"[:：“”]|^[a-zà-ÿ]")
_SUBJECTS = ("major", "minor")
_CERTIFICATE = re.compile(r"\s(?:certificate|diploma|zeugnis|leaving examination)$", re.IGNORECASE)  # of a school
_STATUS = re.compile(r"\s*[(（]?(?:毕业|肄业|结业|就学中?|就读中?|在学中?|在读)[)）]?$")
_LONGEST_NAME = 80
_MOST_SMALL_WORDS = 4
_TWO_LINES = 2
_MOST_WORDS_OF_TOWN = 2
_STUDIES = re.compile(r"[^\W\d_]*studium\b", re.IGNORECASE)  # a degree where no other one is named


def education_rows(entries: Sequence[Entry]) -> list[LocatedRow]:
    """Make rows of institution, degree, area, start_date and end_date from entries with a school or a degree."""
    drafts = [_draft(entry) for entry in entries]
    rows = [_education(entry, *draft, _Usual()) for entry, draft in zip(entries, drafts, strict=True)]
    kept = _kept(entries, rows)
    usual = _usual(entries, [names for _, names in drafts])
    rows = [
        _education(entry, *draft, usual) if keep else row
        for entry, draft, row, keep in zip(entries, drafts, rows, kept, strict=True)
    ]
    for above, row in pairwise(rows):
        if row["institution"] is None and row["degree"]:
            row["institution"] = above["institution"]  # several degrees of one school
    for (one, upper), (other, lower) in pairwise(zip(entries, rows, strict=True)):
        if _is_of_school_above(other, lower, one) and upper["institution"]:
            lower["institution"], lower["area"] = upper["institution"], lower["area"] or lower["institution"]
    both = [(entry, row) for entry, row, keep in zip(entries, rows, kept, strict=True) if keep]
    named = [(entry, row) for entry, row in both if row["institution"] or row["degree"]]
    return [one for entry, row in named for one in (row, *_further_degrees(entry, row))]


def _further_degrees(entry: Entry, row: LocatedRow) -> Iterator[LocatedRow]:
    """The degrees of the same school in the lines right below the one with its first degree."""
    texts = [one.text.strip() for one in entry.rows]
    first = row["degree"].quote if row["degree"] and row["institution"] else None
    at = next((at for at, text in enumerate(texts) if first and text.startswith(first)), len(texts))
    for below in entry.rows[at + 1 :]:
        degree = find_degree(below.text)
        told = degree is not None and degree.start() == 0 and degree[0].casefold() not in (*_SUBJECTS, "certificate")
        if not told or names_school(below.text) or entry_periods(below.text):
            return
        more: LocatedRow = dict.fromkeys(("degree", "area"))
        take_degree(Piece(text=below.cells[0].text.strip(), line=below.cells[0], row=0, right=False), more)
        yield row | more


def _usual(entries: Sequence[Entry], heads: Sequence[Sequence[Piece]]) -> _Usual:
    """Where the section has its schools and degrees: told by words, else by the places beside the schools."""
    school = usual_slot(heads, lambda text: names_school(text) and not find_degree(text))
    degree = usual_slot(heads, lambda text: find_degree(text) and not names_school(text))
    if degree is None:
        placed = [{p.row for p in e.pieces if is_place(p.text)} for e in entries]
        beside = {p.text for names, rows in zip(heads, placed, strict=True) for p in names if p.row in rows}
        school = usual_slot(heads, lambda text: names_school(text) or text in beside, least=2) or school
        two = all(len({slot[0] for slot in slots_of(names)}) == _TWO_LINES for names in heads)
        degree = (1 - school[0], 0) if school and two and school[0] < _TWO_LINES else None
    return _Usual(school=school, degree=degree)


def _kept(entries: Sequence[Entry], rows: Sequence[LocatedRow]) -> list[bool]:
    """Which entries are of a school: by the words of their names, or as they have a date and as many lines as those."""
    told = [bool(row["degree"]) or _is_school(row["institution"]) for row in rows]
    dated = [bool(row["start_date"] or row["end_date"]) for row in rows]
    alike = [False] * len(rows)
    for heights in (
        [len({piece.row for piece in entry.pieces if not is_place(piece.text)}) for entry in entries],
        [len({round(piece.line.middle) for piece in entry.pieces if not is_place(piece.text)}) for entry in entries],
    ):
        usual = {height for height, is_told in zip(heights, told, strict=True) if is_told and height > 1}
        alike = [same or height in usual for same, height in zip(alike, heights, strict=True)]
    shapes = [_shape_of(entry) for entry in entries]
    usual_shapes = {shape for shape, is_told in zip(shapes, told, strict=True) if is_told}
    whole = [
        row["start_date"] is not None and len(_names_in(entry)) > 1 for entry, row in zip(entries, rows, strict=True)
    ]
    alike = [
        same or (both and shape in usual_shapes and len(shape) > 1)
        for same, both, shape in zip(alike, whole, shapes, strict=True)
    ]
    shaped = [same and has_date for same, has_date in zip(alike, dated, strict=True)]
    shaped = [same and not _is_thesis(entry) for same, entry in zip(shaped, entries, strict=True)]
    alone = not any(told)  # then what has a date is kept
    return [is_told or same or (alone and date) for is_told, same, date in zip(told, shaped, dated, strict=True)]


def _names_in(entry: Entry) -> list[Piece]:
    return [piece for piece in entry.pieces if not is_place(piece.text)]


def _shape_of(entry: Entry) -> tuple[Label, ...]:
    """The labels of the lines of an entry that are headings, and of the others, each kind once where it repeats."""
    labels = [row.cells[0].label for row in entry.rows]
    return tuple(label for label, above in zip(labels, [None, *labels], strict=False) if label is not above)


def _goes_on_in_prose(text: str) -> bool:
    """Whether a text begins with a small letter and has many small words: a line in the middle of a sentence."""
    return text[:1].islower() and len(re.findall(r"(?<!\w)[a-zà-ÿ]{2,}", text)) > _MOST_SMALL_WORDS


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usual:
    """In which slots the entries of a section hold the school and the degree, None where they differ."""

    school: Slot | None = None
    degree: Slot | None = None


def _draft(entry: Entry) -> tuple[LocatedRow, list[Piece]]:
    """Return the labelled values of an entry, and the pieces that can be names."""
    row: LocatedRow = dict.fromkeys(("institution", "degree", "area"))
    names = [piece for piece in take_labelled(entry.pieces, row) if not _goes_on_in_prose(piece.text)]
    return row, [piece for piece in names if not is_place(piece.text) and not _is_state(piece, entry)]


def _education(entry: Entry, labelled: LocatedRow, names: Sequence[Piece], usual: _Usual) -> LocatedRow:
    row = dict(labelled)
    rest: list[Piece] = []
    for piece in (one for one in names if not _is_kind_of_school(one, names)):
        if is_part_of_university(piece, entry.pieces):
            rest.append(piece)
        elif row["institution"] is None and _names_school(piece.text):
            row["institution"] = piece.located()
        elif row["degree"] is None and find_degree(piece.text) and not _names_subject(piece, entry):
            take_degree(piece, row)
        else:
            rest.append(piece)
    _take_usual(row, names, rest, usual)
    bullet = None if rest else _bullet_of(entry)
    if bullet and row["institution"] is None and row["degree"] and names_school(bullet.text):
        row["institution"] = bullet.located()
    degree = find_degree(bullet.text) if bullet else None
    if bullet and row["degree"] is None and degree and degree.start() == 0 and row["institution"]:
        take_degree(bullet, row)
    if row["institution"] is None and rest and not _STUDIES.match(rest[0].text) and not _is_degree_alone(entry):
        fitting = [piece for piece in rest if not names_subject(piece.text) and not _NO_SCHOOL.search(piece.text)]
        best = fitting[_best_name(fitting, entry.pieces)] if fitting else None
        row["institution"] = best.located() if best and is_plausible(best.text) else None
        rest = [piece for piece in rest if piece is not best]
    if row["degree"] is None and (studies := next((piece for piece in rest if _STUDIES.match(piece.text)), None)):
        row["degree"] = studies.located()
        rest.remove(studies)
    if row["area"] is None and rest:
        row["area"] = _area(rest)
    return row | {"institution": _bare(row["institution"]), "start_date": entry.start, "end_date": entry.end}


def _is_degree_alone(entry: Entry) -> bool:
    """Whether an entry is a degree and its subject in one line, without a date and a place."""
    lines = {piece.line.number for piece in entry.pieces}
    degrees = any(find_degree(piece.text) for piece in entry.pieces)
    return degrees and len(lines) == 1 and entry.end is None and not any(is_place(p.text) for p in entry.pieces)


def _bare(school: LocatedValue | None) -> LocatedValue | None:
    """The school without what its pupil became of it: ``大甲高中毕业``."""
    name = _STATUS.sub("", school.value) if school else ""
    return replace(school, value=name, quote=name) if school and name and name != school.value else school


def _bullet_of(entry: Entry) -> Piece | None:
    """The first bullet of an entry, short and one name: the school of a degree, or the degree of a school."""
    at, bullet = next(((at, row) for at, row in enumerate(entry.rows) if is_bulleted(row.text)), (0, None))
    text = BULLET.sub("", bullet.cells[0].text, count=1).strip() if bullet else ""
    alone = len(split_head(text)) == 1 and len(text) < _LONGEST_NAME and not is_prose(text)
    return Piece(text=text, line=bullet.cells[0], row=at, right=False) if bullet and alone else None


def _take_usual(row: LocatedRow, names: Sequence[Piece], rest: list[Piece], usual: _Usual) -> None:
    """Fill in the school or the degree that no word tells from where the other entries of the section have theirs."""
    for field, slot in (("institution", usual.school), ("degree", usual.degree)):
        piece = piece_at(names, slot)
        told = field == "institution" or usual.degree != usual.school
        town = piece is not None and piece.right and len(piece.text.split()) <= _MOST_WORDS_OF_TOWN
        if piece is None or (field == "degree" and town):
            continue
        if row[field] is None and told and piece in rest and _may_be_name(piece.text):
            row[field] = piece.located()
            rest.remove(piece)


def _may_be_name(text: str) -> bool:
    if re.search(r"\s(?:with|as|at|by|to|was|were|mit|als|avec|comme)\s", text):
        return False  # what somebody did there
    lettered = len(re.findall(r"[^\W\d_]", text)) > 1 and not _THESIS.match(text) and not is_prose(text)
    return lettered and len(text) < _LONGEST_NAME and not text[:1].islower()


def _names_subject(piece: Piece, entry: Entry) -> bool:
    """Whether a piece is of a subject ("Major in Physics") beside one with a degree."""
    degrees = [match[0].casefold() for one in entry.pieces if (match := find_degree(one.text))]
    ours = find_degree(piece.text)
    subject = ours is not None and ours[0].casefold() in _SUBJECTS
    return subject and any(degree not in _SUBJECTS for degree in degrees)


def _is_state(piece: Piece, entry: Entry) -> bool:
    """Whether a piece is the state behind a school (``MS``), though it looks like a degree, which another piece is."""
    behind = bool(re.fullmatch(r"[A-Z]{2}", piece.text)) and f", {piece.text}" in piece.line.text
    before = [one for one in entry.pieces if one.line.number == piece.line.number and one is not piece]
    if behind and len(before) > 1 and before[1].text in piece.line.text.split(f", {piece.text}")[0]:
        return True  # behind a school and its town
    return behind and any(one.row != piece.row and find_degree(one.text) for one in entry.pieces)


def _names_school(text: str) -> bool:
    if _CERTIFICATE.search(text):
        return False
    return names_school(text) and is_plausible(text) and not _is_degree_first(text)


def _is_kind_of_school(piece: Piece, names: Sequence[Piece]) -> bool:
    """Whether a piece is the kind of the school that another piece names: ``Grundschule, Alder-Grundschule Leeds``."""
    others = (one for one in names if one is not piece and _names_school(one.text))
    return bool(KIND_OF_SCHOOL.fullmatch(piece.text)) and any(others)


def _is_degree_first(text: str) -> bool:
    """Whether most of the text is a degree, as in ``Bachelor of Science, MIT``, though it names a school."""
    degree = find_degree(text)
    if degree is None:
        return False
    of_school = names_school(degree[0]) and not names_school(text[degree.end() :])  # "High School Diploma in Arts"
    return of_school or (degree.start() == 0 and len(degree[0]) >= 0.5 * len(text))


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


def _area(rest: Sequence[Piece]) -> LocatedValue | None:
    """Return the first piece that can be a field of study; pieces of the right margin come last."""
    fitting = [p for p in rest if re.search(r"[^\W\d_]{2,}", p.text) and not names_school(p.text) and len(p.text) < 80]
    return min(fitting, key=lambda piece: piece.right).located() if fitting else None
