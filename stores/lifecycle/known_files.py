"""What the store knows of files ingested before: their sources, and the newest generation of each document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, exists, or_, select

from stores.contracts.registration import KnownGeneration, KnownSource
from stores.models import DocumentState, Fault, Options
from stores.sql.tables import SHOWN_NAME, document, generation, page, source


def known_source(row: Any) -> KnownSource:
    """Build a known source from its row."""
    return KnownSource(
        root=row.root,
        name=row.name,
        size_bytes=row.size_bytes,
        modified_ns=row.modified_ns,
        document=row.document,
        pending=row.pending,
        error=fault_of(row),
    )


_NAMED = exists().where(or_(source.c.document == document.c.id, source.c.pending == document.c.id))
_NEWEST = select(generation, document.c.error, document.c.error_code, (~_NAMED).label("withdrawn")).join(
    document, (document.c.id == generation.c.document) & (document.c.newest == generation.c.number)
)
_ROUTES = select(page.c.document, page.c.generation, page.c.route).distinct()
# Composed once: each batch of submissions executes them.
_NEWEST_OF = _NEWEST.where(document.c.id.in_(bindparam("only", expanding=True)))
_ROUTES_OF = _ROUTES.where(page.c.document.in_(bindparam("only", expanding=True)))


def known_generations(connection: Connection, only: Collection[str] | None = None) -> dict[str, KnownGeneration]:
    """Read the newest generation of every document, or of those in ``only``, by document id."""
    newest, routes_read = (_NEWEST, _ROUTES) if only is None else (_NEWEST_OF, _ROUTES_OF)
    values = {} if only is None else {"only": list(only)}
    rows = connection.execute(newest, values).all()
    routes: dict[tuple[str, int], set[str]] = {}
    for row in connection.execute(routes_read, values) if rows else ():
        routes.setdefault((row.document, row.generation), set()).add(row.route)
    return {row.document: _known_generation(row, routes.get((row.document, row.number), set())) for row in rows}


def has_source(connection: Connection, document_id: str) -> bool:
    """Tell whether a source holds the document, or waits for it."""
    named = or_(source.c.document == document_id, source.c.pending == document_id)
    return connection.execute(select(source.c.id).where(named).limit(1)).first() is not None


def source_name(connection: Connection, document_id: str) -> str:
    """Read the oldest name of a document; its id where it has none."""
    named = or_(source.c.document == document_id, source.c.pending == document_id)
    query = select(SHOWN_NAME).where(named).order_by(source.c.id).limit(1)
    return connection.execute(query).scalar_one_or_none() or document_id


def _known_generation(row: Any, routes: set[str]) -> KnownGeneration:
    return KnownGeneration(
        document=row.document,
        number=row.number,
        state=DocumentState(row.state),
        options=Options.from_json(row.options),
        fingerprints=row.fingerprints,
        routes=frozenset(routes),
        error=fault_of(row),
        profile=row.profile,
        withdrawn=bool(row.withdrawn),
    )


def fault_of(row: Any) -> Fault | None:
    """Read the error columns of a row; None where it has no error."""
    return Fault(code=row.error_code or "error", message=row.error) if row.error else None
