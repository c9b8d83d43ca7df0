"""The schedules of a home in SQL: each time is taken once, whoever looks at the clock, and run under a lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, exists, insert, or_, select, update

from stores.contracts.schedules import ScheduleClaim, ScheduleState, ScheduleView
from stores.sql.database import Database
from stores.sql.home_tables import schedule

RESEND_S, RESEND_BUSY_S = 10.0, 900.0  # after which a message is taken for lost: its queue is empty, or is not
_OPEN = (ScheduleState.DUE, ScheduleState.RUNNING)


@dataclass(frozen=True, slots=True)
class Schedules:
    """The schedules in the database of a home; implements ``stores.contracts.schedules.ScheduleStore``."""

    database: Database

    def register(self, contents: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep these and forget the others; one whose content changed goes on as it is."""
        now = self.database.now()
        with self.database.write() as connection:
            known = set(connection.execute(select(schedule.c.name)).scalars())
            connection.execute(delete(schedule).where(schedule.c.name.not_in(list(contents))))
            for name, content in contents.items():
                if name in known:
                    connection.execute(update(schedule).where(schedule.c.name == name).values(content=dict(content)))
                else:
                    connection.execute(insert(schedule).values(_new(name, content, now)))

    def make_due(self, name: str, at: float) -> bool:
        """Take a time of a schedule: one of all that ask gets True. A time at which its last run goes on is skipped."""
        now = self.database.now()
        mine = schedule.c.name == name, schedule.c.last_due_at < at
        goes_on = and_(schedule.c.state.in_(_OPEN), or_(schedule.c.lease_until > now, schedule.c.lease_until == 0))
        with self.database.write() as connection:
            over = update(schedule).where(*mine, goes_on)
            if connection.execute(over.values(last_due_at=at, skipped=schedule.c.skipped + 1)).rowcount:
                return False
            due = update(schedule).where(*mine).values(last_due_at=at, **_DUE)
            return connection.execute(due).rowcount == 1

    def request(self, name: str, content: Mapping[str, Any], *, sent: bool = False) -> bool:
        """Make a schedule due now; it is registered where nobody did so before."""
        now = self.database.now()
        with self.database.write() as connection:
            if connection.execute(select(schedule.c.name).where(schedule.c.name == name)).first() is None:
                connection.execute(insert(schedule).values(_new(name, content, now)))
            idle = schedule.c.name == name, schedule.c.state.not_in(_OPEN)
            values = {"content": dict(content), **_DUE, "sent_at": now if sent else 0.0}
            return connection.execute(update(schedule).where(*idle).values(values)).rowcount == 1

    def take(self, *, quiet: bool) -> list[str]:
        """Return what is to be sent now."""
        now = self.database.now()
        lost = schedule.c.sent_at < now - (RESEND_S if quiet else RESEND_BUSY_S)
        unsent = and_(schedule.c.state == ScheduleState.DUE, or_(schedule.c.sent_at == 0, lost))
        died = and_(schedule.c.state == ScheduleState.RUNNING, schedule.c.lease_until <= now, lost)
        query = select(schedule.c.name).where(or_(unsent, died))
        with self.database.read() as connection:
            if connection.execute(query).first() is None:
                return []
        with self.database.write() as connection:
            names = list(connection.execute(query.order_by(schedule.c.name)).scalars())
            connection.execute(update(schedule).where(schedule.c.name.in_(names)).values(sent_at=now))
        return names

    def unsend(self, names: Sequence[str]) -> None:
        """Say that these were not sent after all."""
        with self.database.write() as connection:
            connection.execute(update(schedule).where(schedule.c.name.in_(list(names))).values(sent_at=0.0))

    def claim(self, name: str, owner: str, lease_s: float) -> ScheduleClaim | None:
        """Take a schedule that is due, or whose worker died."""
        now = self.database.now()
        free = or_(
            schedule.c.state == ScheduleState.DUE,
            and_(schedule.c.state == ScheduleState.RUNNING, schedule.c.lease_until <= now),
        )
        taken = {
            "state": ScheduleState.RUNNING,
            "owner": owner,
            "lease_until": now + lease_s,
            "attempt": schedule.c.attempt + 1,
            "started_at": now,
            "finished_at": None,
            "skipped": 0,
        }
        with self.database.write() as connection:
            row = connection.execute(
                update(schedule)
                .where(schedule.c.name == name, free)
                .values(taken)
                .returning(schedule.c.content, schedule.c.attempt)
            ).first()
        return None if row is None else ScheduleClaim(name=name, content=row.content, owner=owner, attempt=row.attempt)

    def beat(self, claim: ScheduleClaim, lease_s: float) -> bool:
        """Extend the lease."""
        return self._write(claim, lease_until=self.database.now() + lease_s)

    def finish(self, claim: ScheduleClaim, result: Mapping[str, Any], error: str = "") -> bool:
        """End a run."""
        state = ScheduleState.FAILED if error else ScheduleState.DONE
        ended = {"state": state, "owner": None, "lease_until": 0.0, "finished_at": self.database.now()}
        return self._write(claim, **ended, error=error or None, result=dict(result))

    def release(self, owner: str) -> int:
        """End the claims of a dead process: they are due again."""
        mine = schedule.c.state == ScheduleState.RUNNING, schedule.c.owner.startswith(owner, autoescape=True)
        with self.database.write() as connection:
            freed = update(schedule).where(*mine)
            return connection.execute(freed.values(state=ScheduleState.DUE, **_FREE)).rowcount

    def are_open(self) -> bool:
        """Tell whether one is due or running."""
        with self.database.read() as connection:
            return bool(connection.execute(select(exists().where(schedule.c.state.in_(_OPEN)))).scalar_one())

    def views(self) -> list[ScheduleView]:
        """Return all of them."""
        with self.database.read() as connection:
            return [_view(row) for row in connection.execute(select(schedule).order_by(schedule.c.name))]

    def _write(self, claim: ScheduleClaim, **values: Any) -> bool:
        mine = (
            schedule.c.name == claim.name,
            schedule.c.owner == claim.owner,
            schedule.c.state == ScheduleState.RUNNING,
        )
        with self.database.write() as connection:
            return connection.execute(update(schedule).where(*mine).values(**values)).rowcount == 1


_FREE: dict[str, Any] = {"owner": None, "lease_until": 0.0, "sent_at": 0.0}
_DUE: dict[str, Any] = {**_FREE, "state": ScheduleState.DUE, "attempt": 0}


def _new(name: str, content: Mapping[str, Any], now: float) -> dict[str, Any]:
    return {"name": name, "content": dict(content), "state": ScheduleState.WAITS, "last_due_at": now}


def _view(row: Any) -> ScheduleView:
    return ScheduleView(
        name=row.name,
        content=row.content,
        state=ScheduleState(row.state),
        last_due_at=row.last_due_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error or "",
        result=row.result,
        skipped=row.skipped,
    )
