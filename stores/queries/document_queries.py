"""The documents of a knowledge base: lists of them, one of them, and which one a name means."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sqlalchemy import Connection, and_, func, or_, select

from stores.clean_text import clean
from stores.contracts.queries import Availability, OriginalAccess
from stores.errors import InputError, NotFoundError
from stores.generation_views import GenerationView
from stores.models import DocumentState
from stores.queries import documents
from stores.queries.availability import standing
from stores.queries.jobs import document_stages
from stores.source_names import asked_name
from stores.sql.database import Database
from stores.sql.tables import SHOWN_NAME, document, generation, source
from stores.views import (
    DocumentFilter,
    DocumentView,
    Slice,
)

_ALL = 1000  # documents of one part, where all are asked for
_PREFIX = re.compile(r"[0-9a-f]{4,31}")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class DocumentQueries:
    """The documents of one knowledge base. Raises NotFoundError for an unknown document."""

    knowledge_id: str
    database: Database

    def all(self, wanted: DocumentFilter | None = None) -> list[DocumentView]:
        """All documents by source name, files that could never be taken among them."""
        views: list[DocumentView] = []
        cursor: str | None = None
        while True:
            part = self.slice(wanted or DocumentFilter(), cursor, _ALL)
            views += part.items
            cursor = part.next_cursor
            if cursor is None:
                return views

    def get(self, document_id: str) -> DocumentView:
        """One document, with the stages of its newest generation."""
        with self.database.read() as connection:
            view = documents.document_view(connection, document_id)
            if view is None:
                raise self._no_document(document_id)
            newest = connection.execute(select(document.c.newest).where(document.c.id == document_id)).scalar_one()
            return replace(view, stages=document_stages(connection, document_id, newest))

    def slice(self, wanted: DocumentFilter, cursor: str | None, limit: int) -> Slice[DocumentView]:
        with self.database.read() as connection:
            return documents.documents_page(connection, wanted, cursor, limit)

    def refused(self, name: str) -> DocumentView | None:
        """A file of that name that could never be taken: it has a reason, and no document."""
        name = clean(asked_name(name))
        with self.database.read() as connection:
            row = connection.execute(
                select(source).where(source.c.name == name, *documents.NEVER_TAKEN).limit(1)
            ).first()
        return documents.refused_view(row) if row is not None else None

    def find(self, name: str) -> str:
        """The document id that ``name`` means: an id, a unique prefix of one, or a source name."""
        name = clean(asked_name(name))
        with self.database.read() as connection:
            if _ID.fullmatch(name) and self._is_document(connection, name):
                return name
            named = {
                row.document or row.pending
                for row in connection.execute(
                    select(source.c.document, source.c.pending).where(or_(source.c.name == name, name == SHOWN_NAME))
                )
            } - {None}
            ids = self._beginning_with(connection, name) if len(named) != 1 else []
        if len(named) == 1:
            return str(named.pop())
        if len(ids) == 1:
            return ids[0]
        if len(ids) > 1 or len(named) > 1:
            raise InputError(f"{name!r} names several documents: give more of the id, see `ingot docs list`")
        raise self._no_document(name)

    def _no_document(self, name: str) -> NotFoundError:
        return NotFoundError(f"there is no document {name!r} in {self.knowledge_id!r}: see `ingot docs list`")

    @staticmethod
    def _is_document(connection: Connection, name: str) -> bool:
        return connection.execute(select(document.c.id).where(document.c.id == name)).first() is not None

    @staticmethod
    def _beginning_with(connection: Connection, name: str) -> list[str]:
        """At most two ids that begin so."""
        if not _PREFIX.fullmatch(name):
            return []
        within = document.c.id >= name, document.c.id < f"{name}g"
        return list(connection.execute(select(document.c.id).where(*within).limit(2)).scalars())

    def sha256(self, document_id: str) -> str:
        """The hash of a document's bytes, "" where it is unknown."""
        with self.database.read() as connection:
            query = select(document.c.sha256).where(document.c.id == document_id)
            return connection.execute(query).scalar_one_or_none() or ""

    def generation_to_show(self, document_id: str) -> int:
        """The visible generation, else the newest."""
        with self.database.read() as connection:
            row = connection.execute(
                select(document.c.visible, document.c.newest).where(document.c.id == document_id)
            ).first()
        if row is None:
            raise self._no_document(document_id)
        return int(row.visible or row.newest)

    def generations(self, document_id: str) -> list[GenerationView]:
        """The generations of a document that are kept, the oldest first."""
        query = (
            select(generation, document.c.visible)
            .join(document, document.c.id == generation.c.document)
            .where(generation.c.document == document_id)
            .order_by(generation.c.number)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [
            GenerationView(
                number=row.number,
                state=DocumentState(row.state),
                pages=row.pages or 0,
                visible=row.visible == row.number,
                created_at=row.created_at,
                finished_at=row.finished_at,
            )
            for row in rows
        ]

    def standing(self, document_id: str) -> Availability:
        """Which generation is shown, and how it stands with what is newer."""
        with self.database.read() as connection:
            availability = standing(connection, document_id)
        if availability is None:
            raise self._no_document(document_id)
        return availability

    def original_access(self, document_id: str) -> OriginalAccess:
        """How the bytes of a document are opened, as its generation to show knows."""
        shown = func.coalesce(document.c.visible, document.c.newest)
        mine = and_(generation.c.document == document.c.id, generation.c.number == shown)
        with self.database.read() as connection:
            row = connection.execute(
                select(document, generation.c.password, generation.c.pages, shown.label("shown"))
                .outerjoin(generation, mine)
                .where(document.c.id == document_id)
            ).first()
        if row is None:
            raise self._no_document(document_id)
        return OriginalAccess(row.id, row.sha256, row.media_type, row.password or "", row.shown, row.pages or 0)

    def counts_by_state(self) -> dict[DocumentState, int]:
        """How many of the documents that are listed are in each state."""
        with self.database.read() as connection:
            return documents.documents_by_state(connection)
