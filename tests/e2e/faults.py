"""A real runtime over fake engines, whose parts can be killed while it works, and what its stores hold in the end."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.runtime import embedded
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from stores.models import JobState
from stores.views import JobView
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S, eventually

KB = "faults"
WORDS = (
    "otter",
    "heron",
    "willow",
    "copper",
    "lantern",
    "meadow",
    "granite",
    "ferry",
    "saffron",
    "timber",
    "harbor",
)


def write_documents(folder: Path, count: int, slow_s: float = 0.0) -> None:
    """Documents of three pages: text, scan, text; their words differ, so that their chunks do."""
    chance = random.Random(7)
    pause = f"[slow {slow_s}]" if slow_s else ""
    for number in range(count):
        pages = [" ".join(chance.choices(WORDS, k=40)) for _ in range(3)]
        pages[0] = f"# Report {number}\n{pages[0]} {pause}"
        pages[1] = f"[scan] {pages[1]} {pause}"
        fake_document(folder / f"report-{number:03}.pdf", *pages)


@dataclass
class Running:
    """A runtime under test."""

    settings: Settings
    broker_url: str
    service: Service
    database: Path

    def rows(self, sql: str) -> list[tuple]:
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=GENEROUS_S)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def child_at(self, stage: str) -> int:
        """The process id of a worker child that works on a stage right now."""
        asked = f"SELECT worker FROM step WHERE stage = '{stage}' AND state = 'running'"
        ((worker,), *_) = eventually(lambda: self.rows(asked), every_s=0.001)
        return int(worker.rpartition("#")[2])

    def kill(self, name: str, with_signal: int = signal.SIGKILL) -> None:
        """Signal a child of the supervisor: redis, chroma or worker."""
        os.kill(self.child(name), with_signal)

    def child(self, name: str) -> int:
        """Its process id; 0 while it is not there."""
        return int(embedded.status(self.settings).processes[name]["pid"] or 0)

    def wait(self, job: str) -> JobView:
        """The job at its end."""

        def over() -> JobView | None:
            view = self.service.jobs.get(job)
            return None if view.state is JobState.RUNNING else view

        steps = "SELECT stage, state, count(*) FROM step GROUP BY 1, 2"
        return eventually(over, 2 * GENEROUS_S, 0.2, told=lambda: self.rows(steps))


@contextmanager
def running(home: Path, **chosen: object) -> Iterator[Running]:
    """Start a runtime with fake engines below ``home``."""
    values = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home, "workers": 2} | chosen
    settings = Settings(**values)  # type: ignore[arg-type]
    with embedded.session(settings) as connected:
        yield Running(settings, connected.broker_url, Service(connected), home / KB / "kb.db")


def run_with(home: Path, folder: Path, disturb: Callable[[Running], None], **chosen: object) -> JobView:
    """Ingest a folder while ``disturb`` does its worst; the job at its end."""
    with running(home, **chosen) as under_test:
        report = under_test.service.ingestion.ingest(KB, IngestRequest(paths=(folder,)))
        assert report.job
        disturb(under_test)
        return under_test.wait(report.job)


def contents(home: Path) -> dict[str, object]:
    """All that the stores hold, without times and attempts, to be compared as sets."""
    connection = sqlite3.connect(home / KB / "kb.db")
    asked = {
        "documents": "SELECT id, state, visible FROM document",
        "sources": "SELECT name, document, pending FROM source",
        "pages": "SELECT document, generation, number, route, engine, markdown, error FROM page",
        "blocks": "SELECT document, generation, page, ordinal, label, text FROM block",
        "chunks": "SELECT document, generation, ordinal, text, heading, boxes, embedding FROM chunk",
        "keywords": "SELECT c.document, c.ordinal, w.text FROM chunk_words w JOIN chunk c ON c.id = w.rowid",
        "records": "SELECT document, generation, schema, fields FROM record",
        "typed": "SELECT * FROM record_document",
        "evidence": "SELECT document, generation, schema, path, page, quote FROM evidence",
    }
    kept: dict[str, object] = {
        name: sorted(connection.execute(sql).fetchall(), key=repr) for name, sql in asked.items()
    }
    connection.close()
    folder = home / KB / "files"
    kept["files"] = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    kept["vectors"] = _vectors(home)
    return kept


def _vectors(home: Path) -> dict[str, tuple[float, ...]]:
    from chromadb import PersistentClient
    from chromadb.config import Settings as ChromaSettings

    client = PersistentClient(str(home / "chroma"), ChromaSettings(anonymized_telemetry=False))
    rows = client.get_collection(f"kb-{KB}", embedding_function=None).get(include=["embeddings"])
    return {at: tuple(np.round(v, 5)) for at, v in zip(rows["ids"], rows["embeddings"], strict=True)}


def processes_of(home: Path) -> list[str]:
    """Command lines of living processes that name a home."""
    running = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(home) in line and "pytest" not in line:
            running.append(line)
    return running
