"""The use cases. The command line and the API call only these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import addresses, flow, removal, wiring
from pipeline.commands import ingest_folder, preview, reprocess, submission_queue
from pipeline.commands.ingest_folder import IngestRequest
from pipeline.commands.submission import Submission, SubmissionReceipt
from pipeline.outbound import callbacks
from pipeline.processing_plan import schemas_of
from pipeline.queries import availability, documents, inspection, page_images, progress
from pipeline.queries.etags import Etags
from pipeline.queries.readiness import Readiness
from pipeline.queries.worker_status import WorkerStatus
from pipeline.search import filters, search
from pipeline.sender import Sender
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.errors import NotFoundError
from stores.models import DocumentState, Hit, Page, Schema, Stage, check_knowledge_id
from stores.placement import IngestReport
from stores.views import (
    CallbackFilter,
    CallbackView,
    Check,
    ChunkView,
    DocumentFilter,
    DocumentView,
    JobDocumentView,
    JobFilter,
    JobProgress,
    JobSummary,
    JobView,
    KnowledgeBaseView,
    Original,
    PageMark,
    PageView,
    QueueView,
    RecordView,
    Slice,
    WorkerView,
)

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.queries.availability import Availability
    from stores.queries.knowledge_base import Figures
    from stores.sql.profiles import OpenWork


class Service:
    """Use cases over one home. Raises IngotError only; NotFoundError where a name is unknown."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._resources: Resources = wiring.build(settings, durable=True, pooled=True)
        self._sender = Sender(self._resources)
        self._submission_queue = submission_queue.SubmissionQueue(self._resources, self._sender.tell)
        self._worker_status = WorkerStatus(settings)
        self._progress = progress.ProgressQueries(self._resources, self._worker_status)
        self._page_images = page_images.PageImages(self._resources)
        self.etags = Etags(self._resources)
        self._readiness = Readiness(self._resources, self._worker_status)

    def ingest(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """Make durable what is new or changed, and hand it to the workers. Returns at once.

        Nothing is sent when nothing is to be done (``job`` is None). Without a broker the relay of the next worker
        sends what is due.
        """
        report = ingest_folder.ingest(self._resources, knowledge_id, request)
        if report.job:
            self._send(knowledge_id)
        return report

    def submit(self, knowledge_id: str, submission: Submission) -> SubmissionReceipt:
        """Make a request of the second door durable: it becomes a job, and the knowledge base is made if it is new."""
        return self.submit_soon(knowledge_id, submission).result()

    def submit_soon(self, knowledge_id: str, submission: Submission) -> Future[SubmissionReceipt]:
        """As ``submit``, for a caller that does not wait in a thread."""
        return self._submission_queue.submit(knowledge_id, submission)

    def refuse_when_full(self, knowledge_id: str) -> None:
        """UnavailableError where more documents wait than ``queue_max``: before the upload is read."""
        self._submission_queue.refuse_when_full(check_knowledge_id(knowledge_id))

    def prepare(self) -> None:
        """Load what the first submission would wait for."""
        self._submission_queue.prepare()
        self._sender.prepare()

    def staging(self, knowledge_id: str) -> Path:
        """The folder for files that arrive, on the home's file system; what a killed process left there is removed."""
        check_knowledge_id(knowledge_id)
        return self._resources.files.staging()

    def create_knowledge_base(self, knowledge_id: str) -> KnowledgeBaseView:
        """The knowledge base, made if it is new."""
        self._resources.catalog.create(knowledge_id).record_tables.prepare(self._resources.schemas.values())
        return self.knowledge_base(knowledge_id)

    def preview(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """What ``ingest`` would do, with pages per route and estimated seconds; changes nothing."""
        return preview.preview(self._resources, knowledge_id, request)

    def job(self, job_id: str) -> JobView:
        return self._store_of(job_id).queries.job(job_id)

    def jobs(self, knowledge_id: str | None = None) -> Iterator[JobSummary]:
        return self._progress.jobs(JobFilter(knowledge_ids=(knowledge_id,) if knowledge_id else None))

    def jobs_page(self, wanted: JobFilter, cursor: str | None = None, limit: int = 50) -> Slice[JobSummary]:
        """The newest first; a knowledge base that is named and not there is a NotFoundError."""
        return self._progress.jobs_page(wanted, cursor, limit)

    def job_summary(self, job_id: str) -> JobSummary:
        return self._store_of(job_id).queries.job_summary(job_id)

    def job_progress(self, job_id: str) -> JobProgress:
        """Where it stands without its documents: counts, stages, what is worked on or why it waits, time left."""
        return self._progress.progress(self._store_of(job_id), job_id)

    def job_obstacle(self, job_id: str) -> str:
        """Why nobody begins what a job has to be done now: no broker, or queues that no worker serves; else empty."""
        return self._progress.obstacle(self._store_of(job_id), job_id)

    def job_documents(
        self, job_id: str, states: Sequence[DocumentState] = (), cursor: str | None = None, limit: int = 100
    ) -> Slice[JobDocumentView]:
        return self._progress.job_documents(self._store_of(job_id), job_id, states, cursor, limit)

    def job_ends(self, job_id: str, since: float = 0.0) -> list[JobDocumentView]:
        """Its documents that ended at ``since`` or later, in the order of their ends."""
        return self._store_of(job_id).queries.ended_documents(job_id, since)

    def cancel(self, job_id: str) -> JobView:
        """Cancel what the job still waits for; a page that is being read is finished and thrown away."""
        store = self._store_of(job_id)
        store.queries.job_summary(job_id)
        store.job_control.cancel(job_id)
        self._send_outbound_tasks(store)
        return store.queries.job(job_id)

    def retry(self, job_id: str) -> JobView:
        """Redo only the pages and stages that failed or were cancelled."""
        store = self._store_of(job_id)
        store.queries.job_summary(job_id)
        if store.job_control.retry(job_id, flow.ORDER, reprocess.with_given_limits(self._resources, store)):
            self._resources.catalog.mark_busy(store.knowledge_id)
            self._send(store.knowledge_id)
            self._send_outbound_tasks(store)
        return store.queries.job(job_id)

    def documents(self, knowledge_id: str, wanted: DocumentFilter | None = None) -> list[DocumentView]:
        filters.check_documents(wanted or DocumentFilter())
        return self._store(knowledge_id).queries.documents(wanted)

    def documents_page(
        self, knowledge_id: str, wanted: DocumentFilter, cursor: str | None = None, limit: int = 50
    ) -> Slice[DocumentView]:
        """A part of the documents that a filter leaves; files that could never be taken are among them."""
        filters.check_documents(wanted)
        return self._store(knowledge_id).queries.documents_page(wanted, cursor, limit)

    def document(self, knowledge_id: str, name: str) -> DocumentView:
        """``name``: the id, a unique prefix of it (4 characters at least), or a source name."""
        overview = self._store(knowledge_id).queries
        return overview.document(overview.find(name))

    def original(self, knowledge_id: str, name: str) -> Original:
        """The bytes of a document as they came, and what to call them."""
        return documents.original(self._resources, self._store(knowledge_id), name)

    def standing(self, knowledge_id: str, name: str, *, so_far: bool = False) -> Availability:
        """Which version of a document answers.

        Like all that hands out what was read of a document, it raises NotReadyError where no version answers yet,
        unless what is there ``so_far`` is asked for.
        """
        return availability.standing(self._store(knowledge_id), name, so_far=so_far)

    def markdown(self, knowledge_id: str, name: str, *, so_far: bool = False) -> str:
        """What was read of it, a comment with the page number before each page."""
        return documents.markdown(self._store(knowledge_id), name, so_far=so_far)

    def pages_page(
        self, knowledge_id: str, name: str, cursor: str | None = None, limit: int = 100, *, so_far: bool = False
    ) -> Slice[Page]:
        """A part of its pages, without their blocks."""
        return documents.pages(self._store(knowledge_id), name, cursor, limit, so_far=so_far)

    def chunks(
        self, knowledge_id: str, name: str, cursor: str | None = None, limit: int = 100, *, so_far: bool = False
    ) -> Slice[ChunkView]:
        return documents.chunks(self._store(knowledge_id), name, cursor, limit, so_far=so_far)

    def records_of(self, knowledge_id: str, name: str, *, so_far: bool = False) -> list[RecordView]:
        """What was extracted from it, one record per schema."""
        return inspection.records_of(self._store(knowledge_id), name, so_far=so_far)

    def page_image(self, knowledge_id: str, name: str, number: int, dpi: int = page_images.USUAL_DPI) -> Path:
        """A page as a PNG file, drawn on demand and kept. NotFoundError where there is no such page."""
        store = self._store(knowledge_id)
        return self._page_images.picture(store, store.queries.find(name), number, dpi)

    def retry_document(self, knowledge_id: str, name: str, from_stage: Stage | None = None) -> JobSummary:
        """Make a document again from a stage on, or only what failed where none is named. The job that does it."""
        store = self._store(knowledge_id)
        job = reprocess.retry_document(self._resources, store, store.queries.find(name), from_stage)
        self._send(knowledge_id)
        return store.queries.job_summary(job)

    def pages(self, knowledge_id: str, name: str, numbers: Sequence[int] = (), *, so_far: bool = False) -> list[Page]:
        """The pages of the version that answers; those that could not be read say why."""
        return documents.whole_pages(self._store(knowledge_id), name, numbers, so_far=so_far)

    def page(self, knowledge_id: str, name: str, number: int, *, so_far: bool = False) -> Page:
        """One page that was read. NotReadyError where it could not be, NotFoundError where there is none."""
        return documents.page(self._store(knowledge_id), name, number, so_far=so_far)

    def delete_document(self, knowledge_id: str, name: str) -> DocumentView:
        """Nothing of the document answers from now on, and nothing of it is left. What it was."""
        store = self._store(knowledge_id)
        refused = store.queries.refused(name)
        if refused:
            store.registration.forget_refused(name)
            return refused
        view = self.document(knowledge_id, name)
        removal.remove_document(self._resources, store, view.document)
        self._send_outbound_tasks(store)
        return view

    def records(self, knowledge_id: str, schema: str) -> Iterator[RecordView]:
        """The records of one schema of every document that answers, by document; read as they are taken."""
        return documents.all_records(self._resources, self._store(knowledge_id), schema)

    def records_page(
        self, knowledge_id: str, schema: str, cursor: str | None = None, limit: int = 100
    ) -> Slice[RecordView]:
        return documents.records_page(self._resources, self._store(knowledge_id), schema, cursor, limit)

    def records_holding(
        self, knowledge_id: str, schema: str, text: str, cursor: str | None = None, limit: int = 100
    ) -> Slice[RecordView]:
        """A part of those that hold every word of ``text`` somewhere, the document's name included."""
        return inspection.records_holding(self._resources, self._store(knowledge_id), schema, text, cursor, limit)

    def records_by_schema(self, knowledge_id: str) -> dict[str, int]:
        return self._store(knowledge_id).page_queries.records_by_schema()

    def languages(self, knowledge_id: str) -> list[str]:
        """The languages of its documents, as codes."""
        return self._store(knowledge_id).page_queries.languages()

    def page_strip(self, knowledge_id: str, name: str) -> list[PageMark]:
        """The pages of the version that is shown, without what was read of them."""
        return inspection.strip(self._store(knowledge_id), name)

    def page_view(self, knowledge_id: str, name: str, number: int) -> PageView:
        """One page with its blocks and passages, and the values proved on it."""
        return inspection.page_view(self._store(knowledge_id), name, number)

    def place_of(self, knowledge_id: str, name: str, chunk: int | None, value: tuple[str, str] | None) -> int:
        """The page of a passage (its ordinal) or of a value ((schema, path)), 0 where there is none."""
        return inspection.place_of(self._store(knowledge_id), name, chunk, value)

    def schemas(self, knowledge_id: str | None = None) -> dict[str, Schema]:
        """Those that can be asked for; with those that others filled a knowledge base with where one is named."""
        return (
            dict(self._resources.schemas)
            if knowledge_id is None
            else schemas_of(self._resources, self._store(knowledge_id))
        )

    def search(
        self,
        knowledge_id: str,
        query: str,
        limit: int = 10,
        mode: str = "hybrid",
        where: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """The best passages for a query; ``mode`` is hybrid, keyword or vector."""
        return search.search(self._resources, knowledge_id, query, limit, mode, where or {})

    def check_conditions(self, knowledge_id: str, where: Mapping[str, str]) -> None:
        """InputError where a search could not be narrowed so: an unknown field, a text for a number."""
        filters.check_conditions(self._resources, self._store(knowledge_id), where)

    def page_of_hit(self, knowledge_id: str, hit: Hit, query: str) -> int:
        """Where in a found passage that spans several pages the words of the query stand."""
        return inspection.page_of_hit(self._store(knowledge_id), hit, query)

    def knowledge_bases(self) -> list[KnowledgeBaseView]:
        return [self.knowledge_base(name) for name in self._resources.catalog.names()]

    def knowledge_base(self, knowledge_id: str) -> KnowledgeBaseView:
        """Its counts; a large one's may be some seconds old."""
        return self._progress.knowledge_base(self._store(knowledge_id))

    def queues(self) -> list[QueueView]:
        """What waits in each queue, and who serves it."""
        return self._progress.queues()

    def workers(self) -> list[WorkerView]:
        return self._progress.workers()

    def readiness(self) -> list[Check]:
        """Whether home, broker, workers and vector index are there."""
        return self._readiness.checks()

    def figures(self, knowledge_id: str) -> Figures:
        """For metrics: documents and callbacks by state, and what the steps of each stage cost so far."""
        return self._progress.figures(self._store(knowledge_id))

    def delete_knowledge_base(self, knowledge_id: str) -> None:
        """Remove a knowledge base: its vectors, then its folder, and what a worker at work wrote meanwhile."""
        store = self._store(knowledge_id)
        for job in store.queries.open_jobs():
            store.job_control.cancel(job)
        self._resources.vectors().drop(knowledge_id)
        self._resources.catalog.remove(knowledge_id)
        self._resources.vectors().drop(knowledge_id)
        self._resources.files.drop_pictures(knowledge_id)

    def knowledge_ids(self) -> list[str]:
        return self._resources.catalog.names()

    def unfinished(self) -> bool:
        """Is there work left in any knowledge base of this home?"""
        return any(
            store.dispatch.unfinished() or store.outbound_tasks.are_left()
            for store in map(self._store, self._resources.catalog.names())
        )

    def open_work(self) -> list[OpenWork]:
        """The jobs of this home that are not over, with what their documents are made with."""
        stores = [self._store(name) for name in self._resources.catalog.busy()]
        return [work for store in stores for work in store.profiles.of_open_work()]

    def callbacks_page(self, wanted: CallbackFilter, cursor: str | None = None, limit: int = 50) -> Slice[CallbackView]:
        return callbacks.callbacks_page(self._resources, wanted, cursor, limit)

    def callback(self, callback_id: str) -> CallbackView:
        """One callback with the body that is sent."""
        return callbacks.callback(self._resources, callback_id)

    def replay_callback(self, callback_id: str) -> CallbackView:
        """Deliver a callback again that was delivered or given up; its id stays."""
        view = callbacks.replay(self._resources, callback_id)
        self._send(view.knowledge_id)
        return view

    def replay_dead_callbacks(self, knowledge_id: str | None = None) -> int:
        """Deliver again what was given up, of all knowledge bases unless one is named; how many."""
        again = callbacks.replay_dead(self._resources, knowledge_id)
        for name in again:
            self._send(name)
        return sum(again.values())

    def callback_secrets(self) -> tuple[str, ...]:
        """What signs callbacks, the newest first."""
        return callbacks.secrets(self._resources)

    def check_url(self, url: str) -> str:
        """The URL as it is kept; InputError ``url_refused`` where it may not be called."""
        return addresses.check_url(url, self.settings.allow_private_urls)

    def _send(self, knowledge_id: str) -> None:
        """Publish what is due, where a broker is configured; else, and should it fail, the relay does."""
        if self.settings.broker_url:
            from pipeline import tasks  # Celery takes a while to import, and most commands do without

            tasks.send_due(self._resources, knowledge_id)

    def _send_outbound_tasks(self, store: KnowledgeStore) -> None:
        """Where something is to be called back or fetched now, wake those who do it."""
        if store.outbound_tasks.due_within(0.0):
            self._resources.catalog.mark_outbound(store.knowledge_id)
            self._send(store.knowledge_id)

    def _store(self, knowledge_id: str) -> KnowledgeStore:
        return self._resources.catalog.store(knowledge_id)

    def _store_of(self, job_id: str) -> KnowledgeStore:
        """The store of the knowledge base that a job id names."""
        knowledge_id, dot, _ = job_id.rpartition(".")
        if not dot:
            raise NotFoundError(f"there is no job {job_id!r}: see `ingot jobs list`")
        return self._store(knowledge_id)


__all__ = ["IngestRequest", "Service"]
