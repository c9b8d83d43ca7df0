"""A connection to a home of this machine; the embedded runtime is started when the first document is ingested."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from ingest import record_serializers, serializers
from ingest.client.connection import GivenCorrection, IngestOptions, Json, Mode, Submitted
from ingest.runtime import embedded
from ingest.system_user import system_user
from pipeline.addresses import is_url
from pipeline.audit_trail import Actor
from pipeline.commands.corrections import GivenPlace
from pipeline.service import AskRequest, IngestRequest, Service
from pipeline.settings import Settings
from stores.errors import UnavailableError
from stores.models import JobState, Options

_POLL_S = 0.25
_REVIVE_S = 1.0


class EmbeddedConnection:
    """A connection to one knowledge base of a home, or of the servers that the settings name.

    Searching alone starts a Chroma server; ingesting starts Redis and workers, which end after ``close``.
    """

    def __init__(self, settings: Settings, knowledge_id: str) -> None:
        self._settings, self._knowledge_id = settings, knowledge_id
        self._lock = threading.Lock()
        self._running = ExitStack()
        self._service: Service | None = None
        self._works = False

    def ingest(self, paths: Sequence[str], options: IngestOptions) -> Submitted:
        request = IngestRequest(
            paths=tuple(Path(path) for path in paths if not is_url(path)),
            urls=tuple(filter(is_url, paths)),
            options=Options(ocr=options.ocr, pages=options.pages, schemas=tuple(options.schemas), force=options.force),
            attachments=options.attachments,
        )
        embedded.prepare(self._settings)
        report = self._working().ingestion.ingest(self._knowledge_id, request)
        refused = [serializers.ingest_result(file) for file in report.files if file.error]
        skipped = [serializers.skipped_file(file) for file in report.skipped]
        return Submitted(jobs=(report.job,) if report.job else (), refused=tuple(refused), skipped=tuple(skipped))

    def wait(self, job_id: str, timeout_s: float) -> Json | None:
        service, end = self._working(), time.monotonic() + timeout_s
        revived = time.monotonic()
        while (view := service.jobs.get(job_id)).state is JobState.RUNNING:
            if time.monotonic() > end:
                return None
            if time.monotonic() > revived + _REVIVE_S:
                embedded.revive(self._settings)
                revived = time.monotonic()
            time.sleep(_POLL_S)
        return serializers.job(view)

    def search(self, query: str, limit: int, mode: Mode, where: str) -> Json:
        result = self._reading().search.result(self._knowledge_id, query, limit, mode, where)
        hits = [serializers.hit(hit) for hit in result.hits]
        return {"nothing_fits": result.nothing_fits, "remark": result.remark, "hits": hits}

    def ask(self, question: str, chunks: int, where: str) -> Json:
        request = AskRequest(question=question, knowledge_ids=(self._knowledge_id,), chunks=chunks, where=where)
        return serializers.answer(self._reading().asking.answer(request))

    def documents(self) -> Iterator[Json]:
        return (serializers.document(view) for view in self._reading().documents.all(self._knowledge_id))

    def markdown(self, document: str) -> str:
        return self._reading().documents.markdown(self._knowledge_id, document)

    def records(self, schema: str, where: str, proved: bool) -> Iterator[Json]:
        records = self._reading().records
        wanted = records.filter(self._knowledge_id, schema, [where] if where else (), proved=proved)
        return (record_serializers.record(view) for view in records.all(self._knowledge_id, schema, wanted))

    def say(self, given: GivenCorrection) -> Json:
        records = self._reading().records
        where = self._knowledge_id, given.document, given.schema, given.path
        author, place = given.author or system_user(), _place(given)
        if given.verdict == "corrected":
            return record_serializers.correction(records.correct(*where, given.value, author, place))
        if given.verdict == "confirmed":
            return record_serializers.correction(records.confirm(*where, author, place))
        return record_serializers.correction(records.reject(*where, author))

    def withdraw(self, document: str, number: int, author: str) -> Json:
        records, by = self._reading().records, author or system_user()
        return record_serializers.correction(records.withdraw(self._knowledge_id, document, number, by))

    def corrections(self, document: str) -> list[Json]:
        views = self._reading().records.corrections(self._knowledge_id, document)
        return [record_serializers.correction(view) for view in views]

    def to_check(self, schema: str, document: str, limit: int) -> list[Json]:
        queue = self._reading().records.to_check(self._knowledge_id, schema, limit, name=document)
        return [record_serializers.doubtful_value(value) for value in queue.items]

    def delete(self, document: str) -> Json:
        return serializers.document(self._reading().documents.delete(self._knowledge_id, document))

    def close(self) -> None:
        with self._lock:
            self._close()

    def _reading(self) -> Service:
        """Return the use cases, with at least a vector index that answers."""
        with self._lock:
            return self._service or self._opened(embedded.searching)

    def _working(self) -> Service:
        """Return the use cases, with workers that run."""
        with self._lock:
            if self._service and self._works:
                return self._service
            self._close()  # the index is open in one place only
            service = self._opened(embedded.session)
            self._works = True
            return service

    def _opened(self, running: Callable[[Settings], AbstractContextManager[Settings]]) -> Service:
        connected = self._running.enter_context(running(self._settings))
        self._service = Service(connected)
        self._service.audit_trail.usual_actor = Actor(system_user(), "python")
        return self._service

    def _close(self) -> None:
        if self._service:
            self._service.close()
        self._service, self._works = None, False
        with contextlib.suppress(UnavailableError):
            self._running.close()


def _place(given: GivenCorrection) -> GivenPlace:
    if given.box is None:
        return GivenPlace(page=given.page, quote=given.quote)
    x0, y0, x1, y1 = given.box
    box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return GivenPlace(page=given.page, box=box, quote=given.quote)
