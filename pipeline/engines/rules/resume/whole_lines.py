"""Lines in the head of an entry that are one name, told by the line beside them and by the other entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.pieces import DASHED, Piece, joined_pieces
from pipeline.engines.rules.resume.words import names_job, names_school
from stores.models import Label

_IN_JOBS = re.compile(rf"{DASHED.pattern}|\s*[,，、;；/]\s*|\s+")
_COMMA = re.compile(r"\s*[,，]\s*")
_MOST_VOTES = 0.7


def job_line_of(heads: Sequence[Sequence[Piece]]) -> int | None:
    """Which of their two lines names the job in nearly all entries that tell it: 0, 1, or None."""
    votes = [jobs.index(True) for names in heads if (jobs := _jobs(_lines(names))).count(True) == 1 and len(jobs) == 2]
    if len(votes) < 2:
        return None
    share = sum(votes) / len(votes)
    return 1 if share >= _MOST_VOTES else 0 if share <= 1 - _MOST_VOTES else None


def whole_lines(names: Sequence[Piece], usual: bool, job_line: int | None = None) -> list[Piece]:
    """Join the parts of a line where the head has two lines of names, and one of them names the job.

    The line without a job is the firm's, however many dashes it holds. That of the job stays whole where the other
    is clearly a firm or a school; where jobs ``usual``-ly stand before a dash, what follows is the firm. Where neither
    tells, the job stands in the ``job_line`` of the other entries.
    """
    lines = _lines(names)
    if len(lines) == 1 and usual:
        return _with_whole_job(names)
    if len(lines) != 2:
        return list(names)
    jobs = _jobs(lines)
    if not any(jobs) and job_line is not None:
        jobs = [job_line == 0, job_line == 1]
    firms = [any(has_company_suffix(piece.text) or names_school(piece.text) for piece in line) for line in lines]
    usual = usual and lines[1][0].line.label is not Label.HEADING  # a heading below the job is the firm's
    whole = []
    for at, line in enumerate(lines):
        other = 1 - at
        firm_line = jobs[other] and not jobs[at]
        is_job = jobs[at] and not firms[at] and (firms[other] or (not jobs[other] and not usual))
        joint = _IN_JOBS if is_job else DASHED
        whole.extend(joined_pieces(line, joint) if firm_line or is_job else line)
    return whole


def _with_whole_job(names: Sequence[Piece]) -> list[Piece]:
    """Join what stands before the dash of a line, the job, though it has commas: ``Actor, Singer - Alder Theatre``."""
    text = names[0].line.text
    ends = [text.find(piece.text) + len(piece.text) for piece in names]
    dash = next((mark.start() for mark in DASHED.finditer(text) if mark.start() >= ends[0]), None)
    before = [piece for piece, end in zip(names, ends, strict=True) if dash is not None and end <= dash]
    firm = any(has_company_suffix(piece.text) or names_school(piece.text) for piece in before)
    if firm or len(before) < 2 or len(before) == len(names):
        return list(names)
    return [*joined_pieces(before, _COMMA), *names[len(before) :]]


def _lines(names: Sequence[Piece]) -> list[list[Piece]]:
    return [list(pieces) for _, pieces in groupby(names, key=lambda piece: piece.line.number)]


def _jobs(lines: Sequence[Sequence[Piece]]) -> list[bool]:
    return [any(names_job(piece.text) for piece in line) for line in lines]
