"""How files and jobs come to a knowledge base: looked up, decided on and written in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from stores.models import DocumentState, Fault, Options

if TYPE_CHECKING:
    from stores.contracts.outbox import DownloadClaim
    from stores.effects import Order
    from stores.placement import PlacementDecision, StagedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """A source as it was last seen. ``pending``: the document that takes its name once it is complete."""

    root: str
    name: str
    size_bytes: int
    modified_ns: int
    document: str | None
    pending: str | None
    error: Fault | None

    @property
    def newest(self) -> str | None:
        """The document that was last seen under this name."""
        return self.pending or self.document


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGeneration:
    """The newest generation of a document, and what it was made with."""

    document: str
    number: int
    state: DocumentState
    options: Options
    fingerprints: Mapping[str, str]
    routes: frozenset[str]
    error: Fault | None
    profile: str | None = None
    withdrawn: bool = False  # no source names its document any more and it is being removed: nothing of it can be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The answer to an earlier request with the same idempotency key. ``digest``: SHA-256 of that request."""

    digest: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be inserted. ``urls`` are yet to be fetched; an ``accepting`` job takes files until it is sealed.

    ``trace``: the W3C traceparent of its request, "" where that is not traced.
    """

    job: str
    options: Options
    profile: str | None = None
    priority: int = 0
    metadata: Mapping[str, Any] | None = None
    callback_url: str = ""
    callback_each: bool = False
    urls: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    accepting: bool = False
    trace: str = ""


class RegistrationStore(Protocol):
    """The files and jobs that come to one knowledge base, and what is known of earlier ones."""

    def together(self, now: float) -> AbstractContextManager[UnitOfWork]:
        """Open one write transaction; ``now`` is its moment, in seconds since the epoch."""

    def snapshot(self) -> AbstractContextManager[UnitOfWork]:
        """Open one read transaction, for look-ups only."""

    def sources(self) -> list[KnownSource]:
        """Return all sources."""

    def generations(self) -> dict[str, KnownGeneration]:
        """Return the newest generation of every document, by document id."""

    def queued(self) -> int:
        """Return how many documents no worker has begun to read."""

    def note_unchanged(self, file: StagedFile) -> None:
        """Write size and time of a file whose bytes turned out to be known, so that it is not read again."""

    def forget_refused(self, name: str) -> None:
        """Delete the sources of a name that hold no document: its file could never be ingested."""

    def rename(self, document_id: str, name: str) -> None:
        """Show a document under another name; "" or the name of its file: under that.

        The name belongs to the first file that holds the document, and stays when the file changes. InputError where
        another document has the name.
        """

    def forget_source(self, root: str, name: str) -> str | None:
        """Delete a source; return the id of the document that has no source left, if any."""


class UnitOfWork(Protocol):
    """One transaction under way. Nothing of it is kept where its block ends with an exception."""

    def answered(self, keys: Collection[str]) -> dict[str, StoredAnswer]:
        """Return the answers of the last 24 hours to requests with these idempotency keys, by key."""

    def sources(self, names: Collection[str]) -> list[KnownSource]:
        """Return all sources that have one of these names, the oldest first."""

    def roots(self) -> set[str]:
        """Return the folders that files of this knowledge base came from."""

    def generations(self, documents: Collection[str]) -> dict[str, KnownGeneration]:
        """Return the newest generation of each of these documents that exists, by document id."""

    def profiles(self, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """Return profile id -> content of profiles that earlier generations were made with."""

    def keep_profile(self, profile_id: str, content: Mapping[str, Any]) -> None:
        """Write a profile that rows of this transaction name, if it is new."""

    def named(self, documents: Collection[str]) -> set[str]:
        """Return which of the documents some source holds or waits for."""

    def open_jobs(self, jobs: Sequence[NewJob]) -> None:
        """Insert jobs, and the downloads that they wait for."""

    def touch_job(self, job_id: str) -> None:
        """Note that files are still added to a job."""

    def register(self, decisions: Sequence[tuple[str, PlacementDecision]], order: Order) -> list[str]:
        """Write the files of (job, decision) pairs; return the name of each in its job, in the same order.

        Events are written for files whose document is final already; the jobs stay open.
        """

    def register_download(self, claim: DownloadClaim, decision: PlacementDecision, order: Order) -> bool:
        """Make a downloaded file a document of its job. False where the job does not wait for it any more."""

    def seal_job(self, job_id: str) -> None:
        """Take no more files into a job: it ends with its last document, now if none is open."""

    def close_jobs(self, job_ids: Collection[str]) -> None:
        """End those of these jobs that wait for nothing."""

    def forget_answers(self) -> None:
        """Delete the answers that are too old to be given again."""

    def keep_answers(self, rows: Sequence[tuple[str, str, int, Mapping[str, Any]]]) -> None:
        """Write (key, digest, status, answer) of requests that have an idempotency key."""
