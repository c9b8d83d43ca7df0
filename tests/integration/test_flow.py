"""The whole flow in one process: what is made, what is skipped, what is replaced, what is removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.removal import remove_document
from pipeline.search import search
from stores.chroma.memory import MemoryVectors
from stores.models import DocumentState, Outcome
from tests.in_process import KB, fake_document, fake_resources, ingest_now, run_until_done, sql_store, stages_run

pytestmark = pytest.mark.usefixtures("each_database")


def outcomes(report) -> dict[str, str]:
    return {file.source: str(file.outcome) for file in report.files}


def found(resources, query: str, mode: str = "hybrid") -> list[str]:
    return [hit.source for hit in search.search(resources, KB, query, 10, mode, {})]


def assert_nothing_left(resources, document: str) -> None:
    """No row, vector or file of a document."""
    store = sql_store(resources, KB)
    with store.database.read() as connection:
        for table in ("document", "generation", "step", "page", "block", "chunk", "record", "evidence"):
            column = "id" if table == "document" else "document"
            rows = connection.execute(text(f"SELECT count(*) FROM {table} WHERE {column} = :id"), {"id": document})
            assert rows.scalar_one() == 0, table
        key = "id" if connection.dialect.name == "postgresql" else "rowid"
        words = connection.execute(text(f"SELECT count(*) FROM chunk_words WHERE {key} NOT IN (SELECT id FROM chunk)"))
        assert words.scalar_one() == 0
    assert not [at for at in resources.vectors().ids(KB) if at.startswith(document)]
    assert not list((resources.settings.home / KB).rglob(f"*{document[:12]}*"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    fake_document(docs / "alpha.pdf", "# Alpha\nThe payment term is thirty days.", "[scan] Zebra crossing rules.")
    fake_document(docs / "sub" / "beta.pdf", "# Beta\nA contract about giraffes.")
    return docs


def test_everything_is_made_and_found(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    report = ingest_now(resources, folder)
    assert outcomes(report) == {"alpha.pdf": "new", "sub/beta.pdf": "new"}
    store = sql_store(resources, KB)
    assert [view.state for view in store.document_queries.all()] == [DocumentState.DONE] * 2
    for mode in ("hybrid", "keyword", "vector"):
        assert found(resources, "giraffes contract", mode)[0] == "sub/beta.pdf"
        assert found(resources, "zebra crossing", mode)[0] == "alpha.pdf"
    chunks = {
        f"{d.document}:1:{c.ordinal}" for d in store.document_queries.all() for c in store.pages.chunks(d.document, 1)
    }
    assert resources.vectors().ids(KB) == chunks
    assert not list((home / KB / "work").iterdir())
    assert not (home / KB / "files" / "pages").exists() or not any((home / KB / "files" / "pages").iterdir())


def test_hits_know_page_and_boxes(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    hit = search.search(resources, KB, "zebra", 1, "keyword", {})[0]
    assert (hit.first_page, hit.last_page) <= (2, 2)
    assert any(placed.page == 2 for placed in hit.boxes)


def test_unchanged_is_nothing_to_do(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    report = ingest(resources, KB, IngestRequest(paths=(folder,)))
    assert report.job is None
    assert set(outcomes(report).values()) == {"same"}


def test_touched_file_with_same_bytes_is_unchanged(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    (folder / "alpha.pdf").write_bytes((folder / "alpha.pdf").read_bytes())
    report = ingest(resources, KB, IngestRequest(paths=(folder,)))
    assert report.job is None


def test_changed_chunk_size_embeds_only(home: Path, folder: Path) -> None:
    vectors = MemoryVectors()
    ingest_now(fake_resources(home, vectors), folder)
    resources = fake_resources(home, vectors, chunk_tokens=40)
    report = ingest_now(resources, folder)
    assert set(outcomes(report).values()) == {"again"}
    store = sql_store(resources, KB)
    for view in store.document_queries.all():
        states = stages_run(store, view.document, 2)
        assert states == {"plan": "skipped", "extract": "skipped", "embed": "done", "publish": "done"}
        assert store.record_tables.read(view.document, 2)
    assert found(resources, "zebra crossing")[0] == "alpha.pdf"


def test_new_schema_extracts_only(home: Path, folder: Path) -> None:
    vectors = MemoryVectors()
    ingest_now(fake_resources(home, vectors), folder)
    resources = fake_resources(home, vectors)
    ingest_now(resources, folder, options={"schemas": ("invoice",)})
    store = sql_store(resources, KB)
    for view in store.document_queries.all():
        states = stages_run(store, view.document, 2)
        assert states == {"plan": "skipped", "extract": "done", "embed": "skipped", "publish": "done"}
        assert {record.schema for record in store.record_tables.read(view.document, 2)} == {"document", "invoice"}
    again = ingest(resources, KB, IngestRequest(paths=(folder,)))
    assert again.job is None, "schemas that a document has are kept by a request that names none"


def test_other_ocr_engine_does_not_touch_text_documents(home: Path, folder: Path) -> None:
    ingest_now(fake_resources(home), folder)
    resources = fake_resources(home, dpi=200)
    report = ingest(resources, KB, IngestRequest(paths=(folder,)))
    assert outcomes(report)["sub/beta.pdf"] == "same"


def test_force_makes_all_again(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    report = ingest_now(resources, folder, options={"force": True})
    assert set(outcomes(report).values()) == {"again"}
    store = sql_store(resources, KB)
    assert {view.generation for view in store.document_queries.all()} == {2}
    assert all(at.split(":")[1] == "2" for at in resources.vectors().ids(KB))


def test_old_version_answers_until_the_new_one_is_complete(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    old = resources.catalog.store(KB).document_queries.find("sub/beta.pdf")
    fake_document(folder / "sub" / "beta.pdf", "# Beta\nNow it is about pelicans.")
    report = ingest(resources, KB, IngestRequest(paths=(folder,)))
    assert outcomes(report)["sub/beta.pdf"] == "changed"

    def old_answers(key) -> None:
        assert found(resources, "giraffes", "keyword") == ["sub/beta.pdf"]
        assert found(resources, "pelicans", "keyword") == []

    run_until_done(resources, before=old_answers)
    for mode in ("keyword", "hybrid"):
        assert "sub/beta.pdf" in found(resources, "pelicans", mode)
    assert found(resources, "giraffes", "keyword") == []
    assert_nothing_left(resources, old)


def test_deleted_document_never_answers(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    store = sql_store(resources, KB)
    document = store.document_queries.find("sub/beta.pdf")
    remove_document(resources, store, document)
    for mode in ("keyword", "vector", "hybrid"):
        assert "sub/beta.pdf" not in found(resources, "giraffes contract", mode)
    assert_nothing_left(resources, document)
    assert not (
        resources.settings.home / KB / "files" / "originals" / store.document_queries.sha256(document)
    ).is_file()


def test_prune_removes_what_is_gone(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    document = resources.catalog.store(KB).document_queries.find("sub/beta.pdf")
    (folder / "sub" / "beta.pdf").unlink()
    kept = ingest(resources, KB, IngestRequest(paths=(folder,)))
    assert "sub/beta.pdf" not in outcomes(kept) and found(resources, "giraffes", "keyword")
    report = ingest(resources, KB, IngestRequest(paths=(folder,), prune=True))
    assert outcomes(report)["sub/beta.pdf"] == "gone"
    assert_nothing_left(resources, document)


def test_same_bytes_twice_is_one_document(home: Path, folder: Path) -> None:
    (folder / "copy.pdf").write_bytes((folder / "alpha.pdf").read_bytes())
    resources = fake_resources(home)
    ingest_now(resources, folder)
    views = {view.source: view for view in resources.catalog.store(KB).document_queries.all()}
    assert len(views) == 2
    assert views["alpha.pdf"].sources == ("alpha.pdf", "copy.pdf")


def test_one_of_two_names_deleted_leaves_the_document(home: Path, folder: Path) -> None:
    (folder / "copy.pdf").write_bytes((folder / "alpha.pdf").read_bytes())
    resources = fake_resources(home)
    ingest_now(resources, folder)
    (folder / "alpha.pdf").unlink()
    ingest(resources, KB, IngestRequest(paths=(folder,), prune=True))
    assert found(resources, "zebra", "keyword") == ["copy.pdf"]


def test_a_page_that_is_lost_makes_the_document_partial(home: Path, tmp_path: Path) -> None:
    resources = fake_resources(home)
    fake_document(tmp_path / "d" / "three.pdf", "First page.", "[broken]", "Third page about walrus.")
    ingest_now(resources, tmp_path / "d")
    view = resources.catalog.store(KB).document_queries.all()[0]
    assert view.state is DocumentState.PARTIAL
    assert list(view.failed_pages) == [2] and "page 2 could not be read" in view.error.message
    assert found(resources, "walrus", "keyword") == ["three.pdf"]


def test_no_readable_page_is_a_failure(home: Path, tmp_path: Path) -> None:
    resources = fake_resources(home)
    fake_document(tmp_path / "d" / "bad.pdf", "[broken]", "[broken]")
    ingest_now(resources, tmp_path / "d")
    view = resources.catalog.store(KB).document_queries.all()[0]
    assert view.state is DocumentState.FAILED and "page 1" in view.error.message
    again = ingest(resources, KB, IngestRequest(paths=(tmp_path / "d",)))
    assert again.job is None and outcomes(again) == {"bad.pdf": "failed"}


def test_blank_pages_need_no_reader(home: Path, tmp_path: Path) -> None:
    resources = fake_resources(home)
    fake_document(tmp_path / "d" / "blank.pdf", "[blank]", "[blank]")
    ingest_now(resources, tmp_path / "d")
    view = resources.catalog.store(KB).document_queries.all()[0]
    assert view.state is DocumentState.DONE and view.routes == {"blank": 2}


def test_password_opens_what_failed_without(home: Path, tmp_path: Path) -> None:
    resources = fake_resources(home)
    fake_document(tmp_path / "d" / "locked.pdf", "Secret walrus.", password="open")
    ingest_now(resources, tmp_path / "d")
    store = sql_store(resources, KB)
    assert store.document_queries.all()[0].error.code == "encrypted"
    ingest_now(resources, tmp_path / "d", passwords=("wrong", "open"))
    assert store.document_queries.all()[0].state is DocumentState.DONE
    assert found(resources, "walrus", "keyword") == ["locked.pdf"]
    with store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT passwords FROM generation").scalars().all()
    assert all(row in (None, "null") for row in rows), "a password list outlives its work"


def test_file_that_cannot_be_taken_is_named(home: Path, tmp_path: Path) -> None:
    resources = fake_resources(home)
    fake_document(tmp_path / "d" / "good.pdf", "Good page.")
    (tmp_path / "d" / "empty.pdf").touch()
    (tmp_path / "d" / "page.pdf").write_text("<html>no document</html>")
    report = ingest_now(resources, tmp_path / "d")
    faults = {file.source: file.error.message for file in report.files if file.error}
    assert set(faults) == {"empty.pdf", "page.pdf"} and all(faults.values())
    states = {view.source: view.state for view in resources.catalog.store(KB).document_queries.all()}
    assert states == {"good.pdf": "done", "empty.pdf": "failed", "page.pdf": "failed"}
    assert outcomes(ingest(resources, KB, IngestRequest(paths=(tmp_path / "d",))))["empty.pdf"] == Outcome.FAILED


def test_a_lost_vector_index_is_made_anew_by_the_next_search(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    before = resources.vectors().ids(KB)
    resources.vectors().drop(KB)
    assert found(resources, "giraffes contract", "vector")[0] == "sub/beta.pdf"
    assert resources.vectors().ids(KB) == before


def test_another_embedder_takes_over_document_by_document(home: Path, folder: Path, monkeypatch) -> None:
    from pipeline.engines.embedders.fake import FakeEmbedder

    vectors = MemoryVectors()
    ingest_now(fake_resources(home, vectors), folder)
    monkeypatch.setattr(FakeEmbedder, "fingerprint", "fake-embedder:other")
    resources = fake_resources(home, vectors)
    ingest_now(resources, folder / "alpha.pdf")
    assert found(resources, "giraffes", "keyword") == ["sub/beta.pdf"]
    assert set(found(resources, "giraffes", "vector")) == {"alpha.pdf"}
    ingest_now(resources, folder)
    assert found(resources, "giraffes contract", "vector")[0] == "sub/beta.pdf"


def test_content_replaced_by_known_content_answers_no_more(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    old = resources.catalog.store(KB).document_queries.find("sub/beta.pdf")
    (folder / "sub" / "beta.pdf").write_bytes((folder / "alpha.pdf").read_bytes())
    report = ingest_now(resources, folder)
    assert outcomes(report)["sub/beta.pdf"] == "changed" and report.job is None
    assert found(resources, "giraffes", "keyword") == []
    assert_nothing_left(resources, old)


def test_a_version_replaced_before_it_was_complete_ends_its_job(home: Path, folder: Path) -> None:
    resources = fake_resources(home)
    ingest_now(resources, folder)
    fake_document(folder / "alpha.pdf", "The second version about lions.")
    second = ingest(resources, KB, IngestRequest(paths=(folder,)))
    fake_document(folder / "alpha.pdf", "The third version about tigers.")
    third = ingest(resources, KB, IngestRequest(paths=(folder,)))
    run_until_done(resources)
    store = sql_store(resources, KB)
    assert store.job_queries.get(second.job).documents[0].state is DocumentState.CANCELLED
    assert {str(store.job_queries.get(job).state) for job in (second.job, third.job)} == {"done"}
    assert found(resources, "lions", "keyword") == [] and found(resources, "tigers", "keyword") == ["alpha.pdf"]
