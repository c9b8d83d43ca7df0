"""Records and pages as the inspector shows them: names, evidence, the keys that hold them together."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.web.page_view import BlocksByHeight, kind_of, legend, mark_of, page_in_words, shown_page
from ingest.web.shown_values import ShownRecord, as_text, shown_record, value_of_key
from stores.models import (
    Block,
    Box,
    Chunk,
    Evidence,
    Field,
    FieldKind,
    Label,
    Page,
    PageText,
    PlacedBox,
    Route,
    Schema,
)
from stores.views import PageView, RecordView

SCHEMA = Schema(
    name="bill",
    description="",
    fields=(
        Field(name="due_date", kind=FieldKind.DATE),
        Field(name="total", kind=FieldKind.NUMBER),
        Field(name="marks", kind=FieldKind.TEXTS),
        Field(name="lines", kind=FieldKind.ROWS),
    ),
)


def record(fields: dict[str, Any], **evidence: dict[str, Any]) -> ShownRecord:
    view = RecordView(document="d", source="a.pdf", schema="bill", fields=fields, evidence=evidence)
    return shown_record(view, SCHEMA)


def located(page: int = 1, found: bool = True) -> dict[str, Any]:
    return {"page": page, "boxes": [], "quote": "printed", "found": found}


def test_fields_stand_in_the_order_of_their_schema_and_absent_ones_are_named() -> None:
    shown = record({"marks": ["b", "a"], "total": 564.0, "due_date": None, "lines": []})
    assert [field.name for field in shown.filled] == ["total", "marks"]
    assert tuple(one.name for one in shown.absent) == ("due date", "lines")
    assert [value.text for value in shown.fields[2].values] == ["b", "a"]
    assert shown.count == 3


def test_a_value_has_evidence_or_is_marked_as_having_none() -> None:
    shown = record({"total": 9.5, "marks": ["x", "y"]}, **{"total": located(3), "marks[1]": located(found=False)})
    total, (first, second) = shown.fields[1].values[0], shown.fields[2].values
    assert (total.key, total.page, total.quote, total.has_evidence) == ("bill.total", 3, "printed", True)
    assert not first.has_evidence and not second.has_evidence


def test_rows_have_a_path_for_each_cell() -> None:
    shown = record(
        {"lines": [{"unit_price": 2.0, "note": None}, {"unit_price": 3.25}]}, **{"lines[1].unit_price": located()}
    )
    (first,), (second,) = shown.fields[3].rows
    assert (first.name, first.text, first.has_evidence) == ("unit price", "2", False)
    assert (second.key, second.has_evidence) == ("bill.lines[1].unit_price", True)


def test_a_record_of_a_forgotten_schema_is_shown_as_it_is() -> None:
    fields = {"who": "me", "tags": ["x"], "rows": [{"a": 1}]}
    view = RecordView(document="d", source="a.pdf", schema="gone", fields=fields, evidence={})
    assert [(field.name, len(field.all)) for field in shown_record(view, None).fields] == [
        ("who", 1),
        ("tags", 1),
        ("rows", 1),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (564.0, "564"),
        (0.1, "0.1"),
        (1234567.89, "1234567.89"),
        (12345678901.25, "12345678901.25"),
        (7, "7"),
        ("", ""),
        (["a", 1.0], "a, 1"),
        ({"unit_price": 2.0, "note": None}, "unit price: 2"),
    ],
)
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("key", "parts"), [("bill.lines[0].a", ("bill", "lines[0].a")), ("bill", None), ("", None), (".x", None)]
)
def test_keys_are_taken_apart(key: str, parts: tuple[str, str] | None) -> None:
    assert value_of_key(key) == parts


def block(box: Box, start: int = 0, end: int = 0, label: Label = Label.TEXT) -> Block:
    return Block(label=label, box=box, text=f"text of {start}", start=start, end=end)


def test_blocks_under_a_box_share_most_of_it() -> None:
    blocks = [block((0, 0, 100, 20)), block((0, 20, 100, 40)), block((0, 0, 0, 0))]
    under = BlocksByHeight(blocks).under
    assert under([(10, 5, 30, 15)]) == (0,)
    assert under([(0, 0, 100, 40)]) == (0, 1)
    assert under([(10, 15, 30, 35)]) == (1,)
    assert under([(200, 200, 300, 300)]) == ()
    assert under([]) == ()


def test_boxes_of_any_size_find_their_blocks() -> None:
    blocks = [block((0, -1e9, 10, 1e9)), block((0, 500, 10, 510)), block((0, 60, 10, 50))]
    under = BlocksByHeight(blocks).under
    assert under([(0, 500, 10, 510)]) == (0, 1)
    assert under([(-5, -1e12, 20, 1e12)]) == (0, 1)
    assert under([(0, 10, 10, 5)]) == ()


def test_boxes_markdown_and_values_of_a_page_share_keys() -> None:
    blocks = (block((0, 0, 9, 9), label=Label.HEADER), block((10, 10, 90, 20), 0, 5), block((10, 30, 90, 60), 7, 12))
    page = Page(
        number=2,
        width_pt=100,
        height_pt=200,
        route=Route.OCR,
        reason="image only",
        text=PageText(markdown="# one\n\n- two", blocks=blocks, engine="eye", confidence=0.9996),
    )
    boxes = (PlacedBox(page=1, box=(0, 0, 1, 1)), PlacedBox(page=2, box=(10, 30, 90, 60)))
    chunk = Chunk(ordinal=4, text="two", heading="one", first_page=1, last_page=2, boxes=boxes)
    value = Evidence(path="total", page=2, boxes=((10, 10, 90, 20),), quote="one")
    page_view = shown_page(
        PageView(document="d", generation=1, page=page, chunks=(chunk,), evidence=(("bill", value),)),
        [(1, 2, 3, 5)],
        "two",
    )
    assert [(overlay.key, overlay.on) for overlay in (*page_view.values, *page_view.chunks)] == [
        ("bill.total", "b1"),
        ("c4", "b2"),
    ]
    assert [keys for _, keys in page_view.pieces] == ["b1", "b2"]
    assert page_view.margins == (("b0", "header", "text of 0"),)
    assert page_view.marked == ((1, 2, 2, 3),)
    assert page_view.terms == ("two",)
    assert len(page_view.chunks[0].boxes) == 1
    assert page_view.facts == "Read by OCR (eye), 99.9 % sure: image only"


@pytest.mark.parametrize(
    ("facts", "kind", "words"),
    [
        ({"route": Route.TEXT, "error": "the page is torn"}, "failed", "Failed: the page is torn"),
        ({"route": Route.BLANK}, "blank", "Blank: why"),
        ({"route": Route.TEXT}, "unread", "Not read yet"),
        (
            {"route": Route.TEXT, "text": PageText(markdown="", blocks=(), engine="layout")},
            "text",
            "From its text layer (layout): why",
        ),
    ],
)
def test_a_page_says_how_it_was_read(facts: dict[str, Any], kind: str, words: str) -> None:
    mark = mark_of(Page(**{"number": 1, "width_pt": 1, "height_pt": 1, "reason": "why", **facts}))
    assert (kind_of(mark), page_in_words(mark)) == (kind, words)


def test_the_legend_names_what_there_is() -> None:
    assert legend(["ocr", "text", "failed", "text"]) == [
        ("text", "text layer", 2),
        ("ocr", "OCR", 1),
        ("failed", "failed", 1),
    ]
