"""Models of the answers, for the OpenAPI description; ``ingest/serializers.py`` builds the values."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from ingest.api.job_models import WAITED, WORK, StageOut
from stores.models import DocumentState, FieldKind, Label, Route, Stage

Box = tuple[float, float, float, float]


class PlacedBox(BaseModel):
    """A box (x0, y0, x1, y1) in points from the top left of a page."""

    page: int
    box: Box


class ModelTokensOut(BaseModel):
    """Tokens that a language model has read and written."""

    read: int
    written: int


class DocumentOut(BaseModel):
    """A document. A file that could not be ingested has a name, an error and no id; ``retryable`` as in a job.

    ``source`` is what it is called, ``sources`` are the names of its files, ``renamed_from`` the first of these where
    it was renamed.
    """

    document: str
    source: str
    sources: list[str]
    renamed_from: str | None
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
    warnings: dict[int, str]  # page -> what of it was given up, though it was read
    failed_stages: dict[Stage, str]
    created_at: datetime | None
    updated_at: datetime | None
    work_s: float | None = Field(description=WORK)
    waited_s: float | None = Field(description=WAITED)
    retryable: bool
    model_tokens: ModelTokensOut
    stages: list[StageOut]


class BlockOut(BaseModel):
    label: Label
    box: Box
    text: str
    level: int
    confidence: float | None


class PageMarkOut(BaseModel):
    """A page in a list."""

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
    """A page with its content."""

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
    """Where a value stands in the document. ``page`` is 0 and ``found`` false where it could not be located.

    ``place`` names its line or cell in Office, web, mail and text files (``Prices!B7``), whose pages have no image.
    """

    page: int
    boxes: list[Box]
    quote: str
    found: bool
    place: str


class CorrectionMarkOut(BaseModel):
    """What a person said of the value at ``path``; ``replaced`` is the value before.

    Not ``applied``: that value is not in the record any more, or has another type.
    """

    path: str
    number: int
    verdict: Literal["corrected", "confirmed", "rejected"]
    replaced: Any
    author: str
    created_at: datetime
    applied: bool


class RecordOut(BaseModel):
    """The values one schema extracted from one document; ``evidence`` is keyed by the path of each value.

    ``not_applicable`` says why the schema was not filled: the document is of another type. ``remarks`` say what does
    not add up, ``corrections`` what people said of the values.
    """

    document: str
    source: str
    schema_: str = Field(alias="schema")
    fields: dict[str, Any]
    evidence: dict[str, EvidenceOut]
    not_applicable: str
    remarks: list[str]
    corrections: list[CorrectionMarkOut]


class WholeDocumentOut(DocumentOut):
    """A document with all its results. ``page_count`` is ``pages`` of the other answers."""

    page_count: int
    pages: list[PageOut]  # type: ignore[assignment]
    records: list[RecordOut]


class ChunkOut(BaseModel):
    """A chunk; its id is ``<document>:<generation>:<ordinal>``. ``place`` names its lines where the format does."""

    chunk: str
    document: str
    first_page: int
    last_page: int
    heading: str
    text: str
    boxes: list[PlacedBox]
    place: str


class HitOut(ChunkOut):
    """A chunk found by a search. ``highlights``: ranges in ``text``; ``snippet_html``: escaped, with ``<mark>``.

    ``more_on_page``: further chunks of its pages that were found and are no hits of their own.
    """

    knowledge_id: str
    source: str
    score: float
    keyword_rank: int | None
    vector_rank: int | None
    more_on_page: int
    highlights: list[tuple[int, int]]
    snippet_html: str


class KnowledgeBaseOut(BaseModel):
    """Counts of one knowledge base; ``size_bytes`` is the size of its folder.

    ``name`` is shown to people, in any script; the id where it was given none. ``documents`` is the number of
    documents, ``counts`` divides it by state. Pages, chunks and records are those of the visible generations.
    """

    knowledge_id: str
    name: str
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
    """A schema: the fields it extracts, the engine it uses, and the types of documents that it is for (none: any)."""

    name: str
    description: str
    engine: str
    types: list[str]
    fields: list[SchemaFieldOut]


class QueueOut(BaseModel):
    """A queue. ``messages`` is null where the broker cannot be reached, ``workers`` where no worker could be asked."""

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
    """A worker; ``answers`` is false for one that does not respond but still has work in hand."""

    name: str
    answers: bool
    queues: list[str]
    pool: str
    concurrency: int | None
    working: list[WorkingStepOut]


class CheckFindingOut(BaseModel):
    """One kind of fault. ``more``: there are more than ``count``; ``left``: after a repair, null without one."""

    code: str
    what: str
    count: int
    more: bool
    examples: list[str]
    repairable: bool
    repair: str = Field(description="What a repair does about it, or what you can do.")
    left: int | None


class CheckReportOut(BaseModel):
    """What a check found. ``unchecked``: what could not be looked at; ``jobs``: those that make documents again."""

    knowledge_id: str
    healthy: bool
    deep: bool
    findings: list[CheckFindingOut]
    unchecked: list[str]
    jobs: list[str]
