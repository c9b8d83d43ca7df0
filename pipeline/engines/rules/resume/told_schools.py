"""The school that a curriculum vitae tells among the contacts, where no section has schools: ``本科/东港大学``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.evidence.located_values import located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.resume.labelled_entries import labelled_rows
from pipeline.engines.rules.resume.named_pieces import LocatedRow
from pipeline.engines.rules.resume.words import find_degree

_SCHOOL = re.compile(r"(?:[A-Z]{2,3}|[\u4e00-\u9fff]{2,10}?)(?:大学|学院)(?:[\u4e00-\u9fff]{2,4}(?:校区|分校))?")
_LABEL = re.compile(r"^\W*[\u4e00-\u9fff]{2,5}\s*[:：]\s*(?:\d{4}\s*届\s*)?")
_MOST_CHARACTERS = 40  # of a line that names a school; a longer one is a sentence


def told_studies(rows: Sequence[Row]) -> list[LocatedRow]:
    """The school with its degree that labels or strokes part among the contacts of a person."""
    labelled = [row for row in labelled_rows(True, rows) if row["institution"]]
    if labelled:
        return labelled
    studies = (_study(cell) for row in rows for cell in row.cells)
    return [row for row in studies if row][:1]


def _study(line: PageLine) -> LocatedRow | None:
    text = _LABEL.sub("", line.text.strip())
    if len(text) > _MOST_CHARACTERS or re.search("[，。；]", text):
        return None
    school, degree = _SCHOOL.search(text), find_degree(text)
    if school is None or degree is None:
        return None
    row: LocatedRow = dict.fromkeys(("area", "start_date", "end_date"))
    row["institution"] = located_in(school[0], [line], school[0])
    row["degree"] = located_in(degree[0], [line], degree[0])
    return row
