"""The rows of what is to be fetched: opened, cancelled and opened again inside the transactions of their job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, update

from stores.contracts.outbox import DownloadClaim
from stores.models import DocumentState, Fault, Outcome
from stores.sql.dialect import insert
from stores.sql.tables import fetch, job_document

PENDING, DONE, FAILED, CANCELLED = "pending", "done", "failed", "cancelled"


def open_downloads(connection: Connection, job_id: str, urls: Sequence[str], passwords: Sequence[str] = ()) -> None:
    """Let a job wait for URLs: each has a place in it from now on, and a row that says that it is to be fetched.

    Call it before the job is sealed. The place is open, so the job does not end before the URL is there or given up.
    """
    for url in dict.fromkeys(urls):
        connection.execute(
            insert(job_document)
            .values(job=job_id, source=url, outcome=Outcome.NEW, state=DocumentState.QUEUED)
            .on_conflict_do_nothing()
        )
        connection.execute(
            insert(fetch)
            .values(job=job_id, url=url, state=PENDING, passwords=list(passwords) or None)
            .on_conflict_do_nothing()
        )


def is_pending(job_id: str, url: str) -> tuple[Any, ...]:
    """The conditions that a row of ``fetch`` is a URL which a job waits for."""
    return fetch.c.job == job_id, fetch.c.url == url, fetch.c.state == PENDING


def write_claimed(connection: Connection, claim: DownloadClaim, **values: Any) -> bool:
    """Write to a download while its claim holds; False where it has ended."""
    mine = update(fetch).where(*is_pending(claim.job, claim.url), fetch.c.owner == claim.owner)
    return connection.execute(mine.values(**values)).rowcount == 1


def end_download(connection: Connection, claim: DownloadClaim, fault: Fault | None) -> bool:
    """End a download as done, or as failed for a reason, and free its place; False where its claim has ended."""
    values: dict[str, Any] = {"state": DONE, "passwords": None, "error": None, "error_code": None}
    if fault:  # passwords stay: a retry needs them again
        values = {"state": FAILED, "error": fault.message, "error_code": fault.code}
    if not write_claimed(connection, claim, owner=None, lease_until=0.0, **values):
        return False
    leave_place(connection, claim.job, claim.url)
    return True


def leave_place(connection: Connection, job_id: str, url: str) -> None:
    """Free the place that a URL kept in its job: what was fetched takes its own."""
    mine = job_document.c.job == job_id, job_document.c.source == url
    kept_free = job_document.c.document == "", job_document.c.state == DocumentState.QUEUED
    connection.execute(delete(job_document).where(*mine, *kept_free))


def cancel_downloads(connection: Connection, job_id: str) -> None:
    """What is fetched now is thrown away when it is there."""
    connection.execute(
        update(fetch).where(fetch.c.job == job_id, fetch.c.state == PENDING).values(state=CANCELLED, owner=None)
    )


def retry_downloads(connection: Connection, job_id: str) -> int:
    """Fetch again what failed or was cancelled in a job; how many."""
    urls = list(
        connection.execute(
            update(fetch)
            .where(fetch.c.job == job_id, fetch.c.state.in_((FAILED, CANCELLED)))
            .values(
                state=PENDING,
                attempt=0,
                scheduled_at=0.0,
                lease_until=0.0,
                sent_at=0.0,
                owner=None,
                error=None,
                error_code=None,
            )
            .returning(fetch.c.url)
        ).scalars()
    )
    for url in urls:
        connection.execute(
            update(job_document)
            .where(job_document.c.job == job_id, job_document.c.source == url, job_document.c.document == "")
            .values(state=DocumentState.QUEUED, outcome=Outcome.NEW, error=None, error_code=None)
        )
    return len(urls)
