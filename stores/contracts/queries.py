"""What is shown of a knowledge base: frozen views, read in one snapshot each.

Cursors are opaque texts of ``stores.cursors``; a bad one is an InputError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stores.generation_views import GenerationView, StepView
from stores.models import Box, Chunk, DocumentState, Evidence, Fault, JobState, Route, Stage
from stores.views import (
    DocumentFilter,
    DocumentView,
    JobDocumentView,
    JobProgress,
    JobSummary,
    JobView,
    PageMark,
    Slice,
    WorkingStep,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Which generation of a document is shown: the visible one, which answers, else the newest, as far as it came.

    ``state`` is that of what is newest: this document's, or that of the changed content that is to replace it.
    ``newer`` tells that this is not what is shown.
    """

    document: str
    generation: int
    visible: bool
    state: DocumentState
    newer: bool
    error: Fault | None

    @property
    def shown(self) -> str:
        """``current``, ``older`` than what is being made or failed, or what is there ``so-far``."""
        if not self.visible:
            return "so-far"
        return "older" if self.newer else "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsurePrint:
    """Print that OCR was not sure of, 0 to 1: a whole page, or what stands in ``box`` on a page with a text layer."""

    page: int
    confidence: float
    box: Box | None = None  # in points, on the page as displayed


@dataclass(frozen=True, slots=True)
class OriginalAccess:
    """What it takes to open a document's bytes."""

    document: str
    sha256: str
    media_type: str
    password: str
    generation: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """A step that may begin: since when it waits, and when it is tried again where it failed before."""

    document: str
    generation: int
    stage: Stage
    since: float
    scheduled_at: float
    error: str | None
    batch: int = 0
    line: str = ""  # of its job: steps are sent from all lines by turns
    priority: int = 0  # of that job
    sent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """Done steps of one stage: how many, their pages, their seconds by the clock and on the CPU; and those failed."""

    stage: Stage
    done: int
    failed: int
    pages: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Documents and callbacks by state, and what the steps of each stage cost so far.

    ``stuck``: documents in work for which nothing was done for a while, though none of their steps waits in a queue.
    """

    documents: Mapping[DocumentState, int]
    callbacks: Mapping[str, int]
    costs: tuple[StageCost, ...]
    stuck: int


class DocumentQueries(Protocol):
    """The documents of one knowledge base. Raises NotFoundError for an unknown document."""

    def all(self, wanted: DocumentFilter | None = None) -> list[DocumentView]:
        """Return all documents by source name, files that could never be taken among them."""

    def get(self, document_id: str) -> DocumentView:
        """Return one document, with the stages of its newest generation."""

    def slice(self, wanted: DocumentFilter, cursor: str | None, limit: int) -> Slice[DocumentView]:
        """Return at most ``limit`` documents behind ``cursor``."""

    def refused(self, name: str) -> DocumentView | None:
        """Return the view of a file that could never be taken, None where there is none of that name."""

    def find(self, name: str) -> str:
        """Return the document id for an id, a unique prefix of one, or a source name. InputError: it is ambiguous."""

    def sha256(self, document_id: str) -> str:
        """Return the hash of a document's bytes, "" where it is unknown."""

    def generation_to_show(self, document_id: str) -> int:
        """Return the visible generation, else the newest."""

    def generations(self, document_id: str) -> list[GenerationView]:
        """Return the generations of a document that are kept, the oldest first."""

    def standing(self, document_id: str) -> Availability:
        """Return which generation is shown, and how it stands with what is newer."""

    def original_access(self, document_id: str) -> OriginalAccess:
        """Return what it takes to open a document's bytes."""

    def counts_by_state(self) -> dict[DocumentState, int]:
        """Return how many of the listed documents are in each state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """Ids of jobs that ended with failed or partial documents, how many of these, and callbacks that were given up."""

    jobs: tuple[str, ...]
    failed_documents: int
    dead_callbacks: tuple[str, ...]


class JobQueries(Protocol):
    """The jobs of one knowledge base. Raises NotFoundError for an unknown job."""

    def get(self, job_id: str) -> JobView:
        """Return a job with all its documents."""

    def summary(self, job_id: str) -> JobSummary:
        """Return a job with the counts of its documents."""

    def slice(self, state: JobState | None, cursor: str | None, limit: int) -> list[JobSummary]:
        """Return at most ``limit`` jobs behind ``cursor``, the newest first."""

    def open_ids(self) -> list[str]:
        """Return the ids of the jobs that are not over."""

    def progress(self, job_id: str) -> JobProgress:
        """Return the counts and stages of a job, and the documents that are worked on."""

    def documents(
        self, job_id: str, states: Sequence[DocumentState], cursor: str | None, limit: int
    ) -> Slice[JobDocumentView]:
        """Return at most ``limit`` documents of a job behind ``cursor``; all states where ``states`` is empty."""

    def first_documents(self, job_id: str, order: Sequence[DocumentState], limit: int) -> list[JobDocumentView]:
        """Return at most ``limit`` documents of a job with their stages, by their states' places in ``order``."""

    def ended_documents(self, job_id: str, since: float) -> list[JobDocumentView]:
        """Return the documents of a job that ended at ``since`` (epoch seconds) or later, in that order."""


class WorkQueries(Protocol):
    """The steps of one knowledge base, and what is to be sent out."""

    def due_steps(self, documents: Sequence[str] = ()) -> list[DueStep]:
        """Return the steps that are due or whose worker is lost, of ``documents`` or of all."""

    def steps_of(self, document: str, number: int) -> list[StepView]:
        """Return the steps of a generation with what they cost, in the order of stages and pages."""

    def due_of_job(self, job_id: str) -> DueStep | None:
        """Return the step of a job that is to be worked on next."""

    def open_stages(self, job_id: str) -> dict[Stage, bool]:
        """Return the stages that a job is not done with, and whether a step of each may begin now."""

    def steps_in_hand(self) -> list[WorkingStep]:
        """Return the steps under a lease, the oldest first."""

    def open_outbound_tasks(self) -> tuple[int, float | None]:
        """Return (how many callbacks and downloads wait, since when the oldest does, in epoch seconds)."""

    def troubles_since(self, since: float) -> Troubles:
        """Return what ended in a way that may need a person after ``since``, in epoch seconds; 100 of each at most."""

    def stage_costs(self) -> list[StageCost]:
        """Return what the steps of each stage cost so far."""

    def parallel_steps(self, job_id: str, window_s: float) -> tuple[float, dict[Stage, float]]:
        """Return (steps of a job that ran at once on average of the window, seconds a page takes by stage)."""


class KnowledgeBaseQueries(Protocol):
    """What is counted of one knowledge base."""

    def figures(self) -> Figures:
        """Return what metrics tell of this knowledge base."""

    def answering(self) -> dict[str, int]:
        """Return how many ``pages``, ``chunks`` and ``records`` are visible."""

    def page_seconds(self) -> dict[Route, float]:
        """Return the CPU seconds that a page of each route took so far, all stages together."""


class PageQueries(Protocol):
    """Single pages, and what stands on them. ``number`` is a generation, ``at`` a page."""

    def strip(self, document: str, number: int) -> list[PageMark]:
        """Return every page of a generation without its text: light, also for a thousand pages."""

    def chunks_on(self, document: str, number: int, at: int) -> list[Chunk]:
        """Return the chunks that stand on a page, whole or in part, without their vectors."""

    def evidence_on(self, document: str, number: int, at: int) -> list[tuple[str, Evidence]]:
        """Return (schema, evidence) of the values that were found on a page."""

    def documents_holding(
        self, schema: str, words: Sequence[str], after: str, limit: int
    ) -> list[tuple[str, int, str]]:
        """Return (document id, generation, first source name) of visible records that hold every word in some field.

        By document id, those behind ``after``; the name counts as a field. ``words`` are case folded.
        """

    def record_values(self, schema: str) -> list[tuple[str, int, str, dict[str, Any]]]:
        """Return (document id, generation, first source name, fields) of all visible records, without evidence."""

    def records_by_schema(self) -> dict[str, int]:
        """Return how many records of each schema are visible."""

    def unsure_print(self, documents: Sequence[str], below: float) -> dict[str, list[UnsurePrint]]:
        """Return by document what OCR was less confident of in visible documents."""

    def languages(self) -> list[str]:
        """Return the language codes of the visible documents, sorted."""

    def page_of_chunk(self, document: str, number: int, ordinal: int) -> int:
        """Return the first page of a chunk, 0 where there is no such chunk."""

    def page_of_value(self, document: str, number: int, schema: str, path: str) -> int:
        """Return the page of a value's evidence, 0 where it has none."""


class EtagQueries(Protocol):
    """Entity tags: texts that change when an answer would, found without reading that answer."""

    def of_document(self, document_id: str) -> str:
        """Return a tag of all that was read of a document; "" while the shown generation is being made."""

    def of_records(self, schema: str, after: str, limit: int | None, *, inapplicable: bool = False) -> str:
        """Return a tag of the records of a schema, those of documents behind the id ``after``."""
