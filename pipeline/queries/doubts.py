"""Values that a person should check: how doubtful each is, and why. Pure functions.

Doubt goes from 0 to 1: of the values with a doubt of 0.2, about two in ten are wrong, so that one minus the doubt is
the confidence in a value. Values with less than ``LEAST_DOUBT`` are not listed: at least nine in ten of them are right.
For scanned pages that is measured (``ocr_doubt``); the other sizes put reasons in an order, as nobody has their truth:

====  ==========================================================================================
0.95  a correction fits no value any more, so it is not shown
0.9   the value stands nowhere in the document
0.85  a required value is missing
0.8   something does not add up, such as a total that is not the sum of its rows
0.6   it is none of the values that its field may have
0.5   it is nearly, but not quite, what the words say that are its evidence
else  the share of wrong values on pages, or in pictures of print, that the OCR was as sure of
====  ==========================================================================================

What a person has said something of is not doubtful. Several reasons: the strongest counts, all are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz

from pipeline.engines.evidence.located_values import squash
from pipeline.queries.ocr_doubt import ocr_doubt
from stores.correction_marks import CorrectionMark, Verdict
from stores.corrections import REMARKS, ValuePath, missing_remark
from stores.models import Box, Field, Record, Schema

if TYPE_CHECKING:
    from stores.contracts.queries import UnsurePrint

LEAST_DOUBT = 0.1
_UNPLACED, _NOWHERE, _MISSING, _CONTRADICTION, _NO_CHOICE, _OTHER_WORDS = 0.95, 0.9, 0.85, 0.8, 0.6, 0.5
_NORMALISED = re.compile(r"\d{4}(?:-\d\d){0,2}(?:[T ][\d:.]+)?|-?\d+(?:\.\d+)?(?: [A-Z]{3})?")
_FEWEST_LETTERS, _ALIKE_PERCENT = 4, 80.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulValue:
    """A value that should be checked. ``value`` is None where a required one is missing, and of a remark its text.

    ``page`` is 0 where the value stands nowhere.
    """

    document: str
    source: str
    schema: str
    path: str
    value: Any
    page: int
    boxes: tuple[tuple[float, ...], ...]
    quote: str
    doubt: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Doubt:
    size: float
    reason: str


def doubtful_values(
    document: str, source: str, record: Record, schema: Schema | None, unsure: Sequence[UnsurePrint]
) -> Iterator[DoubtfulValue]:
    """The values of a record that should be checked. ``unsure``: the print of the document that OCR was not sure of."""
    checked = {mark.path for mark in record.corrections if mark.applied}
    evidence = {one.path: one for one in record.evidence}
    fields = {field.name: field for field in schema.fields} if schema else {}
    for path, value in (*_values(record.fields), *_notes(record, fields)):
        if path in checked or path.rpartition(".")[0] in checked:
            continue
        one = evidence.get(path)
        doubts = _doubts_of(path, value, record, fields, one, unsure)
        if doubts:
            place = one if one is not None and one.found else None
            yield DoubtfulValue(
                document=document,
                source=source,
                schema=record.schema,
                path=path,
                value=value,
                page=place.page if place else 0,
                boxes=place.boxes if place else (),
                quote=place.quote if place else "",
                doubt=round(max(doubt.size for doubt in doubts), 2),
                reasons=tuple(doubt.reason for doubt in sorted(doubts, key=lambda doubt: -doubt.size)),
            )
    yield from (_unplaced(document, source, record, mark) for mark in record.corrections if _is_unplaced(mark))


def _values(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Path and value of each value of a record, those of rows by their columns."""
    for name, value in fields.items():
        if not isinstance(value, list):
            if value not in (None, ""):
                yield name, value
            continue
        for at, one in enumerate(value):
            cells = one.items() if isinstance(one, Mapping) else ((None, one),)
            for column, cell in cells:
                if cell not in (None, ""):
                    yield f"{name}[{at}]" + (f".{column}" if column else ""), cell


def _notes(record: Record, fields: Mapping[str, Field]) -> Iterator[tuple[str, Any]]:
    """What is said of a record as a whole: required fields without a value, and what does not add up."""
    missing = {missing_remark(name): name for name in fields}
    for at, remark in enumerate(record.remarks):
        name = missing.get(remark)
        yield (f"{REMARKS}[{at}]", remark) if name is None else (name, None)


def _doubts_of(
    path: str,
    value: Any,
    record: Record,
    fields: Mapping[str, Field],
    evidence: Any,
    unsure: Sequence[UnsurePrint],
) -> list[_Doubt]:
    if path.startswith(REMARKS):
        return [_Doubt(_CONTRADICTION, str(value))]
    if value is None:
        return [_Doubt(_MISSING, "it is required, and was not found")]
    if evidence is None:
        return []  # computed, as the language of a document is
    if not evidence.found:
        return [_Doubt(_NOWHERE, "it stands nowhere in the document")]
    doubts = []
    field = _field_at(fields, path)
    if field and field.choices and str(value) not in field.choices:
        doubts.append(_Doubt(_NO_CHOICE, f"it is none of {', '.join(field.choices)}"))
    if _is_misread(value, evidence.quote):
        doubts.append(_Doubt(_OTHER_WORDS, f"the document says “{evidence.quote}” there"))
    around = [part for part in unsure if part.page == evidence.page and _lies_in(evidence.boxes, part.box)]
    least = min(around, key=lambda part: part.confidence, default=None)
    if least is not None and (wrong := ocr_doubt(least.confidence)) >= LEAST_DOUBT:
        what = f"page {least.page}" if least.box is None else f"the picture on page {least.page} where it stands"
        doubts.append(_Doubt(wrong, f"the OCR of {what} is {100 * least.confidence:.0f} % sure"))
    return doubts


def _lies_in(boxes: Sequence[Box], part: Box | None) -> bool:
    """Whether the middle of one of the boxes lies in a part of a page; None is all of it."""
    if part is None:
        return True
    x0, y0, x1, y1 = part
    return any(x0 <= (box[0] + box[2]) / 2 <= x1 and y0 <= (box[1] + box[3]) / 2 <= y1 for box in boxes)


def _field_at(fields: Mapping[str, Field], path: str) -> Field | None:
    place = ValuePath.read(path)
    field = fields.get(place.name) if place else None
    if field is None or place is None or place.column is None:
        return field
    return next((one for one in field.fields if one.name == place.column), None)


def _is_misread(value: Any, quote: str) -> bool:
    """Tell whether a text is nearly what its quote says, but not quite: one of them was misread.

    A text that is quite another one was put into the words of its field, as ``GBP`` for a pound sign. Dates and amounts
    are written in one form, however they are printed.
    """
    if not isinstance(value, str) or _NORMALISED.fullmatch(value):
        return False
    letters, said = squash(value), squash(quote)
    if len(letters) < _FEWEST_LETTERS or letters in said or said in letters:
        return False
    return fuzz.ratio(letters, said) >= _ALIKE_PERCENT


def _is_unplaced(mark: CorrectionMark) -> bool:
    return not mark.applied


def _unplaced(document: str, source: str, record: Record, mark: CorrectionMark) -> DoubtfulValue:
    what = {Verdict.CORRECTED: "corrected", Verdict.CONFIRMED: "confirmed", Verdict.REJECTED: "rejected"}[mark.verdict]
    reason = f"{mark.author} {what} it, and it is not in the record any more (correction {mark.number})"
    return DoubtfulValue(
        document=document,
        source=source,
        schema=record.schema,
        path=mark.path,
        value=mark.replaced,
        page=0,
        boxes=(),
        quote="",
        doubt=_UNPLACED,
        reasons=(reason,),
    )
