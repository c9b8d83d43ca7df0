"""What is shown of the stores: frozen answers to questions, never written back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from stores.clean_text import clean
from stores.correction_marks import CorrectionMark
from stores.models import Chunk, DocumentState, Evidence, Fault, JobState, Outcome, Page, Route, Stage
from stores.token_count import TokenCount

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[T]):
    """A part of a long list; ``next_cursor`` asks for what follows, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which documents are listed, and how. Empty: all. ``text`` is looked for in names and titles, without case."""

    state: DocumentState | None = None
    language: str = ""
    media_type: str = ""
    text: str = ""
    sort: str = "source"  # source, added, updated or size, with "-" before it the other way round

    def __post_init__(self) -> None:
        for name in ("language", "media_type", "text"):
            object.__setattr__(self, name, clean(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs are listed, the newest first; ``knowledge_ids`` None: of all knowledge bases."""

    knowledge_ids: tuple[str, ...] | None = None
    state: JobState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBaseView:
    """Counts of one knowledge base.

    ``size_bytes`` is all of its files and rows, ``embedder`` what made the vectors in it. ``counts`` says how many of
    the documents that are listed are in each state, zeros left out; a file that could never be taken is a failed one.
    Pages, chunks and records are those of what answers now.
    """

    knowledge_id: str
    counts: Mapping[DocumentState, int]
    pages: int
    chunks: int
    records: int
    size_bytes: int
    embedder: str
    created_at: float
    name: str = ""  # in any script; empty where it was given none

    @property
    def title(self) -> str:
        """Its name, its id where it was given none."""
        return self.name or self.knowledge_id

    @property
    def documents(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """Documents that are queued or running."""
        return sum(count for state, count in self.counts.items() if not state.final)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """One document. ``source``: what it is called; ``sources``: names of its files; ``routes``: pages per route."""

    document: str
    source: str
    sources: tuple[str, ...]
    state: DocumentState
    visible: bool
    media_type: str
    size_bytes: int
    pages: int
    routes: Mapping[Route, int]
    language: str
    title: str
    chunks: int
    generation: int
    error: Fault | None
    failed_pages: Mapping[int, str]
    failed_stages: Mapping[Stage, str]
    created_at: float
    updated_at: float
    work_s: float | None  # of the newest generation: seconds by the clock in which somebody worked on it
    waited_s: float | None  # from the request for it until somebody did
    stages: tuple[StageProgress, ...] = ()  # of the newest generation; only where one document is asked for
    retryable: bool = False  # something failed that may go well another time
    warnings: Mapping[int, str] = field(default_factory=dict)  # page -> what was given up of it, though it was read
    tokens: TokenCount = field(
        default_factory=TokenCount
    )  # that a language model read and wrote for the newest generation

    @property
    def renamed_from(self) -> str:
        """The name of its file where people gave it another, else ""."""
        return self.sources[0] if self.sources and self.sources[0] != self.source else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress:
    """Pages of one stage of a job or document; of ``plan``, documents. ``total`` grows until planning is done.

    Each stands in one place: done, waiting, working, failed, or cancelled, which is neither. The stage began with its
    first step and is finished with its last.
    """

    stage: Stage
    total: int
    done: int
    waiting: int
    working: int
    failed: int
    cancelled: int = 0
    started_at: float | None = None
    finished_at: float | None = None

    @property
    def unit(self) -> str:
        """What is counted."""
        return "document" if self.stage is Stage.PLAN else "page"

    @property
    def left(self) -> int:
        """What is still to be done."""
        return self.total - self.done - self.failed - self.cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why something waits, in a sentence. ``place`` counts from 1 among the steps that wait in ``queue``."""

    why: str
    queue: str = ""
    place: int | None = None
    again_at: float | None = None  # when it is tried again after a failure


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDocumentView:
    """One file of a job. ``outcome`` is what was found at the door, ``state`` what became of it.

    ``stage`` and ``page`` say what is worked on now; ``silent_s`` how long nothing was heard of it. ``waiting`` is
    known where nobody works on an open document. ``ended_at`` is None until the state is final.
    """

    source: str
    document: str
    outcome: Outcome
    state: DocumentState
    pages: int
    error: Fault | None
    stage: Stage | None = None
    page: int | None = None
    silent_s: float = 0.0
    work_s: float | None = None  # since the job was asked for, by the clock; None where nobody worked on it since
    waited_s: float | None = None  # from then until somebody did
    generation: int = 0
    stages: tuple[StageProgress, ...] = ()  # only where a part of a job's documents is asked for
    waiting: Waiting | None = None
    ended_at: float | None = None
    retryable: bool = False  # something failed that may go well another time
    warnings: Mapping[int, str] = field(default_factory=dict)  # page -> what was given up of it, though it was read

    @property
    def unchanged(self) -> bool:
        """Was it as it is now when the job was asked for? What another job had in work then is not."""
        known = self.outcome in (Outcome.SAME, Outcome.DUPLICATE)
        return known and self.state.final and self.work_s is None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """One job without its documents; ``counts`` says how many of them are in each state, zeros left out.

    ``work_s`` is known when it has ended: seconds by the clock in which somebody worked on it, however many did;
    ``waited_s`` those from the request until somebody did.
    """

    job: str
    knowledge_id: str
    state: JobState
    created_at: float
    finished_at: float | None
    counts: Mapping[DocumentState, int]
    work_s: float | None = None
    waited_s: float | None = None
    priority: int = 0
    metadata: Mapping[str, Any] | None = None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """Where a job stands: its stages, the documents that are worked on, why it waits, and how long it will take.

    ``left_s`` is estimated from measured page times, None where nothing was measured yet or nobody works.
    """

    summary: JobSummary
    stages: tuple[StageProgress, ...]
    working: tuple[JobDocumentView, ...]
    left_s: float | None = None
    waiting: Waiting | None = None
    retryable: bool = False  # the job is over, and a retry may mend something of it


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job and where it stands."""

    job: str
    knowledge_id: str
    state: JobState
    created_at: float
    finished_at: float | None
    documents: tuple[JobDocumentView, ...]
    stages: tuple[StageProgress, ...]
    work_s: float | None = None
    waited_s: float | None = None

    def counts(self) -> dict[DocumentState, int]:
        """How many documents are in each state."""
        counted = dict.fromkeys(DocumentState, 0)
        for document in self.documents:
            counted[document.state] += 1
        return counted


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult:
    """The answer to a user's SQL: names of its columns, its rows, and whether there were more."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One record of one document, evidence by the path of its value."""

    document: str
    source: str
    schema: str
    fields: Mapping[str, Any]
    evidence: Mapping[str, Mapping[str, Any]]
    not_applicable: str = ""
    remarks: tuple[str, ...] = ()
    corrections: tuple[CorrectionMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The bytes of a document, as they came. ``name`` is the last part of its source: data, never a path."""

    path: Path
    media_type: str
    name: str
    document: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkView:
    """One chunk of a document under its id ``<document>:<generation>:<ordinal>``, without its vector."""

    chunk: str
    document: str
    content: Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingStep:
    """One step that a worker has in hand."""

    knowledge_id: str
    document: str
    source: str
    stage: Stage
    page: int | None
    worker: str
    started_at: float
    silent_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """One worker that answers, or that has work in hand; what only an answer tells is empty or None otherwise."""

    name: str
    answers: bool
    queues: tuple[str, ...]
    pool: str
    concurrency: int | None
    working: tuple[WorkingStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One queue. ``waiting`` and ``working`` are steps in SQL, ``messages`` what the broker holds (None: unreachable).

    ``workers`` names those that serve it, None where nobody could be asked yet.
    """

    queue: str
    stages: tuple[Stage, ...]
    waiting: int
    working: int
    oldest_waiting_s: float | None
    messages: int | None
    workers: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether one thing that the service needs is there, and if not, why and what to do."""

    name: str
    ok: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMark:
    """One page as the strip of pages shows it, without what was read of it. ``confidence`` is 0 to 1."""

    number: int
    route: Route
    reason: str
    engine: str
    confidence: float | None
    error: str | None
    read: bool
    warning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """One page with everything that stands on it. ``evidence``: (schema, evidence) of the values found here."""

    document: str
    generation: int
    page: Page
    chunks: tuple[Chunk, ...]
    evidence: tuple[tuple[str, Evidence], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFilter:
    """Which callbacks are listed, the newest first; ``knowledge_ids`` None: of all knowledge bases."""

    knowledge_ids: tuple[str, ...] | None = None
    state: str = ""  # pending, delivered, dead
    job: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """One event to be called back. ``attempt`` counts tries so far; ``status`` is the receiver's last answer.

    ``state`` is pending, delivered or dead; ``next_try_at`` is known where an earlier try failed.
    """

    id: str
    knowledge_id: str
    job: str
    document: str
    kind: str
    url: str
    state: str
    attempt: int
    status: int | None
    error: str | None
    created_at: float
    next_try_at: float | None
    finished_at: float | None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
