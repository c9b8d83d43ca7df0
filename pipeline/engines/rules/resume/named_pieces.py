"""The values that labels name in the head of an entry, and the pieces that can be names; parts of universities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.rules.resume.entry_rows import is_no_name
from pipeline.engines.rules.resume.heads import balanced
from pipeline.engines.rules.resume.labels import LABEL
from pipeline.engines.rules.resume.pieces import Piece
from pipeline.engines.rules.resume.words import find_degree, is_place

LocatedRow = dict[str, LocatedValue | None]

_UNIVERSITY = re.compile(r"universi|大学", re.IGNORECASE)
_FACULTY = re.compile(
    r"(?:faculty|school|college|department|institute)\s+(?:of|for)\s.*|(?:fakultät|institut)\s+für\s.*|facult(?:é|ad)\s+d.*|"
    r"[\u4e00-\u9fff与和]{2,12}(?:学院|系)",
    re.IGNORECASE,
)
_AREA_JOINT = re.compile(
    r"^\s*(?:degree)?\s*[,:：]?\s*(?:\bin\b|\bof\b|\ben\b|\bim\b|\bin der\b|-|–|\()?\s*", re.IGNORECASE
)


def take_labelled(pieces: Sequence[Piece], row: LocatedRow) -> list[Piece]:
    """Fill ``row`` from labelled pieces such as ``学校：北京大学``; return the others that can be names."""
    rest = []
    for piece in pieces:
        match = LABEL.match(piece.text)
        name = match.lastgroup if match else None
        if match and name in row and row[name] is None:
            value = piece.text[match.end() :].strip()
            if name == "degree" and find_degree(value):
                take_degree(replace(piece, text=value), row)
            else:
                row[name] = located_in(value, [piece.line], value) if value else None
        elif (
            piece.text[:1] not in "[【"
            and not is_no_name(piece.text)
            and any(character.isalpha() for character in piece.text)
        ):
            rest.append(piece)
    return rest


def take_degree(piece: Piece, row: LocatedRow) -> None:
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
    area = balanced(_AREA_JOINT.sub("", rest, count=1).strip(" ,.;，:："))
    area = area or re.sub(r"\s+(?:in|of)$", "", before)
    if row["area"] is None and re.search(r"[^\W\d_]{2,}", area) and not is_place(area):
        row["area"] = located_in(area, [piece.line], area)


def is_part_of_university(piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether a piece names a faculty or school of the university that another piece names."""
    whole = (other for other in pieces if other is not piece and _UNIVERSITY.search(other.text))
    return bool(_FACULTY.fullmatch(piece.text)) and not _UNIVERSITY.search(piece.text) and any(whole)
