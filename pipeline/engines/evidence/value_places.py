"""The place of a value that a person gave: at words that were pointed at, at a quote, or wherever it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.engines.evidence.grounding import ground_scalars, grounded
from pipeline.engines.evidence.mentions import PrintedText
from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.evidence.page_words import words_in
from stores.errors import InputError
from stores.models import Box, Evidence, Field, FieldKind, Page

NOWHERE = Evidence(path="", page=0, boxes=(), quote="", found=False)


def place_of_box(page: Page, box: Box) -> Evidence:
    """The words of a page in a box as evidence; the box itself where no words are known in it."""
    if not (0 <= box[0] <= box[2] <= page.width_pt + 1 and 0 <= box[1] <= box[3] <= page.height_pt + 1):
        size = f"{page.width_pt:.0f} x {page.height_pt:.0f} points"
        raise InputError(f"the box {_shown(box)} does not lie on page {page.number}, which has {size}", code="bad_box")
    picked = words_in(page, box)
    if not picked.boxes and box[2] - box[0] <= 0:
        raise InputError(f"there is no word at {_shown(box)} on page {page.number}", code="bad_box")
    return Evidence(path="", page=page.number, boxes=picked.boxes or (box,), quote=picked.text)


def place_of_quote(pages: Sequence[Page], quote: str) -> Evidence:
    """The first place where a quote is printed. InputError where it is nowhere."""
    text = PrintedText(page_lines(pages))
    mentions = text.mentions(quote, FieldKind.TEXT)
    if not mentions:
        where = f"on page {pages[0].number}" if len(pages) == 1 else "in the document"
        raise InputError(f"the quote {quote[:80]!r} is not printed {where}", code="bad_quote")
    return grounded(quote, mentions[0]).evidence("")


def place_of_value(pages: Sequence[Page], field: Field, value: Any) -> Evidence:
    """Where a value is printed, near a label of its field; not found where it is nowhere."""
    places = ground_scalars([field], {field.name: value}, PrintedText(page_lines(pages)))
    return places[field.name].evidence("") if field.name in places else NOWHERE


def _shown(box: Box) -> str:
    return ",".join(f"{number:g}" for number in box)
