"""Steps: claimed under a lease, kept alive by heartbeats, finished or failed in one transaction with their effect.

Every write of a claim is fenced by its owner: whoever lost the lease writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, update

from stores.effects import Claim, Effect, Extracted, Order, PageResult, Planned, Published
from stores.errors import CancelledError, LeaseLostError
from stores.lifecycle.dispatch import BACKLOG, is_step
from stores.lifecycle.states import advance, end_generation, mark_running
from stores.models import DocumentState, Fault, Options, Stage, StepKey, StepState
from stores.sql.database import Database
from stores.sql.fenced_write import FencedWrite, KeyedUpdate
from stores.sql.pages import first_reading, plan_pages, store_page, unread_pages_failed
from stores.sql.record_tables import store_records
from stores.sql.tables import SHOWN_NAME, block, columns_of, document, generation, job_document, profile, source, step
from stores.token_count import TokenCount

LEASE_S = 60.0
_CLAIMED_COLUMNS = columns_of(step)
_NAME = (
    select(SHOWN_NAME)
    .where(or_(source.c.document == step.c.document, source.c.pending == step.c.document))
    .order_by(source.c.id)
    .limit(1)
    .scalar_subquery()
)
_NEWEST_JOB = (
    select(func.max(job_document.c.job))
    .where(job_document.c.document == step.c.document, job_document.c.generation == step.c.generation)
    .scalar_subquery()
)
#: A step, and all that its work needs to know of its document and generation.
_CLAIMABLE_STEP = (
    select(
        *(step.c.state, step.c.worker, step.c.lease_until, generation.c.state.label("generation_state")),
        *(generation.c.options, generation.c.passwords, generation.c.password, generation.c.fingerprints),
        *(generation.c.title, generation.c.language, document.c.sha256, document.c.media_type),
        *(profile.c.content.label("profile"), _NAME.label("source"), _NEWEST_JOB.label("job")),
        BACKLOG.label("backlog"),
    )
    .join(generation, and_(generation.c.document == step.c.document, generation.c.number == step.c.generation))
    .join(document, document.c.id == step.c.document)
    .outerjoin(profile, profile.c.id == generation.c.profile)
)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one knowledge base."""

    knowledge_id: str
    database: Database

    def claim(self, key: StepKey, owner: str, worker: str) -> Claim | None:
        """Take a step that is due, or whose lease ran out; None when somebody else has it or nothing is to be done.

        The attempt is counted here, before the work begins: work that kills its worker is counted too. A worker that
        lives, but was stopped or starved for so long that its lease ran out, has lost the step and nothing else.
        """
        now = self.database.now()
        with self.database.write() as connection:
            before = connection.execute(_CLAIMABLE_STEP.where(is_step(key), _claimable(now))).first()
            if before is None:
                return None
            lives = before.lease_until > 0 and _lives_here(before.worker or "", worker)
            taken = connection.execute(
                update(step)
                .where(is_step(key))
                .values(
                    state=StepState.RUNNING,
                    attempt=step.c.attempt + 1,
                    lost_attempts=step.c.lost_attempts + int(before.state == StepState.RUNNING and not lives),
                    owner=owner,
                    worker=worker,
                    lease_until=now + LEASE_S,
                    heard_at=now,
                    started_at=_moved_up(now),
                )
                .returning(*_CLAIMED_COLUMNS)
            ).one()
            if before.generation_state == DocumentState.QUEUED:
                mark_running(connection, key.document, key.generation, now)
        return Claim(
            key=key,
            owner=owner,
            attempt=taken.attempt,
            lost_attempts=taken.lost_attempts,
            first_page=taken.first_page,
            last_page=taken.last_page,
            page_in_work=taken.page_in_work,
            lost_to=(taken.error_code or "") if taken.lost_attempts else "",
            started_at=taken.started_at,
            **_facts(key, before),
        )

    def beat(self, claim: Claim) -> bool:
        """Extend the lease; False when it is ours no more."""
        now = self.database.now()
        held, _ = self.database.write_fenced(
            FencedWrite(fence=_of_claim(claim, {"lease_until": now + LEASE_S, "heard_at": now}))
        )
        return held > 0

    def begin_page(self, claim: Claim, number: int, before: PageResult | None = None) -> None:
        """Say that page ``number`` is worked on now: should this attempt die, that page is to blame.

        ``before``: the page before it, which is kept in the same transaction; see ``save_page``.
        """
        now = self.database.now()
        progress = {"lost_attempts": 0} if before else {}
        self._write(claim, before, page_in_work=number, lease_until=now + LEASE_S, heard_at=now, **progress)

    def save_page(self, claim: Claim, page: PageResult) -> None:
        """Keep what was read of a page, or why it could not be read. Progress resets the count of lost attempts."""
        self._write(claim, page, lost_attempts=0, heard_at=self.database.now())

    def finish(
        self, claim: Claim, effect: Effect, order: Order, cpu_s: float, carried: Collection[Stage] = ()
    ) -> list[StepKey]:
        """End a step with its effect, in one transaction; the steps that became due. LeaseLostError: ours no more.

        ``carried``: see ``advance``.
        """
        now = self.database.now()
        with self.database.write() as connection:
            self._hold(
                connection,
                claim,
                finished_at=now,
                page_in_work=None,
                owner=None,
                cpu_s=step.c.cpu_s + cpu_s,
                **_ended_with(effect),
            )
            _apply(connection, claim, effect, now)
            due = advance(connection, claim.key.document, claim.key.generation, order, now, carried)
            return self._keys(claim, due)

    def retry_later(self, claim: Claim, fault: Fault, delay_s: float) -> None:
        """Give a step back; it is due again after ``delay_s``."""
        now = self.database.now()
        with self.database.write() as connection:
            _touch(
                connection,
                claim,
                state=StepState.DUE,
                owner=None,
                lease_until=0.0,
                sent_at=0.0,
                heard_at=now,
                scheduled_at=now + delay_s,
                error_code=fault.code,
                error=fault.message,
            )

    def hand_back(self, claim: Claim, delay_s: float = 0.0, fault: Fault | None = None) -> None:
        """Give a step back untried: any worker may go on with it after ``delay_s``. ``fault``: why it must wait."""
        words = {"error_code": fault.code, "error": fault.message} if fault else {}
        now = self.database.now()
        with self.database.write() as connection:
            _touch(
                connection,
                claim,
                state=StepState.DUE,
                owner=None,
                attempt=step.c.attempt - 1,
                lease_until=0.0,
                sent_at=0.0,
                heard_at=now,
                scheduled_at=now + delay_s if delay_s else 0.0,
                **words,
            )

    def fail(
        self, claim: Claim, fault: Fault, order: Order, *, fatal: bool, carried: Collection[Stage] = ()
    ) -> list[StepKey]:
        """End a step as failed. ``fatal`` ends the whole generation; else the others go on without its result."""
        now = self.database.now()
        key = claim.key
        with self.database.write() as connection:
            self._hold(
                connection,
                claim,
                state=StepState.FAILED,
                finished_at=now,
                owner=None,
                error_code=fault.code,
                error=fault.message,
                detail=fault.detail,
            )
            if fatal:
                end_generation(connection, key.document, key.generation, now, fault)
                return []
            if key.stage.reads_pages:
                unread_pages_failed(connection, claim, fault)
            return self._keys(claim, advance(connection, key.document, key.generation, order, now, carried))

    def release(self, owner: str, fault: Fault | None = None, *, blameless: bool = False) -> int:
        """End the leases whose owner begins with ``owner``: its process is known to be dead. They may be claimed.

        ``fault``: what it died of. ``blameless``: not of its work, so the step is due as if nothing had happened.
        """
        died = {"error_code": fault.code, "error": fault.message} if fault else {}
        spared = {"state": StepState.DUE, "owner": None, "scheduled_at": 0.0}
        with self.database.write() as connection:
            ended = connection.execute(
                update(step)
                .where(step.c.state == StepState.RUNNING, step.c.owner.startswith(owner, autoescape=True))
                .values(lease_until=0.0, sent_at=0.0, **(spared if blameless else died))
            )
        return ended.rowcount

    def vouch(self, workers: Sequence[str]) -> int:
        """Extend the leases of processes that are seen to work, but were too starved to say so in time; how many."""
        now = self.database.now()
        silent = (
            *(step.c.state == StepState.RUNNING, step.c.worker.in_(workers)),
            *(step.c.lease_until > 0.0, step.c.lease_until < now + LEASE_S / 2),
        )
        with self.database.read() as connection:
            if connection.execute(select(step.c.document).where(*silent).limit(1)).first() is None:
                return 0
        with self.database.write() as connection:
            kept = connection.execute(update(step).where(*silent).values(lease_until=now + LEASE_S, heard_at=now))
        return kept.rowcount

    def _write(self, claim: Claim, page: PageResult | None, **values: Any) -> None:
        """Write to a step while it is ours, and keep a page with it: at once where the page was not read before."""
        key, fence = claim.key, _of_claim(claim, values)
        if page is None:
            write = FencedWrite(fence=fence)
        else:
            then, blocks = first_reading(key.document, key.generation, page)
            write = FencedWrite(fence=fence, then=then, table=block, rows=blocks)
        held, kept = self.database.write_fenced(write)
        if held and (kept or page is None):
            return
        with self.database.write_beside() as connection:
            self._hold(connection, claim, **values)
            if page:
                store_page(connection, key.document, key.generation, page)

    def _hold(self, connection: Connection, claim: Claim, **values: Any) -> None:
        if _touch(connection, claim, **values):
            return
        state = connection.execute(select(step.c.state).where(is_step(claim.key))).scalar_one_or_none()
        if state is None or state == StepState.CANCELLED:
            raise CancelledError()
        raise LeaseLostError()

    def _keys(self, claim: Claim, due: Sequence[tuple[Stage, int]]) -> list[StepKey]:
        key = claim.key
        return [
            StepKey(
                knowledge_id=self.knowledge_id,
                document=key.document,
                generation=key.generation,
                stage=stage,
                batch=batch,
            )
            for stage, batch in due
        ]


def _ended_with(effect: Effect) -> dict[str, Any]:
    """The state of a step with this effect, its fault, and the tokens that it took."""
    fault = effect.fault if isinstance(effect, Extracted) else None
    tokens = effect.tokens if isinstance(effect, Extracted) else TokenCount()
    return {
        "state": StepState.FAILED if fault else StepState.DONE,
        "error_code": fault.code if fault else None,
        "error": fault.message if fault else None,
        "detail": fault.detail if fault else None,
        "tokens_read": step.c.tokens_read + tokens.read,
        "tokens_written": step.c.tokens_written + tokens.written,
    }


def _moved_up(now: float) -> Any:
    """When a step began that is claimed now: so long ago as its earlier attempts have worked on it."""
    worked_s = step.c.heard_at - step.c.started_at
    return case((worked_s > 0.0, now - worked_s), else_=now)


def _claimable(now: float) -> Any:
    return or_(
        and_(step.c.state == StepState.DUE, step.c.scheduled_at <= now),
        and_(step.c.state == StepState.RUNNING, step.c.lease_until <= now),
    )


def _lives_here(worker: str, claimant: str) -> bool:
    """Tell whether a worker's process (``name@host#process``) is alive on the machine of the claimant."""
    (node, _, process), mine = worker.rpartition("#"), claimant.rpartition("#")[0]
    if not process.isdigit() or node.rpartition("@")[2] != mine.rpartition("@")[2]:
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _touch(connection: Connection, claim: Claim, **values: Any) -> bool:
    """Write to a step while it is ours."""
    ours = is_step(claim.key), step.c.owner == claim.owner, step.c.state == StepState.RUNNING
    return connection.execute(update(step).where(*ours).values(**values)).rowcount == 1


def _of_claim(claim: Claim, values: Mapping[str, Any]) -> KeyedUpdate:
    """Write to a step while it is ours, with other writes beside it."""
    key = claim.key
    where = {
        "document": key.document,
        "generation": key.generation,
        "stage": key.stage,
        "batch": key.batch,
        "owner": claim.owner,
        "state": StepState.RUNNING,
    }
    return KeyedUpdate(table=step, where=where, set=values)


def _facts(key: StepKey, row: Any) -> dict[str, Any]:
    """What the work needs to know of its document and generation."""
    return {
        "options": Options.from_json(row.options),
        "passwords": tuple(row.passwords or ()),
        "password": row.password or "",
        "sha256": row.sha256,
        "media_type": row.media_type,
        "source": row.source or key.document[:12],
        "job": row.job or "",
        "title": row.title,
        "language": row.language,
        "embedder": str(row.fingerprints.get("embedder", "")),
        "profile": row.profile,
        "backlog": bool(row.backlog),
    }


def _apply(connection: Connection, claim: Claim, effect: Effect, now: float) -> None:
    """Write the effect of a stage."""
    key = claim.key
    if isinstance(effect, Planned):
        plan_pages(connection, key.document, key.generation, effect)
    elif isinstance(effect, Extracted):
        store_records(connection, key.document, key.generation, effect)
    elif isinstance(effect, Published):
        end_generation(connection, key.document, key.generation, now, None)
