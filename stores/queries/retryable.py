"""Whether a retry can help: told from the codes of what failed, in one place for every list, page and answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from stores.models import DocumentState, StepState
from stores.sql.tables import document, fetch, job_document, page, step

HOPELESS = frozenset(
    {
        "bad_input",
        "empty",
        "encrypted",
        "forbidden",
        "gone",
        "not_a_file",
        "original_missing",
        "page_unreadable",
        "too_large",
        "unsupported_media_type",
        "url_refused",
    }
)
"""Codes of what is wrong with the bytes: they fail again, until another file or a password comes."""
_SUMS_UP = frozenset({"unreadable"})  # a step's code that only repeats what is wrong with the pages
ENDED_BADLY = (DocumentState.FAILED, DocumentState.PARTIAL, DocumentState.CANCELLED)
FETCH_FAILED = "fetch_failed"
_MANY = 500


def retryable_documents(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of some documents of whose newest generation something failed that may go well another time."""
    retryable: set[str] = set()
    for at in range(0, len(ids), _MANY):
        query = select(document.c.id).where(document.c.id.in_(ids[at : at + _MANY]), _may_go_well())
        retryable |= set(connection.execute(query).scalars())
    return retryable


def is_retryable(connection: Connection, job_id: str) -> bool:
    """Tell whether a retry could mend anything in a job, a fetch included."""
    newest = and_(document.c.id == job_document.c.document, document.c.newest == job_document.c.generation)
    made = select(job_document.c.job).join(document, newest).where(job_document.c.job == job_id, _may_go_well())
    unfetched = select(fetch.c.job).where(
        fetch.c.job == job_id,
        or_(fetch.c.state == "cancelled", and_(fetch.c.state == "failed", _hopeful(fetch.c.error_code))),
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in (made, unfetched))


def _may_go_well() -> Any:
    """The condition on a row of ``document``."""
    pages = select(page.c.document).where(
        page.c.document == document.c.id,
        page.c.generation == document.c.newest,
        page.c.error.is_not(None),
        _hopeful(page.c.error_code),
    )
    steps = select(step.c.document).where(
        step.c.document == document.c.id,
        step.c.generation == document.c.newest,
        step.c.state == StepState.FAILED,
        _hopeful(step.c.error_code, _SUMS_UP),
    )
    return and_(
        document.c.state.in_(ENDED_BADLY),
        or_(document.c.state == DocumentState.CANCELLED, pages.exists(), steps.exists()),
    )


def _hopeful(code: Any, more: frozenset[str] = frozenset()) -> Any:
    return or_(code.is_(None), code.not_in(sorted(HOPELESS | more)))
