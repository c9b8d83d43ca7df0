"""The use case "dry run": what an ingest request would do, how many pages by which route, and about how long."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import wiring
from pipeline.commands.ingest_folder import (
    Ingestion,
    IngestRequest,
    checked_urls,
    existing_store,
    planned,
    to_be_fetched,
)
from pipeline.engines.media import sniff
from pipeline.file_discovery import FoundFile
from pipeline.settings import Settings
from pipeline.stages.plan import decide, parse_page_numbers
from pipeline.step_context import Resources
from pipeline.time_limits import Spending
from stores.errors import EncryptedError, InputError
from stores.files.local import hash_of
from stores.models import DocumentState, Fault, Options, Outcome, Route, document_id
from stores.views import IngestReport, PlannedFile

if TYPE_CHECKING:
    pass

#: CPU seconds of a page until this knowledge base has its own figures.
USUAL_S: Mapping[Route, float] = {Route.TEXT: 0.45, Route.OCR: 2.2, Route.BLANK: 0.01}
_LOOK_TIMEOUT_S = 120.0  # CPU seconds, or as long a sleep
_LOOK_AGAIN_S = 0.5


def preview(resources: Resources, knowledge_id: str, request: IngestRequest) -> IngestReport:
    """What ``ingest`` would find and do; writes nothing. Native code runs in a process of its own."""
    store = existing_store(resources, knowledge_id)
    ingestion = Ingestion.of(resources, store, request)
    discovered = ingestion.discovered()
    speeds = {**USUAL_S, **(store.queries.page_seconds() if store else {})}
    with _Looker(resources.settings) as looker:
        files = [_foreseen(ingestion, looker, speeds, file) for file in discovered.files]
    files += to_be_fetched(checked_urls(resources, request))
    files += [PlannedFile(source=source.name, outcome=Outcome.GONE) for source in ingestion.gone(discovered)]
    return IngestReport(knowledge_id=knowledge_id, job=None, files=tuple(files), skipped=discovered.skipped)


def _foreseen(ingestion: Ingestion, looker: _Looker, speeds: Mapping[Route, float], file: FoundFile) -> PlannedFile:
    if file.fault:
        return planned(file, Outcome.FAILED, file.fault, DocumentState.FAILED)
    try:
        sniff(file.path)
        document = ingestion.memory.unchanged_document(file) or document_id(hash_of(file.path))
        placement = ingestion.placement(file, "", "", document)
        if not placement.make or placement.keep:
            return planned(file, placement.outcome, None, ingestion.memory.state_of(document))
        routes = looker.routes(file.path, placement.options, placement.passwords)
    except InputError as error:
        return planned(file, Outcome.FAILED, Fault(code=error.code, message=error.message), DocumentState.FAILED)
    seconds = sum(count * speeds[route] for route, count in routes.items()) / ingestion.resources.settings.workers
    return PlannedFile(
        source=file.name,
        outcome=placement.outcome,
        size_bytes=file.size_bytes,
        pages=sum(routes.values()),
        routes=routes,
        estimate_s=seconds,
    )


class _Looker:
    """Looks at documents in a process that may crash or hang without harm."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: futures.ProcessPoolExecutor | None = None

    def __enter__(self) -> _Looker:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def routes(self, path: Path, options: Options, passwords: tuple[str, ...]) -> dict[Route, int]:
        if self._pool is None:
            self._pool = futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        try:
            return self._within_limit(self._pool.submit(_look, self._settings, path, options, passwords))
        except (futures.TimeoutError, futures.BrokenExecutor) as error:
            self._end()
            raise InputError("looking at it crashed or took too long; it is probably damaged") from error

    def _within_limit(self, looking: futures.Future[dict[Route, int]]) -> dict[Route, int]:
        """The result; TimeoutError where it takes too long."""
        spending: Spending | None = None
        while not futures.wait([looking], _LOOK_AGAIN_S).done:
            if spending is None and self._pool and self._pool._processes:
                spending = Spending(next(iter(self._pool._processes)), _LOOK_TIMEOUT_S)
            if spending and spending.used_up():
                raise futures.TimeoutError
        return looking.result()

    def _end(self) -> None:
        if self._pool is None:
            return
        for process in list((self._pool._processes or {}).values()):
            process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def _look(settings: Settings, path: Path, options: Options, passwords: tuple[str, ...]) -> dict[Route, int]:
    """Pages per route, decided as ``plan`` decides."""
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
