"""Outbound tasks: callbacks and downloads that wait in SQL, and which of them must be sent to a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, exists, func, or_, select, update

from stores.contracts.outbox import OutboundTask
from stores.outbox import download_rows
from stores.outbox.callbacks import CallbackState
from stores.sql.database import Database
from stores.sql.tables import callback, fetch

RESEND_S = 10.0
RESEND_BUSY_S = 900.0
_SOON_S = 60.0


@dataclass(frozen=True, slots=True)
class OutboundTasks:
    """The outbound tasks of one knowledge base."""

    knowledge_id: str
    database: Database

    def open_downloads(self, job_id: str, urls: Sequence[str], passwords: Sequence[str] = ()) -> None:
        """As ``download_rows.open_downloads``, in a transaction of its own."""
        with self.database.write() as connection:
            download_rows.open_downloads(connection, job_id, urls, passwords)

    def take(self, limit: int, *, quiet: bool) -> list[OutboundTask]:
        """Tasks that must be sent now, marked as sent; of the callbacks of a job only the first pending one counts.

        Those never sent since they became due, those whose claim ran out, and those whose message must be lost: sent
        RESEND_S ago while their queue is empty (``quiet``), or long ago.
        """
        now = self.database.now()
        with self.database.read() as connection:
            waiting = _due_callbacks(connection, now, 1, quiet=quiet) or _due_fetches(connection, now, 1, quiet=quiet)
        if not waiting:
            return []
        with self.database.write() as connection:
            fetches = _due_fetches(connection, now, limit, quiet=quiet)
            calls = _due_callbacks(connection, now, max(0, limit - len(fetches)), quiet=quiet)
            for row in fetches:
                connection.execute(_one_fetch(row.job, row.url).values(sent_at=now))
            for row in calls:
                connection.execute(update(callback).where(callback.c.number == row.number).values(sent_at=now))
        downloads = [OutboundTask(knowledge_id=self.knowledge_id, job=row.job, url=row.url) for row in fetches]
        return downloads + [OutboundTask(knowledge_id=self.knowledge_id, job=row.job) for row in calls]

    def unsend(self, outbound_tasks: Sequence[OutboundTask]) -> None:
        """Say that these were not sent after all."""
        with self.database.write() as connection:
            for outbound_task in outbound_tasks:
                if outbound_task.url:
                    connection.execute(_one_fetch(outbound_task.job, outbound_task.url).values(sent_at=0.0))
                else:
                    pending = callback.c.job == outbound_task.job, callback.c.state == CallbackState.PENDING
                    connection.execute(update(callback).where(*pending).values(sent_at=0.0))

    def due_within(self, seconds: float) -> bool:
        """Tell whether anything is due by then, or under way."""
        soon = self.database.now() + seconds
        with self.database.read() as connection:
            return any(
                connection.execute(
                    select(exists().where(table.c.state == "pending", table.c.scheduled_at <= soon))
                ).scalar_one()
                for table in (fetch, callback)
            )

    def are_left(self) -> bool:
        """Does a job wait for a URL, or is a callback due within a minute? What is due later can wait for others."""
        with self.database.read() as connection:
            fetches = select(exists().where(fetch.c.state == download_rows.PENDING))
            if connection.execute(fetches).scalar_one():
                return True
        return self.due_within(_SOON_S)

    def release(self, owner: str) -> int:
        """End the claims whose owner begins with ``owner``: its process is known to be dead; how many."""
        freed = 0
        with self.database.write() as connection:
            for table in (callback, fetch):
                mine = table.c.state == "pending", table.c.owner.startswith(owner, autoescape=True)
                freed += connection.execute(
                    update(table).where(*mine).values(owner=None, lease_until=0.0, sent_at=0.0)
                ).rowcount
        return freed


def _due_callbacks(connection: Connection, now: float, limit: int, *, quiet: bool) -> Sequence[Any]:
    first = (
        select(func.min(callback.c.number).label("number"))
        .where(callback.c.state == CallbackState.PENDING)
        .group_by(callback.c.job)
        .subquery()
    )
    query = select(callback.c.number, callback.c.job).join(first, first.c.number == callback.c.number)
    return connection.execute(
        query.where(_sendable(callback, now, quiet)).order_by(callback.c.number).limit(limit)
    ).all()


def _due_fetches(connection: Connection, now: float, limit: int, *, quiet: bool) -> Sequence[Any]:
    query = select(fetch.c.job, fetch.c.url).where(fetch.c.state == download_rows.PENDING, _sendable(fetch, now, quiet))
    return connection.execute(query.order_by(fetch.c.job).limit(limit)).all()


def _sendable(table: Table, now: float, quiet: bool) -> Any:
    """Due and free, and either not sent since then or sent in vain."""
    unsent = table.c.sent_at == 0
    died = and_(table.c.lease_until > 0, table.c.sent_at <= table.c.lease_until)
    lost = table.c.sent_at < now - (RESEND_S if quiet else RESEND_BUSY_S)
    return and_(table.c.scheduled_at <= now, table.c.lease_until <= now, or_(unsent, died, lost))


def _one_fetch(job_id: str, url: str) -> Any:
    return update(fetch).where(fetch.c.job == job_id, fetch.c.url == url)
