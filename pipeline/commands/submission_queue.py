"""The use case "submit": files handed over, paths and URLs become one durable job, many requests at a time.

Requests that arrive together for one knowledge base share one transaction: one is written while the next ones gather.
A submission looks up only what it names, so the thousandth costs what the first did.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline import removal
from pipeline.commands import staging
from pipeline.commands.submission import Candidate, IngestResult, Submission, SubmissionReceipt, Upload
from pipeline.commands.submission_batch import SubmissionBatch
from pipeline.processing_plan import WantedFingerprints, check_embedder, check_schemas
from pipeline.step_context import Resources
from stores.errors import IngotError, InputError, NotFoundError, UnavailableError
from stores.models import Options, check_knowledge_id

if TYPE_CHECKING:
    from stores.knowledge_store import KnowledgeStore

log = logging.getLogger("ingot.submitting")

_MOST_TOGETHER = 64  # submissions of one transaction
_KNOWLEDGE_BASES_AT_ONCE = 8
_MOST_QUEUES = 200
_COUNT_AGAIN_S = 1.0
_GATHER_S = 0.003
_FORGET_AGAIN_S = 60.0


@dataclass(slots=True)
class _Waiting:
    """A submission whose files are at hand, and who waits for its receipt."""

    submission: Submission
    candidates: tuple[Candidate, ...]
    future: Future[SubmissionReceipt]


@dataclass(slots=True)
class _KnowledgeBaseQueue:
    """The queue in front of one knowledge base. One thread at a time writes for it."""

    knowledge_id: str
    waiting: list[_Waiting] = field(default_factory=list)
    busy: bool = False
    prepared: KnowledgeStore | None = None  # the store whose tables of records are known to be there
    forgot_at: float = 0.0
    queued: int = 0  # documents that nobody has begun, when last counted
    counted_at: float = 0.0
    embedders_at: float = 0.0  # when those of the open jobs were last compared with ours


class SubmissionQueue:
    """Where submissions are taken. ``committed`` is told of each knowledge base that has new work."""

    def __init__(self, resources: Resources, committed: Callable[[str], None]) -> None:
        self._resources, self._committed = resources, committed
        self._wanted = WantedFingerprints(resources)
        self._queues: dict[str, _KnowledgeBaseQueue] = {}
        self._lock = threading.Lock()
        self._writers: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None

    def prepare(self) -> None:
        """Compute what the first submission would wait for."""
        self._wanted.of(Options())
        self._threads()

    def submit(self, knowledge_id: str, submission: Submission) -> Future[SubmissionReceipt]:
        """The receipt, once everything of the submission is safe on disk. Every error comes by the future."""
        future: Future[SubmissionReceipt] = Future()
        try:
            check_knowledge_id(knowledge_id)
            self._check(submission)
        except IngotError as error:
            future.set_exception(error)
            return future
        if submission.paths:
            self._threads()[1].submit(self._read_then_queue, knowledge_id, submission, future)
        else:
            self._queue(knowledge_id, _Waiting(submission, staging.of_uploads(submission.uploads), future))
        return future

    def _check(self, submission: Submission) -> None:
        try:
            check_schemas(self._resources, submission.options)
        except NotFoundError as error:
            raise InputError(error.message, code=error.code, nearest=error.nearest) from error
        if not (submission.uploads or submission.paths or submission.urls):
            raise InputError("there is nothing to ingest: send files, paths or urls", code="nothing")

    def refuse_when_full(self, knowledge_id: str) -> None:
        """UnavailableError where more than ``queue_max`` documents wait already; counted once a second."""
        counter = self._queue_of(knowledge_id)
        now = time.monotonic()
        if now - counter.counted_at > _COUNT_AGAIN_S:
            counter.counted_at, counter.queued = now, self._count_queued(knowledge_id)
        if counter.queued > self._resources.settings.queue_max:
            raise UnavailableError(
                f"{counter.queued} documents of {knowledge_id!r} wait already: try again later, or start more workers",
                code="queue_full",
            )

    def _count_queued(self, knowledge_id: str) -> int:
        try:
            return self._resources.catalog.store(knowledge_id).submissions.queued()
        except NotFoundError:
            return 0

    def _read_then_queue(self, knowledge_id: str, submission: Submission, future: Future[SubmissionReceipt]) -> None:
        """Copy the files that paths name, which may take long, before anything is locked."""
        try:
            candidates, skipped = staging.of_paths(self._resources, knowledge_id, submission.paths)
        except Exception as error:
            future.set_exception(error)
            return
        candidates = (*staging.of_uploads(submission.uploads), *candidates)
        self._queue(knowledge_id, _Waiting(replace(submission, skipped=skipped), candidates, future))

    def _queue_of(self, knowledge_id: str) -> _KnowledgeBaseQueue:
        with self._lock:
            if len(self._queues) >= _MOST_QUEUES:
                self._queues = {name: one for name, one in self._queues.items() if one.busy or one.waiting}
            return self._queues.setdefault(knowledge_id, _KnowledgeBaseQueue(knowledge_id))

    def _queue(self, knowledge_id: str, waiting: _Waiting) -> None:
        counter = self._queue_of(knowledge_id)
        with self._lock:
            counter.waiting.append(waiting)
            if counter.busy:
                return
            counter.busy = True
        self._threads()[0].submit(self._write, counter)

    def _threads(self) -> tuple[ThreadPoolExecutor, ThreadPoolExecutor]:
        with self._lock:
            if self._writers is None or self._readers is None:
                self._writers = ThreadPoolExecutor(_KNOWLEDGE_BASES_AT_ONCE, "ingot-desk")
                self._readers = ThreadPoolExecutor(2, "ingot-read")
            return self._writers, self._readers

    def _write(self, counter: _KnowledgeBaseQueue) -> None:
        """Write for one knowledge base until nobody waits."""
        written = 0
        while True:
            if written > 1:
                time.sleep(_GATHER_S)  # many ask at once: those who just got their answer ask again
            with self._lock:
                batch, counter.waiting = counter.waiting[:_MOST_TOGETHER], counter.waiting[_MOST_TOGETHER:]
                if not batch:
                    counter.busy = False
                    return
            written = len(batch)
            self._write_batch(counter, batch)

    def _write_batch(self, counter: _KnowledgeBaseQueue, batch: list[_Waiting]) -> None:
        """One transaction; where it fails, one for each, so that only the guilty one is refused."""
        try:
            made = self._together(counter, batch)
        except Exception as error:
            if len(batch) > 1:
                for one in batch:
                    self._write_batch(counter, [one])
                return
            if not isinstance(error, IngotError):
                log.exception("a submission to %s failed", counter.knowledge_id)
            batch[0].future.set_exception(error)
            return
        for waiting, answer in zip(batch, made.answers, strict=True):
            if isinstance(answer, IngotError):
                waiting.future.set_exception(answer)
            else:
                waiting.future.set_result(answer)
        self._afterwards(counter, replaced=made.replaced)

    def _together(self, counter: _KnowledgeBaseQueue, batch: list[_Waiting]) -> SubmissionBatch:
        """One transaction and what it came to."""
        knowledge_id, now = counter.knowledge_id, time.time()
        store = self._store(counter)
        if now - counter.embedders_at > _COUNT_AGAIN_S:
            check_embedder(self._resources, store)  # the moment is kept only where it went well: the next one asks anew
            counter.embedders_at = now
        self._mark(knowledge_id, batch)
        with store.submissions.together(now) as door:
            if now - counter.forgot_at > _FORGET_AGAIN_S:
                door.forget_answers()
                counter.forgot_at = now
            asked = [(waiting.submission, waiting.candidates) for waiting in batch]
            made = SubmissionBatch(self._resources, self._wanted, knowledge_id, door, asked)
            made.run()
        self._mark(knowledge_id, batch)  # again: the relay may have looked, and taken the mark away, before the commit
        return made

    def _store(self, counter: _KnowledgeBaseQueue) -> KnowledgeStore:
        store = self._resources.catalog.create(counter.knowledge_id)
        if counter.prepared is not store:
            for remark in store.record_tables.prepare(self._resources.schemas.values()):
                log.warning("%s: %s", counter.knowledge_id, remark)
            counter.prepared = store
        return store

    def _mark(self, knowledge_id: str, batch: Sequence[_Waiting]) -> None:
        self._resources.catalog.mark_busy(knowledge_id)
        if any(waiting.submission.urls for waiting in batch):
            self._resources.catalog.mark_outbound(knowledge_id)

    def _afterwards(self, counter: _KnowledgeBaseQueue, *, replaced: bool) -> None:
        """What nobody's answer waits for."""
        self._committed(counter.knowledge_id)
        if not replaced or counter.prepared is None:
            return
        try:  # content that was replaced by content that answers already
            removal.remove_orphans(self._resources, counter.prepared)
        except IngotError as error:
            log.warning("%s: what was replaced is removed later: %s", counter.knowledge_id, error.message)


__all__ = ["IngestResult", "Submission", "SubmissionQueue", "SubmissionReceipt", "Upload"]
