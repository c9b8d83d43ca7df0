"""Opening a new generation of a document: made from its bytes, or beside another one whose results it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from stores.effects import Batch, Order
from stores.lifecycle.states import advance, copy_facts, copy_rows, new_generation, open_batches, open_step, open_steps
from stores.models import DOCUMENT_STAGES, Route, Stage, StepState
from stores.sql.record_tables import store_record_rows, values_of
from stores.sql.tables import block, generation, page, record

_ROUTE_OF = {Stage.OCR: Route.OCR, Stage.PARSE: Route.TEXT}
_RESULTS_OF = {Stage.EXTRACT: ("record", "evidence", "extracted_record"), Stage.EMBED: ("chunk",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSpec:
    """How a generation is made: its options as JSON, and what decides on the result."""

    options: Mapping[str, Any]
    fingerprints: Mapping[str, str]
    profile: str | None
    passwords: Sequence[str] = ()

    def open(self, connection: Connection, document_id: str, now: float) -> int:
        """Write its row as the newest generation of a document; its number."""
        return new_generation(
            connection, document_id, dict(self.options), list(self.passwords), self.fingerprints, self.profile, now
        )


def open_first_step(connection: Connection, document_id: str, spec: GenerationSpec, now: float) -> int:
    """Open a generation that is made from the bytes of the document; its number."""
    number = spec.open(connection, document_id, now)
    open_step(connection, document_id, number, Stage.PLAN, StepState.DUE)
    return number


def open_beside(
    connection: Connection,
    document_id: str,
    spec: GenerationSpec,
    base: int,
    rerun: frozenset[Stage],
    batches: Sequence[Batch],
    order: Order,
    now: float,
) -> int:
    """Open a generation in which only the stages ``rerun`` run; its number.

    The results of the other stages are copied from generation ``base``. ``batches``: the steps that read pages again.
    """
    number = spec.open(connection, document_id, now)
    copy_facts(connection, document_id, base, number)
    if Stage.PLAN in rerun:
        open_step(connection, document_id, number, Stage.PLAN, StepState.DUE)
        return number
    _copy_results(connection, document_id, base, number, rerun)
    _open_steps(connection, document_id, number, rerun, batches)
    advance(connection, document_id, number, order, 0.0)
    return number


def _copy_results(connection: Connection, document_id: str, base: int, number: int, rerun: frozenset[Stage]) -> None:
    kept = [table for stage, tables in _RESULTS_OF.items() if stage not in rerun for table in tables]
    copy_rows(connection, ["page", "block", *kept], document_id, base, number)
    if Stage.EXTRACT not in rerun:
        _copy_typed_records(connection, document_id, base, number)
    for stage, route in _ROUTE_OF.items():
        if stage in rerun:
            _forget_pages(connection, document_id, number, route)


def _copy_typed_records(connection: Connection, document_id: str, base: int, number: int) -> None:
    """Write into the record tables of the schemas what generation ``base`` has in the table of all records."""
    rows = connection.execute(select(record).where(record.c.document == document_id, record.c.generation == base)).all()
    for row in rows:
        store_record_rows(connection, document_id, number, values_of(row))


def _forget_pages(connection: Connection, document_id: str, number: int, route: Route) -> None:
    """Delete what was read of the pages of a route."""
    pages = and_(page.c.document == document_id, page.c.generation == number, page.c.route == route)
    blocks = and_(block.c.document == document_id, block.c.generation == number)
    connection.execute(delete(block).where(blocks, block.c.page.in_(select(page.c.number).where(pages))))
    connection.execute(
        update(page)
        .where(pages)
        .values(
            markdown=None,
            engine=None,
            confidence=None,
            error=None,
            error_code=None,
            warning=None,
            warning_code=None,
        )
    )


def _open_steps(
    connection: Connection, document_id: str, number: int, rerun: frozenset[Stage], batches: Sequence[Batch]
) -> None:
    open_step(connection, document_id, number, Stage.PLAN, StepState.SKIPPED)
    open_batches(connection, document_id, number, batches)
    opened = generation.c.document == document_id, generation.c.number == number
    pages = connection.execute(select(generation.c.pages).where(*opened)).scalar_one()
    states = {stage: StepState.WAITING if stage in rerun else StepState.SKIPPED for stage in DOCUMENT_STAGES}
    open_steps(connection, document_id, number, states, pages)
