"""Each job is made as its asker wished, whoever's settings the workers have."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.reprocess import retry_document, with_given_limits
from pipeline.commands.submission import Submission
from pipeline.outbound.downloads import fetch
from pipeline.service import Service
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from stores.errors import InputError, UnavailableError
from stores.models import DocumentState, Options, Outcome, Stage, StepKey
from stores.placement import StagedFile
from stores.sql.tables import generation, step
from tests.in_process import KB, fake_document, fake_resources, run_until_done, sql_store, stages_run

TEXT = "# Note\n\nDelivery No. 4711\n\nCarrier: Blue Lines\n\nPacked by Ada\n\n" + "A line of words. " * 40


def own_schema(folder: Path, field: str, label: str, kind: str = "text") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = ['name = "delivery"', "[[fields]]", f'name = "{field}"', f'kind = "{kind}"', f'labels = ["{label}"]']
    (folder / "delivery.toml").write_text("\n".join(lines))
    return folder


@pytest.fixture
def resources(tmp_path: Path) -> Callable[..., Resources]:
    """Tools of another command, or of the workers, on one home."""
    vectors = MemoryVectors()
    return lambda **settings: fake_resources(tmp_path / "home", vectors, **settings)


def asked(resources: Resources, path: Path, *schemas: str, kb: str = KB) -> str:
    """Begin a job with the resources of its asker; its id."""
    report = ingest(resources, kb, IngestRequest(paths=(path,), options=Options(schemas=schemas)))
    assert report.job, report
    return report.job


def records(resources: Resources, source: str, kb: str = KB) -> dict[str, Any]:
    store = sql_store(resources, kb)
    document = store.document_queries.find(source)
    return {
        record.schema: dict(record.fields)
        for record in store.record_tables.read(document, store.document_queries.generation_to_show(document))
    }


def state_of(resources: Resources, source: str) -> tuple[DocumentState, str]:
    store = sql_store(resources, KB)
    view = store.document_queries.get(store.document_queries.find(source))
    return view.state, view.error.message if view.error else ""


def chunks(resources: Resources, source: str) -> int:
    store = sql_store(resources, KB)
    document = store.document_queries.find(source)
    return store.pages.embedded(document, store.document_queries.generation_to_show(document))


def test_workers_with_other_settings_use_those_of_the_job(resources: Callable[..., Resources], tmp_path: Path) -> None:
    note = fake_document(tmp_path / "in" / "note.pdf", TEXT)
    schemas = own_schema(tmp_path / "s", "number", "Delivery No.")
    asked(resources(schema_dir=schemas, chunk_tokens=40), note, "delivery")
    workers = resources(chunk_tokens=400)
    run_until_done(workers)
    assert state_of(workers, "note.pdf") == (DocumentState.DONE, "")
    assert records(workers, "note.pdf")["delivery"] == {"number": "4711"}
    assert chunks(workers, "note.pdf") > 2


def test_two_definitions_of_one_name_are_each_job_s_own(resources: Callable[..., Resources], tmp_path: Path) -> None:
    one, two = fake_document(tmp_path / "a" / "one.pdf", TEXT), fake_document(tmp_path / "b" / "two.pdf", TEXT + "!")
    asked(resources(schema_dir=own_schema(tmp_path / "s1", "number", "Delivery No.")), one, "delivery")
    asked(resources(schema_dir=own_schema(tmp_path / "s2", "carrier", "Carrier")), two, "delivery")
    workers = resources(schema_dir=own_schema(tmp_path / "s3", "packer", "Packed by"))
    run_until_done(workers)
    assert records(workers, "one.pdf")["delivery"] == {"number": "4711"}
    assert records(workers, "two.pdf")["delivery"] == {"carrier": "Blue Lines"}
    rows = sqlite3.connect(workers.settings.home / KB / "kb.db").execute(
        "SELECT source, number, carrier FROM delivery_now ORDER BY source"
    )
    assert rows.fetchall() == [("one.pdf", "4711", None), ("two.pdf", None, "Blue Lines")], "one table, all columns"


def test_a_definition_that_the_next_command_does_not_know_stays(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    note = fake_document(tmp_path / "in" / "note.pdf", TEXT)
    asked(resources(schema_dir=own_schema(tmp_path / "s", "number", "Delivery No.")), note, "delivery")
    run_until_done(resources())
    again = ingest(resources(), KB, IngestRequest(paths=(note,)))
    assert (again.job, again.files[0].outcome) == (None, Outcome.SAME)
    assert ingest(resources(), KB, IngestRequest(paths=(note,), options=Options(force=True))).job
    run_until_done(resources())
    assert records(resources(), "note.pdf")["delivery"] == {"number": "4711"}


def test_rows_without_a_profile_are_made_with_the_worker_s_settings(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    note = fake_document(tmp_path / "in" / "note.pdf", TEXT)
    asked(resources(chunk_tokens=40), note)
    workers = resources(chunk_tokens=400)
    with sql_store(workers, KB).database.write() as connection:
        connection.execute(update(generation).values(profile=None))
    run_until_done(workers)
    assert chunks(workers, "note.pdf") == 1
    assert ingest(resources(chunk_tokens=40), KB, IngestRequest(paths=(note,))).job is None


def test_a_document_that_failed_at_a_limit_is_made_with_a_higher_one(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    note = fake_document(tmp_path / "in" / "note.pdf", "One", "Two", "Three")
    asked(resources(max_pages=2), note)
    run_until_done(resources())
    assert "INGOT_MAX_PAGES" in state_of(resources(), "note.pdf")[1]
    assert ingest(resources(max_pages=2), KB, IngestRequest(paths=(note,))).job is None, "it would only fail again"
    asked(resources(max_pages=3), note)
    run_until_done(resources(max_pages=2))
    assert state_of(resources(), "note.pdf") == (DocumentState.DONE, "")


def test_a_job_that_is_retried_keeps_its_schemas_and_takes_the_limits_that_are_given(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    note = fake_document(tmp_path / "in" / "note.pdf", TEXT, "Two", "Three")
    schemas = own_schema(tmp_path / "s", "number", "Delivery No.")
    job = asked(resources(schema_dir=schemas, max_pages=2, chunk_tokens=40), note, "delivery")
    run_until_done(resources())
    store = sql_store(resources(), KB)
    store.job_control.retry(job, NEEDS, with_given_limits(resources(), store))
    run_until_done(resources())
    assert state_of(resources(), "note.pdf")[0] is DocumentState.FAILED
    store.job_control.retry(job, NEEDS, with_given_limits(resources(max_pages=3, chunk_tokens=400), store))
    run_until_done(resources())
    assert state_of(resources(), "note.pdf") == (DocumentState.DONE, "")
    assert records(resources(), "note.pdf")["delivery"] == {"number": "4711"}
    assert chunks(resources(), "note.pdf") > 2


def test_a_document_is_made_again_as_it_was_but_for_what_is_given(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    note = fake_document(tmp_path / "in" / "note.pdf", TEXT)
    schemas = own_schema(tmp_path / "s", "number", "Delivery No.")
    asked(resources(schema_dir=schemas, chunk_tokens=40), note, "delivery")
    run_until_done(resources())
    small = chunks(resources(), "note.pdf")
    store = sql_store(resources(), KB)
    document = store.document_queries.find("note.pdf")
    retry_document(resources(), store, document, Stage.EXTRACT)
    run_until_done(resources())
    assert (chunks(resources(), "note.pdf"), records(resources(), "note.pdf")["delivery"]) == (
        small,
        {"number": "4711"},
    )
    retry_document(resources(chunk_tokens=400), store, document, Stage.EMBED)
    run_until_done(resources())
    assert chunks(resources(), "note.pdf") == 1 < small
    assert ingest(resources(chunk_tokens=400, schema_dir=schemas), KB, IngestRequest(paths=(note,))).job is None


def test_a_worker_without_the_model_leaves_the_step_to_one_that_has_it(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    asked(resources(), fake_document(tmp_path / "in" / "scan.pdf", "[scan] words"))
    store = sql_store(resources(), KB)
    name, content = next(iter(store.profiles.read().items()))
    with store.database.write() as connection:
        from stores.sql.tables import profile

        wished = {**content, "settings": {**content["settings"], "ocr_engine": "got"}}
        connection.execute(update(profile).where(profile.c.id == name).values(content=wished))
        document = connection.execute(select(generation.c.document)).scalar_one()
    run_until_done(resources(ocr_engine="fake"), most=40)
    assert stages_run(store, document, 1)[Stage.RENDER] == "done"
    with store.database.read() as connection:
        waits = connection.execute(select(step).where(step.c.stage == Stage.OCR)).one()
    assert (waits.state, waits.attempt, waits.lost_attempts) == ("due", 0, 0)
    assert waits.error and "INGOT_OCR_ENGINE=fake" in waits.error and "got" in waits.error
    key = StepKey(knowledge_id=KB, document=document, generation=1, stage=Stage.OCR)
    assert store.steps.claim(key, "me", "w") is None, "it is offered again only after a while"


def test_what_is_fetched_is_made_as_its_job_wished(resources: Callable[..., Resources], tmp_path: Path) -> None:
    from dataclasses import replace

    from pipeline.engines.web.fake import FakeWeb

    url = "https://example.org/note.pdf"
    report = ingest(
        resources(schema_dir=own_schema(tmp_path / "s", "number", "Delivery No."), chunk_tokens=40),
        KB,
        IngestRequest(urls=(url,), options=Options(schemas=("delivery",))),
    )
    assert report.job
    workers = replace(resources(chunk_tokens=400), web=lambda: FakeWeb({}, {url: f"%FAKE\n{TEXT}".encode()}))
    fetch(workers, KB, report.job, url, "me")
    run_until_done(workers)
    assert records(workers, url)["delivery"] == {"number": "4711"}
    assert chunks(workers, url) > 2


def test_a_document_in_work_cannot_be_submitted_with_other_settings(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    note = fake_document(tmp_path / "in" / "note.pdf", TEXT)
    schemas = own_schema(tmp_path / "s", "number", "Delivery No.")
    job = asked(resources(chunk_tokens=40), note)
    joined = ingest(resources(chunk_tokens=40, page_timeout_s=5), KB, IngestRequest(paths=(note,)))
    assert joined.files[0].outcome is Outcome.SAME and joined.job, "other limits only: it waits for the same result"
    wanted = IngestRequest(paths=(note,), options=Options(schemas=("delivery",)))
    late = ingest(resources(chunk_tokens=40, schema_dir=schemas), KB, wanted)
    assert (late.job, late.files[0].outcome) == (None, Outcome.FAILED)
    assert late.files[0].error and "other settings or schemas" in late.files[0].error.message
    run_until_done(resources())
    assert state_of(resources(), "note.pdf") == (DocumentState.DONE, "")
    assert str(resources().catalog.store(KB).job_queries.get(job).state) == "done"
    assert ingest(resources(chunk_tokens=40, schema_dir=schemas), KB, wanted).job
    run_until_done(resources())
    assert records(resources(), "note.pdf")["delivery"] == {"number": "4711"}


def test_another_embedder_waits_for_the_jobs_of_its_knowledge_base(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    one, two = fake_document(tmp_path / "one.pdf", TEXT), fake_document(tmp_path / "two.pdf", TEXT + "!")
    job = asked(resources(), one)
    with pytest.raises(UnavailableError, match="embeds documents of this knowledge base with fake") as refused:
        asked(resources(embedder="minilm"), two)
    assert job in refused.value.message and "INGOT_EMBEDDER" in refused.value.message
    asked(resources(embedder="minilm"), two, kb="elsewhere")
    run_until_done(resources())
    asked(resources(embedder="minilm"), two)


def test_a_column_that_two_definitions_want_otherwise_is_named(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    one, two = fake_document(tmp_path / "one.pdf", TEXT), fake_document(tmp_path / "two.pdf", TEXT + "!")
    asked(resources(schema_dir=own_schema(tmp_path / "s1", "number", "Delivery No.")), one, "delivery")
    other = resources(schema_dir=own_schema(tmp_path / "s2", "number", "Delivery No.", "integer"))
    report = ingest(other, KB, IngestRequest(paths=(two,), options=Options(schemas=("delivery",))))
    (remark,) = report.remarks
    assert "'number' of record_delivery stays TEXT" in remark and "INTEGER" in remark
    run_until_done(resources())
    assert (records(resources(), "one.pdf")["delivery"], records(resources(), "two.pdf")["delivery"]) == (
        {"number": "4711"},
        {"number": 4711},
    )


def test_what_the_api_takes_is_made_with_the_settings_of_its_server(
    resources: Callable[..., Resources], tmp_path: Path
) -> None:
    schemas = own_schema(tmp_path / "s", "number", "Delivery No.")
    settings = resources(schema_dir=schemas, chunk_tokens=40).settings
    service, note = Service(settings), fake_document(tmp_path / "note.pdf", TEXT)

    def submit(service: Service, *wanted: str) -> str:
        path = service.ingestion.staging(KB) / f"{uuid.uuid4().hex}.part"
        path.write_bytes(note.read_bytes())
        sha256 = hashlib.sha256(note.read_bytes()).hexdigest()
        upload = StagedFile.upload(path=path, name="note.pdf", size_bytes=path.stat().st_size, sha256=sha256)
        return service.ingestion.submit(KB, Submission(uploads=(upload,), options=Options(schemas=wanted))).job

    submit(service, "delivery")
    with pytest.raises(InputError) as refused:
        submit(Service(resources(chunk_tokens=400).settings))
    assert refused.value.code == "conflict"
    run_until_done(resources(chunk_tokens=400))
    assert state_of(resources(), "note.pdf") == (DocumentState.DONE, "")
    assert records(resources(), "note.pdf")["delivery"] == {"number": "4711"}
    assert chunks(resources(), "note.pdf") > 2
    assert [view.fields for view in Service(resources().settings).records.all(KB, "delivery")] == [{"number": "4711"}]
    store = sql_store(resources(), KB)
    assert str(store.job_queries.get(submit(service, "delivery")).state) == "done"
