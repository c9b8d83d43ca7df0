"""The notices of a home in SQL: which cause was told of when, and their place in the outbox, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from stores.ids import HOME
from stores.sql.database import Database
from stores.sql.dialect import insert as upsert
from stores.sql.home_tables import notice
from stores.sql.tables import callback
from stores.ulid import new_ulid

KIND = "notice"


@dataclass(frozen=True, slots=True)
class Notices:
    """The notices in the database of a home; implements ``stores.contracts.notices.NoticeStore``."""

    database: Database

    def tell(self, cause: str, urls: Sequence[str], body: Mapping[str, Any], every_s: float) -> bool:
        """Write a callback for each receiver, unless the cause was told of lately."""
        now = self.database.now()
        told = upsert(notice).values(cause=cause, told_at=now)
        due = told.on_conflict_do_update(
            index_elements=["cause"], set_={"told_at": now}, where=notice.c.told_at <= now - every_s
        ).returning(notice.c.cause)
        with self.database.write() as connection:
            if connection.execute(due).first() is None:
                return False
            for url in urls:
                connection.execute(insert(callback).values(_row(url, body, now)))
        return True

    def told_at(self, cause: str) -> float:
        """Return when a cause was last told of."""
        with self.database.read() as connection:
            at = connection.execute(select(notice.c.told_at).where(notice.c.cause == cause)).scalar_one_or_none()
        return float(at or 0.0)


def _row(url: str, body: Mapping[str, Any], now: float) -> dict[str, Any]:
    """A callback of its own job: none waits for another."""
    number = f"{HOME}.{new_ulid()}"
    values = {"id": number, "job": number, "kind": KIND, "url": url, "body": dict(body)}
    return {**values, "state": "pending", "created_at": now}
