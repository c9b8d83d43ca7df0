"""A unit of work: what requests name is looked up, and all that they bring is written, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, bindparam, delete, func, or_, select, update

from stores.contracts.outbox import DownloadClaim
from stores.contracts.registration import KnownGeneration, KnownSource, NewJob, StoredAnswer
from stores.effects import Order
from stores.errors import InputError, NotFoundError
from stores.lifecycle.jobs import insert_jobs, seal_job
from stores.lifecycle.known_files import (
    has_source,
    known_generations,
    known_source,
)
from stores.lifecycle.registration import name_document, register_new, register_one
from stores.lifecycle.states import close_jobs
from stores.models import Stage, StepState, document_id
from stores.outbox.download_rows import end_download
from stores.outbox.events import known_at_once
from stores.placement import PlacementDecision, StagedFile
from stores.sql.database import Database
from stores.sql.dialect import insert_or_replace
from stores.sql.profiles import keep_profile, read_profiles
from stores.sql.tables import SHOWN_NAME, document, job, job_document, request, source, step

KEPT_S = 24 * 3600.0
"""How long the answer to a request with an idempotency key is kept."""
_SLICE = 400  # bound values of one statement


@dataclass(frozen=True, slots=True)
class Registration:
    """The files and jobs that come to one knowledge base, and what is known of earlier ones."""

    database: Database

    @contextlib.contextmanager
    def together(self, now: float) -> Iterator[SqlUnitOfWork]:
        """Open one write transaction."""
        with self.database.write() as connection:
            yield SqlUnitOfWork(connection, now)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[SqlUnitOfWork]:
        """Open one read transaction, for look-ups only."""
        with self.database.read() as connection:
            yield SqlUnitOfWork(connection, self.database.now())

    def sources(self) -> list[KnownSource]:
        """Read all sources."""
        with self.database.read() as connection:
            return [known_source(row) for row in connection.execute(select(source))]

    def generations(self) -> dict[str, KnownGeneration]:
        """Read the newest generation of every document, by document id."""
        with self.database.read() as connection:
            return known_generations(connection)

    def queued(self) -> int:
        """Count the documents that no worker has begun to read."""
        waiting = step.c.state == StepState.DUE, step.c.stage == Stage.PLAN
        with self.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(step).where(*waiting)).scalar_one())

    def note_unchanged(self, file: StagedFile) -> None:
        """Write size and time of a file whose bytes turned out to be known, so that it is not read again."""
        with self.database.write() as connection:
            name_document(connection, file, document_id(file.sha256), self.database.now())

    def forget_refused(self, name: str) -> None:
        """Delete the sources of a name that hold no document: its file could never be ingested."""
        with self.database.write() as connection:
            connection.execute(
                source.delete().where(source.c.name == name, source.c.document.is_(None), source.c.pending.is_(None))
            )

    def rename(self, document_id: str, name: str) -> None:
        """Show a document under another name; "" or the name of its file: under that.

        The name belongs to the first file that holds the document, and stays when the file changes. InputError where
        another document has the name.
        """
        with self.database.write() as connection:
            mine = or_(source.c.document == document_id, source.c.pending == document_id)
            first = connection.execute(select(source).where(mine).order_by(source.c.id).limit(1)).first()
            if first is None:
                raise NotFoundError(f"there is no document {document_id!r}: see `ingot docs list`")
            shown = None if name in ("", first.name) else name
            same = or_(source.c.name == name, name == SHOWN_NAME)
            other = (func.coalesce(held, "") != document_id for held in (source.c.document, source.c.pending))
            others = select(source.c.id).where(same, *other)
            if shown and connection.execute(others.limit(1)).first():
                raise InputError(f"another document is called {name!r}: choose another name", code="conflict")
            connection.execute(update(source).where(source.c.id == first.id).values(shown_name=shown))
            now = self.database.now()
            connection.execute(update(document).where(document.c.id == document_id).values(updated_at=now))

    def forget_source(self, root: str, name: str) -> str | None:
        """Delete a source; the id of the document that has no source left, if any."""
        with self.database.write() as connection:
            row = connection.execute(select(source).where(source.c.root == root, source.c.name == name)).first()
            if row is None:
                return None
            connection.execute(source.delete().where(source.c.id == row.id))
            for identity in (row.document, row.pending):
                if identity and not has_source(connection, identity):
                    return str(identity)
        return None


class SqlUnitOfWork:
    """One transaction under way; ``now`` is its moment, in seconds since the epoch.

    It remembers what was looked up in it, so that ``register`` asks only for what is still unknown.
    """

    def __init__(self, connection: Connection, now: float) -> None:
        self.connection, self.now = connection, now
        self._document_exists: dict[str, bool] = {}
        self._roots_of_name: dict[str, set[str]] = {}
        self._new_jobs: set[str] = set()  # inserted in this transaction, so that no other has added files

    def answered(self, keys: Collection[str]) -> dict[str, StoredAnswer]:
        """Read the answers of the last 24 hours to requests with these idempotency keys, by key."""
        return {
            row.key: StoredAnswer(digest=row.digest, answer=row.answer)
            for row in self._rows(_REQUESTS, keys)
            if row.created_at > self.now - KEPT_S
        }

    def sources(self, names: Collection[str]) -> list[KnownSource]:
        """Read all sources that have one of these names, the oldest first."""
        rows = self._rows(_SOURCES, names)
        self._roots_of_name |= {name: set() for name in names}
        for row in rows:
            self._roots_of_name[row.name].add(row.root)
        return [known_source(row) for row in sorted(rows, key=lambda row: int(row.id))]

    def roots(self) -> set[str]:
        """Read the folders that files of this knowledge base came from."""
        return set(self.connection.execute(select(source.c.root).distinct()).scalars())

    def generations(self, documents: Collection[str]) -> dict[str, KnownGeneration]:
        """Read the newest generation of each of these documents that exists, by document id."""
        generations: dict[str, KnownGeneration] = {}
        for ids in _slices(documents):
            generations |= known_generations(self.connection, ids)
        self._document_exists |= {identity: identity in generations for identity in documents}
        return generations

    def profiles(self, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """Read profiles that earlier generations were made with: profile id -> content."""
        return read_profiles(self.connection, ids) if ids else {}

    def keep_profile(self, profile_id: str, content: Mapping[str, Any]) -> None:
        """Write a profile that rows of this transaction name, if it is new."""
        keep_profile(self.connection, profile_id, content, self.now)

    def named(self, documents: Collection[str]) -> set[str]:
        """Read which of the documents some source holds or waits for."""
        named: set[str] = set()
        for ids in _slices(documents):
            either = or_(source.c.document.in_(ids), source.c.pending.in_(ids))
            for row in self.connection.execute(select(source.c.document, source.c.pending).where(either)):
                named.add(row.pending or row.document)
        return named

    def open_jobs(self, jobs: Sequence[NewJob]) -> None:
        """Insert jobs, and the downloads that they wait for."""
        insert_jobs(self.connection, jobs, self.now)
        self._new_jobs |= {new.job for new in jobs if not new.urls}

    def touch_job(self, job_id: str) -> None:
        """Note that files are still added to a job."""
        self.connection.execute(update(job).where(job.c.id == job_id).values(touched_at=self.now))

    def register(self, decisions: Sequence[tuple[str, PlacementDecision]], order: Order) -> list[str]:
        """Write the files of (job, decision) pairs; the name of each in its job, in the same order.

        Documents that are not in the database yet, by far the most, are written many at a time, the others one by one.
        Events are written for files whose document is final already; the jobs stay open.
        """
        new = self._new_files(decisions)
        register_new(self.connection, [decisions[index] for index in sorted(new)], self.now)
        labels_by_job: dict[str, list[str]] = {}
        labels: list[str] = []
        for index, (job_id, decision) in enumerate(decisions):
            if index in new:
                labels.append(decision.file.name)
                continue
            labels.append(register_one(self.connection, job_id, decision, order, self.now))
            labels_by_job.setdefault(job_id, []).append(labels[-1])
        for job_id, registered in labels_by_job.items():
            known_at_once(self.connection, job_id, registered, self.now)
        return labels

    def register_download(self, claim: DownloadClaim, decision: PlacementDecision, order: Order) -> bool:
        """Make a downloaded file a document of its job; False where the job does not wait for it any more."""
        if not end_download(self.connection, claim, decision.file.fault):
            return False
        self.register([(claim.job, decision)], order)
        self.close_jobs({claim.job})
        return True

    def seal_job(self, job_id: str) -> None:
        """Take no more files into a job: it ends with its last document, now if none is open."""
        seal_job(self.connection, job_id, self.now)

    def close_jobs(self, job_ids: Collection[str]) -> None:
        """End those of these jobs that wait for nothing."""
        for ids in _slices(job_ids):
            close_jobs(self.connection, self.now, ids)

    def forget_answers(self) -> None:
        """Delete the answers that are too old to be given again."""
        self.connection.execute(delete(request).where(request.c.created_at < self.now - KEPT_S))

    def keep_answers(self, rows: Sequence[tuple[str, str, int, Mapping[str, Any]]]) -> None:
        """Write (key, digest, status, answer) of requests that have an idempotency key."""
        if not rows:
            return
        values = [
            {"key": key, "digest": digest, "status": status, "answer": dict(answer), "created_at": self.now}
            for key, digest, status, answer in rows
        ]
        self.connection.execute(insert_or_replace(request), values)

    def _new_files(self, decisions: Sequence[tuple[str, PlacementDecision]]) -> set[int]:
        """Find the decisions whose document, source and name in the job exist neither here nor among those before."""
        self._look_up([decision.file for _, decision in decisions if not decision.file.fault])
        places = self._existing_places(decisions)
        sources = {(root, name) for name, roots in self._roots_of_name.items() for root in roots}
        new: set[int] = set()
        for index, (job_id, decision) in enumerate(decisions):
            file, identity = decision.file, document_id(decision.file.sha256)
            source_key, place = (file.root, file.name), (job_id, file.name)
            known = bool(file.fault) or self._document_exists[identity]
            if not known and source_key not in sources and place not in places:
                new.add(index)
            self._document_exists[identity] = self._document_exists.get(identity, False) or not file.fault
            sources.add(source_key)
            places.add(place)
            self._roots_of_name.setdefault(file.name, set()).add(file.root)
        return new

    def _look_up(self, files: Sequence[StagedFile]) -> None:
        """Find out which documents and sources of these files exist, unless that is known already."""
        ids = {document_id(file.sha256) for file in files} - self._document_exists.keys()
        existing = {row.id for row in self._rows(_DOCUMENTS, ids)} if ids else set()
        self._document_exists |= {identity: identity in existing for identity in ids}
        names = {file.name for file in files} - self._roots_of_name.keys()
        if names:
            self.sources(names)

    def _existing_places(self, decisions: Sequence[tuple[str, PlacementDecision]]) -> set[tuple[str, str]]:
        """Read which (job, name) pairs of these decisions are taken in jobs that were not opened here."""
        names_by_job: dict[str, set[str]] = {}
        for job_id, decision in decisions:
            if job_id not in self._new_jobs:
                names_by_job.setdefault(job_id, set()).add(decision.file.name)
        return {
            (job_id, row.source)
            for job_id, names in names_by_job.items()
            for row in self._rows(_PLACES.where(job_document.c.job == job_id), names)
        }

    def _rows(self, query: Select[Any], values: Collection[str]) -> list[Row[Any]]:
        rows: list[Row[Any]] = []
        for some in _slices(values):
            rows += self.connection.execute(query, {"values": some}).all()
        return rows


def _where_in(column: Column[str]) -> Select[Any]:
    """Select the rows of a column's table whose column is one of the bound ``values``."""
    return select(column.table).where(column.in_(bindparam("values", expanding=True)))


# Made once: to compose such a statement costs as much as to execute it.
_REQUESTS, _SOURCES = _where_in(request.c.key), _where_in(source.c.name)
_DOCUMENTS, _PLACES = _where_in(document.c.id), _where_in(job_document.c.source)


def _slices(values: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(values))
    for at in range(0, len(ordered), _SLICE):
        yield ordered[at : at + _SLICE]
