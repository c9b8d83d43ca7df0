"""``bench scale``: how pages per second grow with the workers, on SQLite and PostgreSQL, and what a page batch costs.

Engines are replaced by sleeps as long as a page takes them, so that a small machine can show many workers: what is
measured is what the flow adds. Workers are processes that claim, read and finish steps as a real worker does; messages
go through a pipe, and their size is that of the real ones. Then 1,000 submissions are taken, and a made-up knowledge
base of two sizes is searched.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, event

from pipeline import flow, wiring
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.submission import Submission
from pipeline.commands.submission_queue import SubmissionQueue
from pipeline.priorities import WINDOWS
from pipeline.settings import Settings
from pipeline.stage_specs import STAGES
from pipeline.step_context import Resources
from scripts import bench_search
from scripts.bench_machine import machine
from stores.chroma.vectors import ChromaVectors
from stores.effects import Claim
from stores.models import Stage, StepKey
from stores.placement import StagedFile
from stores.sql import database

KB = "bench"
BATCH_PAGES = 16
PAGE_S = 0.27  # that a born-digital page takes on one core: bench pipeline
_RELAY_S = 1.0
_FOLDER: list[Path] = []  # of this run
_FAKE = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "batch_pages": BATCH_PAGES}


@dataclass(frozen=True, slots=True)
class BatchCost:
    """What one page batch took: begin and end by the clock, seconds in transactions, messages to the database."""

    began: float
    ended: float
    database_s: float
    messages: int
    cpu_s: float


class DatabaseWatch:
    """Counts what this process asks of its databases, and for how long it is in transactions."""

    def __init__(self) -> None:
        self.seconds, self.messages = 0.0, 0
        transaction = database._transaction
        event.listen(Engine, "before_cursor_execute", self._count)
        event.listen(Engine, "commit", self._count)

        @contextlib.contextmanager
        def watched(engine: Engine) -> Iterator[Any]:
            began = time.perf_counter()
            try:
                with transaction(engine) as connection:
                    yield connection
            finally:
                self.seconds += time.perf_counter() - began

        database._transaction = watched

    def _count(self, *_: Any) -> None:
        self.messages += 1


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench scale", description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--page-s", type=float, default=PAGE_S, help="seconds that a page takes")
    parser.add_argument("--batches", type=int, default=2, help="page batches per worker")
    parser.add_argument("--chunks", type=int, nargs="+", default=[5_000, 20_000], help="of the searched knowledge base")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--only", choices=("pages", "submissions", "search"), action="append")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--database-url", default="", help="of a PostgreSQL server; without it one is started")
    given = parser.parse_args(arguments)
    print(machine())
    with contextlib.ExitStack() as stack:
        _FOLDER.append(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ingot-bench-"))))
        databases = given.database or ["sqlite", "postgresql"]
        urls = {"sqlite": ""}
        if "postgresql" in databases:
            urls["postgresql"] = given.database_url or stack.enter_context(_started_postgres())
        for part in given.only or ("pages", "submissions", "search"):
            for name in databases:
                _PARTS[part](name, urls[name], given)


@contextlib.contextmanager
def _started_postgres() -> Iterator[str]:
    """A server of the bench's own, which waits for the disk as a real one does."""
    from tests import postgres_server

    quick = postgres_server._QUICK
    postgres_server._QUICK = ("max_connections=200",)
    try:
        with postgres_server.running_postgres() as server:
            yield server.url()
    finally:
        postgres_server._QUICK = quick


@contextlib.contextmanager
def _home(url: str) -> Iterator[Settings]:
    """A home of its own; all of one PostgreSQL server share theirs, as it demands."""
    name = hashlib.sha256(url.encode()).hexdigest()[:8] if url else uuid.uuid4().hex[:8]
    home = _FOLDER[0] / name / "home"
    home.mkdir(parents=True, exist_ok=True)
    yield Settings(home=home, database_url=url, broker_url="", **_FAKE)  # type: ignore[arg-type]


# Pages


def _bench_pages(name: str, url: str, given: argparse.Namespace) -> None:
    print(f"\n{name}: pages of {given.page_s} s, {BATCH_PAGES} in a batch")
    print("| workers | pages/s | of linear | of the sleeps | database ms a batch (p95) | statements | CPU ms a batch |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    first = 0.0
    for workers in given.workers:
        costs = _read_pages(url, workers, given.batches, given.page_s)
        rate = len(costs) * BATCH_PAGES / (max(c.ended for c in costs) - min(c.began for c in costs))
        spent = np.array([cost.database_s for cost in costs]) * 1000
        messages, cpu = np.mean([cost.messages for cost in costs]), np.mean([cost.cpu_s for cost in costs]) * 1000
        first = first or rate / workers
        linear, sleeps = rate / workers / first, rate / workers * given.page_s
        print(
            f"| {workers} | {rate:.1f} | {linear:.0%} | {sleeps:.0%} "
            f"| {spent.mean():.0f} ({np.percentile(spent, 95):.0f}) | {messages:.0f} | {cpu:.0f} |",
            flush=True,
        )
    _extrapolate(float(spent.mean()), float(messages), float(cpu))
    sizes = _message_bytes()
    print(f"messages of a batch: {sizes[Stage.PARSE]:,} bytes (parse), {sizes[Stage.RENDER]:,} (render and ocr)")


def _extrapolate(database_ms: float, statements: float, cpu_ms: float) -> None:
    """What a million pages a day would ask for, if each batch cost what those of the last line did."""
    batches = 1_000_000 / BATCH_PAGES / 86_400
    print(
        f"extrapolated to a million pages a day, {batches:.2f} batches a second: {batches * statements:.0f} statements "
        f"a second, {batches * database_ms / 1000:.2f} transactions at a time, {batches * cpu_ms / 10:.0f} % of a core"
    )


def _read_pages(url: str, workers: int, batches: int, page_s: float) -> list[BatchCost]:
    """Read a document per worker with so many processes; the costs of all batches but the first of each process."""
    with _home(url) as settings:
        knowledge_id, total = f"{KB}-{uuid.uuid4().hex[:8]}", workers * batches
        folder = settings.home.parent / knowledge_id
        folder.mkdir()
        for number in range(workers):
            pages = [f"[slow {page_s}] Page {at} of document {number}" for at in range(batches * BATCH_PAGES)]
            (folder / f"{number}.pdf").write_text("%FAKE\n" + "\f".join(pages))
        resources = wiring.build(settings)
        ingest(resources, knowledge_id, IngestRequest(paths=(folder,)))
        context = multiprocessing.get_context("fork")
        messages, results = context.SimpleQueue(), context.Queue()
        processes = [context.Process(target=_worker, args=(settings, messages, results)) for _ in range(workers)]
        for process in processes:
            process.start()
        try:
            costs = _relay(resources, knowledge_id, messages, results, total)
        finally:
            for _ in processes:
                messages.put(None)
            for process in processes:
                process.join()
            resources.catalog.remove(knowledge_id)
    return costs


def _relay(resources: Resources, knowledge_id: str, messages: Any, results: Any, total: int) -> list[BatchCost]:
    """Send what is due once a second, until all batches are read; what each cost."""
    store = resources.catalog.store(knowledge_id)
    costs: list[BatchCost] = []
    while len(costs) < total:
        for key in store.dispatch.take(200, frozenset(), WINDOWS):
            messages.put(key)
        end = time.monotonic() + _RELAY_S
        while len(costs) < total and (left := end - time.monotonic()) > 0:
            with contextlib.suppress(Exception):  # nothing came
                costs.append(results.get(timeout=left))
    return costs


def _worker(settings: Settings, messages: Any, results: Any) -> None:
    """Run steps as a worker does, without the stages that follow the reading of pages."""
    resources, watch = wiring.build(settings, pooled=True), DatabaseWatch()

    def send_next(knowledge_id: str) -> None:
        store = resources.catalog.store(knowledge_id)
        keys = store.dispatch.take(200, frozenset(), WINDOWS)
        for run in store.dispatch.runs(keys, {}) if keys else ():
            messages.put(run.steps[0])

    def claimed(claim: Claim) -> None:
        if claim.backlog:
            send_next(claim.key.knowledge_id)

    while (key := messages.get()) is not None:
        if not key.stage.reads_pages and key.stage is not Stage.PLAN:
            continue
        began, cpu, seconds, sent = time.time(), time.process_time(), watch.seconds, watch.messages
        worker = f"bench@here#{os.getpid()}"
        result = flow.run_stage(resources, key, owner=uuid.uuid4().hex, worker=worker, claimed=claimed)
        if result.due:
            send_next(key.knowledge_id)
        if key.stage.reads_pages:
            spent = watch.seconds - seconds, watch.messages - sent, time.process_time() - cpu
            results.put(BatchCost(began, time.time(), *spent))


def _message_bytes() -> dict[Stage, int]:
    """The size of the messages that one batch takes, by its first stage, as they are kept by the broker."""
    from kombu.transport import memory

    from pipeline import tasks

    tasks.app.conf.update(broker_url="memory://", task_ignore_result=True)
    sizes: list[int] = []
    put = memory.Channel._put

    def measured(self: Any, queue: str, message: Any, **options: Any) -> None:
        sizes.append(len(json.dumps(message)))
        put(self, queue, message, **options)

    memory.Channel._put = measured
    bytes_by_stage = {}
    try:
        for stage in (Stage.PARSE, Stage.RENDER):
            sizes.clear()
            run = [StepKey(knowledge_id=KB, document="0" * 32, generation=1, stage=part, batch=99)
                   for part in (stage, *STAGES[stage].followed_by)]  # fmt: skip
            for at in range(len(run)):  # the message of each step carries those behind it
                tasks.chain(*[tasks.TASKS[step.stage].si(*tasks.ids_of(step)) for step in run[at:]]).apply_async()
            bytes_by_stage[stage] = sum(sizes)
    finally:
        memory.Channel._put = put
    return bytes_by_stage


# Submissions


def _bench_submissions(name: str, url: str, given: argparse.Namespace) -> None:
    """1,000 documents of a page, each a request of its own, by 8 clients at once."""
    with _home(url) as settings:
        resources = wiring.build(settings, durable=True, pooled=True)
        queue, knowledge_id = SubmissionQueue(resources, lambda _: None), f"{KB}-{uuid.uuid4().hex[:8]}"
        queue.prepare()
        uploads = [_upload(resources, number) for number in range(1000)]

        def submit(upload: StagedFile) -> float:
            began = time.perf_counter()
            queue.submit(knowledge_id, Submission(uploads=(upload,))).result()
            return (time.perf_counter() - began) * 1000

        began = time.perf_counter()
        with ThreadPoolExecutor(8) as clients:
            times = list(clients.map(submit, uploads))
        took = time.perf_counter() - began
        resources.catalog.remove(knowledge_id)
    p50, p99 = np.percentile(times, [50, 99])
    print(
        f"\n{name}: 1,000 submissions in {took:.1f} s, {1000 / took:.0f} a second; p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )


def _upload(resources: Resources, number: int) -> StagedFile:
    content = f"%FAKE\nDocument {number}".encode()
    path = resources.workspaces.staging() / f"{number}.part"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return StagedFile.upload(
        path=path, name=f"{number}.pdf", size_bytes=len(content), sha256=digest, media_type="text/x-fake-pages"
    )


# Search


def _bench_search(name: str, url: str, given: argparse.Namespace) -> None:
    """Hybrid search, p50 and p99, for each size, and how p99 grows."""
    p99s: list[tuple[int, float]] = []
    print()
    for chunks in given.chunks:
        times = _search_times(url, chunks, given.questions)
        p50, p99 = np.percentile(times, [50, 99])
        p99s.append((chunks, p99))
        print(f"{name}: {chunks:,} chunks: p50 {p50:.1f} ms, p99 {p99:.1f} ms ({len(times)} questions)", flush=True)
    (few, quick), (many, slow) = p99s[0], p99s[-1]
    if many > few:
        slope = np.log(slow / quick) / np.log(many / few)
        print(f"{name}: p99 grows as the number of chunks to the power of {slope:.2f}")


def _search_times(url: str, chunks: int, questions: int) -> Sequence[float]:
    with _home(url) as settings, bench_search.chroma(settings.home / "chroma") as chroma_url:
        embedder = bench_search.Neighbour()
        vectors = ChromaVectors(chroma_url, settings.home / "chroma")
        made = wiring.build(settings.model_copy(update={"chroma_url": chroma_url, "embedder": "e5"}), pooled=True)
        resources = replace(made, embedder=lambda: embedder, vectors=lambda: vectors)
        try:
            bench_search.fill(resources, chunks, embedder)
            asked = bench_search.questions_of(resources, questions)
            return bench_search.measure(resources, embedder, asked, "hybrid")
        finally:
            resources.catalog.remove(bench_search.KNOWLEDGE_ID)


_PARTS = {"pages": _bench_pages, "submissions": _bench_submissions, "search": _bench_search}
