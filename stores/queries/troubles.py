"""What of a knowledge base may need a person: jobs that ended with failures, callbacks that were given up."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from stores.contracts.queries import Troubles
from stores.models import DocumentState
from stores.outbox.callbacks import CallbackState
from stores.sql.tables import callback, job, job_document

_FAILED = (DocumentState.FAILED, DocumentState.PARTIAL)
_MOST_JOBS = 100


def troubles_since(connection: Connection, since: float) -> Troubles:
    """Read what ended after ``since``, in seconds since the epoch."""
    failed = (
        select(job.c.id, func.count().label("n"))
        .join(job_document, job_document.c.job == job.c.id)
        .where(job.c.finished_at > since, job_document.c.state.in_(_FAILED))
        .group_by(job.c.id, job.c.finished_at)
        .order_by(job.c.finished_at)
        .limit(_MOST_JOBS)
    )
    dead = select(callback.c.id).where(callback.c.state == CallbackState.DEAD, callback.c.finished_at > since)
    rows = connection.execute(failed).all()
    return Troubles(
        jobs=tuple(row.id for row in rows),
        failed_documents=sum(row.n for row in rows),
        dead_callbacks=tuple(connection.execute(dead.order_by(callback.c.finished_at).limit(_MOST_JOBS)).scalars()),
    )
