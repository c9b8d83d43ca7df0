"""The command line with INGOT_OCR_ENGINE=got, from PDF to search hit, by a GOT that knows three pages by heart."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from ingest.runtime.worker_spec import cards
from tests.e2e.command import Home
from tests.e2e.test_samples import SAMPLES, TRUTH, holds, words

pytestmark = pytest.mark.torch

CHECKPOINT = SAMPLES.parent.parent / "tests" / "data" / "tiny_got"
KNOWN = ("invoice.pdf", "resume_en.pdf", "notice_turned.jpg")
RECORDS = [(name, schema) for name in KNOWN for schema in TRUTH["files"][name]["records"]]
ALL_FAILED, UNREACHABLE = 4, 6


def home_with(model: Path) -> Home:
    settings = {"ocr_engine": "got", "ocr_model": model, "ocr_slots": 3, "ocr_max_tokens": 1024, "workers": 2}
    return Home(Path(tempfile.mkdtemp(prefix="ingot-")), **settings)


def put_away(home: Home) -> None:
    home.down()
    shutil.rmtree(home.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def demo() -> Iterator[Home]:
    home = home_with(CHECKPOINT)
    files = [str(SAMPLES / name) for name in KNOWN]
    try:
        home.ingot("ingest", *files, "-k", "demo", "--ocr", "always", "--schema", "resume", "--schema", "invoice")
        yield home
    finally:
        put_away(home)


@pytest.fixture(scope="module")
def pages(demo: Home) -> dict[str, Any]:
    return {
        name: json.loads(demo.ingot("docs", "show", name, "-k", "demo", "--as", "json"))["pages"][0] for name in KNOWN
    }


@pytest.mark.parametrize("name", KNOWN)
def test_the_stored_page_is_what_the_model_wrote(name: str, pages: dict[str, Any]) -> None:
    page, truth = pages[name], TRUTH["files"][name]
    assert (page["engine"], page["route"], page["error"]) == ("got", "ocr", None)
    assert [phrase for phrase in truth["phrases"][0] if words(phrase) not in words(page["markdown"])] == []
    lines = page["markdown"].splitlines()
    headings = {words(line) for line in lines if line.startswith("#")}
    assert [heading for heading in truth.get("headings", []) if words(heading) not in headings] == []
    assert [row for row in truth.get("table", []) if f"| {' | '.join(row)} |" not in lines] == []
    assert "\\" not in page["markdown"]


@pytest.mark.parametrize(("name", "schema"), RECORDS)
def test_records(name: str, schema: str, demo: Home) -> None:
    record = record_of(demo, name, schema)
    wrong = {
        field: (value, record["fields"].get(field))
        for field, value in TRUTH["files"][name]["records"][schema].items()
        if not holds(value, record["fields"].get(field))
    }
    assert not wrong, f"expected, found: {wrong}"


def record_of(demo: Home, name: str, schema: str) -> dict[str, Any]:
    rows = demo.ask("records", "-k", "demo", "--schema", schema)
    record: dict[str, Any] = next(row for row in rows if row["source"] == name)
    return record


def test_evidence_lies_where_it_is_printed(demo: Home) -> None:
    import pymupdf

    evidence = record_of(demo, "invoice.pdf", "invoice")["evidence"]
    printed = {"invoice_number": "LPS-2026-0417", "amount": "564.00", "issuer": "Larkspur Paper Supply"}
    with pymupdf.open(SAMPLES / "invoice.pdf") as document:
        for field, text in printed.items():
            assert evidence[field]["page"] == 1
            x0, y0, x1, y1 = document[0].search_for(text)[0]
            centre = ((x0 + x1) / 2, (y0 + y1) / 2)
            assert any(holds_point(box, *centre) for box in evidence[field]["boxes"]), (field, centre, evidence[field])


def holds_point(box: list[float], x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


@pytest.mark.parametrize("name", KNOWN)
def test_nearly_every_block_has_its_place(name: str, pages: dict[str, Any]) -> None:
    page = pages[name]
    placed = [block["box"] for block in page["blocks"] if block["box"][2] > block["box"][0]]
    assert len(placed) >= 0.8 * len(page["blocks"])
    assert all(box[0] >= 0 and box[2] <= page["width_pt"] and box[3] <= page["height_pt"] for box in placed)


@pytest.mark.parametrize("question", [q for q in TRUTH["questions"] if q["file"] in KNOWN], ids=lambda q: q["query"])
def test_questions(question: dict[str, Any], demo: Home) -> None:
    hits = demo.ask("search", question["query"], "-k", "demo", "-n", "2")["hits"]
    assert (hits[0]["source"], hits[0]["first_page"]) == (question["file"], question["page"])
    assert any(words(question["answer"]) in words(hit["text"]) for hit in hits)


def cancel_all(home: Home) -> None:
    for job in home.ask("jobs", "list"):
        if job["state"] == "running":
            home.ingot("jobs", "cancel", job["job_id"])


def test_a_model_that_cannot_work_here_is_said_and_mended_by_the_next_command(tmp_path: Path) -> None:
    """One clear sentence instead of waiting; the job is kept as it was asked for, until it is cancelled."""
    home = home_with(tmp_path / "nothing")
    ask = ("ingest", str(SAMPLES / "invoice.pdf"), "-k", "demo", "--ocr", "always")
    try:
        missing = home.run(*ask)
        assert missing.returncode == UNREACHABLE
        assert missing.stderr.count("weights of") == 1 and "INGOT_OCR_MODEL" in missing.stderr
        assert "weights of" in home.ingot("status")
        (tmp_path / "config.json").write_text('{"model_type": "bert"}')
        home.environment["INGOT_OCR_MODEL"] = str(tmp_path)
        kept = home.run(*ask)
        assert kept.returncode == ALL_FAILED and "cancel its job" in kept.stderr
        cancel_all(home)
        other = home.run(*ask)
        assert other.returncode == UNREACHABLE
        assert "'bert'" in other.stderr and "choose one of" in other.stderr
        home.environment["INGOT_OCR_MODEL"] = str(CHECKPOINT)
        cancel_all(home)
        right = home.run(*ask)
        assert right.returncode == 0, right.stderr
        if not cards():
            assert right.stderr.count("no GPU was found") == 1, "reading on the CPU is slow, and is said"
        assert home.ask("docs", "list", "-k", "demo")[0]["state"] == "done"
    finally:
        put_away(home)
