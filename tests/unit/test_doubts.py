"""Which values of a record are doubtful, how much, and why."""

from __future__ import annotations

from dataclasses import replace

from pipeline.queries.doubts import LEAST_DOUBT, DoubtfulValue, doubtful_values
from pipeline.queries.ocr_doubt import LEAST_SURE, SHARE_RIGHT, ocr_doubt
from stores.contracts.queries import UnsurePrint
from stores.correction_marks import CorrectionMark, Verdict
from stores.models import Evidence, Field, FieldKind, Record, Schema

SCHEMA = Schema(
    name="bill",
    description="",
    fields=(
        Field(name="issuer", kind=FieldKind.TEXT, required=True),
        Field(name="colour", kind=FieldKind.TEXT, choices=("red", "blue")),
        Field(name="total", kind=FieldKind.NUMBER),
        Field(name="currency", kind=FieldKind.TEXT),
        Field(name="date", kind=FieldKind.DATE),
        Field(name="lines", kind=FieldKind.ROWS, fields=(Field(name="what", kind=FieldKind.TEXT),)),
    ),
)


def place(path: str, quote: str, page: int = 1) -> Evidence:
    return Evidence(path=path, page=page, boxes=((1.0, 1.0, 2.0, 2.0),), quote=quote, found=page > 0)


RECORD = Record(
    schema="bill",
    fields={
        "issuer": None,
        "colour": "green",
        "total": 1234.5,
        "currency": "GBP",
        "date": "2024-03-03",
        "language": "en",  # computed
        "lines": [{"what": "Copy paper"}, {"what": "Archive boxes"}],
    },
    evidence=(
        place("colour", "green"),
        place("total", "", page=0),
        place("currency", "£564.00", page=2),
        place("date", "3. März 2024"),
        place("lines[0].what", "Cqpy paper"),
        place("lines[1].what", "Archive boxes"),
    ),
    remarks=("issuer is required, and was not found", "total: it does not add up"),
)


UNSURE = (
    UnsurePrint(page=2, confidence=0.7),
    UnsurePrint(page=1, confidence=0.9, box=(10.0, 10.0, 60.0, 30.0)),
)


def doubts(record: Record) -> dict[str, DoubtfulValue]:
    return {value.path: value for value in doubtful_values("d", "a.pdf", record, SCHEMA, UNSURE)}


def test_each_reason_has_its_doubt_and_proved_values_have_none() -> None:
    assert {path: value.doubt for path, value in doubts(RECORD).items()} == {
        "issuer": 0.85,
        "colour": 0.6,
        "total": 0.9,
        "currency": 0.6,
        "lines[0].what": 0.5,
        "@remarks[1]": 0.8,
    }
    assert doubts(RECORD)["currency"].reasons == ("the OCR of page 2 is 70 % sure",)
    assert doubts(RECORD)["issuer"].value is None and doubts(RECORD)["total"].page == 0


def test_what_a_person_said_something_of_is_not_doubtful_unless_it_lost_its_value() -> None:
    told = {"verdict": Verdict.CONFIRMED, "author": "ann", "created_at": 0.0}
    names = ("issuer", "colour", "total", "currency", "lines[0]", "@remarks[1]")
    marks = [CorrectionMark(path=path, number=at, **told) for at, path in enumerate(names, 1)]  # type: ignore[arg-type]
    assert doubts(replace(RECORD, corrections=tuple(marks))) == {}
    lost = CorrectionMark(path="lines[7].what", number=9, applied=False, replaced="x", **told)  # type: ignore[arg-type]
    left = doubts(replace(RECORD, corrections=(*marks, lost)))
    assert [(value.path, value.doubt) for value in left.values()] == [("lines[7].what", 0.95)]


def test_dates_and_amounts_are_written_in_one_form_however_they_are_printed() -> None:
    printed = {"currency": ("2020-03-02", "2020.3.2"), "colour": ("1189965.00 HUF", "1 189 965 HUF")}
    for name, (value, quote) in printed.items():
        record = replace(RECORD, fields={name: value}, evidence=(place(name, quote),), remarks=())
        assert not any("the document says" in why for one in doubts(record).values() for why in one.reasons)


def test_a_value_in_a_picture_of_print_is_as_doubtful_as_the_ocr_of_the_picture() -> None:
    inside, beside = ((20.0, 12.0, 40.0, 22.0),), ((20.0, 40.0, 40.0, 50.0),)
    places = [replace(place("currency", "GBP"), boxes=boxes) for boxes in (inside, beside)]
    within, outside = (doubts(replace(RECORD, evidence=(one,))).get("currency") for one in places)
    assert outside is None and within is not None and within.doubt == 0.2
    assert within.reasons == ("the OCR of the picture on page 1 where it stands is 90 % sure",)


def test_the_doubt_of_a_scan_follows_what_was_measured() -> None:
    assert [ocr_doubt(sure) for sure in (0.0, 0.84, 0.85, 0.95, 0.96, 1.0)] == [0.6, 0.6, 0.2, 0.2, 0.04, 0.04]
    confidences, shares = zip(*SHARE_RIGHT, strict=True)
    assert sorted(confidences) == list(confidences) and sorted(shares) == list(shares)
    assert ocr_doubt(LEAST_SURE) < LEAST_DOUBT < ocr_doubt(LEAST_SURE - 0.01)
