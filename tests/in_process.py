"""Runs the flow in this process, in the order that Celery would, on fake engines and vectors in memory."""

from __future__ import annotations

import dataclasses
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

from pipeline import flow, wiring
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.settings import Settings
from pipeline.stage_specs import FOLLOWED_BY
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import Options, Stage, StepKey
from stores.placement import IngestReport

KB = "test"


def fake_resources(home: Path, vectors: MemoryVectors | None = None, **settings: object) -> Resources:
    """Build resources with fake engines over a real SQL store below ``home``."""
    chosen = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home, **settings}
    held = vectors or MemoryVectors()
    return dataclasses.replace(wiring.build(Settings(**chosen), pooled=True), vectors=lambda: held)  # type: ignore[arg-type]


def sql_store(resources: Resources, knowledge_id: str = KB) -> SqlKnowledgeStore:
    """Return the store of a knowledge base as what it is, for tests that look into its database."""
    store = resources.catalog.store(knowledge_id)
    assert isinstance(store, SqlKnowledgeStore)
    return store


def fake_document(path: Path, *pages: str, password: str = "") -> Path:
    """Write a fake document of these pages."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"%FAKE {password}".strip() + "\n" + "\f".join(pages), encoding="utf-8")
    return path


def run_chain(
    resources: Resources, key: StepKey, before: Callable[[StepKey], None] | None = None
) -> tuple[list[StepKey], list[StepKey]]:
    """Run a step and those that travel with it, as one Celery chain would; (steps tried, steps that became due)."""
    tried: list[StepKey] = []
    due: list[StepKey] = []
    for step in resources.catalog.store(key.knowledge_id).dispatch.runs([key], FOLLOWED_BY)[0].steps:
        if before:
            before(step)
        tried.append(step)
        result = flow.run_stage(resources, step, owner=f"test/{uuid.uuid4().hex}", worker="test")
        due += result.due
        if not result.ended:
            break
    return tried, due


def run_until_done(
    resources: Resources, before: Callable[[StepKey], None] | None = None, most: int = 500, knowledge_id: str = KB
) -> list[StepKey]:
    """Run all that is due until nothing is; the steps that were tried, in order."""
    store = resources.catalog.store(knowledge_id)
    tried: list[StepKey] = []
    while store.dispatch.unfinished() and len(tried) < most:
        todo = store.dispatch.take(100, frozenset(Stage))
        if not todo:
            break
        while todo:
            ran, due = run_chain(resources, todo.pop(0), before)
            tried += ran
            todo += due
    return tried


def ingest_now(resources: Resources, folder: Path, **request: object) -> IngestReport:
    """Ingest a folder and run it to its end."""
    options = Options(**request.pop("options", {}))  # type: ignore[arg-type]
    report = ingest(resources, KB, IngestRequest(paths=(folder,), options=options, **request))  # type: ignore[arg-type]
    run_until_done(resources)
    return report


def stages_run(store: SqlKnowledgeStore, document: str, generation: int) -> dict[str, str]:
    """stage -> state of the steps of a generation (the state of the last batch)."""
    from sqlalchemy import select

    from stores.sql.tables import step

    with store.database.read() as connection:
        rows = connection.execute(
            select(step.c.stage, step.c.state).where(step.c.document == document, step.c.generation == generation)
        )
        return {str(row.stage): str(row.state) for row in rows}


def as_if_killed(home: Path) -> None:
    """Let the pages that failed have failed by the death of their worker, which another try may mend."""
    with sqlite3.connect(home / KB / "kb.db") as connection:
        connection.execute("UPDATE page SET error_code = 'killed_worker' WHERE error IS NOT NULL")
    connection.close()
