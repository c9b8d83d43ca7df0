"""The states of generations, documents and jobs, and which step may begin when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, literal, or_, select, update

from stores.effects import Batch, Need
from stores.models import EMPTY_PAGE, PAGE_STAGES, DocumentState, Fault, JobState, Route, Stage, StepState
from stores.outbox.events import jobs_ended, places_ended
from stores.queries import durations
from stores.sql.tables import document, generation, job, job_document, metadata, page, source, step

OPEN_STEPS = (StepState.WAITING, StepState.DUE, StepState.RUNNING)
FORSAKEN_S = 300.0
OPEN_STATES = (DocumentState.QUEUED, DocumentState.RUNNING)


def advance(
    connection: Connection,
    document_id: str,
    number: int,
    order: Mapping[Stage, tuple[Need, ...]],
    now: float,
    carried: Collection[Stage] = (),
) -> list[tuple[Stage, int]]:
    """Make the waiting steps due whose needs are final now; which they are.

    ``carried``: the stages whose message is on its way already, in one chain with that of the step that ended.
    """
    rows = connection.execute(
        select(step.c.stage, step.c.batch, step.c.state).where(
            _of(step, document_id, number), step.c.state.in_(OPEN_STEPS)
        )
    ).all()
    unfinished = {(Stage(row.stage), row.batch) for row in rows}
    due = [
        (Stage(row.stage), row.batch)
        for row in rows
        if row.state == StepState.WAITING and _ready(Stage(row.stage), row.batch, unfinished, order)
    ]
    for stage in dict.fromkeys(stage for stage, _ in due):
        batches = [batch for due_stage, batch in due if due_stage is stage]
        connection.execute(
            update(step)
            .where(_of(step, document_id, number), step.c.stage == stage, step.c.batch.in_(batches))
            .values(state=StepState.DUE, sent_at=now if stage in carried else 0.0)
        )
    return due


def _ready(
    stage: Stage, batch: int, unfinished: set[tuple[Stage, int]], order: Mapping[Stage, tuple[Need, ...]]
) -> bool:
    for need in order[stage]:
        for other, number in unfinished:
            if other is need.stage and (not need.same_batch or number == batch):
                return False
    return True


def mark_running(connection: Connection, document_id: str, number: int, now: float) -> None:
    """A generation begins with the first of its steps: it, its document and its places in jobs are running."""
    begun = connection.execute(
        update(generation)
        .where(_generation(document_id, number), generation.c.state == DocumentState.QUEUED)
        .values(state=DocumentState.RUNNING, started_at=func.coalesce(generation.c.started_at, now))
    )
    if begun.rowcount:
        _show(connection, document_id, number, DocumentState.RUNNING, None, now)


def end_generation(connection: Connection, document_id: str, number: int, now: float, fault: Fault | None) -> None:
    """A generation ends: failed with ``fault``, else done, or partial where a page or a stage failed."""
    state = DocumentState.FAILED if fault else DocumentState.DONE
    lost = None if fault else what_is_lost(connection, document_id, number)
    if lost:
        state, fault = DocumentState.PARTIAL, lost
    close_generation(connection, document_id, number, state, fault, now)


def close_generation(
    connection: Connection, document_id: str, number: int, state: DocumentState, fault: Fault | None, now: float
) -> None:
    """Write a final state to the generation, its document, its sources and its places in jobs; end open steps."""
    connection.execute(
        update(generation).where(_generation(document_id, number)).values(state=state, finished_at=now, passwords=None)
    )
    connection.execute(
        update(step)
        .where(_of(step, document_id, number), step.c.state.in_(OPEN_STEPS))
        .values(state=StepState.CANCELLED, owner=None, finished_at=now)
    )
    ended = _show(connection, document_id, number, state, fault, now)
    places_ended(connection, ended, now)
    close_jobs(connection, now, {job_id for job_id, _ in ended})


def _show(
    connection: Connection, document_id: str, number: int, state: DocumentState, fault: Fault | None, now: float
) -> list[tuple[str, str]]:
    """Write a state to the document and to its open places in jobs; which (job, source) those are."""
    words = {"error_code": fault.code if fault else None, "error": fault.message if fault else None}
    connection.execute(
        update(document)
        .where(document.c.id == document_id, document.c.newest == number)
        .values(state=state, updated_at=now, **words)
    )
    shown = connection.execute(
        update(job_document)
        .where(job_document.c.document == document_id, job_document.c.generation == number)
        .where(job_document.c.state.in_(OPEN_STATES))
        .values(state=state, **words)
        .returning(job_document.c.job, job_document.c.source)
    ).all()
    return [(row.job, row.source) for row in shown]


def close_jobs(connection: Connection, now: float, jobs: Collection[str] | None = None) -> None:
    """End those of ``jobs`` all of whose documents are final, and write their events.

    Without ``jobs`` it looks at all, and one whose requester died while adding files is closed, too.
    """
    open_place = exists().where(job_document.c.job == job.c.id, job_document.c.state.in_(OPEN_STATES))
    forsaken = and_(job.c.state == JobState.ACCEPTING, job.c.touched_at < now - FORSAKEN_S)
    meant = or_(job.c.state == JobState.RUNNING, forsaken)
    if jobs is not None:
        meant = and_(job.c.state == JobState.RUNNING, job.c.id.in_(jobs))
    ended = list(
        connection.execute(
            update(job).where(meant, ~open_place).values(state=JobState.DONE, finished_at=now).returning(job.c.id)
        ).scalars()
    )
    note_work(connection, ended)
    jobs_ended(connection, ended, now)


def note_work(connection: Connection, jobs: Collection[str]) -> None:
    """Keep with jobs that end how long they were worked on: their steps may be gone tomorrow."""
    for job_id in jobs:
        worked = durations.of_job(connection, job_id)
        facts = {"began_at": worked.began_at, "work_s": worked.work_s} if worked else {"work_s": 0.0}
        connection.execute(update(job).where(job.c.id == job_id).values(**facts))


def what_is_lost(connection: Connection, document_id: str, number: int) -> Fault | None:
    """The pages and stages of a generation that failed, as one sentence; None when nothing is lost."""
    pages = connection.execute(
        select(page.c.number, page.c.error).where(_of(page, document_id, number), page.c.error.is_not(None))
    ).all()
    stages = connection.execute(
        select(step.c.stage, step.c.error).where(
            _of(step, document_id, number),
            step.c.state == StepState.FAILED,
            step.c.stage.not_in(PAGE_STAGES),
        )
    ).all()
    parts = [_pages_sentence(pages)] if pages else []
    parts += _empty_sentence(connection, document_id, number)
    parts += [f"{row.stage} failed: {row.error}" for row in stages]
    return Fault(code="partial", message="; ".join(parts)) if parts else None


def _empty_sentence(connection: Connection, document_id: str, number: int) -> list[str]:
    """The pages that show something and gave no text. A picture among pages with a text layer is no loss."""
    mine = _of(page, document_id, number)
    born_digital = select(page.c.number).where(mine, page.c.route == Route.TEXT, page.c.markdown != "").exists()
    lost = and_(mine, page.c.warning_code == EMPTY_PAGE, or_(page.c.route == Route.TEXT, ~born_digital))
    rows = connection.execute(select(page.c.number).where(lost).order_by(page.c.number)).all()
    return [f"{_numbered(rows)}: something is shown, but no text could be read"] if rows else []


def _pages_sentence(rows: Any) -> str:
    return f"{_numbered(rows)} could not be read: {rows[0].error}"


def _numbered(rows: Any) -> str:
    numbers = ", ".join(str(row.number) for row in rows[:5]) + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")
    return f"page{'s' if len(rows) > 1 else ''} {numbers}"


def new_generation(
    connection: Connection,
    document_id: str,
    options: dict[str, Any],
    passwords: list[str],
    fingerprints: Mapping[str, str],
    profile: str | None,
    now: float,
) -> int:
    """Open the next generation of a document; its number."""
    last = connection.execute(select(document.c.newest).where(document.c.id == document_id)).scalar_one()
    number = int(last) + 1
    connection.execute(
        insert(generation).values(
            document=document_id,
            number=number,
            state=DocumentState.QUEUED,
            options=options,
            passwords=passwords or None,
            fingerprints=dict(fingerprints),
            profile=profile,
            created_at=now,
        )
    )
    connection.execute(
        update(document)
        .where(document.c.id == document_id)
        .values(newest=number, state=DocumentState.QUEUED, updated_at=now, error=None, error_code=None)
    )
    return number


def open_step(connection: Connection, document_id: str, number: int, stage: Stage, state: StepState) -> None:
    """Add a step in a state."""
    connection.execute(insert(step).values(**_step_row(document_id, number, stage, state)))


def open_steps(
    connection: Connection, document_id: str, number: int, states: Mapping[Stage, StepState], pages: int
) -> None:
    """Add steps of the whole document, which has so many pages, each in its state."""
    rows = [_step_row(document_id, number, stage, state) | {"pages": pages} for stage, state in states.items()]
    connection.execute(insert(step), rows)


def _step_row(document_id: str, number: int, stage: Stage, state: StepState, batch: int = 0) -> dict[str, Any]:
    return {
        "document": document_id,
        "generation": number,
        "stage": stage,
        "batch": batch,
        "state": state,
        "attempt": 0,
    }


def open_batches(connection: Connection, document_id: str, number: int, batches: Sequence[Batch]) -> None:
    """Add the steps that read pages; they wait for what stands before them."""
    rows = [
        _step_row(document_id, number, batch.stage, StepState.WAITING, batch.number)
        | {"first_page": batch.first, "last_page": batch.last, "pages": batch.pages}
        for batch in batches
    ]
    if rows:
        connection.execute(insert(step), rows)


def copy_rows(connection: Connection, tables: Sequence[str], document_id: str, old: int, new: int) -> None:
    """Give generation ``new`` the rows that ``old`` has in some tables."""
    for name in tables:
        table = metadata.tables[name]
        columns = [column for column in table.columns if not (name == "chunk" and column.name == "id")]
        values = [literal(new) if column.name == "generation" else column for column in columns]
        rows = select(*values).where(_of(table, document_id, old))
        connection.execute(insert(table).from_select([column.key for column in columns], rows, include_defaults=False))


def copy_facts(connection: Connection, document_id: str, old: int, new: int) -> None:
    """Give generation ``new`` what ``old`` knew of the document: pages, outline, title, language, password."""
    facts = connection.execute(select(generation).where(_generation(document_id, old))).one()
    connection.execute(
        update(generation)
        .where(_generation(document_id, new))
        .values(
            pages=facts.pages,
            outline=facts.outline,
            title=facts.title,
            language=facts.language,
            password=facts.password,
        )
    )


def rename_pending(connection: Connection, document_id: str, now: float) -> None:
    """The content of ``document_id`` is complete: it answers under the names that waited for it."""
    connection.execute(
        update(source)
        .where(source.c.pending == document_id)
        .values(document=document_id, pending=None, error=None, error_code=None)
    )
    connection.execute(update(document).where(document.c.id == document_id).values(updated_at=now))


def _of(table: Any, document_id: str, number: int) -> Any:
    return and_(table.c.document == document_id, table.c.generation == number)


def _generation(document_id: str, number: int) -> Any:
    return and_(generation.c.document == document_id, generation.c.number == number)
