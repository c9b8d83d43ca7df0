"""The callbacks of one knowledge base: delivered in the order of their job, under a lease, dead after the last try."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select, update

from stores.contracts.outbox import Delivery
from stores.errors import InputError, NotFoundError
from stores.sql.database import Database
from stores.sql.tables import callback, columns_of
from stores.views import CallbackFilter, CallbackView

_LONGEST_REASON = 500


class CallbackState(StrEnum):
    """pending until it is delivered, or dead: given up, to be replayed by hand."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The outbox of one knowledge base, as its deliverers and its readers see it."""

    knowledge_id: str
    database: Database

    def claim(self, job: str, owner: str, lease_s: float) -> Delivery | None:
        """Take the first pending event of a job; None where there is none, it is not due, or somebody has it.

        The attempt is counted here, so that one that kills its worker is counted too.
        """
        now = self.database.now()
        first = select(func.min(callback.c.number)).where(
            callback.c.job == job, callback.c.state == CallbackState.PENDING
        )
        with self.database.write() as connection:
            row = connection.execute(
                update(callback)
                .where(
                    callback.c.number == first.scalar_subquery(),
                    callback.c.scheduled_at <= now,
                    callback.c.lease_until <= now,
                )
                .values(owner=owner, lease_until=now + lease_s, attempt=callback.c.attempt + 1)
                .returning(*columns_of(callback))
            ).first()
        if row is None:
            return None
        return Delivery(
            number=row.number,
            id=row.id,
            owner=owner,
            job=row.job,
            url=row.url,
            body=row.body,
            attempt=row.attempt,
            created_at=row.created_at,
        )

    def delivered(self, claim: Delivery, status: int) -> bool:
        """The receiver has it. False where the claim was lost meanwhile: it will come a second time."""
        return self._end(claim, CallbackState.DELIVERED, status, None)

    def later(self, claim: Delivery, delay_s: float, status: int | None, reason: str) -> bool:
        """The attempt failed; the next is due after ``delay_s``."""
        known = {"status": status, "error": reason[:_LONGEST_REASON]}
        return self._free(claim, scheduled_at=self.database.now() + delay_s, **known)

    def put_back(self, claim: Delivery, delay_s: float) -> bool:
        """It was not tried: nothing is counted, and it is due again after ``delay_s``."""
        return self._free(claim, scheduled_at=self.database.now() + delay_s, attempt=claim.attempt - 1)

    def give_up(self, claim: Delivery, status: int | None, reason: str, *, last_try: int, behind_s: float) -> bool:
        """The event is dead. Those of its job that waited for it for more than ``behind_s`` have one try each."""
        now = self.database.now()
        with self.database.write() as connection:
            ended = _write(connection, claim, **_final(CallbackState.DEAD, status, reason[:_LONGEST_REASON], now))
            behind = (
                callback.c.job == claim.job,
                callback.c.state == CallbackState.PENDING,
                callback.c.number > claim.number,
                callback.c.created_at < now - behind_s,
                callback.c.attempt < last_try - 1,
            )
            if ended:
                connection.execute(update(callback).where(*behind).values(attempt=last_try - 1))
        return ended

    def _end(self, claim: Delivery, state: CallbackState, status: int | None, reason: str | None) -> bool:
        final = _final(state, status, reason, self.database.now())
        with self.database.write() as connection:
            return _write(connection, claim, **final)

    def _free(self, claim: Delivery, **values: Any) -> bool:
        with self.database.write() as connection:
            return _write(connection, claim, owner=None, lease_until=0.0, sent_at=0.0, **values)

    def show(self, callback_id: str) -> CallbackView:
        """One event with its body; NotFoundError where there is none."""
        with self.database.read() as connection:
            row = connection.execute(select(*columns_of(callback)).where(callback.c.id == callback_id)).first()
        if row is None:
            raise NotFoundError(f"there is no callback {callback_id!r}: see `ingot callbacks list`")
        return self._view(row)

    def page(self, wanted: CallbackFilter, before: tuple[float, str] | None, limit: int) -> list[CallbackView]:
        """The newest first, from behind (created_at, id) ``before`` on."""
        query = select(*columns_of(callback)).order_by(callback.c.created_at.desc(), callback.c.id.desc()).limit(limit)
        if wanted.state:
            query = query.where(callback.c.state == wanted.state)
        if wanted.job:
            query = query.where(callback.c.job == wanted.job)
        if before:
            at, last = before
            older = (callback.c.created_at == at) & (callback.c.id < last)
            query = query.where((callback.c.created_at < at) | older)
        with self.database.read() as connection:
            return [self._view(row) for row in connection.execute(query)]

    def replay(self, callback_id: str) -> CallbackView:
        """Deliver an event again, under its id, with all its tries. InputError where it is pending anyway."""
        view = self.show(callback_id)
        if view.state == CallbackState.PENDING:
            raise InputError(
                f"callback {callback_id!r} is not over yet: its next try is due by itself", code="conflict"
            )
        with self.database.write() as connection:
            connection.execute(
                update(callback)
                .where(callback.c.id == callback_id, callback.c.state != CallbackState.PENDING)
                .values(**_AGAIN)
            )
        return self.show(callback_id)

    def replay_dead(self) -> int:
        """Deliver all dead events again; how many."""
        with self.database.write() as connection:
            again = connection.execute(update(callback).where(callback.c.state == CallbackState.DEAD).values(**_AGAIN))
        return again.rowcount

    def _view(self, row: Any) -> CallbackView:
        return CallbackView(
            id=row.id,
            knowledge_id=self.knowledge_id,
            job=row.job,
            document=row.document,
            kind=row.kind,
            url=row.url,
            state=str(row.state),
            attempt=row.attempt,
            status=row.status,
            error=row.error,
            created_at=row.created_at,
            next_try_at=row.scheduled_at if row.state == CallbackState.PENDING and row.scheduled_at else None,
            finished_at=row.finished_at,
            body=row.body,
        )


_AGAIN = {
    "state": CallbackState.PENDING,
    "attempt": 0,
    "scheduled_at": 0.0,
    "lease_until": 0.0,
    "sent_at": 0.0,
    "owner": None,
    "finished_at": None,
}


def _final(state: CallbackState, status: int | None, reason: str | None, now: float) -> dict[str, Any]:
    ended = {"state": state, "status": status, "error": reason, "finished_at": now}
    return {"owner": None, "lease_until": 0.0, **ended}


def _write(connection: Connection, claim: Delivery, **values: Any) -> bool:
    """Write to an event while it is ours."""
    mine = (
        callback.c.number == claim.number,
        callback.c.owner == claim.owner,
        callback.c.state == CallbackState.PENDING,
    )
    return connection.execute(update(callback).where(*mine).values(**values)).rowcount == 1
