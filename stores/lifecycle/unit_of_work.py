"""The door for many requests at once: what they name is looked up, and all of them is written, in one transaction.

The rows of documents that nobody knows yet, by far the most, are written many at a time; the others one by one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from stores.lifecycle.registration import (
    KnownGeneration,
    KnownSource,
    NewJob,
    PlacementDecision,
    known_generations,
    known_source,
    place_one,
)
from stores.lifecycle.retry import Order
from stores.lifecycle.states import close_jobs
from stores.models import DocumentState, JobState, Outcome, Stage, StepState, document_id
from stores.outbox.download_rows import open_downloads
from stores.outbox.events import known_at_once
from stores.sql.database import Database
from stores.sql.profiles import keep_profile, read_profiles
from stores.sql.tables import document, generation, job, job_document, request, source, step

KEPT_S = 24 * 3600.0
"""How long the answer to a request with a key is kept."""
_SLICE = 400  # bound values of one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer that a request with this key got. ``digest`` tells what it had asked."""

    digest: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Submissions:
    """The requests that come to one knowledge base."""

    database: Database

    @contextlib.contextmanager
    def together(self, now: float) -> Iterator[Door]:
        """One write transaction."""
        with self.database.write() as connection:
            yield Door(connection, now)

    @contextlib.contextmanager
    def looking(self) -> Iterator[Door]:
        """One snapshot, to look things up only."""
        with self.database.read() as connection:
            yield Door(connection, time.time())

    def queued(self) -> int:
        """Documents that nobody has begun to read."""
        waiting = step.c.state == StepState.DUE, step.c.stage == Stage.PLAN
        with self.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(step).where(*waiting)).scalar_one())


@dataclass(frozen=True, slots=True)
class Door:
    """One write transaction under way; ``now`` is its moment."""

    connection: Connection
    now: float

    def answered(self, keys: Collection[str]) -> dict[str, Answered]:
        """What was answered within the last 24 hours, by key."""
        return {
            row.key: Answered(digest=row.digest, answer=row.answer)
            for row in self._rows(request, request.c.key, keys)
            if row.created_at > self.now - KEPT_S
        }

    def sources(self, names: Collection[str]) -> list[KnownSource]:
        """All sources that have one of these names, the oldest first."""
        rows = self._rows(source, source.c.name, names)
        return [known_source(row) for row in sorted(rows, key=lambda row: int(row.id))]

    def roots(self) -> set[str]:
        """The folders that files of this knowledge base came from."""
        return set(self.connection.execute(select(source.c.root).distinct()).scalars())

    def generations(self, documents: Collection[str]) -> dict[str, KnownGeneration]:
        found: dict[str, KnownGeneration] = {}
        for some in _slices(documents):
            found |= known_generations(self.connection, some)
        return found

    def profiles(self, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """What earlier generations were made with: profile id -> content."""
        return read_profiles(self.connection, ids) if ids else {}

    def keep_profile(self, profile_id: str, content: Mapping[str, Any]) -> None:
        """Write a profile, if it is new, that rows of this transaction name."""
        keep_profile(self.connection, profile_id, content, self.now)

    def named(self, documents: Collection[str]) -> set[str]:
        """Those of the documents that some source holds or waits for."""
        found: set[str] = set()
        for some in _slices(documents):
            either = or_(source.c.document.in_(some), source.c.pending.in_(some))
            for row in self.connection.execute(select(source.c.document, source.c.pending).where(either)):
                found.add(row.pending or row.document)
        return found

    def open_jobs(self, openings: Sequence[NewJob]) -> None:
        """Jobs that begin, and the URLs that they wait for. No file is added to them after this transaction."""
        rows = [_job_row(opening, self.now) for opening in openings]
        self.connection.execute(insert(job), rows)
        for opening in openings:
            if opening.urls:
                open_downloads(self.connection, opening.job, opening.urls, opening.passwords)

    def place_new(self, placed: Sequence[tuple[str, PlacementDecision]]) -> None:
        """Write (job, placement)s whose documents and sources nobody knows, each with a name of its own in its job."""
        if not placed:
            return
        write = self.connection.execute
        write(insert(document), [_document_row(placement, self.now) for _, placement in placed])
        write(insert(source), [_source_row(placement) for _, placement in placed])
        write(insert(generation), [_generation_row(placement, self.now) for _, placement in placed])
        write(insert(step), [_step_row(placement) for _, placement in placed])
        write(insert(job_document), [_place_row(job_id, placement) for job_id, placement in placed])

    def place(self, job_id: str, placement: PlacementDecision, order: Order) -> str:
        """Write any placement; the name that it has in its job."""
        return place_one(self.connection, job_id, placement, order, self.now)

    def seal(self, labels: Mapping[str, list[str]]) -> None:
        """End the jobs that wait for nothing. ``labels``: of each job the names that were placed one by one."""
        for job_id, names in labels.items():
            known_at_once(self.connection, job_id, names, self.now)
        for some in _slices(labels):
            close_jobs(self.connection, self.now, some)

    def forget_answers(self) -> None:
        """Remove the answers that are too old to be given again."""
        self.connection.execute(delete(request).where(request.c.created_at < self.now - KEPT_S))

    def keep_answers(self, rows: Sequence[tuple[str, str, int, Mapping[str, Any]]]) -> None:
        """Remember (key, digest, status, answer) of requests that have a key."""
        if not rows:
            return
        values = [
            {"key": key, "digest": digest, "status": status, "answer": dict(answer), "created_at": self.now}
            for key, digest, status, answer in rows
        ]
        self.connection.execute(insert(request).prefix_with("OR REPLACE"), values)

    def _rows(self, table: Any, column: Any, values: Collection[str]) -> list[Row[Any]]:
        found: list[Row[Any]] = []
        for some in _slices(values):
            found += self.connection.execute(select(table).where(column.in_(some))).all()
        return found


def _slices(values: Collection[str]) -> Iterator[list[str]]:
    every = sorted(set(values))
    for at in range(0, len(every), _SLICE):
        yield every[at : at + _SLICE]


def _job_row(opening: NewJob, now: float) -> dict[str, Any]:
    return {
        "id": opening.job,
        "state": JobState.RUNNING,
        "options": asdict(opening.options),
        "created_at": now,
        "touched_at": now,
        "priority": opening.priority,
        "metadata": opening.metadata,
        "callback_url": opening.callback_url or None,
        "callback_each": int(opening.callback_each),
        "profile": opening.profile,
    }


def _document_row(placement: PlacementDecision, now: float) -> dict[str, Any]:
    arrival = placement.arrival
    return {
        "id": document_id(arrival.sha256),
        "sha256": arrival.sha256,
        "size_bytes": arrival.size_bytes,
        "media_type": arrival.media_type,
        "state": DocumentState.QUEUED,
        "newest": 1,
        "created_at": now,
        "updated_at": now,
    }


def _source_row(placement: PlacementDecision) -> dict[str, Any]:
    arrival = placement.arrival
    return {
        "root": arrival.root,
        "name": arrival.name,
        "document": document_id(arrival.sha256),
        "size_bytes": arrival.size_bytes,
        "modified_ns": arrival.modified_ns,
    }


def _generation_row(placement: PlacementDecision, now: float) -> dict[str, Any]:
    return {
        "document": document_id(placement.arrival.sha256),
        "number": 1,
        "state": DocumentState.QUEUED,
        "options": asdict(placement.options),
        "passwords": list(placement.passwords) or None,
        "fingerprints": dict(placement.fingerprints),
        "profile": placement.profile,
        "created_at": now,
    }


def _step_row(placement: PlacementDecision) -> dict[str, Any]:
    key = {"document": document_id(placement.arrival.sha256), "generation": 1, "stage": Stage.PLAN, "batch": 0}
    return {**key, "state": StepState.DUE, "attempt": 0}


def _place_row(job_id: str, placement: PlacementDecision) -> dict[str, Any]:
    arrival = placement.arrival
    return {
        "job": job_id,
        "source": arrival.name,
        "document": document_id(arrival.sha256),
        "generation": 1,
        "outcome": Outcome.NEW,
        "state": DocumentState.QUEUED,
    }
