"""What no file, database or page can hold is replaced as text enters, one character by one, so that places stay."""

from __future__ import annotations

import json
import sqlite3
import sys
from dataclasses import fields
from xml.etree import ElementTree

import pytest

from stores.clean_text import REPLACEMENT, clean, clean_value
from stores.models import (
    Block,
    Evidence,
    Fault,
    Field,
    FieldKind,
    Label,
    Line,
    PagePlan,
    PageText,
    Record,
    Route,
    Schema,
)

BOX = (0.0, 0.0, 1.0, 1.0)
UNFIT = [
    *map(chr, (0x00, 0x01, 0x08, 0x0B, 0x0C, 0x0E, 0x1F, 0x7F, 0x80, 0x85, 0x9F)),
    *map(chr, (0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF)),
]
FIT = [
    "\t",
    "\n",
    "\r",
    " ",
    "\u00a0",
    "é",
    "\u200f",
    "\u202e",
    "\u2028",
    "\ue000",
    "\ufeff",
    "\ufffd",
    "𝒳",
    "𠮷",
    "e" + "\u0301" * 50,
]


@pytest.mark.parametrize("char", UNFIT, ids=lambda char: f"{ord(char):04x}")
def test_what_cannot_be_stored_is_replaced_at_its_place(char: str) -> None:
    assert clean(f"a{char}b{char}") == f"a{REPLACEMENT}b{REPLACEMENT}"


@pytest.mark.parametrize("text", FIT, ids=lambda text: f"{ord(text[0]):04x}")
def test_all_other_text_is_left_alone(text: str) -> None:
    assert clean(text) is text


def test_every_character_that_is_left_is_text_everywhere() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    cleaned = clean(everything)
    assert len(cleaned) == len(everything)
    assert cleaned.encode() == cleaned.encode("utf-8", "surrogatepass")
    assert json.loads(json.dumps(cleaned, ensure_ascii=False)) == cleaned
    assert sqlite3.connect(":memory:").execute("SELECT ?", (cleaned,)).fetchone() == (cleaned,)
    escaped = cleaned.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "")
    ElementTree.fromstring(f"<p>{escaped}</p>")
    assert "\0" not in cleaned


def test_values_are_cleaned_through_and_through() -> None:
    cleaned = clean_value({"a\0": ["\ud800", ("\x1f", 3, None, 1.5)], "b": {"c": "ok"}})
    assert cleaned == {f"a{REPLACEMENT}": [REPLACEMENT, (REPLACEMENT, 3, None, 1.5)], "b": {"c": "ok"}}


def test_no_record_of_the_house_holds_what_cannot_be_stored() -> None:
    bad = "x\ud800\0y"
    good = f"x{REPLACEMENT * 2}y"
    line = Line(box=BOX, text=bad)
    made = [
        line,
        Block(label=Label.TEXT, box=BOX, text=bad, lines=(line,)),
        PageText(markdown=bad, blocks=(), engine=bad),
        PagePlan(number=1, width_pt=1, height_pt=1, route=Route.TEXT, reason=bad),
        Evidence(path=bad, page=1, boxes=(), quote=bad),
        Record(schema="document", fields={bad: [bad, {"k": bad}]}),
        Field(name=bad, kind=FieldKind.TEXT, description=bad, labels=(bad,)),
        Schema(name=bad, description=bad, fields=()),
        Fault(code="bug", message=bad, detail=bad),
    ]
    for one in made:
        texts = [getattr(one, field.name) for field in fields(one) if field.name != "lines"]
        assert "\ud800" not in repr(texts) and "\\ud800" not in repr(texts), one
        assert good in repr(texts)
