"""Registering files: their sources, documents, first generations and places in a job, within one transaction.

``register_new`` writes the rows of documents that are not in the database yet, many at a time; ``register_one`` writes
any file. ``UnitOfWork.register`` decides which of the two is right for a file, and is the only caller of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, insert, select, update

from stores.effects import Order
from stores.lifecycle.generations import GenerationSpec, open_beside, open_first_step
from stores.lifecycle.known_files import has_source
from stores.lifecycle.lines import leave_line
from stores.lifecycle.retry import retry_generation
from stores.lifecycle.states import OPEN_STATES, close_generation
from stores.models import DocumentState, Fault, Outcome, Stage, StepState, document_id
from stores.placement import PlacementDecision, StagedFile
from stores.sql.dialect import insert as upsert
from stores.sql.tables import document, generation, job_document, source, step

_NEW_DOCUMENT, _NEW_SOURCE, _NEW_GENERATION = insert(document), insert(source), insert(generation)
_NEW_STEP, _NEW_PLACE = insert(step), insert(job_document)


def register_new(connection: Connection, decisions: Sequence[tuple[str, PlacementDecision]], now: float) -> None:
    """Write (job, decision) pairs whose document, source and name in the job are all new."""
    if not decisions:
        return
    connection.execute(_NEW_DOCUMENT, [_document_row(decision.file, 1, now) for _, decision in decisions])
    connection.execute(_NEW_SOURCE, [_source_row(decision.file) for _, decision in decisions])
    connection.execute(_NEW_GENERATION, [_generation_row(decision, now) for _, decision in decisions])
    connection.execute(_NEW_STEP, [_step_row(decision.file) for _, decision in decisions])
    connection.execute(_NEW_PLACE, [_place_row(job_id, decision) for job_id, decision in decisions])


def register_one(connection: Connection, job_id: str, decision: PlacementDecision, order: Order, now: float) -> str:
    """Write one file, whatever is known of it.

    Returns its name in the job: its own, or a numbered one where another file has that name.
    """
    file = decision.file
    if file.fault:
        return _register_refused(connection, job_id, file, file.fault)
    identity = document_id(file.sha256)
    connection.execute(upsert(document).values(_document_row(file, 0, now)).on_conflict_do_nothing())
    name_document(connection, file, identity, now)
    number, state = _generation_to_wait_for(connection, identity, decision, order, now)
    failure = connection.execute(select(document.c.error, document.c.error_code).where(document.c.id == identity)).one()
    place = {"document": identity, "generation": number, "outcome": decision.outcome, "state": state}
    return _take_place(connection, job_id, file.name, **place, error=failure.error, error_code=failure.error_code)


def name_document(connection: Connection, file: StagedFile, identity: str, now: float) -> None:
    """Let the source of a file point to a document.

    At once where that document answers already or the source has no other; else as pending, until it is complete.
    """
    row = connection.execute(select(source).where(source.c.root == file.root, source.c.name == file.name)).first()
    if row is None:
        connection.execute(insert(source).values(_source_row(file)))
        return
    seen = {"size_bytes": file.size_bytes, "modified_ns": file.modified_ns, "error": None, "error_code": None}
    visible = connection.execute(select(document.c.visible).where(document.c.id == identity)).scalar_one_or_none()
    at_once = row.document is None or row.document == identity or visible is not None
    names = {"document": identity, "pending": None} if at_once else {"pending": identity}
    connection.execute(update(source).where(source.c.id == row.id).values(**seen, **names))
    if row.pending and row.pending != identity and not has_source(connection, row.pending):
        _cancel_replaced(connection, row.pending, now)


def _register_refused(connection: Connection, job_id: str, file: StagedFile, fault: Fault) -> str:
    """Write a file that cannot be ingested: its name stands in the job and among the sources, with the reason."""
    reason = {"error_code": fault.code, "error": fault.message}
    seen = {"size_bytes": file.size_bytes, "modified_ns": file.modified_ns, **reason}
    connection.execute(
        upsert(source)
        .values(root=file.root, name=file.name, **seen)
        .on_conflict_do_update(index_elements=["root", "name"], set_=seen)
    )
    return _take_place(connection, job_id, file.name, outcome=Outcome.FAILED, state=DocumentState.FAILED, **reason)


def _take_place(connection: Connection, job_id: str, name: str, **values: Any) -> str:
    """Write a place in a job; its name, numbered where another file has that name.

    A place that is reserved for a download is filled.
    """
    reserved = (job_document.c.document == "") & job_document.c.state.in_(OPEN_STATES)
    number, label = 1, name
    while True:
        row = upsert(job_document).values(job=job_id, source=label, **values)
        filled = row.on_conflict_do_update(index_elements=["job", "source"], set_=values, where=reserved)
        if connection.execute(filled).rowcount:
            return label
        holder = select(job_document.c.document).where(job_document.c.job == job_id, job_document.c.source == label)
        if values.get("document") and connection.execute(holder).scalar_one() == values["document"]:
            return label
        number, label = number + 1, f"{name} ({number + 1})"


def _cancel_replaced(connection: Connection, replaced: str, now: float) -> None:
    """Stop making a document that was replaced before it was complete."""
    newest = connection.execute(select(document.c.newest).where(document.c.id == replaced)).scalar_one_or_none()
    if newest is not None:
        close_generation(connection, replaced, newest, DocumentState.CANCELLED, None, now)


def _generation_to_wait_for(
    connection: Connection, identity: str, decision: PlacementDecision, order: Order, now: float
) -> tuple[int, DocumentState]:
    """Find or open the generation that this request waits for: an open one is joined, else a new one is made."""
    row = connection.execute(select(document).where(document.c.id == identity)).one()
    if row.newest and (not decision.make or row.state in OPEN_STATES):
        leave_line(connection, identity, row.newest)
        return row.newest, DocumentState(row.state)
    if row.newest and decision.retry:
        return _retry(connection, identity, row.newest, decision, order, now), DocumentState.QUEUED
    spec = GenerationSpec(
        options=asdict(decision.options),
        fingerprints=decision.fingerprints,
        profile=decision.profile,
        passwords=decision.passwords,
    )
    if not decision.keep:
        return open_first_step(connection, identity, spec, now), DocumentState.QUEUED
    rerun = frozenset(Stage) - decision.keep
    return open_beside(connection, identity, spec, row.newest, rerun, (), order, now), DocumentState.QUEUED


def _retry(
    connection: Connection, identity: str, newest: int, decision: PlacementDecision, order: Order, now: float
) -> int:
    """Retry the newest generation with the passwords and limits of this request."""
    number = retry_generation(connection, identity, newest, order, now)
    connection.execute(
        update(generation)
        .where(generation.c.document == identity, generation.c.number == number)
        .values(passwords=list(decision.passwords) or None, profile=decision.profile)
    )
    return number


def _document_row(file: StagedFile, newest: int, now: float) -> Mapping[str, Any]:
    return {
        "id": document_id(file.sha256),
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "media_type": file.media_type,
        "state": DocumentState.QUEUED,
        "newest": newest,
        "created_at": now,
        "updated_at": now,
    }


def _source_row(file: StagedFile) -> Mapping[str, Any]:
    return {
        "root": file.root,
        "name": file.name,
        "document": document_id(file.sha256),
        "size_bytes": file.size_bytes,
        "modified_ns": file.modified_ns,
        "error": None,
        "error_code": None,
    }


def _generation_row(decision: PlacementDecision, now: float) -> Mapping[str, Any]:
    return {
        "document": document_id(decision.file.sha256),
        "number": 1,
        "state": DocumentState.QUEUED,
        "options": asdict(decision.options),
        "passwords": list(decision.passwords) or None,
        "fingerprints": dict(decision.fingerprints),
        "profile": decision.profile,
        "created_at": now,
    }


def _step_row(file: StagedFile) -> Mapping[str, Any]:
    key = {"document": document_id(file.sha256), "generation": 1, "stage": Stage.PLAN, "batch": 0}
    return {**key, "state": StepState.DUE, "attempt": 0}


def _place_row(job_id: str, decision: PlacementDecision) -> Mapping[str, Any]:
    return {
        "job": job_id,
        "source": decision.file.name,
        "document": document_id(decision.file.sha256),
        "generation": 1,
        "outcome": decision.outcome,
        "state": DocumentState.QUEUED,
    }
