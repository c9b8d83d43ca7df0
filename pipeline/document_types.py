"""The type of a document (resume, invoice, receipt, statement, paper, contract), by rules, and what fits it.

Each type has signals (``type_signals``): words of titles, headings and labels. The weights of those that a document
shows add up to the score of the type, from 0 on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median

from pipeline.type_signals import Signal, Where, signals
from stores.models import Box, Label, Page
from stores.simplified import simplified

TYPE_VERSION = "types-9"

_MOST_PAGES = 6  # a type shows on the first pages; references of a paper on the last ones
_LAST_PAGES = 2
_LONG = 12  # pages
_TOP_LINES = 14
_TITLE_SHARE = 0.45  # of the height of the first page
_MOST_TITLE_CHARACTERS = 70
_MOST_HEADING_CHARACTERS = 48
_LEAST_SCORE = 0.6
_LEAST_LEAD = 0.1
_KEYLESS_SCORE = 0.4
_FITS_SCORE = 0.55  # a schema that was asked for by name is filled on weaker signs than a type needs
_FITS_LEAD = 0.2
_LONG_PENALTY: Mapping[str, float] = {"resume": 0.5, "invoice": 0.3}
_LEAST_CHARACTERS = 30
_MOST_RECEIPT_CHARACTERS = 3500
_MOST_RECEIPT_PAGES = 2
_NO_RECEIPT = 0.8
_LARGE = 1.25  # of the usual height of a line
_LABEL_END = re.compile(r"(?:[:：]|(?:nr|n°|number|nummer|(?<![^\W\d_])no)\.?)$", re.IGNORECASE)
_NUMBERED = re.compile(r"\d{2}|[#№]|(?:nr|n°|number|nummer|(?<![^\W\d_])no)(?![^\W\d_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """The type of a document, "" where it is none of the known ones.

    ``doubt`` goes from 0 to 1: one minus the lead of its score over that of the next type. ``line`` is the text of the
    line that says most for it, ``page`` its page, 0 where there is none. ``given``: a person set the type.
    """

    name: str
    doubt: float
    scores: Mapping[str, float]
    line: str = ""
    page: int = 0
    boxes: tuple[Box, ...] = ()
    given: bool = False
    empty: bool = False  # too little text to tell


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    page: int
    box: Box
    title: bool
    heading: bool
    top: bool
    large: bool  # a heading, or larger than the text around it
    at: int
    valued: bool = False  # a number stands beside it
    printed: str = ""  # the text as it is printed; ``text`` has simplified characters


def given_type(name: str) -> DocumentType:
    """The type that a person has set."""
    return DocumentType(name=name, doubt=0.0, scores={name: 1.0}, given=True)


def type_of(pages: Sequence[Page]) -> DocumentType:
    """Decide on the type of a document by its first pages."""
    lines = _lines(pages)
    characters = sum(len(line.text) for line in lines)
    if characters < _LEAST_CHARACTERS:
        return DocumentType(name="", doubt=0.0, scores={}, empty=True)
    shown = {name: _shown(own, lines) for name, own in signals().items()}
    long = len(pages) > _LONG
    scores = {name: _score(name, signs, long) for name, signs in shown.items()}
    if characters > _MOST_RECEIPT_CHARACTERS or len(pages) > _MOST_RECEIPT_PAGES:
        scores["receipt"] = round(scores["receipt"] - _NO_RECEIPT, 2)
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    lead = scores[best] - max(0.0, scores[second])
    if scores[best] < _LEAST_SCORE or lead < _LEAST_LEAD:
        return DocumentType(name="", doubt=round(min(1.0, max(0.0, scores[best])), 2), scores=scores)
    _, line = max(shown[best], key=lambda sign: sign[0].weight)
    doubt = round(min(1.0, max(0.0, 1.0 - lead)), 2)
    return DocumentType(name=best, doubt=doubt, scores=scores, line=line.printed, page=line.page, boxes=(line.box,))


def _score(name: str, signs: Sequence[tuple[Signal, _Line]], long: bool) -> float:
    """The weights of what a document shows of a type, at most ``_KEYLESS_SCORE`` where no key signal is among it."""
    score = sum(signal.weight for signal, _ in signs) - (_LONG_PENALTY.get(name, 0.0) if long else 0.0)
    return round(score if any(signal.key for signal, _ in signs) else min(score, _KEYLESS_SCORE), 2)


def why_not(document_type: DocumentType, types: Sequence[str]) -> str:
    """Say why a schema for documents of ``types`` does not apply, "" where it does, or where it is for all types."""
    if not types or document_type.name in types:
        return ""
    if document_type.given:
        return f"its type was set to {document_type.name}"
    if document_type.empty:
        return "it has too little text to tell its type"
    own = max(document_type.scores.get(name, 0.0) for name in types)
    best = max(document_type.scores.values(), default=0.0)
    if own >= _FITS_SCORE and own > best - _FITS_LEAD:
        return ""
    wanted = " or ".join(types)
    if document_type.name:
        return f"it is of the type {document_type.name} (doubt {document_type.doubt:.2f}), not {wanted}"
    return f"too little in it speaks for the type {wanted}"


def _shown(own: Sequence[Signal], lines: Sequence[_Line]) -> list[tuple[Signal, _Line]]:
    """The signals that a document shows, each with the first line that shows it."""
    shown = []
    for signal in own:
        matching = list(islice((line for line in lines if _shows(signal, line)), signal.times))
        if len(matching) == signal.times:
            shown.append((signal, matching[0]))
    named = _best_title(own, lines, of_type=True)
    other = _best_title(own, lines, of_type=False)
    if other is None:
        return shown
    number = next((line for signal, line in shown if signal.name == "number"), None)
    titled = named is not None and _title_rank(named) >= max(0, _title_rank(other))
    later = number is not None and number.at < other.at and _title_rank(other) <= 0
    refers = titled or later
    return [
        (signal, line) for signal, line in shown if signal.where is not Where.TITLE or (signal.weight > 0) == refers
    ]


def _best_title(own: Sequence[Signal], lines: Sequence[_Line], *, of_type: bool) -> _Line | None:
    """The line that is most likely the title of a document among those that name its type, or another one."""
    titles = [signal for signal in own if signal.where is Where.TITLE and (signal.weight > 0) == of_type]
    naming = [line for line in lines if any(_shows(signal, line) for signal in titles)]
    return max(naming, key=lambda line: (_title_rank(line), -line.at), default=None)


def _title_rank(line: _Line) -> int:
    """How likely a line is the title, not a reference: ``Delivery note no. 7`` or ``Order:`` of an invoice."""
    numbered = bool(_NUMBERED.search(line.text))
    label = line.valued or bool(_LABEL_END.search(line.text))
    return 2 * line.large + (not numbered) - 2 * label


def _shows(signal: Signal, line: _Line) -> bool:
    if signal.where is Where.TITLE:
        return line.title and signal.pattern.fullmatch(line.text) is not None
    if signal.where is Where.HEADING:
        return line.heading and signal.pattern.fullmatch(line.text) is not None
    return (line.top or signal.where is Where.ANY) and signal.pattern.search(line.text) is not None


def _lines(pages: Sequence[Page]) -> list[_Line]:
    """The lines of the first and last pages, with what their place and length make of them."""
    first = [page for page in pages if page.blocks]
    chosen = first[:_MOST_PAGES] + first[max(_MOST_PAGES, len(first) - _LAST_PAGES) :]
    lines: list[_Line] = []
    for page in chosen:
        usual = median([line.box[3] - line.box[1] for block in page.blocks for line in block.lines] or [0.0])
        for block in page.blocks:
            printed = [(line.text, line.box) for line in block.lines] or [
                (t, block.box) for t in block.text.splitlines()
            ]
            for text, box in printed:
                text = " ".join(text.split())
                if text:
                    large = block.label in (Label.TITLE, Label.HEADING) or box[3] - box[1] > _LARGE * usual > 0.0
                    on_first = page is chosen[0]
                    lines.append(_line(text, box, page, block.label, on_first=on_first, large=large, at=len(lines)))
    return [replace(line, valued=_has_value(line, lines)) if line.title else line for line in lines]


def _has_value(label: _Line, lines: Sequence[_Line]) -> bool:
    """Whether a number, or a colon, stands right of a line: ``Order   : B1234``."""
    return any(
        line.page == label.page
        and line.box[0] >= label.box[2]
        and line.box[1] < (label.box[1] + label.box[3]) / 2 < line.box[3]
        and (line.text[0] in ":：" or any(c.isdigit() for c in line.text))
        for line in lines
    )


def _line(text: str, box: Box, page: Page, label: Label, *, on_first: bool, large: bool, at: int) -> _Line:
    early = box[1] < _TITLE_SHARE * page.height_pt or at < _TOP_LINES or label in (Label.TITLE, Label.HEADING)
    return _Line(
        text=simplified(text),
        printed=text,
        page=page.number,
        box=box,
        title=on_first and early and len(text) <= _MOST_TITLE_CHARACTERS,
        heading=len(text) <= _MOST_HEADING_CHARACTERS,
        top=on_first and at < 2 * _TOP_LINES,
        large=large,
        at=at,
    )
