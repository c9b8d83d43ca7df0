"""``bench rerun``: how soon 1,000 unchanged files are known again, and which stages run when a setting changes."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest.runtime import embedded
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from scripts.bench_documents import born_digital
from scripts.bench_machine import machine
from stores.models import JobState, Options


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench rerun", description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--changed", type=int, default=20, help="documents of the runs with a changed setting")
    given = parser.parse_args(arguments)
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    try:
        _unchanged(folder, given.files)
        _changed(folder, given.changed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unchanged(folder: Path, files: int) -> None:
    """Fake engines make the knowledge base quickly; what is timed is the command, which never calls an engine."""
    docs, home = folder / "many", folder / "home-many"
    docs.mkdir()
    for number in range(files):
        (docs / f"{number:05}.pdf").write_text(f"%FAKE\nDocument number {number} about the harbor.")
    fake = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake"}
    took = _ingest(Settings(home=home, **fake), docs)
    command = [sys.executable, "-m", "ingest.cli", "ingest", str(docs), "-k", "bench"]
    environment = {f"INGOT_{name.upper()}": value for name, value in {**fake, "home": str(home)}.items()}
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run(command, env={**_environment(), **environment}, capture_output=True, text=True)
        seconds.append(time.perf_counter() - began)
        assert done.returncode == 0 and f"{files} unchanged" in done.stderr, done.stderr
    print(f"\n{files} small files: made in {took:.1f} s, known again by the command in {min(seconds):.2f} s ", end="")
    print(f"(5 runs, worst {max(seconds):.2f} s)")


def _changed(folder: Path, documents: int) -> None:
    docs, home = folder / "few", folder / "home-few"
    born_digital(docs, documents, 2, seed=21)
    print(f"\n{documents} documents of 2 pages; steps done per stage:")
    print(f"  {'first time':28}", _run(Settings(home=home), docs))
    print(f"  {'chunk size 200 -> 120':28}", _run(Settings(home=home, chunk_tokens=120), docs))
    print(f"  {'schema invoice added':28}", _run(Settings(home=home, chunk_tokens=120), docs, ("invoice",)))
    print(f"  {'nothing changed':28}", _run(Settings(home=home, chunk_tokens=120), docs))


def _run(settings: Settings, docs: Path, schemas: tuple[str, ...] = ()) -> str:
    began = time.time()
    seconds = _ingest(settings, docs, schemas)
    connection = sqlite3.connect(settings.home / "bench" / "kb.db")
    rows = connection.execute(
        "SELECT stage, count(*) FROM step WHERE state = 'done' AND finished_at > ? GROUP BY stage", (began,)
    ).fetchall()
    connection.close()
    return f"{seconds:5.1f} s  " + (", ".join(f"{stage} {count}" for stage, count in rows) or "none")


def _ingest(settings: Settings, docs: Path, schemas: tuple[str, ...] = ()) -> float:
    began = time.perf_counter()
    report = Service(settings).ingestion.ingest("bench", IngestRequest(paths=(docs,), options=Options(schemas=schemas)))
    if report.job:
        with embedded.session(settings) as connected:
            service = Service(connected)
            while service.jobs.get(report.job).state is JobState.RUNNING:
                time.sleep(0.1)
    return time.perf_counter() - began


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith("INGOT_")}


if __name__ == "__main__":
    main()
