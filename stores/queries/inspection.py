"""What one page of one document shows: where it stands among the others, its chunks and its evidence. Read only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, and_, func, select

from stores.contracts.queries import UnsurePrint
from stores.models import Chunk, Evidence, Route
from stores.sql.database import Database
from stores.sql.pages import placed_boxes
from stores.sql.tables import SHOWN_NAME, block, chunk, evidence, generation, page, record, source
from stores.sql.tables import document as document_table
from stores.views import PageMark

_CHUNK = (chunk.c.ordinal, chunk.c.text, chunk.c.heading, chunk.c.first_page, chunk.c.last_page, chunk.c.boxes)


@dataclass(frozen=True, slots=True)
class Inspection:
    """Pages of the documents of one knowledge base, one at a time."""

    database: Database

    def strip(self, document: str, number: int) -> list[PageMark]:
        """Every page of a generation without what was read of it: light, also for a thousand pages."""
        columns = (
            page.c.number,
            page.c.route,
            page.c.reason,
            page.c.engine,
            page.c.confidence,
            page.c.error,
            page.c.warning,
        )
        query = select(*columns, page.c.markdown.is_not(None).label("read")).where(_of(page, document, number))
        with self.database.read() as connection:
            return [
                PageMark(
                    number=row.number,
                    route=Route(row.route),
                    reason=row.reason,
                    engine=row.engine or "",
                    confidence=row.confidence,
                    error=row.error,
                    read=bool(row.read),
                    warning=row.warning,
                )
                for row in connection.execute(query.order_by(page.c.number))
            ]

    def chunks_on(self, document: str, number: int, at: int) -> list[Chunk]:
        """The chunks that stand on page ``at``, whole or in part, without their vectors."""
        here = and_(chunk.c.first_page <= at, chunk.c.last_page >= at)
        query = select(*_CHUNK).where(_of(chunk, document, number), here).order_by(chunk.c.ordinal)
        with self.database.read() as connection:
            return [
                Chunk(
                    ordinal=row.ordinal,
                    text=row.text,
                    heading=row.heading,
                    first_page=row.first_page,
                    last_page=row.last_page,
                    boxes=tuple(placed_boxes(row.boxes)),
                )
                for row in connection.execute(query)
            ]

    def evidence_on(self, document: str, number: int, at: int) -> list[tuple[str, Evidence]]:
        """(schema, evidence) of the values that were found on page ``at``."""
        query = select(evidence).where(_of(evidence, document, number), evidence.c.page == at, evidence.c.found == 1)
        with self.database.read() as connection:
            return list(_evidence(connection.execute(query.order_by(evidence.c.schema, evidence.c.path)).all()))

    def documents_holding(
        self, schema: str, words: Sequence[str], after: str, limit: int
    ) -> list[tuple[str, int, str]]:
        """(document id, generation, first source name) of records that answer now and hold every word, in any field.

        By document id, those behind ``after``; the name counts as a field. ``words`` are case folded.
        """
        query = _values_of(schema).where(record.c.document > after).order_by(record.c.document)
        matches: list[tuple[str, int, str]] = []
        with self.database.read() as connection:
            for row in connection.execute(query):
                name = row.source or row.document
                text = f"{name}\n{_text_of(row.fields)}".casefold()
                if all(word in text for word in words):
                    matches.append((row.document, row.generation, name))
                if len(matches) == limit:
                    break
        return matches

    def record_values(self, schema: str) -> list[tuple[str, int, str, dict[str, Any]]]:
        """(document id, generation, first source name, fields) of all records that answer now, without evidence."""
        with self.database.read() as connection:
            rows = connection.execute(_values_of(schema)).all()
        return [(row.document, row.generation, row.source or row.document, row.fields) for row in rows]

    def records_by_schema(self) -> dict[str, int]:
        """How many records of each schema answer now."""
        answers = and_(document_table.c.id == record.c.document, document_table.c.visible == record.c.generation)
        counted = select(record.c.schema, func.count().label("n")).where(record.c.not_applicable.is_(None))
        query = counted.join(document_table, answers).group_by(record.c.schema)
        with self.database.read() as connection:
            return {row.schema: row.n for row in connection.execute(query)}

    def unsure_print(self, documents: Sequence[str], below: float) -> dict[str, list[UnsurePrint]]:
        """What OCR was less confident of than ``below`` in visible documents, by document: pages, then blocks."""
        unsure: dict[str, list[UnsurePrint]] = {}
        with self.database.read() as connection:
            for row in connection.execute(_unsure(page, page.c.number, documents, below)):
                whole = UnsurePrint(page=row.page, confidence=row.confidence)
                unsure.setdefault(row.document, []).append(whole)
            places = (block.c.x0, block.c.y0, block.c.x1, block.c.y1)
            for row in connection.execute(_unsure(block, block.c.page, documents, below, *places)):
                part = UnsurePrint(page=row.page, confidence=row.confidence, box=(row.x0, row.y0, row.x1, row.y1))
                unsure.setdefault(row.document, []).append(part)
        return unsure

    def languages(self) -> list[str]:
        """The languages of the documents that answer now, by their codes."""
        answers = and_(document_table.c.id == generation.c.document, document_table.c.visible == generation.c.number)
        query = select(generation.c.language).join(document_table, answers).distinct()
        with self.database.read() as connection:
            return sorted(code for code in connection.execute(query).scalars() if code)

    def page_of_chunk(self, document: str, number: int, ordinal: int) -> int:
        """The first page of a chunk, 0 where there is no such chunk."""
        query = select(chunk.c.first_page).where(_of(chunk, document, number), chunk.c.ordinal == ordinal)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one_or_none() or 0

    def page_of_value(self, document: str, number: int, schema: str, path: str) -> int:
        """The page of the evidence of a value, 0 where it has none."""
        this = and_(evidence.c.schema == schema, evidence.c.path == path)
        query = select(evidence.c.page).where(_of(evidence, document, number), this)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one_or_none() or 0


def _unsure(table: Table, number: Any, documents: Sequence[str], below: float, *columns: Any) -> Select[Any]:
    answers = and_(document_table.c.id == table.c.document, document_table.c.visible == table.c.generation)
    query = select(table.c.document, number.label("page"), table.c.confidence, *columns).join(document_table, answers)
    return query.where(table.c.document.in_(documents), table.c.confidence < below)


def _of(table: Any, document: str, number: int) -> Any:
    return and_(table.c.document == document, table.c.generation == number)


def _evidence(rows: Sequence[Any]) -> Iterator[tuple[str, Evidence]]:
    for row in rows:
        boxes = tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in row.boxes)
        yield (
            row.schema,
            Evidence(
                path=row.path, page=row.page, boxes=boxes, quote=row.quote, found=bool(row.found), place=row.place or ""
            ),
        )


def _values_of(schema: str) -> Select[Any]:
    """Build the query of the values of one schema's records that answer now, each with the name of its document."""
    answers = and_(document_table.c.id == record.c.document, document_table.c.visible == record.c.generation)
    first = select(SHOWN_NAME).where(source.c.document == record.c.document).order_by(source.c.id).limit(1)
    return (
        select(record.c.document, record.c.generation, record.c.fields, first.scalar_subquery().label("source"))
        .join(document_table, answers)
        .where(record.c.schema == schema, record.c.not_applicable.is_(None))
    )


def _text_of(value: Any) -> str:
    """Every value inside a record, one per line."""
    if isinstance(value, dict):
        return "\n".join(map(_text_of, value.values()))
    if isinstance(value, list):
        return "\n".join(map(_text_of, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
