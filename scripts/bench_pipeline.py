"""``bench pipeline``: the product against a straight loop over the same engines, side by side, as a ratio.

The straight loop opens, reads, extracts, chunks and embeds each document and keeps nothing: no broker, no stores. It
runs in as many processes as the pipeline has workers. Both are warm: models are loaded before the clock starts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from ingest.runtime import embedded
from ingest.runtime.worker_spec import ONE_THREAD
from pipeline import wiring
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.stages.embed import chunk_document, embedding_text
from pipeline.stages.plan import decide
from pipeline.step_context import Resources
from scripts.bench_documents import born_digital, scanned
from scripts.bench_machine import MemoryWatch, machine
from stores.models import JobState, Page, PageText, Route

_TOOLS: list[Resources] = []


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench pipeline", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="how often each side is measured, by turns")
    parser.add_argument("--small", action="store_true", help="a quarter of the documents")
    parser.add_argument("--only", choices=("digital", "single", "scan", "scan-single"), action="append")
    given = parser.parse_args(arguments)
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="ingot-bench-"))
    try:
        for name, paths in _sets(folder, 4 if given.small else 1, given.only).items():
            _compare(folder, name, paths, given.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sets(folder: Path, part: int, only: list[str] | None) -> dict[str, list[Path]]:
    makers = {
        "digital": lambda: born_digital(folder / "digital", 16 // part, 12, seed=11),
        "single": lambda: born_digital(folder / "single", 120 // part, 1, seed=12),
        "scan": lambda: scanned(folder / "scan", 4 // min(part, 2), 12, seed=13),
        "scan-single": lambda: scanned(folder / "scan-single", 32 // part, 1, seed=14),
    }
    return {name: make() for name, make in makers.items() if not only or name in only}


def _compare(folder: Path, name: str, paths: list[Path], rounds: int) -> None:
    """Print pages/s of both sides and their ratio; the sides take turns, so that a busy neighbour hurts both."""
    loops, pipelines = [], []
    for number in range(rounds):
        loops.append(straight_loop(paths, Settings().workers))
        pipelines.append(pipeline(folder / f"home-{name}-{number}", paths))
    pages = loops[0][0]
    loop_s = statistics.median(seconds for _, seconds in loops)
    best = [min(seconds for _, seconds in loops), min(run["seconds"] for run in pipelines)]
    pipeline_s = statistics.median(run["seconds"] for run in pipelines)
    print(f"\n{name}: {len(paths)} documents, {pages} pages, {rounds} rounds")
    print(f"  straight loop  {pages / loop_s:6.2f} pages/s")
    ratios = f"ratio {loop_s / pipeline_s:.2f} (best rounds {best[0] / best[1]:.2f})"
    print(f"  pipeline       {pages / pipeline_s:6.2f} pages/s   {ratios}")
    print("  CPU seconds per page: " + ", ".join(f"{stage} {cpu:.3f}" for stage, cpu in pipelines[-1]["cpu"].items()))
    peaks = sorted(pipelines[-1]["peaks"].items())
    print("  peak MB per process:  " + ", ".join(f"{role} {mb:.0f}" for role, mb in peaks))


def straight_loop(paths: list[Path], processes: int) -> tuple[int, float]:
    """(pages, seconds) of reading all documents with nothing around the engines."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # as workers have it
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        pool.map(_read_document, [paths[-1]] * processes, chunksize=1)
        began = time.perf_counter()
        pages = sum(pool.imap_unordered(_read_document, paths, chunksize=1))
        return pages, time.perf_counter() - began


def _read_document(path: Path) -> int:
    """Everything that the stages do to a document, in a row; how many pages it has."""
    if not _TOOLS:
        _TOOLS.append(wiring.build(Settings()))
    resources = _TOOLS[0]
    documents, embedder = resources.documents(), resources.embedder()
    count = documents.inspect(path, "").page_count
    pages = [_read_page(resources, path, facts) for facts in documents.look(path, "", range(1, count + 1))]
    resources.extractor("document").extract(resources.schemas["document"], pages, path.name)
    chunks = chunk_document(
        pages, resources.settings.chunk_tokens, resources.settings.chunk_overlap, embedder.count_tokens
    )
    embedder.embed_chunks([embedding_text(chunk.text) for chunk in chunks])
    return count


def _read_page(resources: Resources, path: Path, facts: object) -> Page:
    plan = decide(facts, "auto")  # type: ignore[arg-type]
    text: PageText | None = None
    if plan.route is Route.TEXT:
        text = resources.text_reader().read(path, "", plan.number)
    elif plan.route is Route.OCR:
        with tempfile.NamedTemporaryFile(suffix=".png") as target:
            image = resources.documents().render(path, "", plan.number, Path(target.name))
            text = resources.page_reader().read(image)
    return Page(
        number=plan.number,
        width_pt=plan.width_pt,
        height_pt=plan.height_pt,
        route=plan.route,
        reason=plan.reason,
        text=text,
    )


def pipeline(home: Path, paths: list[Path]) -> dict[str, object]:
    """Seconds, CPU seconds per page and stage, and peak memory of ingesting all documents with a warm runtime."""
    settings = Settings(home=home)
    warm = sorted(paths)[: 2 * settings.workers]
    with embedded.session(settings) as connected, MemoryWatch(home) as watch:
        service = Service(connected)
        _ingest(service, "warm", warm)
        began = time.perf_counter()
        _ingest(service, "bench", paths)
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "cpu": _cpu_per_page(home / "bench" / "kb.db"), "peaks": watch.peaks}


def _ingest(service: Service, knowledge_id: str, paths: list[Path]) -> None:
    report = service.ingestion.ingest(knowledge_id, IngestRequest(paths=tuple(paths)))
    while service.jobs.get(str(report.job)).state is JobState.RUNNING:
        time.sleep(0.25)


def _cpu_per_page(database: Path) -> dict[str, float]:
    connection = sqlite3.connect(database)
    pages = connection.execute("SELECT count(*) FROM page").fetchone()[0]
    rows = connection.execute("SELECT stage, sum(cpu_s) FROM step GROUP BY stage").fetchall()
    connection.close()
    return {stage: cpu / pages for stage, cpu in sorted(rows)}


if __name__ == "__main__":
    main()
