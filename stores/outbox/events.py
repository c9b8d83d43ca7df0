"""The outbox: what is to be called back, written in the very transaction that changes a state.

An event's id is the same at every attempt, its body is fixed when it is written, and its number keeps the order
within a job. Bodies are thin (below 20 KB): ids, states, counts and the first failures, never text of a document.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from stores.models import DocumentState, JobState
from stores.sql.tables import SHOWN_NAME, callback, generation, job, job_document, source
from stores.ulid import new_ulid

JOB_FINISHED, DOCUMENT_FINISHED = "job.finished", "document.finished"
OPEN_JOBS = (JobState.ACCEPTING, JobState.RUNNING)
MOST_METADATA_BYTES = 8192
"""Metadata of a job that is longer does not travel with its events."""
_MOST_BODY_BYTES = 19_000
_MOST_FAILURES = 10
_LONGEST_WORDS = 300
_LONGEST_SOURCE = 2048
_SLICE = 400  # bound values of one statement


def jobs_ended(connection: Connection, jobs: Collection[str], now: float) -> None:
    """Write the event of each of these jobs that has a callback; their states and counts are final already."""
    for row in _rows_of(connection, jobs):
        _write(connection, row, JOB_FINISHED, _job_facts(connection, row), now)


def places_ended(connection: Connection, places: Iterable[tuple[str, str]], now: float) -> None:
    """Write the event of each (job, source) whose job is open and asked for each document's end."""
    by_job: dict[str, list[str]] = {}
    for job_id, name in places:
        by_job.setdefault(job_id, []).append(name)
    for row in _rows_of(connection, by_job):
        if row.callback_each and row.state in OPEN_JOBS:
            for place in _places(connection, row.id, by_job[row.id]):
                _write(connection, row, DOCUMENT_FINISHED, _document_facts(place), now, place.document)


def known_at_once(connection: Connection, job_id: str, sources: list[str], now: float) -> None:
    """Write the events of those ``sources`` of an open job that were final when they were placed."""
    asked = select(job.c.callback_each).where(job.c.id == job_id, job.c.callback_url.is_not(None))
    if connection.execute(asked).scalar_one_or_none():
        places = _places(connection, job_id, sources)
        places_ended(connection, [(job_id, one.source) for one in places if DocumentState(one.state).final], now)


def _rows_of(connection: Connection, jobs: Collection[str]) -> list[Any]:
    names = list(jobs)
    rows: list[Any] = []
    for at in range(0, len(names), _SLICE):
        wanted = job.c.id.in_(names[at : at + _SLICE]), job.c.callback_url.is_not(None)
        rows += connection.execute(select(job).where(*wanted)).all()
    return rows


def _places(connection: Connection, job_id: str, sources: list[str]) -> list[Any]:
    first = (
        select(SHOWN_NAME)
        .where(or_(source.c.document == job_document.c.document, source.c.pending == job_document.c.document))
        .order_by(source.c.id)
        .limit(1)
    )
    query = select(job_document, generation.c.pages, first.scalar_subquery().label("name")).outerjoin(
        generation,
        (generation.c.document == job_document.c.document) & (generation.c.number == job_document.c.generation),
    )
    rows: list[Any] = []
    for at in range(0, len(sources), _SLICE):
        mine = job_document.c.job == job_id, job_document.c.source.in_(sources[at : at + _SLICE])
        rows += connection.execute(query.where(*mine).order_by(job_document.c.source)).all()
    return rows


def _job_facts(connection: Connection, row: Any) -> dict[str, Any]:
    mine = job_document.c.job == row.id
    counts = connection.execute(
        select(job_document.c.state, func.count().label("n")).where(mine).group_by(job_document.c.state)
    ).all()
    failed = connection.execute(
        select(job_document.c.source, job_document.c.document, job_document.c.error_code, job_document.c.error)
        .where(mine, job_document.c.state.in_((DocumentState.FAILED, DocumentState.PARTIAL)))
        .order_by(job_document.c.source)
        .limit(_MOST_FAILURES)
    ).all()
    return {
        "state": str(row.state),
        "counts": {str(row_of_state.state): row_of_state.n for row_of_state in counts},
        "failures": [
            {
                "source": _short(one.source),
                "document": one.document,
                "error_code": one.error_code,
                "error": _short(one.error),
            }
            for one in failed
        ],
    }


def _document_facts(place: Any) -> dict[str, Any]:
    return {
        "source": _short(place.source, _LONGEST_SOURCE),
        "name": _short(place.name or place.source, _LONGEST_SOURCE),
        "document": place.document,
        "outcome": str(place.outcome),
        "state": str(place.state),
        "pages": place.pages or 0,
        "error_code": place.error_code,
        "error": _short(place.error),
    }


def _write(connection: Connection, row: Any, kind: str, facts: dict[str, Any], now: float, document: str = "") -> None:
    knowledge_id = row.id.rpartition(".")[0]
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    ids = {"job_id": row.id, "knowledge_id": knowledge_id}
    data = {**ids, **facts, "metadata": _metadata(row.metadata), "finished_at": moment}
    while data.get("failures") and _size(data) > _MOST_BODY_BYTES:
        data["failures"].pop()
    connection.execute(
        insert(callback).values(
            id=f"{knowledge_id}.{new_ulid()}",
            job=row.id,
            document=document,
            kind=kind,
            url=row.callback_url,
            body={"type": kind, "timestamp": moment, "data": data},
            state="pending",
            created_at=now,
        )
    )


def _metadata(given: Any) -> Any:
    """Return the metadata of a job where it is short enough to travel with an event, else None."""
    return given if _size(given) <= MOST_METADATA_BYTES else None


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _short(words: str | None, longest: int = _LONGEST_WORDS) -> str | None:
    return words if words is None or len(words) <= longest else f"{words[: longest - 1]}…"
