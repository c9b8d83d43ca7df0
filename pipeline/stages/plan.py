"""Plan: which way each page is read, and why. ``decide`` thinks about one page; facts come from the document engine.

A text layer is trusted only where its text can be the printed text: visible, with a Unicode meaning, made of words.
Where it is not, the picture of the page is read instead, since a page shows what its text layer may hide.
"""

from __future__ import annotations

import re

from pipeline.contracts import PageFacts
from pipeline.legibility import why_garbled
from stores.errors import InputError
from stores.models import PagePlan, Route

_HIDDEN = 0.5  # of the characters: they are the work of another OCR, or lie under a scan
_SCAN = 0.85  # of the page under pictures: a scan, whatever stands on it
_PICTURE = 0.3  # of the page under pictures: they may hold text of their own
_LITTLE_TEXT = 30  # characters: a stamp or a page number, not the text of a page
_SPEC_PART = re.compile(r"(\d+)(?:\s*(-)\s*(\d*))?")


def decide(facts: PageFacts, ocr: str) -> PagePlan:
    """How to read one page. ``ocr``: "auto", "always" (every page that shows anything) or "never"."""
    chosen = {"always": _always, "never": _never}.get(ocr, _auto)
    route, reason = chosen(facts)
    return PagePlan(number=facts.number, width_pt=facts.width_pt, height_pt=facts.height_pt, route=route, reason=reason)


def _always(facts: PageFacts) -> tuple[Route, str]:
    if _is_blank(facts):
        return Route.BLANK, "nothing is printed on the page"
    return Route.OCR, "OCR was asked for"


def _never(facts: PageFacts) -> tuple[Route, str]:
    if facts.text.strip():
        fault = _fault(facts)
        return Route.TEXT, f"OCR is switched off, though {fault}" if fault else "good text layer"
    if _is_blank(facts):
        return Route.BLANK, "nothing is printed on the page"
    return Route.BLANK, "no text layer, and OCR is switched off"


def _auto(facts: PageFacts) -> tuple[Route, str]:
    if _is_blank(facts):
        return Route.BLANK, "nothing is printed on the page"
    if not facts.text.strip():
        return Route.OCR, _why_no_text(facts)
    fault = _fault(facts)
    return (Route.OCR, fault) if fault else (Route.TEXT, "good text layer")


def _is_blank(facts: PageFacts) -> bool:
    return not facts.ink and not facts.text.strip()


def _why_no_text(facts: PageFacts) -> str:
    if facts.image_share >= _SCAN:
        return "image only: a scan without a text layer"
    if facts.image_share > 0:
        return "no text layer, only images"
    return "no text layer, only drawings"


def _fault(facts: PageFacts) -> str:
    """What is wrong with a text layer that has text; "" where nothing is, or where the page shows no more than it."""
    if facts.hidden_share > _HIDDEN and facts.image_share >= _PICTURE:
        return "the text layer is hidden under a scan"
    garbled = why_garbled(facts.text, facts.unmapped_share)
    if garbled:
        return f"the text layer is garbled: {garbled}"
    printed = sum(not char.isspace() for char in facts.text)
    if facts.image_share >= _PICTURE and printed < _LITTLE_TEXT:
        return "image only: pictures with little more than a page number"
    return ""


def parse_page_numbers(spec: str, count: int) -> list[int]:
    """The pages that ``spec`` names ("1-5,9"; "7-": to the end; empty: all), ascending, of a document of ``count``.

    Pages past the end are left out; InputError where nothing is left, or ``spec`` is nonsense.
    """
    if not spec.strip():
        return list(range(1, count + 1))
    wanted: set[int] = set()
    for part in spec.split(","):
        first, last = _span(part.strip(), spec, count)
        wanted.update(range(first, min(last, count) + 1))
    if not wanted:
        raise InputError(f"None of the pages {spec!r} exists: the document has {count}.")
    return sorted(wanted)


def _span(part: str, spec: str, count: int) -> tuple[int, int]:
    found = _SPEC_PART.fullmatch(part)
    if not found:
        raise InputError(f"The pages {spec!r} cannot be understood; write them like 1-5,9.")
    first = int(found.group(1))
    last = int(found.group(3)) if found.group(3) else (count if found.group(2) else first)
    if first < 1 or (found.group(3) and last < first):
        raise InputError(f"The pages {spec!r} cannot be understood: pages count from 1, ranges go upwards.")
    return first, last
