"""Schemas written as JSON Schema, in JSON or YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.schemas.loader import load_schemas, read_schema
from stores.errors import InputError
from stores.models import Field, FieldKind

NOTE = """
title: Delivery note
description: What was delivered
type: object
required: [number]
properties:
  number: {type: string, x-labels: [Note no, 送货单号]}
  deliveredOn: {type: string, format: date}
  paid: {type: [boolean, "null"]}
  state: {enum: [open, closed]}
  total: {type: number, x-kind: money, x-examples: [12.50]}
  sender: {$ref: "#/$defs/Party"}
  tags: {type: array, items: {type: string}}
  select: {type: integer}
  行项目:
    type: array
    items:
      type: object
      properties:
        品名: {type: string}
        数量: {anyOf: [{type: integer}, {type: "null"}]}
$defs:
  Party:
    type: object
    properties:
      name: {type: string}
      email: {type: string, format: email}
"""


def fields_of(folder: Path, text: str, name: str = "note.yaml") -> dict[str, Field]:
    (folder / name).write_text(text, encoding="utf-8")
    return {field.name: field for field in read_schema(folder / name).fields}


def test_types_objects_arrays_and_references(tmp_path: Path) -> None:
    fields = fields_of(tmp_path, NOTE)
    assert {name: field.kind for name, field in fields.items()} == {
        "number": FieldKind.TEXT,
        "deliveredOn": FieldKind.DATE,
        "paid": FieldKind.BOOLEAN,
        "state": FieldKind.TEXT,
        "total": FieldKind.NUMBER,
        "sender_name": FieldKind.TEXT,
        "sender_email": FieldKind.TEXT,
        "tags": FieldKind.TEXTS,
        "select": FieldKind.INTEGER,
        "行项目": FieldKind.ROWS,
    }
    assert [(column.name, column.kind) for column in fields["行项目"].fields] == [
        ("品名", FieldKind.TEXT),
        ("数量", FieldKind.INTEGER),
    ]


def test_labels_forms_choices_and_what_is_required(tmp_path: Path) -> None:
    fields = fields_of(tmp_path, NOTE)
    assert fields["number"].labels == ("Note no", "送货单号", "number")
    assert fields["number"].required
    assert fields["deliveredOn"].labels == ("delivered On",)
    assert (fields["sender_email"].form, fields["total"].form) == ("email", "money")
    assert fields["state"].choices == ("open", "closed")
    assert fields["total"].examples == ("12.5",)


def test_a_file_gives_the_name_and_the_folder_may_mix_forms(tmp_path: Path) -> None:
    (tmp_path / "note.yaml").write_text(NOTE, encoding="utf-8")
    (tmp_path / "Parts-List.json").write_text(json.dumps({"properties": {"part": {"type": "string"}}}), "utf-8")
    schemas = load_schemas(tmp_path)
    assert schemas["note"].description == "Delivery note. What was delivered."
    assert schemas["parts_list"].fields[0].labels == ("part",)


def one(**given: Any) -> str:
    return json.dumps({"properties": {"field": given}})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1]", "it must be an object with 'properties'"),
        ("{", "this is no valid JSON"),
        ('{"properties": {}}', "it needs 'properties'"),
        (one(), "field: it needs a 'type'"),
        (one(type="strin"), "did you mean 'string'?"),
        (one(type=["string", "number"]), "a column has one type"),
        (one(type="string", **{"x-label": ["F"]}), "did you mean 'x-labels'?"),
        (one(type="number", **{"x-kind": "mony"}), "did you mean 'money'?"),
        (one(**{"$ref": "#/$defs/None"}), "leads to nothing"),
        (one(**{"$ref": "http://x.example/y"}), "leaves the file"),
        (one(**{"$ref": "#/properties/field"}), "must"),
        (one(type="array", items={"type": "array"}), "an array of arrays"),
        (one(anyOf=[{"type": "string"}, {"type": "number"}]), "cannot be one column"),
        ('{"properties": {"Invoice No": {"type": "string"}}}', "write Invoice_No"),
        ('{"properties": {"document": {"type": "string"}}}', "reserved"),
        ('{"properties": {"a": {"type": "string"}}, "required": ["b"]}', "'required' names 'b'"),
        ('{"x-name": "Bad Name", "properties": {"a": {"type": "string"}}}', "'x-name'"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "wrong.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_schema(tmp_path / "wrong.json")
    assert "wrong.json" in refused.value.message
    assert "\n" not in refused.value.message
    assert says in refused.value.message or says == "must"


def test_schemas_that_would_share_a_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"x-name": "resume_skills", "properties": {"a": {"type": "string"}}}))
    with pytest.raises(InputError, match="share the table record_resume_skills"):
        load_schemas(tmp_path)
