"""``bench memory``: peak memory of the worker processes, for long documents, and over many documents in a row."""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from ingest.runtime import embedded
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from scripts.bench_documents import born_digital, pictured, scanned
from scripts.bench_machine import MemoryWatch, machine
from stores.models import JobState


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench memory", description=__doc__)
    parser.add_argument("--pages", type=int, default=400, help="pages of the long document")
    parser.add_argument("--documents", type=int, default=100, help="documents in a row")
    given = parser.parse_args(arguments)
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    try:
        short = _peak(folder / "h1", born_digital(folder / "d1", 1, 10, seed=31))
        long = _peak(folder / "h2", born_digital(folder / "d2", 1, given.pages, seed=32))
        print(f"\nlargest worker process: 10 pages {short:.0f} MB, {given.pages} pages {long:.0f} MB, ", end="")
        print(f"ratio {long / short:.2f}")
        scans = scanned(folder / "d4", 2, 3, seed=33)
        print(f"all models loaded (layout, OCR, embedder): {_peak(folder / 'h4', scans):.0f} MB")
        mixed = [*scanned(folder / "d5", 6, 2, seed=35), *pictured(folder / "d6", 6, 2, seed=36)]
        print(f"the same, and pages with pictures of print among the scans: {_peak(folder / 'h5', mixed):.0f} MB")
        _in_a_row(folder / "h3", born_digital(folder / "d3", given.documents, 3, seed=34))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _peak(home: Path, paths: list[Path]) -> float:
    """Peak MB of the largest worker process while these documents are ingested."""
    return max(used for _, used in _watched(home, paths).series)


def _in_a_row(home: Path, paths: list[Path]) -> None:
    series = [used for _, used in _watched(home, paths).series if used]
    half = series[len(series) // 4 :]  # the models are loaded in the first quarter
    first, last = half[: len(half) // 3], half[-len(half) // 3 :]
    early, late = statistics.median(first), statistics.median(last)
    print(
        f"{len(paths)} documents in a row, largest worker process: median {early:.0f} MB early, {late:.0f} MB late, "
        f"peak {max(series):.0f} MB"
    )


def _watched(home: Path, paths: list[Path]) -> MemoryWatch:
    """Ingest documents in a runtime whose workers have loaded their models by others of the kind."""
    settings = Settings(home=home)
    warm = born_digital(home.parent / "warm", 4 * settings.workers, 2, seed=30)
    with embedded.session(settings) as connected:
        service = Service(connected)
        _ingest(service, "warm", warm)
        with MemoryWatch(home) as watch:
            _ingest(service, "bench", paths)
    return watch


def _ingest(service: Service, knowledge_id: str, paths: list[Path]) -> None:
    report = service.ingestion.ingest(knowledge_id, IngestRequest(paths=tuple(paths)))
    while service.jobs.get(str(report.job)).state is JobState.RUNNING:
        time.sleep(0.5)


if __name__ == "__main__":
    main()
