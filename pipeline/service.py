"""The use cases. The command line and the API call only these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import flow, ingesting, inspecting, previewing, removal, searching, submitting, wiring
from pipeline.ingesting import IngestRequest
from pipeline.placing import check_schemas
from pipeline.sending import Sender
from pipeline.settings import Settings
from pipeline.submission import Receipt, Submission
from pipeline.work import Tools
from stores.errors import NotFoundError
from stores.models import Hit, Options, Page, Schema, check_knowledge_id
from stores.views import DocumentView, IngestReport, JobView, KnowledgeBaseView, Leaf, PageMark, RecordView

if TYPE_CHECKING:
    from stores.records import RecordStore


class Service:
    """Use cases over one home. Raises IngotError only; NotFoundError where a name is unknown."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._tools: Tools = wiring.build(settings, durable=True, pooled=True)
        self._sender = Sender(self._tools)
        self._desk = submitting.Desk(self._tools, self._sender.tell)

    def ingest(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """Make durable what is new or changed, and hand it to the workers. Returns at once.

        Nothing is sent when nothing is to be done (``job`` is None). Without a broker the relay of the next worker
        sends what is due.
        """
        report = ingesting.ingest(self._tools, knowledge_id, request)
        if report.job:
            self._send(knowledge_id)
        return report

    def submit(self, knowledge_id: str, submission: Submission) -> Receipt:
        """Make a request of the second door durable: it becomes a job, and the knowledge base is made if it is new."""
        return self.submit_soon(knowledge_id, submission).result()

    def submit_soon(self, knowledge_id: str, submission: Submission) -> Future[Receipt]:
        """As ``submit``, for a caller that does not wait in a thread."""
        return self._desk.submit(knowledge_id, submission)

    def refuse_when_full(self, knowledge_id: str) -> None:
        """UnavailableError where more documents wait than ``queue_max``: before the upload is read."""
        self._desk.refuse_when_full(check_knowledge_id(knowledge_id))

    def staging(self, knowledge_id: str) -> Path:
        """The folder for files that arrive, on the home's file system; what a killed process left there is removed."""
        check_knowledge_id(knowledge_id)
        return self._tools.files.staging()

    def create_knowledge_base(self, knowledge_id: str) -> KnowledgeBaseView:
        """The knowledge base, made if it is new."""
        self._tools.catalog.create(knowledge_id).typed.prepare(self._tools.schemas.values())
        return self.knowledge_base(knowledge_id)

    def preview(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """What ``ingest`` would do, with pages per route and estimated seconds; changes nothing."""
        return previewing.preview(self._tools, knowledge_id, request)

    def job(self, job_id: str) -> JobView:
        return self._store_of(job_id).overview.job(job_id)

    def jobs(self, knowledge_id: str | None = None) -> list[JobView]:
        """The newest first; of all knowledge bases where none is named."""
        names = [knowledge_id] if knowledge_id else self._tools.catalog.names()
        found = [view for name in names for view in self._store(name).overview.jobs()]
        return sorted(found, key=lambda view: view.created_at, reverse=True)

    def cancel(self, job_id: str) -> JobView:
        """Cancel what the job still waits for; a page that is being read is finished and thrown away."""
        store = self._store_of(job_id)
        store.overview.job(job_id)
        store.reopening.cancel(job_id)
        return store.overview.job(job_id)

    def retry(self, job_id: str) -> JobView:
        """Redo only the pages and stages that failed or were cancelled."""
        store = self._store_of(job_id)
        store.overview.job(job_id)
        if store.reopening.retry(job_id, flow.ORDER):
            self._tools.catalog.mark_busy(store.knowledge_id)
            self._send(store.knowledge_id)
        return store.overview.job(job_id)

    def documents(self, knowledge_id: str) -> list[DocumentView]:
        return self._store(knowledge_id).overview.documents()

    def document(self, knowledge_id: str, name: str) -> DocumentView:
        """``name``: the id, a unique prefix of it (4 characters at least), or a source name."""
        overview = self._store(knowledge_id).overview
        return overview.documents(overview.find(name))[0]

    def pages(self, knowledge_id: str, name: str, numbers: Sequence[int] = ()) -> list[Page]:
        """The pages of the visible version, or of the newest where none is visible yet."""
        store = self._store(knowledge_id)
        document = store.overview.find(name)
        return store.pages.read(document, store.overview.generation_to_show(document), numbers)

    def delete_document(self, knowledge_id: str, name: str) -> DocumentView:
        """Nothing of the document answers from now on, and nothing of it is left. What it was."""
        store = self._store(knowledge_id)
        refused = store.overview.refused(name)
        if refused:
            store.intake.forget_refused(name)
            return refused
        view = self.document(knowledge_id, name)
        removal.remove_document(self._tools, store, view.document)
        return view

    def records(self, knowledge_id: str, schema: str) -> list[RecordView]:
        """The records of one schema of every document that answers."""
        check_schemas(self._tools, Options(schemas=(schema,)))
        store = self._store(knowledge_id)
        names = {view.document: view.source for view in store.overview.documents()}
        return [
            inspecting.record_view(document, names.get(document, ""), record)
            for document, record in store.typed.visible(schema)
        ]

    def records_of(self, knowledge_id: str, name: str) -> list[RecordView]:
        """What was extracted from one document, one record per schema."""
        return inspecting.records_of(self._store(knowledge_id), name)

    def page_strip(self, knowledge_id: str, name: str) -> list[PageMark]:
        """The pages of the version that is shown, without what was read of them."""
        return inspecting.strip(self._store(knowledge_id), name)

    def leaf(self, knowledge_id: str, name: str, number: int) -> Leaf:
        """One page with its blocks and passages, and the values proved on it."""
        return inspecting.leaf(self._store(knowledge_id), name, number)

    def place_of(self, knowledge_id: str, name: str, chunk: int | None, value: tuple[str, str] | None) -> int:
        """The page of a passage (its ordinal) or of a value ((schema, path)), 0 where there is none."""
        return inspecting.place_of(self._store(knowledge_id), name, chunk, value)

    def schemas(self) -> dict[str, Schema]:
        return dict(self._tools.schemas)

    def search(
        self,
        knowledge_id: str,
        query: str,
        limit: int = 10,
        mode: str = "hybrid",
        where: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """The best passages for a query; ``mode`` is hybrid, keyword or vector."""
        return searching.search(self._tools, knowledge_id, query, limit, mode, where or {})

    def knowledge_bases(self) -> list[KnowledgeBaseView]:
        return [self.knowledge_base(name) for name in self._tools.catalog.names()]

    def knowledge_base(self, knowledge_id: str) -> KnowledgeBaseView:
        store = self._store(knowledge_id)
        return KnowledgeBaseView(
            knowledge_id=knowledge_id,
            embedder=self._tools.embedder().fingerprint,
            created_at=float(store.get_meta("created_at") or 0.0),
            size_bytes=self._tools.files.size_bytes(knowledge_id),
            **store.overview.counts(),
        )

    def delete_knowledge_base(self, knowledge_id: str) -> None:
        """Remove a knowledge base: its vectors, then its folder."""
        store = self._store(knowledge_id)
        for job in store.overview.open_jobs():
            store.reopening.cancel(job)
        self._tools.vectors().drop(knowledge_id)
        self._tools.catalog.remove(knowledge_id)

    def unfinished(self) -> bool:
        """Is there work left in any knowledge base of this home?"""
        return any(self._store(name).dispatch.unfinished() for name in self._tools.catalog.names())

    def _send(self, knowledge_id: str) -> None:
        """Publish what is due, where a broker is configured; else, and should it fail, the relay does."""
        if self.settings.broker_url:
            from pipeline import tasks  # Celery takes a while to import, and most commands do without

            tasks.send_due(self._tools, knowledge_id)

    def _store(self, knowledge_id: str) -> RecordStore:
        return self._tools.catalog.store(knowledge_id)

    def _store_of(self, job_id: str) -> RecordStore:
        """The store of the knowledge base that a job id names."""
        knowledge_id, dot, _ = job_id.rpartition(".")
        if not dot:
            raise NotFoundError(f"there is no job {job_id!r}: see `ingot jobs list`")
        return self._store(knowledge_id)


__all__ = ["IngestRequest", "Service"]
