"""Models of jobs and their stages, for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from stores.models import DocumentState, JobState, Outcome, Stage

WORK = "Wall-clock seconds in which at least one worker was working on it; null where not known (yet)."
WAITED = "Seconds from the request until a worker began."


class StageOut(BaseModel):
    """Pages of one stage, or documents for ``plan``: see ``unit``. Totals grow until planning is done.

    Each page or document counts once: as done, waiting, working, failed, or cancelled.
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
    """Why something waits. ``place`` is its position among the steps of ``queue``, from 1."""

    why: str
    queue: str | None
    place: int | None
    again_at: datetime | None


class JobDocumentOut(BaseModel):
    """A file of a job. ``outcome``: how it compared with what was known; ``state``: how far processing is.

    ``retryable``: something failed that may succeed another time; false where the file itself is at fault.
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
    work_s: float | None = Field(description=WORK)
    waited_s: float | None = Field(description=WAITED)
    ended_at: datetime | None
    retryable: bool
    warnings: dict[int, str]  # page -> what of it was given up, though it was read
    waiting: WaitingOut | None
    stages: list[StageOut]


class JobSummaryOut(BaseModel):
    """A job; ``counts``: documents by state."""

    job_id: str
    knowledge_id: str
    state: JobState
    created_at: datetime
    finished_at: datetime | None
    work_s: float | None = Field(description=WORK)
    waited_s: float | None = Field(description=WAITED)
    counts: dict[DocumentState, int]
    priority: int
    metadata: dict[str, Any] | None
    callback_url: str | None


class JobProgressOut(JobSummaryOut):
    """The progress of a job. ``left_s`` is null while unknown; ``waiting``: why no worker is working on it."""

    stages: list[StageOut]
    working: list[JobDocumentOut]
    waiting: WaitingOut | None
    left_s: float | None
    retryable: bool


class JobOut(JobProgressOut):
    """A job with a part of its documents."""

    documents: list[JobDocumentOut]
    next_cursor: str | None
