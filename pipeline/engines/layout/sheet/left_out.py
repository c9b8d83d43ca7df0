"""Takes text out of a page that is no part of what it says to its readers: unseen text, watermarks, line numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.engines.layout.lines.glyphs import Fragment
from pipeline.engines.layout.sheet.line_numbers import line_number_spans
from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.layout.sheet.unseen import spans_of, unseen_spans
from pipeline.engines.layout.sheet.watermarks import watermark_lines
from stores.models import Fault

_GAPS = 0.02  # of the characters
UNSEEN, WATERMARK, LINE_NUMBERS = "unseen_text", "watermark", "line_numbers"


def leave_out(sheet: Sheet, paths: Sequence[dict[str, Any]]) -> list[Fault]:
    """Remove such text from the text blocks of a page; say how much it was. ``paths``: the drawings of the page."""
    if sheet.recognised:
        return []
    said = []
    marks = {id(span) for line in watermark_lines(sheet.blocks) for span in line["spans"]}
    count = _remove(sheet, marks)
    if count:
        said.append(Fault(code=WATERMARK, message=f"a watermark of {_characters(count)} was left out"))
    numbers = line_number_spans(sheet.blocks)
    if _remove(sheet, numbers):
        said += numbers_left_out(len(numbers))
    count = _remove(sheet, unseen_spans(sheet, list(spans_of(sheet.blocks)), paths))
    if count:
        was = "was" if count == 1 else "were"
        said.append(Fault(code=UNSEEN, message=f"{_characters(count)} that nobody sees {was} left out"))
    return said


def numbers_left_out(count: int) -> list[Fault]:
    """Say how many numbers of lines were left out, where there were some."""
    return [Fault(code=LINE_NUMBERS, message=f"{count} line numbers were left out")] if count else []


def unmapped(fragments: Sequence[Fragment]) -> list[Fault]:
    """Say how many letters a text layer lacks, where it lacks some."""
    count = sum([glyph.char for glyph in part.glyphs].count("\ufffd") for part in fragments)
    total = sum(len(part.glyphs) for part in fragments)
    if not count or count < _GAPS * total:
        return []
    message = f"{count / total:.0%} of its characters have no meaning in the text layer"
    return [Fault(code="unmapped_text", message=message)]


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _remove(sheet: Sheet, spans: set[int]) -> int:
    """Remove these spans (by id) from the blocks of a page; count their printed characters."""
    count = 0
    if not spans:
        return count
    for block in sheet.blocks:
        for line in block.get("lines", ()):
            out = [span for span in line["spans"] if id(span) in spans]
            if not out:
                continue
            count += sum(not char["c"].isspace() for span in out for char in span["chars"])
            line["spans"] = [span for span in line["spans"] if id(span) not in spans]
            if not line["spans"]:
                sheet.left_out.append(line["bbox"])
    return count


def combined(faults: Sequence[Fault]) -> Fault | None:
    """One warning that says all of them."""
    if len(faults) < 2:
        return faults[0] if faults else None
    return Fault(code=faults[0].code, message="; ".join(fault.message for fault in faults))
