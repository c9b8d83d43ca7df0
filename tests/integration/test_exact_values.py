"""Numbers out of documents: what is kept is what every command, answer, page and file prints, digit for digit."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from starlette.testclient import TestClient

from ingest.api.app import create_app
from ingest.cli import app, console
from ingest.quantities import exact
from ingest.spreadsheet import csv_text
from ingest.web.shown_values import as_text
from pipeline.service import Service
from pipeline.settings import Settings
from stores.chroma.memory import MemoryVectors
from tests.in_process import KB, fake_document, fake_resources, ingest_now

SCHEMA = """
name = "price"
[[fields]]
name = "amount"
kind = "number"
labels = ["Price"]
"""
PRINTED = {
    "9.45": 9.45,
    "9.50": 9.5,
    "-9.45": -9.45,
    "0.07": 0.07,
    "132.7433628": 132.7433628,
    "1234567890.12": 1234567890.12,
    "123456789012345": 123456789012345.0,
    "0.0375": 0.0375,
    "0": 0.0,
}
"""What the documents print -> what is kept. Nothing else may come out anywhere."""
SOURCES = {f"{number}.pdf": value for number, value in enumerate(PRINTED.values())}


@dataclass(frozen=True)
class Kept:
    """A home with one document per number, and the metadata of its vectors."""

    home: Path
    vectors: MemoryVectors
    settings: Settings


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    home, folder, schemas = (tmp_path_factory.mktemp(name) for name in ("home", "docs", "schemas"))
    (schemas / "price.toml").write_text(SCHEMA)
    for number, text in enumerate(PRINTED):
        fake_document(folder / f"{number}.pdf", f"Price: {text}")
    vectors = MemoryVectors()
    resources = fake_resources(home, vectors, schema_dir=schemas)
    ingest_now(resources, folder, options={"schemas": ("price",)})
    return Kept(home, vectors, resources.settings)


@pytest.fixture
def client(kept: Kept) -> TestClient:
    return TestClient(create_app(Service(kept.settings)), "http://localhost")


def printed_by(kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """What ``ingot records`` prints."""
    monkeypatch.setenv("INGOT_HOME", str(kept.home))
    monkeypatch.setenv("INGOT_SCHEMA_DIR", str(kept.settings.schema_dir))
    assert app.run(["records", "-k", KB, "--schema", "price", *flags]) == 0
    return capsys.readouterr().out


def test_the_command_prints_what_is_kept(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_json = json.loads(printed_by(kept, monkeypatch, capsys, "--json"))
    assert {one["source"]: one["fields"]["amount"] for one in as_json} == SOURCES
    as_lines = [json.loads(line) for line in printed_by(kept, monkeypatch, capsys, "--nl").splitlines()]
    assert as_lines == as_json
    rows = csv.DictReader(io.StringIO(printed_by(kept, monkeypatch, capsys, "--csv")))
    assert {row["source"]: Decimal(row["amount"]) for row in rows} == {k: Decimal(repr(v)) for k, v in SOURCES.items()}
    rows = csv.DictReader(io.StringIO(printed_by(kept, monkeypatch, capsys)), dialect="excel-tab")
    assert {row["source"]: row["amount"] for row in rows} == {name: exact(value) for name, value in SOURCES.items()}


def test_a_terminal_shows_every_digit_and_a_column_of_zeros(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "screen", lambda file: Console(file=file, width=100, highlight=False))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    table = printed_by(kept, monkeypatch, capsys)
    assert dict(re.findall(r"^\s*(\d\.pdf)\s+(\S+)\s*$", table, re.MULTILINE)) == {
        name: exact(value) for name, value in SOURCES.items()
    }


def test_answers_and_pages_print_what_is_kept(client: TestClient) -> None:
    base = f"/api/v1/knowledge/{KB}"
    items = client.get(f"{base}/records/price").json()["items"]
    assert {one["source"]: one["fields"]["amount"] for one in items} == SOURCES
    rows = csv.DictReader(io.StringIO(client.get(f"{base}/records/price?format=csv").text))
    assert {row["source"]: float(row["amount"]) for row in rows} == SOURCES
    table = unescape(client.get(f"/knowledge/{KB}/records/price").text)
    for source, value in SOURCES.items():
        of_one = client.get(f"{base}/documents/{source}/records").json()
        assert [one["fields"]["amount"] for one in of_one if one["schema"] == "price"] == [value]
        whole = client.get(f"{base}/documents/{source}/json").json()
        assert [one["fields"]["amount"] for one in whole["records"] if one["schema"] == "price"] == [value]
        shown = exact(value).removesuffix(".0")
        assert re.search(rf">{re.escape(shown)}<", table), source
        page = unescape(client.get(f"/knowledge/{KB}/documents/{source}").text)
        assert re.search(rf">\s*{re.escape(shown)}\s*<", page), source


def test_files_tables_and_vectors_hold_what_is_kept(kept: Kept) -> None:
    exported = {path.name: json.loads(path.read_text()) for path in kept.home.glob(f"{KB}/files/json/*.json")}
    assert {one["source"]: one["records"]["price"]["fields"]["amount"] for one in exported.values()} == SOURCES
    with sqlite3.connect(kept.home / KB / "kb.db") as database:
        assert dict(database.execute("SELECT source, amount FROM price_now")) == SOURCES
        assert {kind for (kind,) in database.execute("SELECT DISTINCT typeof(amount) FROM price_now")} == {"real"}
    metadata = {row.metadata["name"]: row.metadata["amount"] for row in kept.vectors._rows[KB].values()}
    assert metadata == SOURCES


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_every_output_format_keeps_a_number_exact(value: float) -> None:
    forms = [exact(value), console.one_line(value)]
    forms.append(next(csv.DictReader(io.StringIO(csv_text([{"amount": value}], ["amount"]))))["amount"])
    assert len(set(forms)) == 1, "every form is the same text"
    assert Decimal(as_text(value)) == Decimal(repr(value)), "a page leaves only .0 out"
    assert Decimal(forms[0]) == Decimal(repr(value))
    assert type(value)(forms[0]) == value
    assert "e" not in forms[0].lower(), "spreadsheets and people read no exponents"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1 + 0.2, "0.30000000000000004"), (564.0, "564.0"), (1e16, "1" + "0" * 16 + ".0"), (1e-7, "0.0000001")],
)
def test_a_number_is_written_out(value: float, text: str) -> None:
    assert exact(value) == text
