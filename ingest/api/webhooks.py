"""The bodies of callbacks in the OpenAPI description; ``stores/outbox/events.py`` builds them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header
from pydantic import BaseModel, ConfigDict, Field

_ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "accepted, as is any other 2xx"},
    410: {"description": "no longer wanted: it is not sent again"},
    "default": {"description": "anything else, redirects included: it is sent again, over three days"},
}
Id = Annotated[str, Header(alias="webhook-id", description="the same at every try: a repeat is known by it")]
Stamp = Annotated[int, Header(alias="webhook-timestamp", description="of this try, in seconds since the epoch")]
Signature = Annotated[
    str,
    Header(
        alias="webhook-signature", description="`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`, by spaces"
    ),
]


class Failure(BaseModel):
    """A document of the job that failed or is incomplete."""

    source: str
    document: str
    error_code: str | None
    error: str | None


class _Facts(BaseModel):
    job_id: str
    knowledge_id: str
    metadata: Any = Field(description="as the job was given it; null where it is longer than 8 KB")
    finished_at: str


class JobFacts(_Facts):
    """A job at its end. ``counts``: documents per state; ``failures``: the first ten."""

    state: Literal["done", "cancelled"]
    counts: dict[str, int]
    failures: list[Failure]


class DocumentFacts(_Facts):
    """A document of a job at its end. ``source``: as the request named it; ``name``: what it is called now."""

    source: str
    name: str
    document: str
    outcome: str
    state: Literal["done", "partial", "failed", "cancelled"]
    pages: int
    error_code: str | None
    error: str | None


class JobFinished(BaseModel):
    """All documents of a job are final, or the job was cancelled. A job that is retried ends a second time."""

    type: Literal["job.finished"]
    timestamp: str
    data: JobFacts


class DocumentFinished(BaseModel):
    """One document is final; sent only where the job asked for an event per document."""

    type: Literal["document.finished"]
    timestamp: str
    data: DocumentFacts


class NoticeFacts(BaseModel):
    """What needs a person. ``cause``: its short name, told at most once an hour; further keys are ids for programs."""

    model_config = ConfigDict(extra="allow")

    cause: str
    message: str


class Notice(BaseModel):
    """Something needs a person; sent to INGOT_NOTIFY_URL."""

    type: Literal["notice"]
    timestamp: str
    data: NoticeFacts


def install(app: FastAPI) -> None:
    """Add the events that this server sends to the OpenAPI description."""

    @app.webhooks.post("job.finished", status_code=204, responses=_ANSWERS)
    def job_finished(body: JobFinished, event: Id, stamp: Stamp, signature: Signature) -> None:
        """A job has ended. The events of one job are sent in order."""

    @app.webhooks.post("document.finished", status_code=204, responses=_ANSWERS)
    def document_finished(body: DocumentFinished, event: Id, stamp: Stamp, signature: Signature) -> None:
        """A document of a job has ended."""

    @app.webhooks.post("notice", status_code=204, responses=_ANSWERS)
    def notice(body: Notice, event: Id, stamp: Stamp, signature: Signature) -> None:
        """Something needs a person. It is sent to INGOT_NOTIFY_URL, at most once an hour for each cause."""
