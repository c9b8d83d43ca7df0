"""What is shown of the stores: frozen answers to questions, never written back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stores.models import DocumentState, Fault, JobState, Outcome, Route, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBaseView:
    """Counts of one knowledge base; ``size_bytes`` is all of its folder."""

    knowledge_id: str
    documents: int
    failed: int
    running: int
    pages: int
    chunks: int
    records: int
    size_bytes: int
    embedder: str
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """One document. ``source`` is the first of ``sources``; ``routes`` counts pages per route."""

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
    duration_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress:
    """Pages of one stage of a job. ``total`` grows until planning is done; waiting and working are kept apart."""

    stage: Stage
    total: int
    done: int
    waiting: int
    working: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDocumentView:
    """One file of a job. ``outcome`` is what was found at the door, ``state`` what became of it.

    ``stage`` and ``page`` say what is worked on now; ``silent_s`` how long nothing was heard of it.
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
    duration_s: float | None = None


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

    def counts(self) -> dict[DocumentState, int]:
        """How many documents are in each state."""
        found = dict.fromkeys(DocumentState, 0)
        for document in self.documents:
            found[document.state] += 1
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file of a dry run. ``routes`` are counted only for new and changed files."""

    source: str
    outcome: Outcome
    size_bytes: int = 0
    pages: int = 0
    routes: Mapping[Route, int] = field(default_factory=dict)
    estimate_s: float = 0.0
    error: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What an ingest request led to. ``job`` is None when there was nothing to do."""

    knowledge_id: str
    job: str | None
    files: tuple[PlannedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One record of one document, evidence by the path of its value."""

    document: str
    source: str
    schema: str
    fields: Mapping[str, Any]
    evidence: Mapping[str, Mapping[str, Any]]
