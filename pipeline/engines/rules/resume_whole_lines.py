"""Names in the head of an entry that hold a dash or an "at" themselves, told by the line beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from pipeline.engines.rules.dates import find_periods
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume_entries import Piece
from pipeline.engines.rules.resume_words import names_job, names_school

_INNER = re.compile(r"\s+[-–—―‐\u2011\u2012]\s+|\s+at\s+")


def whole_lines(names: Sequence[Piece], usual: bool) -> list[Piece]:
    """Join the parts of a line where the head has two lines of names, and one of them names the job.

    The line without a job is the firm's, however many dashes it holds. That of the job stays whole where the other
    is clearly a firm or a school; where jobs ``usual``-ly stand before a dash, what follows is the firm.
    """
    lines = [list(pieces) for _, pieces in groupby(names, key=lambda piece: piece.line.number)]
    if len(lines) != 2:
        return list(names)
    jobs = [any(names_job(piece.text) for piece in line) for line in lines]
    firms = [any(_names_firm(piece.text) for piece in line) for line in lines]
    whole = []
    for at, line in enumerate(lines):
        other = 1 - at
        firm_line = jobs[other] and not jobs[at]
        job_line = jobs[at] and not firms[at] and (firms[other] or (not jobs[other] and not usual))
        whole.extend(_joined(line) if firm_line or job_line else line)
    return whole


def _names_firm(text: str) -> bool:
    return has_company_suffix(text) or names_school(text)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Join neighbours that only a dash or an "at" parts in their line."""
    joined = [pieces[0]]
    for piece in pieces[1:]:
        text = piece.line.text
        start = text.find(joined[-1].text)
        end = text.find(piece.text, start + len(joined[-1].text)) if start >= 0 else -1
        between = text[start + len(joined[-1].text) : end] if end >= 0 else ""
        jobs = names_job(joined[-1].text) and names_job(piece.text) and bool(re.fullmatch(r"\s*[,，、]\s*", between))
        if (jobs or _INNER.fullmatch(between)) and not find_periods(text[start : end + len(piece.text)]):
            joined[-1] = replace(joined[-1], text=text[start : end + len(piece.text)])
        else:
            joined.append(piece)
    return joined
