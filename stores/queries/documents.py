"""Documents as they are shown: one, or a long list in parts. A document stands under the first of its names.

A list is read part by part, its keys first. Three arms are merged: documents that answer under a name, those that
are made to replace them, and files that could never be taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, false, func, literal, null, or_, select, true, union

from stores.cursors import cursor_of, key_of
from stores.lifecycle.known_files import fault_of
from stores.models import DocumentState, Fault, Route, Stage, StepState
from stores.queries import durations
from stores.queries.retryable import retryable_documents
from stores.sql.tables import SHOWN_NAME, chunk, document, generation, page, source, step
from stores.suggestions import check
from stores.token_count import TokenCount
from stores.views import DocumentFilter, DocumentView, Slice

SORTS = ("source", "added", "updated", "size")
_SHOWN = func.coalesce(document.c.visible, document.c.newest)
_MANY = 500  # ids in one condition
_ANSWERS, _REFUSED = 0, 2  # arms
_OF_GENERATION = (generation.c.pages, generation.c.title, generation.c.language)
NEVER_TAKEN = source.c.document.is_(None), source.c.pending.is_(None), source.c.error.is_not(None)
"""A file that could never be taken."""


def documents_by_state(connection: Connection) -> dict[DocumentState, int]:
    """How many documents of the whole list are in each state: those that a file names, and files never taken.

    The one count of documents: what every list, summary, page and metric says of a knowledge base comes from here.
    """
    named = select(source.c.id).where(or_(source.c.document == document.c.id, source.c.pending == document.c.id))
    rows = connection.execute(
        select(document.c.state, func.count().label("n")).where(named.exists()).group_by(document.c.state)
    )
    counts = {DocumentState(row.state): int(row.n) for row in rows}
    refused = connection.execute(select(func.count()).select_from(source).where(*NEVER_TAKEN)).scalar_one()
    if refused:
        counts[DocumentState.FAILED] = counts.get(DocumentState.FAILED, 0) + int(refused)
    return counts


def documents_page(
    connection: Connection, wanted: DocumentFilter, cursor: str | None, limit: int
) -> Slice[DocumentView]:
    """At most ``limit`` documents after ``cursor``. InputError for a sort or cursor that nobody knows."""
    order = _Order.of(wanted.sort)
    after = key_of(cursor, order.kind, int, int)
    keys = [
        (row.key, row.id, number, row.document)
        for number, arm in enumerate(_arms(wanted, order))
        for row in connection.execute(order.applied(arm, number, after).limit(limit + 1))
    ]
    keys.sort(key=lambda key: key[:3], reverse=order.downwards)
    shown, more = keys[:limit], len(keys) > limit
    return Slice(
        items=tuple(_views(connection, shown)), next_cursor=cursor_of(*shown[-1][:3]) if more and shown else None
    )


@dataclass(frozen=True, slots=True)
class _Order:
    """A sort: by a value, then by the source's row, then by the arm that the row came from."""

    name: str
    kind: type
    downwards: bool

    @classmethod
    def of(cls, sort: str) -> _Order:
        name, kinds = sort.removeprefix("-"), {"source": str, "added": int, "updated": float, "size": int}
        check("sort order", sort, [*SORTS, *(f"-{one}" for one in SORTS)], code="unknown_sort")
        return cls(name, kinds[name], sort.startswith("-"))

    @property
    def of_documents(self) -> bool:
        """Tell whether it is sorted by a column of the document's row."""
        return self.name in ("updated", "size")

    def value(self, arm: int) -> Any:
        """What is sorted by. Only the first arm walks along an index of it: the others are short and have their own."""
        columns = {"source": SHOWN_NAME, "added": source.c.id, "updated": document.c.updated_at}
        if arm == _REFUSED and self.of_documents:
            return literal(0.0) if self.name == "updated" else source.c.size_bytes
        column = columns.get(self.name, document.c.size_bytes)
        return column if arm == _ANSWERS else func.coalesce(column, column)

    def applied(self, query: Any, arm: int, after: tuple[Any, ...] | None) -> Any:
        """The rows of an arm in this order, those behind a key."""
        value, at = self.value(arm), source.c.id
        query = query.add_columns(value.label("key"), at.label("id"))
        if after:
            key, row, seen = after
            again = and_(at == row, true() if (arm < seen if self.downwards else arm > seen) else false())
            if self.downwards:
                query = query.where(value <= key, or_(value < key, at < row, again))
            else:
                query = query.where(value >= key, or_(value > key, at > row, again))
        return query.order_by(*(part.desc() if self.downwards else part.asc() for part in (value, at)))


def _arms(wanted: DocumentFilter, order: _Order) -> list[Any]:
    """Queries of (document) from the sources: those that answer, those that are made to replace them, those refused."""
    arms = []
    for named in (source.c.document, source.c.pending):
        query = select(named.label("document")).select_from(source)
        if order.of_documents:
            query = query.join(document, document.c.id == named)
        arms.append(query.where(named.is_not(None), ~_earlier_name(named), *_conditions(named, wanted)))
    if wanted.state in (None, DocumentState.FAILED) and not wanted.language and not wanted.media_type:
        named_so = [source.c.name.icontains(wanted.text, autoescape=True)] if wanted.text else []  # never renamed
        arms.append(select(null().label("document")).select_from(source).where(*NEVER_TAKEN, *named_so))
    return arms


def _earlier_name(named: Any) -> Any:
    other = source.alias()
    earlier = [
        select(other.c.id).where(column == named, other.c.id < source.c.id).exists()
        for column in (other.c.document, other.c.pending)
    ]
    return or_(*earlier)


def _conditions(named: Any, wanted: DocumentFilter) -> list[Any]:
    """Each as a set of document ids, found once for the whole query."""
    ids = select(document.c.id)
    shown = ids.join(generation, and_(generation.c.document == document.c.id, generation.c.number == _SHOWN))
    conditions = []
    if wanted.state:
        conditions.append(named.in_(ids.where(document.c.state == wanted.state)))
    if wanted.media_type:
        conditions.append(named.in_(ids.where(document.c.media_type == wanted.media_type)))
    if wanted.language:
        conditions.append(named.in_(shown.where(generation.c.language == wanted.language)))
    if wanted.text:
        other = source.alias()
        here = or_(*(one.icontains(wanted.text, autoescape=True) for one in (other.c.name, other.c.shown_name)))
        conditions.append(
            named.in_(
                union(
                    select(other.c.document).where(here, other.c.document.is_not(None)),
                    select(other.c.pending).where(here, other.c.pending.is_not(None)),
                    shown.where(generation.c.title.icontains(wanted.text, autoescape=True)),
                )
            )
        )
    return conditions


def _views(connection: Connection, keys: Sequence[tuple[Any, int, int, str | None]]) -> list[DocumentView]:
    """The views of (key, source row, arm, document), in their order."""
    ids = [document_id for _, _, _, document_id in keys if document_id]
    rows: dict[str, Any] = {}
    for at in range(0, len(ids), _MANY):
        rows |= {row.id: row for row in connection.execute(_rows().where(document.c.id.in_(ids[at : at + _MANY])))}
    nameless = [row for _, row, _, document_id in keys if not document_id]
    refused = {row.id: row for row in connection.execute(select(source).where(source.c.id.in_(nameless)))}
    details = _Details(connection, ids)
    return [
        _view(rows[document_id], details) if document_id else refused_view(refused[row])
        for _, row, _, document_id in keys
        if (document_id in rows if document_id else row in refused)
    ]


def _rows() -> Any:
    mine = and_(generation.c.document == document.c.id, generation.c.number == _SHOWN)
    newest = generation.alias()
    asked_at = (
        select(newest.c.created_at)
        .where(newest.c.document == document.c.id, newest.c.number == document.c.newest)
        .scalar_subquery()
    )
    return select(document, *_OF_GENERATION, asked_at.label("asked_at")).outerjoin(generation, mine)


def document_view(connection: Connection, document_id: str) -> DocumentView | None:
    """One document, whether or not a name is left for it."""
    row = connection.execute(_rows().where(document.c.id == document_id)).first()
    return _view(row, _Details(connection, [document_id])) if row is not None else None


class _Details:
    """Names, counts and faults of some documents."""

    def __init__(self, connection: Connection, ids: Sequence[str]) -> None:
        self.names: dict[str, tuple[str, ...]] = {}
        self.shown_names: dict[str, str] = {}
        self.routes: dict[str, dict[Route, int]] = {}
        self.chunks: dict[str, int] = {}
        self.failed_pages: dict[str, dict[int, str]] = {}
        self.warnings: dict[str, dict[int, str]] = {}
        self.failed_stages: dict[str, dict[Stage, str]] = {}
        self.tokens: dict[str, TokenCount] = {}
        self.worked = durations.of_generations(connection, ids)
        for at in range(0, len(ids), _MANY):
            part = ids[at : at + _MANY]
            self._name(connection, part)
            self._count(connection, part)
            self._blame(connection, part)
        self.retryable = retryable_documents(connection, ids)

    def _name(self, connection: Connection, ids: Sequence[str]) -> None:
        named = or_(source.c.document.in_(ids), source.c.pending.in_(ids))
        for row in connection.execute(select(source).where(named).order_by(source.c.id)):
            for named_id in {row.document, row.pending} - {None}:
                self.names[named_id] = (*self.names.get(named_id, ()), row.name)
                self.shown_names.setdefault(named_id, row.shown_name or row.name)

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
        """What failed or was given up in the newest generation."""
        newest = and_(document.c.id == page.c.document, document.c.newest == page.c.generation)
        pages = select(page.c.document, page.c.number, page.c.error).join(document, newest)
        for row in connection.execute(pages.where(page.c.document.in_(ids), page.c.error.is_not(None))):
            self.failed_pages.setdefault(row.document, {})[row.number] = row.error
        warned = select(page.c.document, page.c.number, page.c.warning).join(document, newest)
        for row in connection.execute(warned.where(page.c.document.in_(ids), page.c.warning.is_not(None))):
            self.warnings.setdefault(row.document, {})[row.number] = row.warning
        newest = and_(document.c.id == step.c.document, document.c.newest == step.c.generation)
        steps = select(step.c.document, step.c.stage, step.c.error).join(document, newest)
        for row in connection.execute(steps.where(step.c.document.in_(ids), step.c.state == StepState.FAILED)):
            self.failed_stages.setdefault(row.document, {})[Stage(row.stage)] = row.error
        used = select(step.c.document, step.c.tokens_read, step.c.tokens_written).join(document, newest)
        for row in connection.execute(used.where(step.c.document.in_(ids), step.c.tokens_read > 0)):
            self.tokens[row.document] = TokenCount(read=row.tokens_read, written=row.tokens_written)


def _view(row: Any, details: _Details) -> DocumentView:
    worked = details.worked.get((row.id, row.newest))
    names = details.names.get(row.id, ())
    return DocumentView(
        document=row.id,
        source=details.shown_names.get(row.id, ""),
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
        warnings=details.warnings.get(row.id, {}),
        failed_stages=details.failed_stages.get(row.id, {}),
        created_at=row.created_at,
        updated_at=row.updated_at,
        work_s=worked.work_s if worked else None,
        waited_s=max(0.0, worked.began_at - row.asked_at) if worked and row.asked_at else None,
        retryable=row.id in details.retryable,
        tokens=details.tokens.get(row.id, TokenCount()),
    )


def refused_view(row: Any) -> DocumentView:
    """A file that could never be taken: a name and a reason, and no document."""
    fault = Fault(code=row.error_code or "error", message=row.error)
    return DocumentView(
        document="",
        source=row.name,
        sources=(row.name,),
        state=DocumentState.FAILED,
        visible=False,
        media_type="",
        size_bytes=row.size_bytes,
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
        work_s=None,
        waited_s=None,
    )
