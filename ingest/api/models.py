"""What the resources answer, as types: the shapes of ``ingest/serializers.py``, for the description and its readers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from stores.models import DocumentState, FieldKind, JobState, Label, Outcome, Route, Stage

Box = tuple[float, float, float, float]
_WORK = "Seconds by the clock in which somebody worked on it, however many did; null where it is not known (yet)."
_WAITED = "Seconds from the request until somebody worked on it."


class PlacedBox(BaseModel):
    """A box (x0, y0, x1, y1) in points from the top left of a page."""

    page: int
    box: Box


class StageOut(BaseModel):
    """Pages of one stage; of ``plan``, documents: ``unit`` says so. Totals grow until planning is done.

    Each stands in one place: done, waiting, working, failed, or cancelled.
    """

    stage: Stage
    unit: Literal["page", "document"]
    total: int
    done: int
    waiting: int
    working: int
    failed: int
    cancelled: int
    started_at: datetime | None
    finished_at: datetime | None


class WaitingOut(BaseModel):
    """Why nothing happens yet. ``place`` counts from 1 among the steps of ``queue``."""

    why: str
    queue: str | None
    place: int | None
    again_at: datetime | None


class JobDocumentOut(BaseModel):
    """One file of a job. ``outcome``: what was found at the door; ``state``: what became of it.

    ``retryable``: something failed that may go well another time; false where the file itself is at fault.
    """

    source: str
    document: str
    outcome: Outcome
    state: DocumentState
    pages: int
    stage: Stage | None
    page: int | None
    error: str | None
    error_code: str | None
    silent_s: float
    work_s: float | None = Field(description=_WORK)
    waited_s: float | None = Field(description=_WAITED)
    ended_at: datetime | None
    retryable: bool
    warnings: dict[int, str]  # page: what was given up of it, though it was read
    waiting: WaitingOut | None
    stages: list[StageOut]


class JobSummaryOut(BaseModel):
    """One job; ``counts``: documents by state."""

    job_id: str
    knowledge_id: str
    state: JobState
    created_at: datetime
    finished_at: datetime | None
    work_s: float | None = Field(description=_WORK)
    waited_s: float | None = Field(description=_WAITED)
    counts: dict[DocumentState, int]
    priority: int
    metadata: dict[str, Any] | None
    callback_url: str | None


class JobProgressOut(JobSummaryOut):
    """Where a job stands. ``left_s`` is null as long as nothing is known; ``waiting`` says why nobody works on it."""

    stages: list[StageOut]
    working: list[JobDocumentOut]
    waiting: WaitingOut | None
    left_s: float | None
    retryable: bool


class JobOut(JobProgressOut):
    """A job with a part of its documents."""

    documents: list[JobDocumentOut]
    next_cursor: str | None


class DocumentOut(BaseModel):
    """One document. A file that could never be taken has a name, an error and no id; ``retryable`` as in a job."""

    document: str
    source: str
    sources: list[str]
    state: DocumentState
    visible: bool
    pages: int
    routes: dict[Route, int]
    language: str
    title: str
    chunks: int
    media_type: str
    size_bytes: int
    generation: int
    error: str | None
    error_code: str | None
    failed_pages: dict[int, str]
    warnings: dict[int, str]  # page: what was given up of it, though it was read
    failed_stages: dict[Stage, str]
    created_at: datetime | None
    updated_at: datetime | None
    work_s: float | None = Field(description=_WORK)
    waited_s: float | None = Field(description=_WAITED)
    retryable: bool
    stages: list[StageOut]


class BlockOut(BaseModel):
    label: Label
    box: Box
    text: str
    level: int


class PageMarkOut(BaseModel):
    """One page of a list."""

    number: int
    width_pt: float
    height_pt: float
    route: Route
    reason: str
    engine: str | None
    confidence: float | None
    read: bool
    error: str | None
    error_code: str | None
    warning: str | None
    warning_code: str | None


class PageOut(BaseModel):
    """One page with what was read of it."""

    number: int
    width_pt: float
    height_pt: float
    route: Route
    reason: str
    engine: str | None
    confidence: float | None
    markdown: str
    error: str | None
    error_code: str | None
    warning: str | None
    warning_code: str | None
    blocks: list[BlockOut]


class EvidenceOut(BaseModel):
    """Where a value stands. ``page`` is 0 and ``found`` false where it could not be located."""

    page: int
    boxes: list[Box]
    quote: str
    found: bool


class RecordOut(BaseModel):
    """What one schema extracted from one document; ``evidence`` by the path of each value."""

    document: str
    source: str
    schema_: str = Field(alias="schema")
    fields: dict[str, Any]
    evidence: dict[str, EvidenceOut]


class WholeDocumentOut(DocumentOut):
    """A document with all that was made of it. ``page_count`` is ``pages`` of the other answers."""

    page_count: int
    pages: list[PageOut]  # type: ignore[assignment]
    records: list[RecordOut]


class ChunkOut(BaseModel):
    """One passage; its id is ``<document>:<generation>:<ordinal>``."""

    chunk: str
    document: str
    first_page: int
    last_page: int
    heading: str
    text: str
    boxes: list[PlacedBox]


class HitOut(ChunkOut):
    """One found passage. ``highlights``: ranges in ``text``; ``snippet_html``: escaped, with ``<mark>``."""

    source: str
    score: float
    keyword_rank: int | None
    vector_rank: int | None
    highlights: list[tuple[int, int]]
    snippet_html: str


class KnowledgeBaseOut(BaseModel):
    """Counts of one knowledge base; ``size_bytes`` is all of its folder.

    ``documents`` is the length of the list of its documents, ``counts`` divides it by state. Pages, chunks and records
    are those of what answers now.
    """

    knowledge_id: str
    documents: int
    counts: dict[DocumentState, int]
    failed: int
    running: int
    pages: int
    chunks: int
    records: int
    size_bytes: int
    embedder: str
    created_at: datetime | None


class SchemaFieldOut(BaseModel):
    name: str
    kind: FieldKind
    description: str
    fields: list[SchemaFieldOut]


class SchemaOut(BaseModel):
    """What is extracted, and by which engine."""

    name: str
    description: str
    engine: str
    fields: list[SchemaFieldOut]


class QueueOut(BaseModel):
    """One queue. ``messages`` is null where the broker cannot be reached, ``workers`` where nobody could be asked."""

    queue: str
    stages: list[Stage]
    waiting: int
    working: int
    oldest_waiting_s: float | None
    messages: int | None
    workers: list[str] | None


class WorkingStepOut(BaseModel):
    knowledge_id: str
    document: str
    source: str
    stage: Stage
    page: int | None
    worker: str
    started_at: datetime
    silent_s: float


class WorkerOut(BaseModel):
    """One worker; ``answers`` is false where it only holds work."""

    name: str
    answers: bool
    queues: list[str]
    pool: str
    concurrency: int | None
    working: list[WorkingStepOut]
