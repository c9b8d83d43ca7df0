"""What a request brings: sources, documents, new generations and jobs, committed before anybody answers "accepted"."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, exists, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from stores.lifecycle.retry import Order, retry_generation
from stores.lifecycle.states import (
    OPEN_STATES,
    close_generation,
    close_jobs,
    copy_facts,
    copy_rows,
    new_generation,
    open_step,
)
from stores.models import DocumentState, Fault, JobState, Options, Outcome, Record, Stage, StepState, document_id
from stores.outbox.events import known_at_once
from stores.sql.database import Database
from stores.sql.tables import chunk, document, evidence, generation, job, job_document, page, source
from stores.sql.tables import record as record_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One file that was found: where, how large, when changed, what bytes. ``fault`` when it cannot be taken."""

    root: str
    name: str
    size_bytes: int
    modified_ns: int
    sha256: str = ""
    media_type: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """What the store knows of a source."""

    root: str
    name: str
    size_bytes: int
    modified_ns: int
    document: str | None
    pending: str | None
    error: Fault | None

    @property
    def newest(self) -> str | None:
        """The document that was last seen under this name."""
        return self.pending or self.document


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGeneration:
    """The newest generation of a document, and what it was made with."""

    document: str
    number: int
    state: DocumentState
    options: Options
    fingerprints: Mapping[str, str]
    routes: frozenset[str]
    error: Fault | None
    profile: str | None = None
    withdrawn: bool = False  # it lost its last name and is being removed: nothing of it can be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementDecision:
    """What is to be made of an arrival: which stages of the newest generation are kept, the others run again."""

    arrival: Arrival
    outcome: Outcome
    options: Options
    fingerprints: Mapping[str, str]
    profile: str | None = None
    passwords: tuple[str, ...] = ()
    make: bool = True  # False: nothing to do
    keep: frozenset[Stage] = frozenset()
    reopen: bool = False  # take up the newest generation where it failed or was cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job that begins, with all that is known of its asker. ``urls`` are yet to be fetched."""

    job: str
    options: Options
    profile: str | None = None
    priority: int = 0
    metadata: Mapping[str, Any] | None = None
    callback_url: str = ""
    callback_each: bool = False
    urls: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """The door of one knowledge base."""

    database: Database

    def sources(self) -> list[KnownSource]:
        with self.database.read() as connection:
            return [known_source(row) for row in connection.execute(select(source))]

    def generations(self) -> dict[str, KnownGeneration]:
        """The newest generation of every document, by document id."""
        with self.database.read() as connection:
            return known_generations(connection)

    def open_job(self, job_id: str, options: Options, now: float, profile: str | None = None) -> None:
        """Begin a job; it stays open for files until it is sealed."""
        with self.database.write() as connection:
            connection.execute(
                insert(job).values(
                    id=job_id,
                    state=JobState.ACCEPTING,
                    options=asdict(options),
                    created_at=now,
                    touched_at=now,
                    profile=profile,
                )
            )

    def place(self, job_id: str, placements: Sequence[PlacementDecision], order: Order, now: float) -> list[str]:
        """Write arrivals: sources, documents, generations, first steps, places in the job; the names of these."""
        with self.database.write() as connection:
            connection.execute(update(job).where(job.c.id == job_id).values(touched_at=now))
            labels = [place_one(connection, job_id, placement, order, now) for placement in placements]
            known_at_once(connection, job_id, labels, now)
        return labels

    def seal_job(self, job_id: str, now: float) -> None:
        """No file is added any more; the job ends with its last document, now if none is open."""
        with self.database.write() as connection:
            connection.execute(
                update(job).where(job.c.id == job_id, job.c.state == JobState.ACCEPTING).values(state=JobState.RUNNING)
            )
            close_jobs(connection, now, {job_id})

    def remember(self, arrival: Arrival) -> None:
        """Note size and time of a file whose bytes turned out to be known, so that it is not read again."""
        with self.database.write() as connection:
            _name(connection, arrival, document_id(arrival.sha256))

    def forget_refused(self, name: str) -> None:
        """Remove the names of a file that could never be taken."""
        with self.database.write() as connection:
            connection.execute(
                source.delete().where(source.c.name == name, source.c.document.is_(None), source.c.pending.is_(None))
            )

    def forget_source(self, root: str, name: str) -> str | None:
        """Remove a source; the document that has no source left, if any."""
        with self.database.write() as connection:
            row = connection.execute(select(source).where(source.c.root == root, source.c.name == name)).first()
            if row is None:
                return None
            connection.execute(source.delete().where(source.c.id == row.id))
            for found in (row.document, row.pending):
                if found and not has_source(connection, found):
                    return str(found)
        return None


def has_source(connection: Connection, found: str) -> bool:
    return (
        connection.execute(
            select(source.c.id).where((source.c.document == found) | (source.c.pending == found)).limit(1)
        ).first()
        is not None
    )


def fault_of(row: Any) -> Fault | None:
    return Fault(code=row.error_code or "error", message=row.error) if row.error else None


def known_source(row: Any) -> KnownSource:
    return KnownSource(
        root=row.root,
        name=row.name,
        size_bytes=row.size_bytes,
        modified_ns=row.modified_ns,
        document=row.document,
        pending=row.pending,
        error=fault_of(row),
    )


def known_generations(connection: Connection, only: Collection[str] | None = None) -> dict[str, KnownGeneration]:
    """The newest generation of every document, or of those named, by document id."""
    of_pages = select(page.c.document, page.c.generation, page.c.route).distinct()
    named = exists().where(or_(source.c.document == document.c.id, source.c.pending == document.c.id))
    newest = select(generation, document.c.error, document.c.error_code, (~named).label("withdrawn")).join(
        document, (document.c.id == generation.c.document) & (document.c.newest == generation.c.number)
    )
    if only is not None:
        of_pages, newest = of_pages.where(page.c.document.in_(only)), newest.where(document.c.id.in_(only))
    rows = connection.execute(newest).all()
    routes: dict[tuple[str, int], set[str]] = {}
    for row in connection.execute(of_pages) if rows else ():
        routes.setdefault((row.document, row.generation), set()).add(row.route)
    return {row.document: _known(row, routes.get((row.document, row.number), set())) for row in rows}


def _known(row: Any, routes: set[str]) -> KnownGeneration:
    options = dict(row.options)
    options["schemas"] = tuple(options.get("schemas", ()))
    return KnownGeneration(
        document=row.document,
        number=row.number,
        state=DocumentState(row.state),
        options=Options(**options),
        fingerprints=row.fingerprints,
        routes=frozenset(routes),
        error=fault_of(row),
        profile=row.profile,
        withdrawn=bool(row.withdrawn),
    )


def place_one(connection: Connection, job_id: str, placement: PlacementDecision, order: Order, now: float) -> str:
    """Write one arrival; the name that it has in its job: its own, or numbered where that is taken."""
    arrival = placement.arrival
    if arrival.fault:
        return _place_fault(connection, job_id, arrival, arrival.fault)
    found = _document(connection, arrival, now)
    _name(connection, arrival, found)
    number, state = _generation(connection, found, placement, order, now)
    fault = connection.execute(select(document.c.error, document.c.error_code).where(document.c.id == found)).one()
    words = {"error": fault.error, "error_code": fault.error_code}
    facts = {"document": found, "generation": number, "outcome": placement.outcome, "state": state, **words}
    return _take_place(connection, job_id, arrival.name, **facts)


def _place_fault(connection: Connection, job_id: str, arrival: Arrival, fault: Fault) -> str:
    """A file that cannot be taken: its name stands in the job and among the sources, with the reason."""
    words = {"error_code": fault.code, "error": fault.message}
    seen = {"size_bytes": arrival.size_bytes, "modified_ns": arrival.modified_ns}
    connection.execute(
        upsert(source)
        .values(root=arrival.root, name=arrival.name, **seen, **words)
        .on_conflict_do_update(index_elements=["root", "name"], set_=seen | words)
    )
    return _take_place(connection, job_id, arrival.name, outcome=Outcome.FAILED, state=DocumentState.FAILED, **words)


def _take_place(connection: Connection, job_id: str, name: str, **values: Any) -> str:
    """Write a place in a job; its name, numbered where another file of that name has the place.

    A place that is kept free for what is fetched is filled.
    """
    kept_free = (job_document.c.document == "") & job_document.c.state.in_(OPEN_STATES)
    number, label = 1, name
    while True:
        row = upsert(job_document).values(job=job_id, source=label, **values)
        filled = row.on_conflict_do_update(index_elements=["job", "source"], set_=values, where=kept_free)
        if connection.execute(filled).rowcount:
            return label
        taken = select(job_document.c.document).where(job_document.c.job == job_id, job_document.c.source == label)
        if values.get("document") and connection.execute(taken).scalar_one() == values["document"]:
            return label
        number, label = number + 1, f"{name} ({number + 1})"


def _document(connection: Connection, arrival: Arrival, now: float) -> str:
    found = document_id(arrival.sha256)
    connection.execute(
        upsert(document)
        .values(
            id=found,
            sha256=arrival.sha256,
            size_bytes=arrival.size_bytes,
            media_type=arrival.media_type,
            state=DocumentState.QUEUED,
            newest=0,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
    )
    return found


def _name(connection: Connection, arrival: Arrival, found: str) -> None:
    """Let a source point to a document: at once where that answers already or nothing else does, else as pending."""
    row = connection.execute(select(source).where(source.c.root == arrival.root, source.c.name == arrival.name)).first()
    seen = {"size_bytes": arrival.size_bytes, "modified_ns": arrival.modified_ns, "error": None, "error_code": None}
    if row is None:
        connection.execute(insert(source).values(root=arrival.root, name=arrival.name, document=found, **seen))
        return
    answers = connection.execute(select(document.c.visible).where(document.c.id == found)).scalar_one_or_none()
    now_named = row.document is None or row.document == found or answers is not None
    names = {"document": found, "pending": None} if now_named else {"pending": found}
    connection.execute(update(source).where(source.c.id == row.id).values(**seen, **names))
    if row.pending and row.pending != found and not has_source(connection, row.pending):
        _give_up(connection, row.pending)


def _give_up(connection: Connection, replaced: str) -> None:
    """Stop making a document that was replaced before it was complete."""
    newest = connection.execute(select(document.c.newest).where(document.c.id == replaced)).scalar_one_or_none()
    if newest is not None:
        close_generation(connection, replaced, newest, DocumentState.CANCELLED, None, time.time())


def _generation(
    connection: Connection, found: str, placement: PlacementDecision, order: Order, now: float
) -> tuple[int, DocumentState]:
    """The generation that this request waits for, and its state: an open one is joined, else a new one is made."""
    row = connection.execute(select(document).where(document.c.id == found)).one()
    if row.newest and (not placement.make or row.state in OPEN_STATES):
        return row.newest, DocumentState(row.state)
    if row.newest and placement.reopen:
        return _taken_up(connection, found, row.newest, placement, order, now), DocumentState.QUEUED
    number = new_generation(
        connection,
        found,
        asdict(placement.options),
        list(placement.passwords),
        placement.fingerprints,
        placement.profile,
        now,
    )
    if not placement.keep:
        open_step(connection, found, number, Stage.PLAN, StepState.DUE)
    else:
        _keep(connection, found, row.newest, number, placement.keep)
    return number, DocumentState.QUEUED


def _taken_up(
    connection: Connection, found: str, number: int, placement: PlacementDecision, order: Order, now: float
) -> int:
    """Let the newest generation go on where it failed or was cancelled, with this request's passwords and limits."""
    again = retry_generation(connection, found, number, order, now)
    connection.execute(
        update(generation)
        .where(generation.c.document == found, generation.c.number == again)
        .values(passwords=list(placement.passwords) or None, profile=placement.profile)
    )
    return again


def _keep(connection: Connection, found: str, base: int, number: int, keep: frozenset[Stage]) -> None:
    """Take over what an earlier generation read, extracted or embedded; only the other stages run."""
    tables = [page.name, "block"]
    if Stage.EXTRACT in keep:
        tables += [record_table.name, evidence.name]
    if Stage.EMBED in keep:
        tables.append(chunk.name)
    copy_rows(connection, tables, found, base, number)
    if Stage.EXTRACT in keep:
        copy_record_rows(connection, found, base, number)
    copy_facts(connection, found, base, number)
    _open_rest(connection, found, number, keep)


def copy_record_rows(connection: Connection, found: str, base: int, number: int) -> None:
    """Give generation ``number`` the typed records that ``donor`` has."""
    from stores.sql.record_tables import store_record_rows

    rows = connection.execute(
        select(record_table).where(record_table.c.document == found, record_table.c.generation == base)
    ).all()
    for row in rows:
        store_record_rows(connection, found, number, Record(schema=row.schema, fields=dict(row.fields)))


def _open_rest(connection: Connection, found: str, number: int, keep: frozenset[Stage]) -> None:
    """Steps after reading: those kept are skipped, the first of the others is due."""
    open_step(connection, found, number, Stage.PLAN, StepState.SKIPPED)
    pages = connection.execute(
        select(generation.c.pages).where(generation.c.document == found, generation.c.number == number)
    ).scalar_one()
    first = True
    for stage in (Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH):
        if stage in keep:
            open_step(connection, found, number, stage, StepState.SKIPPED, pages=pages)
            continue
        open_step(connection, found, number, stage, StepState.DUE if first else StepState.WAITING, pages=pages)
        first = False
