"""The settings and schemas that jobs travel with: kept once per knowledge base, named by the hash of its content."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from stores.contracts.content import OpenWork
from stores.lifecycle.states import OPEN_STATES
from stores.outbox.events import OPEN_JOBS
from stores.sql.database import Database
from stores.sql.dialect import insert
from stores.sql.tables import generation, job, job_document, profile


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of one knowledge base. A profile never changes, so what was read of it stays true."""

    database: Database

    def keep(self, profile_id: str, content: Mapping[str, Any]) -> None:
        """Write a profile that jobs or generations will name; call it before they do."""
        with self.database.write() as connection:
            keep_profile(connection, profile_id, content, self.database.now())

    def read(self, ids: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
        """Profile id -> content, of all or of those named, the newest last."""
        with self.database.read() as connection:
            return read_profiles(connection, ids)

    def of_job(self, job_id: str) -> Mapping[str, Any] | None:
        """That of a job; None where it has none."""
        with self.database.read() as connection:
            return profile_of_job(connection, job_id)

    def of_open_jobs(self) -> list[OpenWork]:
        """The profiles of the jobs that are not over, each with the first of its jobs.

        Thousands of jobs may wait with one profile, so its content is read once.
        """
        first = select(func.min(job.c.id), job.c.profile).where(job.c.state.in_(OPEN_JOBS)).group_by(job.c.profile)
        with self.database.read() as connection:
            jobs = sorted((job_id, name) for job_id, name in connection.execute(first))
            contents = read_profiles(connection, {name for _, name in jobs if name})
        return [OpenWork(job=job_id, profile=contents.get(name or "")) for job_id, name in jobs]

    def of_open_work(self) -> list[OpenWork]:
        """Every job that is not over, once for each profile that its open documents are made with."""
        open_documents = (
            select(job_document.c.job, generation.c.profile)
            .join(
                generation,
                (generation.c.document == job_document.c.document) & (generation.c.number == job_document.c.generation),
            )
            .where(generation.c.state.in_(OPEN_STATES), job_document.c.state.in_(OPEN_STATES))
        )
        open_jobs = select(job.c.id, job.c.profile).where(job.c.state.in_(OPEN_JOBS))
        with self.database.read() as connection:
            pairs = {(row[0], row[1]) for query in (open_documents, open_jobs) for row in connection.execute(query)}
            contents = read_profiles(connection, {name for _, name in pairs if name})
        return [OpenWork(job=job_id, profile=contents.get(name or "")) for job_id, name in sorted(pairs, key=str)]


_KEEP = insert(profile).on_conflict_do_nothing()


def keep_profile(connection: Connection, profile_id: str, content: Mapping[str, Any], now: float) -> None:
    """Write a profile where it is not there yet, inside a transaction."""
    row = {"id": profile_id, "content": dict(content), "created_at": now}
    connection.execute(_KEEP, row)


def read_profiles(connection: Connection, ids: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
    """As ``Profiles.read``, inside a transaction."""
    query = select(profile.c.id, profile.c.content).order_by(profile.c.created_at)
    if ids is not None:
        query = query.where(profile.c.id.in_(ids))
    return {row.id: row.content for row in connection.execute(query)}


def profile_of_job(connection: Connection, job_id: str) -> Mapping[str, Any] | None:
    """The content of a job's profile; None where it has none."""
    query = select(profile.c.content).join(job, job.c.profile == profile.c.id).where(job.c.id == job_id)
    content: Mapping[str, Any] | None = connection.execute(query).scalar_one_or_none()
    return content
