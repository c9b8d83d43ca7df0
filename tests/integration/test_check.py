"""A knowledge base is damaged in one way; the check names it, the repair mends it, and nothing else has changed."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.check_codes import KINDS
from pipeline.commands.check_report import CheckReport
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from stores.chroma.memory import MemoryVectors
from stores.errors import DamagedIndexError, UnavailableError
from stores.models import Options
from tests.in_process import KB, fake_document, ingest_now, run_until_done
from tests.planted_damage import (
    DAMAGES,
    NEEDS_DEEP,
    Home,
    embeddings_wrong,
    job_open,
    keywords_missing,
    markdown_missing,
    original_missing,
    vectors_all_missing,
    visible_missing,
)


@pytest.fixture(scope="module")
def made() -> Iterator[Home]:
    """The knowledge base that every case gets a copy of."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))
    docs = folder / "docs"
    text = "\n\n".join(f"Paragraph {n}: the payment term is {n} days after the day of the invoice." for n in range(6))
    fake_document(docs / "alpha.pdf", f"# Alpha\n\n{text}", "[scan] Zebra crossing rules.")
    fake_document(docs / "sub" / "beta.pdf", "# Beta\nA contract about giraffes.")
    fake_document(docs / "three.pdf", "First page.", "[broken]", "Third page about walrus.")
    fake_document(docs / "blank.pdf", "[blank]")
    home = Home(folder / "home", docs, MemoryVectors())
    ingest_now(home.resources, docs)
    yield home
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def undamaged(made: Home) -> Mapping[str, Any]:
    """What ``Home.kept`` tells of every copy before it is damaged."""
    return made.kept()


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    shutil.copytree(made.path, tmp_path / "home")
    return replace(made, path=tmp_path / "home", vectors=copy.deepcopy(made.vectors))


@pytest.mark.parametrize("plant", DAMAGES, ids=lambda plant: plant.__name__)
def test_planted_damage_is_found_and_repaired(
    home: Home, undamaged: Mapping[str, Any], plant: Callable[[Home], None]
) -> None:
    before, code = dict(undamaged), DAMAGES[plant]
    plant(home)
    deep = code in NEEDS_DEEP
    report = home.check(deep=deep)
    assert code in [finding.code for finding in report.findings]
    assert not report.healthy and all(finding.left is None for finding in report.findings)
    repaired = home.check(deep=deep, repair=True)
    assert repaired.healthy, [(finding.code, finding.left) for finding in repaired.findings]
    if home.resources.catalog.store(KB).dispatch.unfinished():
        run_until_done(home.resources)
    assert not home.check(deep=True).findings
    after = home.kept()
    if code not in ("record_rows_stray", "job_waits_for_nothing"):
        jobs = before.pop("jobs")
        assert after.pop("jobs")[: len(jobs)] == jobs
    assert {key: after[key] for key in ("states", "answers", "markdown")} == {
        key: before[key] for key in ("states", "answers", "markdown")
    }
    for key in ("records", "vectors", "typed", "json", "originals"):
        assert after[key] == before[key], key


def test_every_code_is_planted_here_or_said_why_not() -> None:
    other_tests = {"database_damaged", "job_ended_early", "vectors_damaged"}
    assert set(DAMAGES.values()) | other_tests == set(KINDS)


def codes(report: CheckReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_what_a_job_does_is_no_damage(home: Home) -> None:
    """New, changed and remade documents, a deletion, and a second generation beside the first: a look at every step."""
    resources, looks = home.resources, []

    def look(_: object) -> None:
        looks.append(codes(home.check(deep=True)))

    docs = home.path.parent / "docs"
    shutil.copytree(home.documents, docs)
    fake_document(docs / "new.pdf", "New page.", "[scan] A scanned page about otters.")
    ingest(resources, KB, IngestRequest(paths=(docs,)))
    run_until_done(resources, before=look)
    fake_document(docs / "alpha.pdf", "# Alpha\n\nIt has changed.", "[scan] Another scan.")
    ingest(resources, KB, IngestRequest(paths=(docs,), options=Options(force=True), prune=True))
    run_until_done(resources, before=look)
    assert len(looks) > 20 and not any(looks)
    assert not home.check(deep=True).findings


def test_a_repair_beside_a_job_changes_nothing_of_it(home: Home) -> None:
    resources = home.resources
    ingest(resources, KB, IngestRequest(paths=(home.documents,), options=Options(force=True)))
    run_until_done(resources, before=lambda _: home.check(repair=True))
    assert {view.generation for view in resources.catalog.store(KB).document_queries.all()} == {2}
    assert not home.check(deep=True).findings


def test_a_lost_original_is_said_and_not_hidden(home: Home) -> None:
    shutil.copytree(home.documents, home.path.parent / "elsewhere")
    home.sql("UPDATE source SET root = '/nowhere'")
    original_missing(home)
    report = home.check(repair=True)
    assert [(finding.code, finding.left) for finding in report.findings] == [("original_missing", 1)]
    assert (
        not report.healthy
        and ".pdf" in report.findings[0].examples[0]
        and "ingest them again" in report.findings[0].repair
    )


def test_an_upload_on_its_way_is_no_stray(home: Home) -> None:
    (home.files / "originals" / ("e" * 64)).write_bytes(b"rows are still to be written")
    assert not home.check(repair=True).findings
    assert (home.files / "originals" / ("e" * 64)).exists()


def test_another_embedder_is_no_damage(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.engines.embedders.fake import FakeEmbedder

    monkeypatch.setattr(FakeEmbedder, "fingerprint", "fake-embedder:other")
    assert not home.check(repair=True).findings and home.vectors.ids(KB)


def test_an_index_that_cannot_be_reached_is_not_called_healthy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> Any:
        raise UnavailableError("the vector index does not answer")

    monkeypatch.setattr(home.vectors, "query", unreachable)
    report = home.check(repair=True)
    assert report.unchecked == ("the vector index does not answer",) and not report.healthy


def test_a_damaged_index_is_built_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before, query = home.answers(), home.vectors.query
    dropped: list[bool] = []

    def damaged(*arguments: Any) -> Any:
        if not dropped:
            raise DamagedIndexError("its files are torn")
        return query(*arguments)

    drop = home.vectors.drop
    monkeypatch.setattr(home.vectors, "query", damaged)
    monkeypatch.setattr(home.vectors, "drop", lambda name: (dropped.append(True), drop(name)))
    report = home.check(repair=True)
    assert codes(report) == ["vectors_damaged"] and report.healthy
    assert home.answers() == before


def test_a_job_that_ended_too_early_runs_on(home: Home) -> None:
    resources = home.resources
    job = ingest(resources, KB, IngestRequest(paths=(home.documents,), options=Options(force=True))).job
    home.sql("UPDATE job SET state = 'done', finished_at = 1 WHERE id = ?", job)
    assert codes(home.check(repair=True)) == ["job_ended_early"]
    run_until_done(resources)
    assert str(resources.catalog.store(KB).job_queries.get(job).state) == "done" and not home.check().findings


def test_a_damaged_file_is_named_with_what_to_do(home: Home) -> None:
    home.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    path, page = home.path / KB / "kb.db", 8192
    root = home.sql("SELECT rootpage FROM sqlite_master WHERE name = 'source_name'")[0][0]
    with path.open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\xff" * 200)
    report = home.check(repair=True)
    assert not report.healthy
    said = " ".join([*report.unchecked, *codes(report)])
    assert "damaged" in said


def test_several_damages_at_once_are_repaired_in_the_right_order(home: Home) -> None:
    before = home.kept()
    for plant in (visible_missing, keywords_missing, vectors_all_missing, markdown_missing, job_open, embeddings_wrong):
        plant(home)
    assert home.check(repair=True).healthy
    run_until_done(home.resources)
    assert not home.check(deep=True).findings
    after = home.kept()
    assert (after["answers"], after["states"]) == (before["answers"], before["states"])
