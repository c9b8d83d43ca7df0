"""The quickstart's documents through the real command line, workers and stores, against their truth."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Home

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "ingest" / "samples"
TRUTH: dict[str, Any] = json.loads((SAMPLES / "truth.json").read_text())
READABLE = [name for name, truth in TRUTH["files"].items() if truth["state"] == "done"]
RECORDS = [(name, schema) for name in READABLE for schema in TRUTH["files"][name]["records"]]
SOME_FAILED = 3


@pytest.fixture(scope="module")
def demo() -> Iterator[Home]:
    """The samples as the knowledge base "demo"."""
    home = Home(Path(tempfile.mkdtemp(prefix="ingot-")))
    try:
        home.ingot("ingest", str(SAMPLES), "-k", "demo", "--schema", "resume", "--schema", "invoice", code=SOME_FAILED)
        yield home
    finally:
        home.down()
        shutil.rmtree(home.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def documents(demo: Home) -> dict[str, Any]:
    return {document["source"]: document for document in demo.ask("docs", "list", "-k", "demo")}


@pytest.fixture(scope="module")
def pages(demo: Home) -> dict[str, list[Any]]:
    return {
        name: json.loads(demo.ingot("docs", "show", name, "-k", "demo", "--as", "json"))["pages"] for name in READABLE
    }


def plain(text: str) -> str:
    """Without emphasis, and with single blanks; none between Chinese characters and none around their marks."""
    text = re.sub(r"\s+", " ", re.sub(r"[*_#|\\]|<br>", " ", text))
    return re.sub(r"(?<=[\u2e80-\uffef]) | (?=[\u2e80-\uffef])", "", text)


def words(text: str) -> str:
    """Letters and digits only, lower case: what must survive OCR."""
    return re.sub(r"\W", "", text).lower()


def test_every_document_ends_as_it_should(documents: dict[str, Any]) -> None:
    assert {name: document["state"] for name, document in documents.items()} == {
        name: truth["state"] for name, truth in TRUTH["files"].items()
    }


def test_the_broken_file_says_why(documents: dict[str, Any]) -> None:
    assert "broken.pdf" in documents
    assert documents["broken.pdf"]["error"]


@pytest.mark.parametrize("name", READABLE)
def test_routes(name: str, pages: dict[str, list[Any]]) -> None:
    assert [page["route"] for page in pages[name]] == TRUTH["files"][name]["routes"]
    assert all(page["reason"] for page in pages[name])


@pytest.mark.parametrize("name", READABLE)
def test_language(name: str, documents: dict[str, Any]) -> None:
    assert documents[name]["language"] == TRUTH["files"][name]["language"]


@pytest.mark.parametrize("name", READABLE)
def test_phrases_are_on_their_pages(name: str, pages: dict[str, list[Any]]) -> None:
    for page, phrases in zip(pages[name], TRUTH["files"][name]["phrases"], strict=True):
        text = words(page["markdown"])
        assert [phrase for phrase in phrases if words(phrase) not in text] == []


@pytest.mark.parametrize("name", [name for name in READABLE if "headings" in TRUTH["files"][name]])
def test_headings(name: str, pages: dict[str, list[Any]]) -> None:
    lines = [line for page in pages[name] for line in page["markdown"].splitlines() if line.startswith("#")]
    headings = {words(line) for line in lines}
    assert [heading for heading in TRUTH["files"][name]["headings"] if words(heading) not in headings] == []


@pytest.mark.parametrize("name", [name for name in READABLE if "table" in TRUTH["files"][name]])
def test_tables(name: str, pages: dict[str, list[Any]]) -> None:
    lines = [line for page in pages[name] for line in page["markdown"].splitlines() if line.startswith("|")]
    rows = [[plain(cell).strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row for row in TRUTH["files"][name]["table"] if row not in rows] == []


@pytest.mark.parametrize("name", [name for name in READABLE if "order" in TRUTH["files"][name]])
def test_reading_order(name: str, pages: dict[str, list[Any]]) -> None:
    for page, phrases in zip(pages[name], TRUTH["files"][name]["order"], strict=True):
        places = [plain(page["markdown"]).find(phrase) for phrase in phrases]
        assert -1 not in places and places == sorted(places), dict(zip(phrases, places, strict=True))


@pytest.mark.parametrize("name", [name for name in READABLE if "absent" in TRUTH["files"][name]])
def test_running_headers_stand_once_at_most(name: str, pages: dict[str, list[Any]]) -> None:
    """The first page that has one keeps it where the text says it nowhere else; page numbers go throughout."""
    said: set[str] = set()
    for page, phrases in zip(pages[name], TRUTH["files"][name]["absent"], strict=True):
        here = {words(phrase) for phrase in phrases if words(phrase) in words(page["markdown"])}
        assert not here & said and not [phrase for phrase in here if phrase.strip().isdigit()]
        said |= here


@pytest.mark.parametrize(("name", "schema"), RECORDS)
def test_records(name: str, schema: str, demo: Home) -> None:
    record = next(row for row in demo.ask("records", "-k", "demo", "--schema", schema) if row["source"] == name)
    wrong = {
        field: (value, record["fields"].get(field))
        for field, value in TRUTH["files"][name]["records"][schema].items()
        if not holds(value, record["fields"].get(field))
    }
    assert not wrong, f"expected, found: {wrong}"
    assert record["evidence"]


def holds(wanted: Any, found: Any) -> bool:
    """Lists may hold more than wanted and rows more columns; phones are compared by their digits."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(holds(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and all(any(holds(value, other) for other in found) for value in wanted)
    if isinstance(wanted, str) and wanted.startswith("+"):
        return isinstance(found, str) and words(found).endswith(words(wanted))
    return bool(wanted == found)


@pytest.mark.parametrize("question", TRUTH["questions"], ids=lambda question: question["query"])
def test_questions(question: dict[str, Any], demo: Home) -> None:
    result = demo.ask("search", question["query"], "-k", "demo", "-n", "2")
    hits = result["hits"]
    assert hits and not result["nothing_fits"]
    best = hits[0]
    assert (best["source"], best["first_page"]) == (question["file"], question["page"])
    assert any(words(question["answer"]) in words(hit["text"]) for hit in hits)
