"""The use case "submit": uploads, paths and URLs of a request become one durable job.

Requests that arrive together for one knowledge base share one transaction: while it is written, the next ones queue.
A submission looks up only what it names, so the thousandth costs what the first did.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import removal
from pipeline.commands import staging
from pipeline.commands.attachments import AttachmentReader, refuse_attachments_at, uploads_with_attachments
from pipeline.commands.content_detection import check_content
from pipeline.commands.submission import Submission, SubmissionReceipt
from pipeline.commands.submission_batch import SubmissionBatch
from pipeline.commands.uploaded_archives import has_archives, with_uploads_unpacked
from pipeline.knowledge_base_embedder import with_own_embedder
from pipeline.processing_plan import ProcessingPlans, check_embedder, check_schemas
from pipeline.step_context import Resources
from stores.errors import IngotError, InputError, NotFoundError, UnavailableError
from stores.ids import check_any_id
from stores.models import Options
from stores.placement import SkippedFile, StagedFile

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.submitting")

_BATCH_SIZE = 64  # submissions of one transaction
_WRITER_THREADS = 8  # each writes for one knowledge base at a time
_READER_THREADS = 2  # of the local disk
_SENDER_THREADS = 8  # the same for a remote file store: they wait for its answers
_MOST_QUEUES = 200
_RECHECK_S = 1.0
_BATCH_WAIT_S = 0.003
_FORGET_INTERVAL_S = 60.0


@dataclass(slots=True)
class _Waiting:
    """A submission whose files are on our disk, and the future that waits for its receipt."""

    submission: Submission
    files: tuple[StagedFile, ...]
    future: Future[SubmissionReceipt]


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


@dataclass(slots=True)
class _KnowledgeBaseQueue:
    """The submissions that wait for one knowledge base. One thread at a time writes for it."""

    knowledge_id: str
    waiting: list[_Waiting] = field(default_factory=list)
    busy: bool = False
    prepared: KnowledgeStore | None = None  # the store whose record tables exist
    forgot_at: float = 0.0
    queued: int = 0  # documents that no worker has begun, when last counted
    counted_at: float = 0.0
    embedders_checked_at: float = 0.0  # when the embedders of open jobs were last compared with ours
    plans: ProcessingPlans | None = None  # with the embedder of this knowledge base


class SubmissionQueue:
    """Takes submissions and writes them in batches. ``committed`` is called with each knowledge base that has work."""

    def __init__(self, resources: Resources, committed: Callable[[str], None]) -> None:
        self._resources, self._committed = resources, committed
        self._plans = ProcessingPlans(resources)
        self._plans_by_embedder: dict[str, ProcessingPlans] = {resources.settings.embedder: self._plans}
        self._queues: dict[str, _KnowledgeBaseQueue] = {}
        self._lock = threading.Lock()
        self._writers: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None

    def prepare(self) -> None:
        """Compute in advance what the first submission would wait for."""
        self._plans.of(Options())
        self._threads()

    def submit(self, knowledge_id: str, submission: Submission) -> Future[SubmissionReceipt]:
        """Queue a submission. The future has its receipt once all of it is safe on disk, or the error."""
        future: Future[SubmissionReceipt] = Future()
        try:
            check_any_id(knowledge_id)
            self._check(submission)
        except IngotError as error:
            future.set_exception(error)
            return future
        remote = bool(submission.uploads) and self._resources.files.is_remote
        if submission.paths or remote or submission.attachments or has_archives(submission.uploads):
            self._threads()[1].submit(self._read_then_queue, knowledge_id, submission, future)
        else:
            self._enqueue(knowledge_id, _Waiting(submission, submission.uploads, future))
        return future

    def _check(self, submission: Submission) -> None:
        try:
            check_schemas(self._resources, submission.options)
        except NotFoundError as error:
            raise InputError(error.message, code=error.code, nearest=error.nearest) from error
        if not (submission.uploads or submission.paths or submission.urls):
            raise InputError("there is nothing to ingest: send files, paths or urls", code="nothing")
        if submission.attachments:
            refuse_attachments_at(submission.urls)

    def refuse_when_full(self, knowledge_id: str) -> None:
        """Raise UnavailableError while more than ``queue_max`` documents wait; they are counted once a second."""
        queue = self._queue_of(knowledge_id)
        now = time.monotonic()
        if now - queue.counted_at > _RECHECK_S:
            queue.counted_at, queue.queued = now, self._count_queued(knowledge_id)
        if queue.queued > self._resources.settings.queue_max:
            raise UnavailableError(
                f"{queue.queued} documents of {knowledge_id!r} wait already: try again later, or start more workers",
                code="queue_full",
            )

    def _count_queued(self, knowledge_id: str) -> int:
        try:
            return self._resources.catalog.store(knowledge_id).registration.queued()
        except NotFoundError:
            return 0

    def _read_then_queue(self, knowledge_id: str, submission: Submission, future: Future[SubmissionReceipt]) -> None:
        """Unpack archives, store what paths name, send uploads to a remote store, before the transaction.

        Files of archives that the transaction did not move are removed once it has ended.
        """
        try:
            files, skipped = self._unpacked(submission)
            unpacked = [file.path for file in files if file not in submission.uploads and file.path.name]
            future.add_done_callback(lambda _: _remove(unpacked))
            staging.send_uploads(self._resources, knowledge_id, files)
            if submission.paths:
                staged, more_skipped = staging.stage_paths(
                    self._resources,
                    knowledge_id,
                    submission.paths,
                    attachments=submission.attachments,
                    passwords=submission.passwords,
                )
                files, skipped = (*files, *staged), (*skipped, *more_skipped)
        except Exception as error:
            future.set_exception(error)
            return
        self._enqueue(knowledge_id, _Waiting(replace(submission, skipped=skipped), files, future))

    def _unpacked(self, submission: Submission) -> tuple[tuple[StagedFile, ...], tuple[SkippedFile, ...]]:
        folder = self._resources.workspaces.staging()
        largest_bytes = self._resources.settings.max_file_mb << 20
        files, skipped = with_uploads_unpacked(submission.uploads, folder, largest_bytes)
        if submission.attachments:
            with AttachmentReader(folder, largest_bytes, submission.passwords) as reader:
                files, more_skipped = uploads_with_attachments(files, reader, check_content)
            skipped = (*skipped, *more_skipped)
        return files, (*submission.skipped, *skipped)

    def _queue_of(self, knowledge_id: str) -> _KnowledgeBaseQueue:
        with self._lock:
            if len(self._queues) >= _MOST_QUEUES:
                self._queues = {name: queue for name, queue in self._queues.items() if queue.busy or queue.waiting}
            return self._queues.setdefault(knowledge_id, _KnowledgeBaseQueue(knowledge_id))

    def _enqueue(self, knowledge_id: str, waiting: _Waiting) -> None:
        queue = self._queue_of(knowledge_id)
        with self._lock:
            queue.waiting.append(waiting)
            if queue.busy:
                return
            queue.busy = True
        self._threads()[0].submit(self._write, queue)

    def _threads(self) -> tuple[ThreadPoolExecutor, ThreadPoolExecutor]:
        with self._lock:
            if self._writers is None or self._readers is None:
                self._writers = ThreadPoolExecutor(_WRITER_THREADS, "ingot-submit")
                threads = _SENDER_THREADS if self._resources.files.is_remote else _READER_THREADS
                self._readers = ThreadPoolExecutor(threads, "ingot-read")
            return self._writers, self._readers

    def _write(self, queue: _KnowledgeBaseQueue) -> None:
        """Write for one knowledge base until no submission waits."""
        written = 0
        while True:
            if written > 1:
                time.sleep(_BATCH_WAIT_S)  # under load: clients that just got an answer send their next request
            with self._lock:
                batch, queue.waiting = queue.waiting[:_BATCH_SIZE], queue.waiting[_BATCH_SIZE:]
                if not batch:
                    queue.busy = False
                    return
            written = len(batch)
            self._write_batch(queue, batch)

    def _write_batch(self, queue: _KnowledgeBaseQueue, batch: list[_Waiting]) -> None:
        """Write a batch in one transaction; where that fails, each alone, so that only the one at fault is refused."""
        try:
            written = self._commit(queue, batch)
        except Exception as error:
            if len(batch) > 1:
                for waiting in batch:
                    self._write_batch(queue, [waiting])
                return
            if not isinstance(error, IngotError):
                log.exception("a submission to %s failed", queue.knowledge_id)
            batch[0].future.set_exception(error)
            return
        for waiting, answer in zip(batch, written.answers, strict=True):
            if isinstance(answer, IngotError):
                waiting.future.set_exception(answer)
            else:
                waiting.future.set_result(answer)
        self._afterwards(queue, replaced=written.replaced)

    def _commit(self, queue: _KnowledgeBaseQueue, batch: list[_Waiting]) -> SubmissionBatch:
        """Write a batch in one transaction."""
        store = self._store(queue)
        knowledge_id, now = queue.knowledge_id, store.now()
        if now - queue.embedders_checked_at > _RECHECK_S:
            resources = with_own_embedder(self._resources, store)
            check_embedder(resources, store)  # where it raises, the next batch checks again
            queue.plans = self._plans_for(resources)
            queue.embedders_checked_at = now
        self._mark(knowledge_id, batch)
        with store.registration.together(now) as unit:
            if now - queue.forgot_at > _FORGET_INTERVAL_S:
                unit.forget_answers()
                queue.forgot_at = now
            submissions = [(waiting.submission, waiting.files) for waiting in batch]
            submission_batch = SubmissionBatch(
                self._resources, queue.plans or self._plans, knowledge_id, unit, submissions
            )
            submission_batch.run()
        self._mark(knowledge_id, batch)  # again: the relay may have looked, and taken the mark away, before the commit
        return submission_batch

    def _plans_for(self, resources: Resources) -> ProcessingPlans:
        """The plans of an embedder, kept so that they are computed once."""
        with self._lock:
            return self._plans_by_embedder.setdefault(resources.settings.embedder, ProcessingPlans(resources))

    def _store(self, queue: _KnowledgeBaseQueue) -> KnowledgeStore:
        store = self._resources.catalog.create(queue.knowledge_id)
        if queue.prepared is not store:
            for remark in store.record_tables.prepare(self._resources.schemas.values()):
                log.warning("%s: %s", queue.knowledge_id, remark)
            queue.prepared = store
        return store

    def _mark(self, knowledge_id: str, batch: Sequence[_Waiting]) -> None:
        self._resources.catalog.mark_busy(knowledge_id)
        if any(waiting.submission.urls for waiting in batch):
            self._resources.catalog.mark_outbound(knowledge_id)

    def _afterwards(self, queue: _KnowledgeBaseQueue, *, replaced: bool) -> None:
        """Do what no answer waits for."""
        self._committed(queue.knowledge_id)
        if not replaced or queue.prepared is None:
            return
        try:  # content that was replaced by content that answers already
            removal.remove_orphans(self._resources, queue.prepared)
        except IngotError as error:
            log.warning("%s: what was replaced is removed later: %s", queue.knowledge_id, error.message)
