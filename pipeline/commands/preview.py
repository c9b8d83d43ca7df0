"""The use case "dry run": what an ingest request would do, how many pages by which route, and how long it takes."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pipeline import wiring
from pipeline.commands.ingest_folder import Ingestion, checked_urls, result_of, to_be_fetched
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.staging import existing_store
from pipeline.engines.media import sniff_named
from pipeline.settings import Settings
from pipeline.stages.plan import decide, parse_page_numbers
from pipeline.step_context import Resources
from pipeline.time_limits import Spending
from stores.errors import EncryptedError, InputError
from stores.models import DocumentState, Fault, Options, Outcome, Route, document_id
from stores.placement import IngestReport, IngestResult, StagedFile
from stores.regular_files import hash_of

#: CPU seconds that a page of a route takes, until this knowledge base has its own figures.
USUAL_S: Mapping[Route, float] = {Route.TEXT: 0.45, Route.OCR: 2.2, Route.BLANK: 0.01}
_INSPECT_TIMEOUT_S = 120.0  # CPU seconds, or as long a sleep
_POLL_S = 0.5


def preview(resources: Resources, knowledge_id: str, request: IngestRequest) -> IngestReport:
    """Report what ``ingest`` would find and do; writes nothing. Native code runs in a process of its own."""
    store = existing_store(resources, knowledge_id)
    ingestion = Ingestion.of(resources, store, request)
    discovered = ingestion.discovered()
    speeds = {**USUAL_S, **(store.queries.page_seconds() if store else {})}
    with _PageInspector(resources.settings) as inspector, tempfile.TemporaryDirectory(prefix="ingot-") as folder:
        discovered = ingestion.unpacked(discovered, Path(folder))
        files = [_preview_file(ingestion, inspector, speeds, file) for file in discovered.files]
    files += to_be_fetched(checked_urls(resources, request))
    files += [IngestResult(source=source.name, outcome=Outcome.GONE) for source in ingestion.gone(discovered)]
    return IngestReport(knowledge_id=knowledge_id, job=None, files=tuple(files), skipped=discovered.skipped)


def _preview_file(
    ingestion: Ingestion, inspector: _PageInspector, speeds: Mapping[Route, float], file: StagedFile
) -> IngestResult:
    if file.fault:
        return result_of(file, Outcome.FAILED, file.fault, DocumentState.FAILED)
    try:
        sniff_named(file.path, file.name)
        document = ingestion.known.unchanged_document(file) or document_id(hash_of(file.path))
        decision = ingestion.decide(file, document)
        if not decision.make or decision.keep:
            return result_of(file, decision.outcome, None, ingestion.known.state_of(document))
        routes = inspector.routes(file.path, decision.options, decision.passwords)
    except InputError as error:
        return result_of(file, Outcome.FAILED, Fault(code=error.code, message=error.message), DocumentState.FAILED)
    seconds = sum(count * speeds[route] for route, count in routes.items()) / ingestion.resources.settings.workers
    return IngestResult(
        source=file.name,
        outcome=decision.outcome,
        size_bytes=file.size_bytes,
        pages=sum(routes.values()),
        routes=routes,
        estimate_s=seconds,
    )


class _PageInspector:
    """Inspects documents in a process of its own, which may crash or hang without harm."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: futures.ProcessPoolExecutor | None = None

    def __enter__(self) -> _PageInspector:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def routes(self, path: Path, options: Options, passwords: tuple[str, ...]) -> dict[Route, int]:
        if self._pool is None:
            self._pool = futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        try:
            return self._within_limit(self._pool.submit(_count_routes, self._settings, path, options, passwords))
        except (futures.TimeoutError, futures.BrokenExecutor) as error:
            self._end()
            raise InputError("looking at it crashed or took too long; it is probably damaged") from error

    def _within_limit(self, inspecting: futures.Future[dict[Route, int]]) -> dict[Route, int]:
        """Wait for the result; TimeoutError where it takes too long."""
        spending: Spending | None = None
        while not futures.wait([inspecting], _POLL_S).done:
            if spending is None and self._pool and self._pool._processes:
                spending = Spending(next(iter(self._pool._processes)), _INSPECT_TIMEOUT_S)
            if spending and spending.used_up():
                raise futures.TimeoutError
        return inspecting.result()

    def _end(self) -> None:
        if self._pool is None:
            return
        for process in list((self._pool._processes or {}).values()):
            process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def _count_routes(settings: Settings, path: Path, options: Options, passwords: tuple[str, ...]) -> dict[Route, int]:
    """Count the pages per route, decided as the plan stage does."""
    documents = wiring.build(settings).documents()
    for password in ("", *passwords):
        try:
            count = documents.inspect(path, password).page_count
            break
        except EncryptedError as error:
            refusal = error
    else:
        raise refusal
    numbers = parse_page_numbers(options.pages, count)
    return dict(Counter(decide(facts, options.ocr).route for facts in documents.look(path, password, numbers)))
