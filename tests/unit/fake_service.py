"""A service that answers what a test puts into it, and the views that it answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from pipeline.service import IngestRequest
from stores.contracts.queries import Availability
from stores.models import (
    Block,
    DocumentState,
    Fault,
    Field,
    FieldKind,
    Hit,
    JobState,
    Label,
    Outcome,
    Page,
    PageText,
    Route,
    Schema,
    Stage,
)
from stores.placement import IngestReport
from stores.search_views import SearchResult
from stores.views import (
    DocumentFilter,
    DocumentView,
    JobDocumentView,
    JobSummary,
    JobView,
    KnowledgeBaseView,
    RecordView,
)

ID = "0123456789abcdef0123456789abcdef"


def document_view(**changes: Any) -> DocumentView:
    facts: dict[str, Any] = {
        "document": ID,
        "source": "a.pdf",
        "sources": ("a.pdf", "copy/a.pdf"),
        "state": DocumentState.DONE,
        "visible": True,
        "media_type": "application/pdf",
        "size_bytes": 1234,
        "pages": 3,
        "routes": {Route.TEXT: 2, Route.OCR: 1},
        "language": "en",
        "title": "A title",
        "chunks": 4,
        "generation": 1,
        "error": None,
        "failed_pages": {},
        "failed_stages": {},
        "created_at": 1_700_000_000.0,
        "updated_at": 1_700_000_060.0,
        "work_s": 2.5,
        "waited_s": 0.5,
    }
    return DocumentView(**{**facts, **changes})


def job_document(source: str, state: DocumentState = DocumentState.DONE, error: Fault | None = None) -> JobDocumentView:
    return JobDocumentView(
        source=source, document=ID, outcome=Outcome.NEW, state=state, pages=3, error=error, work_s=1.5
    )


def job_view(*documents: JobDocumentView, state: JobState = JobState.DONE) -> JobView:
    return JobView(
        job="kb.01",
        knowledge_id="kb",
        state=state,
        created_at=1_700_000_000.0,
        finished_at=None,
        documents=documents,
        stages=(),
    )


class FakeService:
    """Answers what a test puts into it, and keeps what it was asked."""

    report = IngestReport(knowledge_id="kb", job=None, files=())
    views: Sequence[JobView] = ()
    hits: Sequence[Hit] = ()
    nothing_fits: bool = False
    error: Exception | None = None
    obstacle = ""
    asked: Mapping[str, Any] = {}
    redone: tuple[str, str, Stage | None] | None = None

    def close(self) -> None:
        """It holds nothing."""

    def __init__(self, settings: Any, schemas: Sequence[Schema] = ()) -> None:
        type(self).asked = {"home": settings.home}
        self.ingestion = SimpleNamespace(ingest=self._ingest, preview=self._ingest)
        self.jobs = SimpleNamespace(
            get=self._job, all=self._jobs, cancel=self._cancel, obstacle=lambda job_id: self.obstacle
        )
        self.documents = SimpleNamespace(
            get=self._document,
            all=self._documents,
            standing=self._standing,
            pages=self._pages,
            retry=self._retry_document,
        )
        self.records = SimpleNamespace(all=self._records, filter=lambda *given, **wanted: (given, wanted))
        self.search = SimpleNamespace(result_over=self._search)
        self.knowledge_bases = SimpleNamespace(
            get=self._knowledge_base, delete=self._delete_knowledge_base, schemas=self._schemas
        )
        self.administration = SimpleNamespace(unfinished=lambda: False)
        self.audit_trail = SimpleNamespace()

    def _answer(self, **asked: Any) -> None:
        type(self).asked = {**self.asked, **asked}
        if self.error:
            raise self.error

    def _ingest(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        self._answer(knowledge_id=knowledge_id, request=request)
        return self.report

    def _job(self, job_id: str) -> JobView:
        self._answer(job=job_id)
        views = list(self.views)
        if len(views) > 1:
            type(self).views = views[1:]
        return views[0]

    def _retry_document(self, knowledge_id: str, name: str, from_stage: Stage | None) -> JobSummary:
        type(self).redone = (knowledge_id, name, from_stage)
        return self._jobs()[0]

    def _cancel(self, job_id: str) -> JobView:
        self._answer(cancelled=job_id)
        return job_view(job_document("a.pdf", DocumentState.CANCELLED), state=JobState.CANCELLED)

    def _jobs(self, knowledge_id: str | None = None) -> list[JobSummary]:
        return [
            JobSummary(
                job=view.job,
                knowledge_id=view.knowledge_id,
                state=view.state,
                created_at=view.created_at,
                finished_at=view.finished_at,
                counts={state: count for state, count in view.counts().items() if count},
            )
            for view in self.views
        ]

    def _search(self, *asked: Any) -> SearchResult:
        self._answer(search=asked)
        return SearchResult(hits=tuple(self.hits), nothing_fits=self.nothing_fits)

    def _documents(self, knowledge_id: str, wanted: DocumentFilter) -> list[DocumentView]:
        self._answer(knowledge_id=knowledge_id)
        fault = Fault(code="encrypted", message="b.pdf is encrypted")
        views = [document_view(), document_view(source="b.pdf", state=DocumentState.FAILED, error=fault)]
        return [view for view in views if wanted.state in (None, view.state)]

    def _document(self, knowledge_id: str, name: str) -> DocumentView:
        self._answer(name=name)
        return document_view()

    def _standing(self, knowledge_id: str, name: str, *, so_far: bool = False) -> Availability:
        self._answer(name=name, so_far=so_far)
        facts: dict[str, Any] = {"visible": True, "newer": False, "error": None}
        return Availability(document=ID, generation=1, state=DocumentState.PARTIAL, **facts)

    def _pages(self, knowledge_id: str, name: str, numbers: Sequence[int] = (), *, so_far: bool = False) -> list[Page]:
        self._answer(numbers=tuple(numbers))
        block = Block(label=Label.TITLE, box=(1.0, 2.0, 3.0, 4.0), text="Hello", start=2, end=7, level=1)
        text = PageText(markdown="# Hello", blocks=(block,), engine="fake", confidence=0.9)
        facts: dict[str, Any] = {"width_pt": 595.0, "height_pt": 842.0, "route": Route.OCR, "reason": "image only"}
        return [Page(number=1, text=text, **facts), Page(number=2, error="the page is damaged", **facts)]

    def _records(self, knowledge_id: str, schema: str, wanted: Any) -> list[RecordView]:
        self._answer(schema=schema, wanted=wanted)
        fields = {"title": "=cmd()", "emails": ["a@b.c", "d@e.f"], "amount": -3.5}
        return [RecordView(document=ID, source="a.pdf", schema=schema, fields=fields, evidence={})]

    def _schemas(self, knowledge_id: str | None = None) -> dict[str, Schema]:
        fields = tuple(Field(name=name, kind=FieldKind.TEXT) for name in ("title", "emails", "amount"))
        return {"document": Schema(name="document", description="", fields=fields)}

    def _knowledge_base(self, knowledge_id: str) -> KnowledgeBaseView:
        self._answer(knowledge_id=knowledge_id)
        numbers = {"pages": 3, "chunks": 4, "records": 1, "size_bytes": 10}
        counts = {DocumentState.DONE: 2}
        return KnowledgeBaseView(knowledge_id=knowledge_id, counts=counts, embedder="fake", created_at=1.0, **numbers)

    def _delete_knowledge_base(self, knowledge_id: str) -> None:
        self._answer(deleted=knowledge_id)
