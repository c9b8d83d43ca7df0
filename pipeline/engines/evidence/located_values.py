"""Values with the lines that print them, and the evidence made of these lines.

Quotes are verbatim: the text of the lines as the reader gave it. An extractor that took a value from lines names them
with ``located_in``; one whose values come from elsewhere, such as the answer of a language model, looks for the quote
with ``locate``. Either way ``record_builder.build_record`` makes the record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.evidence.word_boxes import own_box
from stores.models import Evidence
from stores.simplified import simplified

_FUZZY_PERCENT = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedValue:
    """A value, its printed form (``quote``), and the lines that print it; no lines where it was not located."""

    value: Any
    quote: str = ""
    lines: tuple[PageLine, ...] = ()

    def evidence(self, path: str) -> Evidence:
        """Make the evidence of the field at ``path``, such as ``items[2].amount``; not found without lines or quote.

        Evidence names one page: lines on a second page are left out. Within one line, the box is that of the value's
        own words where they stand there as they are, else of the quote's.
        """
        if not self.lines or not self.quote:
            return Evidence(path=path, page=0, boxes=(), quote="", found=False)
        page = self.lines[0].page
        here = [line for line in self.lines if line.page == page]
        own = [own_box(here[0], str(self.value), self.quote)] if len(here) == 1 else [one.printed_box for one in here]
        boxes = tuple(dict.fromkeys(box for box in own if box[2] > box[0]))  # some readers cannot place all text
        return Evidence(path=path, page=page, boxes=boxes, quote=self.quote)


def located_in(value: Any, lines: Sequence[PageLine], quote: str | None = None) -> LocatedValue:
    """Pair a value with the lines that print it (at least one, unless a quote is given).

    Without a quote, the whole text of the lines on the first line's page is quoted.
    """
    if quote is None:
        quote = " ".join(line.text.strip() for line in lines if line.page == lines[0].page)
    return LocatedValue(value=value, quote=quote.strip(), lines=tuple(lines))


def squash(text: str) -> str:
    """Reduce a text to its letters and digits, case-folded, so that two printings of the same words compare equal.

    Chinese is in simplified characters: a language model may answer in other ones than the page prints.
    """
    return re.sub(r"[\W_]+", "", simplified(unicodedata.normalize("NFKC", text).casefold()))


def locate(quote: str, lines: Sequence[PageLine]) -> LocatedValue:
    """Find the lines that print ``quote``: within one line, else across consecutive lines of a page, else nearly so.

    Spaces, punctuation and case do not count; nearly so means 90 % alike within one line, which allows for misread
    letters. The result has no lines where the quote is not printed.
    """
    letters = squash(quote)
    if not letters:
        return LocatedValue(value=quote)
    for line in lines:
        if letters in squash(line.text):
            return located_in(quote, [line])
    run = _run_of_lines(letters, lines)
    if run:
        return located_in(quote, run)
    nearest = max(lines, key=lambda line: fuzz.partial_ratio(letters, squash(line.text)), default=None)
    return located_in(quote, [nearest]) if nearest and _nearly_holds(nearest, letters) else LocatedValue(value=quote)


def _nearly_holds(line: PageLine, letters: str) -> bool:
    text = squash(line.text)
    return len(text) >= len(letters) and fuzz.partial_ratio(letters, text) >= _FUZZY_PERCENT


def _run_of_lines(letters: str, lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines of the first page whose joined texts hold ``letters``; empty where there is none."""
    for page in sorted({line.page for line in lines}):
        ours = [line for line in lines if line.page == page]
        start = "".join(squash(line.text) for line in ours).find(letters)
        if start < 0:
            continue
        run, at = [], 0
        for line in ours:
            end = at + len(squash(line.text))
            if end > start and at < start + len(letters):
                run.append(line)
            at = end
        return run
    return []
