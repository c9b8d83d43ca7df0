"""Drafts of schemas from a document, and the commands about schemas."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingest.cli import app
from pipeline.engines.rules.labels import LabelsRules
from pipeline.queries.schema_draft import schema_draft
from pipeline.schemas.json_schema import as_json_schema, schema_of_json
from pipeline.schemas.loader import load_schemas
from stores.errors import InputError
from tests.printed_pages import printed_page

NOTE = """
# Delivery note
Note number: D-17            Delivered on: 3 May 2024
E-mail: shop@acme.example
Total weight:    12.50 kg

Article       Pieces      Price
Bolt              10       1.50
Nut               20       0.10
"""


def test_a_draft_holds_labels_and_tables_and_fills_the_document_it_came_from(tmp_path: Path) -> None:
    page = printed_page(NOTE)
    content = yaml.safe_load(schema_draft([page], "note"))
    properties = content["properties"]
    assert properties["note_number"] == {"type": "string", "x-labels": ["Note number"], "x-examples": ["D-17"]}
    assert properties["delivered_on"]["format"] == "date"
    assert properties["e_mail"]["format"] == "email"
    assert properties["total_weight"]["type"] == "number"
    columns = properties["table_1"]["items"]["properties"]
    assert {name: column["type"] for name, column in columns.items()} == {
        "article": "string",
        "pieces": "integer",
        "price": "number",
    }
    record = LabelsRules().extract(schema_of_json(Path("note.yaml"), content), [page], "note.pdf")
    assert record.fields["note_number"] == "D-17"
    assert record.fields["delivered_on"] == "2024-05-03"
    assert record.fields["table_1"][1] == {"article": "Nut", "pieces": 20, "price": 0.1}


def test_a_document_without_labels_gives_no_draft() -> None:
    with pytest.raises(InputError, match="write the schema by hand"):
        schema_draft([printed_page("Nothing but a sentence stands here.")], "note")


@pytest.mark.parametrize("name", sorted(set(load_schemas(None)) - {"document"}))
def test_a_built_in_schema_as_json_schema_is_read_alike(name: str) -> None:
    schema = load_schemas(None)[name]
    again = schema_of_json(Path(f"{name}.json"), as_json_schema(schema))
    assert [(field.name, field.kind) for field in again.fields] == [(field.name, field.kind) for field in schema.fields]
    assert (again.engine, again.types) == (schema.engine, schema.types)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = app.run(list(words))
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def test_schemas_are_listed_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGOT_HOME", str(tmp_path / "home"))
    code, out, _ = run(capsys, "schemas", "list")
    assert code == 0
    assert "statement" in out
    code, out, _ = run(capsys, "schemas", "show", "invoice")
    assert code == 0
    assert "lines.unit_price" in out
    code, _, err = run(capsys, "schemas", "show", "invoce")
    assert code == 5
    assert "did you mean 'invoice'?" in err


def test_a_schema_file_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "note.yaml", tmp_path / "bad.yaml"
    good.write_text("properties: {number: {type: string}}")
    bad.write_text("properties: {number: {type: strin}}")
    code, out, err = run(capsys, "schemas", "check", str(good))
    assert (code, "number" in out, "'note' can be used" in err) == (0, True, True)
    code, _, err = run(capsys, "schemas", "check", str(bad))
    assert code == 2
    assert "bad.yaml: number: there is no type 'strin'" in err
