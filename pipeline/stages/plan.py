"""Plan: decide for each page how it is read, and why. ``decide`` is pure; facts come from the document engine.

A text layer is used only where it can be the printed text: visible, mapped to Unicode, made of words. Otherwise OCR
reads the image of the page, which shows what a text layer may hide.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.contracts import DocumentFacts, PageFacts
from pipeline.stage_specs import stages_of
from pipeline.step_context import StepContext
from pipeline.text_quality import why_garbled
from stores.effects import Batch, Planned
from stores.errors import EncryptedError, InputError, PageError
from stores.models import EMPTY_PAGE, Fault, PagePlan, Route

_HIDDEN = 0.5  # share of characters that are invisible or under a scan: the output of another OCR
_SCAN = 0.85  # share of the page under images: a scan
_PICTURE = 0.3  # share of the page under images: they may contain text
_LITTLE_TEXT = 30  # characters: a stamp or a page number, not the text of a page
_PRINT = 3  # lines of print in pictures or outlines: fewer are a logo or a caption
_MORE_PRINT = 1.5  # times the lines of the text layer
_GAPS = 0.4  # share of the characters that a layer may lack where there is nothing better
_UNKNOWN_TO_OCR = re.compile("[\u0530-\u109f\u1780-\u17ff]")  # Armenian, Hebrew, Arabic, Indic, Thai to Georgian, Khmer
_NOT_READ = "it shows something, but has no text layer, and OCR is switched off"
_SPEC_PART = re.compile(r"(\d+)(?:\s*(-)\s*(\d*))?")


def run(context: StepContext) -> Planned:
    """Open the document, decide the route of every page, and cut the pages into batches."""
    settings, path = context.resources.settings, context.original
    with context.deadline(settings.document_timeout_s):
        password, about = _open(context)
    count = about.page_count
    if count > settings.max_pages:
        raise InputError(
            f"it has {count} pages, more than {settings.max_pages}: raise INGOT_MAX_PAGES or give --pages",
            code="too_many_pages",
        )
    numbers = parse_page_numbers(context.claim.options.pages, count)
    pages = tuple(_page_plans(context, path, password, numbers))
    return Planned(
        password=password,
        pages=pages,
        batches=batches(pages, settings.batch_pages, _ocr_pages(context)),
        outline=about.outline,
    )


def _open(context: StepContext) -> tuple[str, DocumentFacts]:
    """The password that opens the document ("" where none is needed), and the facts of the file."""
    documents = context.resources.documents()
    for password in ("", *([context.claim.password] if context.claim.password else []), *context.claim.passwords):
        try:
            return password, documents.inspect(context.original, password)
        except EncryptedError as error:
            refusal = error
    raise refusal


def _page_plans(context: StepContext, path: Path, password: str, numbers: list[int]) -> Iterator[PagePlan]:
    """The plan of each page. A page that cannot be inspected is left to OCR, which needs only its image."""
    deadly = context.claim.page_in_work if context.claim.lost_attempts > 1 else None
    todo = deque(number for number in numbers if number != deadly)
    while todo:
        try:
            for facts in _facts(context, path, password, tuple(todo)):
                todo.popleft()
                yield decide(facts, context.claim.options.ocr)
        except PageError as error:
            yield _not_inspected(todo.popleft(), error.message)
    if deadly in numbers:
        yield _not_inspected(deadly, "looking at its text ended the worker twice")


def _facts(context: StepContext, path: Path, password: str, numbers: tuple[int, ...]) -> Iterator[PageFacts]:
    """The facts of each page within its time limit; after a lost attempt each page is recorded first."""
    looking = context.resources.documents().look(path, password, numbers)
    for number in numbers:
        if context.claim.lost_attempts:
            context.store.steps.begin_page(context.claim, number)
        with context.deadline(context.resources.settings.page_timeout_s):
            yield next(looking)


def _not_inspected(number: int, reason: str) -> PagePlan:
    return PagePlan(number=number, width_pt=0.0, height_pt=0.0, route=Route.OCR, reason=reason)


def _ocr_pages(context: StepContext) -> int:
    """Pages of one render or OCR step: ``batch_pages``, fewer where the engine asks for fewer."""
    return min(context.resources.settings.batch_pages, context.resources.page_reader().batch_pages)


def batches(pages: Sequence[PagePlan], text_pages: int, ocr_pages: int) -> tuple[Batch, ...]:
    """Batches of at most so many pages each, for every stage that reads the route of the pages."""
    steps: list[Batch] = []
    for route, size in ((Route.OCR, ocr_pages), (Route.TEXT, text_pages)):
        numbers = [page.number for page in pages if page.route is route]
        for at, first in enumerate(range(0, len(numbers), size)):
            part = numbers[first : first + size]
            steps += [
                Batch(stage=s, number=at, first=part[0], last=part[-1], pages=len(part)) for s in stages_of(route)
            ]
    return tuple(steps)


def decide(facts: PageFacts, ocr: str) -> PagePlan:
    """How to read one page. ``ocr``: "auto", "always" (every page that shows anything) or "never"."""
    chosen = {"always": _always, "never": _never}.get(ocr, _auto) if facts.has_image else _without_image
    route, reason = chosen(facts)
    unread = route is Route.BLANK and not _is_blank(facts)
    if facts.attachments and route is not Route.TEXT:
        reason += f"; attached files are not read: {', '.join(facts.attachments)}"
    return PagePlan(
        number=facts.number,
        width_pt=facts.width_pt,
        height_pt=facts.height_pt,
        route=route,
        reason=reason,
        warning=Fault(code=EMPTY_PAGE, message=_NOT_READ) if unread else None,
    )


def _without_image(facts: PageFacts) -> tuple[Route, str]:
    """A page of an office document, a mail or a web page: OCR has nothing to look at."""
    if _is_blank(facts):
        return Route.BLANK, "nothing is written on it"
    return Route.TEXT, "its text as the file holds it"


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
    """Why a text layer cannot be used, "" where it can."""
    if facts.hidden_share > _HIDDEN and facts.image_share >= _PICTURE:
        return "the text layer is hidden under a scan"
    garbled = why_garbled(facts.text, facts.unmapped_share)
    if garbled:
        return "" if _is_all_there_is(facts) else f"the text layer is garbled: {garbled}"
    printed = sum(not char.isspace() for char in facts.text)
    if facts.image_share >= _PICTURE and printed < _LITTLE_TEXT:
        return "image only: pictures with little more than a page number"
    lines = sum(bool(line.strip()) for line in facts.text.splitlines())
    if facts.picture_lines >= _PRINT and facts.picture_lines > _MORE_PRINT * lines:
        return f"the text layer lacks about {facts.picture_lines} lines of print in pictures or outlines"
    return ""


def _is_all_there_is(facts: PageFacts) -> bool:
    """Whether a text layer with gaps is in a script that OCR would not read at all."""
    letters = sum(map(str.isalpha, facts.text))
    foreign = len(_UNKNOWN_TO_OCR.findall(facts.text))
    return facts.unmapped_share < _GAPS and 2 * foreign > letters and not why_garbled(facts.text, 0.0)


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
    match = _SPEC_PART.fullmatch(part)
    if not match:
        raise InputError(f"The pages {spec!r} cannot be understood; write them like 1-5,9.")
    first = int(match.group(1))
    last = int(match.group(3)) if match.group(3) else (count if match.group(2) else first)
    if first < 1 or (match.group(3) and last < first):
        raise InputError(f"The pages {spec!r} cannot be understood: pages count from 1, ranges go upwards.")
    return first, last
