"""Documents as they are shown: one, or a long list in parts. A document stands under the first of its names.

A list is read in the order of an index, part by part; two arms are merged: documents that answer under a name (and
files that could never be taken), and those that are being made to replace one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, false, func, or_, select

from stores.cursors import cursor_of, key_of
from stores.errors import InputError
from stores.intake import fault_of
from stores.models import DocumentState, Fault, Route, Stage, StepState
from stores.tables import chunk, document, generation, page, source, step
from stores.views import DocumentFilter, DocumentView, Slice

SORTS = ("source", "added", "updated", "size")
_SHOWN = func.coalesce(document.c.visible, document.c.newest)
_MANY = 500  # ids in one condition


def documents_page(
    connection: Connection, wanted: DocumentFilter, cursor: str | None, limit: int
) -> Slice[DocumentView]:
    """At most ``limit`` documents after ``cursor``. InputError for a sort or cursor that nobody knows."""
    column, kind, downwards = _sorted_by(wanted.sort)
    after = key_of(cursor, kind, int, str)
    rows = [
        row
        for arm in (source.c.document, source.c.pending)
        for row in connection.execute(_arm(arm, wanted, column, downwards, after).limit(limit + 1))
    ]
    rows.sort(key=lambda row: (row.key, row.source_id, row.id or ""), reverse=downwards)
    shown, more = rows[:limit], len(rows) > limit
    last = shown[-1] if shown else None
    return Slice(
        items=tuple(views_of(connection, shown)),
        next_cursor=cursor_of(last.key, last.source_id, last.id or "") if more and last is not None else None,
    )


def _sorted_by(sort: str) -> tuple[Any, type, bool]:
    """(column, its kind, downwards?) of a sort."""
    name, downwards = sort.removeprefix("-"), sort.startswith("-")
    found: dict[str, tuple[Any, type]] = {
        "source": (source.c.name, str),
        "added": (source.c.id, int),
        "updated": (func.coalesce(document.c.updated_at, 0.0), float),
        "size": (func.coalesce(document.c.size_bytes, source.c.size_bytes), int),
    }
    if name not in found:
        raise InputError(f"documents cannot be sorted by {sort!r}: choose one of {', '.join(SORTS)}, or -source ...")
    return (*found[name], downwards)


def _arm(arm: Any, wanted: DocumentFilter, column: Any, downwards: bool, after: tuple[Any, ...] | None) -> Any:
    """One row per document that is named by the column ``arm`` of a source, and by no earlier source."""
    mine = and_(generation.c.document == document.c.id, generation.c.number == _SHOWN)
    named = and_(arm == document.c.id, ~_earlier_name(arm))
    refused = and_(source.c.document.is_(None), source.c.pending.is_(None), source.c.error.is_not(None))
    keep = or_(document.c.id.is_not(None), refused) if arm is source.c.document else document.c.id.is_not(None)
    query = _columns(column).outerjoin(document, named).outerjoin(generation, mine).where(keep, *_conditions(wanted))
    key = (column, source.c.id, func.coalesce(document.c.id, ""))
    if after:
        query = query.where(_beyond(key, after, downwards))
    return query.order_by(*(part.desc() if downwards else part.asc() for part in key))


def _columns(column: Any) -> Any:
    return select(
        column.label("key"),
        source.c.id.label("source_id"),
        source.c.name.label("source_name"),
        source.c.size_bytes.label("source_size"),
        source.c.error.label("source_error"),
        source.c.error_code.label("source_error_code"),
        document,
        *_OF_GENERATION,
    ).select_from(source)


_OF_GENERATION = (
    generation.c.pages,
    generation.c.title,
    generation.c.language,
    generation.c.started_at,
    generation.c.finished_at,
)


def _earlier_name(arm: Any) -> Any:
    other = source.alias()
    found = [
        select(other.c.id).where(column == arm, other.c.id < source.c.id).exists()
        for column in (other.c.document, other.c.pending)
    ]
    return or_(*found)


def _conditions(wanted: DocumentFilter) -> list[Any]:
    conditions = []
    if wanted.state:
        alike = document.c.state == wanted.state
        taken = document.c.id.is_not(None)
        conditions.append(or_(alike, ~taken) if wanted.state is DocumentState.FAILED else alike)
    if wanted.language:
        conditions.append(generation.c.language == wanted.language)
    if wanted.media_type:
        conditions.append(document.c.media_type == wanted.media_type)
    if wanted.text:
        other = source.alias()
        names = or_(other.c.document == document.c.id, other.c.pending == document.c.id)
        elsewhere = select(other.c.id).where(names, other.c.name.icontains(wanted.text, autoescape=True)).exists()
        here = source.c.name.icontains(wanted.text, autoescape=True)
        conditions.append(or_(here, generation.c.title.icontains(wanted.text, autoescape=True), elsewhere))
    return conditions


def _beyond(key: Sequence[Any], after: Sequence[Any], downwards: bool) -> Any:
    """The rows behind a key; its first column stands alone in a condition, so that an index can begin there."""
    found: Any = false()
    for column, value in reversed(list(zip(key, after, strict=True))):
        further = column < value if downwards else column > value
        found = or_(further, and_(column == value, found))
    first = key[0] <= after[0] if downwards else key[0] >= after[0]
    return and_(first, found)


def document_view(connection: Connection, document_id: str) -> DocumentView | None:
    """One document, whether or not a name is left for it."""
    mine = and_(generation.c.document == document.c.id, generation.c.number == _SHOWN)
    query = select(document, *_OF_GENERATION).outerjoin(generation, mine).where(document.c.id == document_id)
    row = connection.execute(query).first()
    return views_of(connection, [row])[0] if row is not None else None


def views_of(connection: Connection, rows: Sequence[Any]) -> list[DocumentView]:
    """The views of rows that were selected here; what belongs to them is asked once for all."""
    details = _Details(connection, [row.id for row in rows if row.id])
    return [_view(row, details) if row.id else refused_view(row) for row in rows]


class _Details:
    """Names, counts and faults of some documents."""

    def __init__(self, connection: Connection, ids: Sequence[str]) -> None:
        self.names: dict[str, tuple[str, ...]] = {}
        self.routes: dict[str, dict[Route, int]] = {}
        self.chunks: dict[str, int] = {}
        self.failed_pages: dict[str, dict[int, str]] = {}
        self.failed_stages: dict[str, dict[Stage, str]] = {}
        for at in range(0, len(ids), _MANY):
            part = ids[at : at + _MANY]
            self._name(connection, part)
            self._count(connection, part)
            self._blame(connection, part)

    def _name(self, connection: Connection, ids: Sequence[str]) -> None:
        named = or_(source.c.document.in_(ids), source.c.pending.in_(ids))
        for row in connection.execute(select(source).where(named).order_by(source.c.id)):
            for found in {row.document, row.pending} - {None}:
                self.names[found] = (*self.names.get(found, ()), row.name)

    def _count(self, connection: Connection, ids: Sequence[str]) -> None:
        routes = (
            select(page.c.document, page.c.route, func.count().label("n"))
            .join(document, and_(document.c.id == page.c.document, page.c.generation == _SHOWN))
            .where(page.c.document.in_(ids))
            .group_by(page.c.document, page.c.route)
        )
        for row in connection.execute(routes):
            self.routes.setdefault(row.document, {})[Route(row.route)] = row.n
        chunks = (
            select(chunk.c.document, func.count().label("n"))
            .join(document, and_(document.c.id == chunk.c.document, chunk.c.generation == _SHOWN))
            .where(chunk.c.document.in_(ids))
            .group_by(chunk.c.document)
        )
        self.chunks |= {row.document: row.n for row in connection.execute(chunks)}

    def _blame(self, connection: Connection, ids: Sequence[str]) -> None:
        """What failed in the newest generation."""
        newest = and_(document.c.id == page.c.document, document.c.newest == page.c.generation)
        pages = select(page.c.document, page.c.number, page.c.error).join(document, newest)
        for row in connection.execute(pages.where(page.c.document.in_(ids), page.c.error.is_not(None))):
            self.failed_pages.setdefault(row.document, {})[row.number] = row.error
        newest = and_(document.c.id == step.c.document, document.c.newest == step.c.generation)
        steps = select(step.c.document, step.c.stage, step.c.error).join(document, newest)
        for row in connection.execute(steps.where(step.c.document.in_(ids), step.c.state == StepState.FAILED)):
            self.failed_stages.setdefault(row.document, {})[Stage(row.stage)] = row.error


def _view(row: Any, details: _Details) -> DocumentView:
    took = row.finished_at - row.started_at if row.finished_at and row.started_at else None
    names = details.names.get(row.id, ())
    return DocumentView(
        document=row.id,
        source=names[0] if names else "",
        sources=tuple(names),
        state=DocumentState(row.state),
        visible=row.visible is not None,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        pages=row.pages or 0,
        routes=details.routes.get(row.id, {}),
        language=row.language or "",
        title=row.title or "",
        chunks=details.chunks.get(row.id, 0),
        generation=row.visible or row.newest,
        error=fault_of(row),
        failed_pages=details.failed_pages.get(row.id, {}),
        failed_stages=details.failed_stages.get(row.id, {}),
        created_at=row.created_at,
        updated_at=row.updated_at,
        duration_s=took,
    )


def refused_view(row: Any) -> DocumentView:
    """A file that could never be taken: a name and a reason, and no document."""
    fault = Fault(code=row.source_error_code or "error", message=row.source_error)
    return DocumentView(
        document="",
        source=row.source_name,
        sources=(row.source_name,),
        state=DocumentState.FAILED,
        visible=False,
        media_type="",
        size_bytes=row.source_size,
        pages=0,
        routes={},
        language="",
        title="",
        chunks=0,
        generation=0,
        error=fault,
        failed_pages={},
        failed_stages={},
        created_at=0.0,
        updated_at=0.0,
        duration_s=None,
    )
