"""The keyword index compared with the chunk rows of visible generations, a slice at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from stores.models import chunk_id
from stores.sql import keywords
from stores.sql.chunks import VISIBLE
from stores.sql.dialect import dialect_of
from stores.sql.tables import chunk, document, generation
from stores.words import index_text


def faults(connection: Connection, after: int, limit: int) -> tuple[list[tuple[str, str]], int | None]:
    """Return (code, chunk id) of keywords that are missing or differ, and the row id to go on after."""
    rows = _rows(connection, after, limit)
    equal = _compared(connection, rows)
    items = []
    for row in rows:
        if not equal.get(row.id):
            code = "keywords_other" if row.id in equal else "keywords_missing"
            items.append((code, chunk_id(row.document, row.generation, row.ordinal)))
    return items, rows[-1].id if len(rows) == limit else None


def mend(connection: Connection, after: int, limit: int) -> tuple[int, int | None]:
    """Write the keywords of a slice that are missing or differ; return how many, and the row id to go on after."""
    rows = _rows(connection, after, limit)
    equal = _compared(connection, rows)
    wrong = [row for row in rows if not equal.get(row.id)]
    keywords.write(
        connection,
        [keywords.Words(rowid=row.id, text=row.text, heading=row.heading, title=row.title) for row in wrong],
    )
    return len(wrong), rows[-1].id if len(rows) == limit else None


def strays(connection: Connection, after: int, limit: int) -> tuple[list[int], int | None]:
    """Return the row ids of keywords without a chunk in a slice, and the row id to go on after."""
    rowids = dialect_of(connection).keyword_rowids(connection, keywords.TABLE, after, limit)
    lost = sorted(set(rowids) - known(connection, rowids))
    return lost, rowids[-1] if len(rowids) == limit else None


def known(connection: Connection, rowids: Sequence[int]) -> set[int]:
    """Return those row ids that chunks have."""
    return set(connection.execute(select(chunk.c.id).where(chunk.c.id.in_(rowids))).scalars()) if rowids else set()


def _rows(connection: Connection, after: int, limit: int) -> Sequence[Any]:
    made = and_(generation.c.document == chunk.c.document, generation.c.number == chunk.c.generation)
    columns = (chunk.c.id, chunk.c.document, chunk.c.generation, chunk.c.ordinal, chunk.c.text, chunk.c.heading)
    query = select(*columns, generation.c.title).join(document, VISIBLE).join(generation, made)
    return connection.execute(query.where(chunk.c.id > after).order_by(chunk.c.id).limit(limit)).all()


def _compared(connection: Connection, rows: Sequence[Any]) -> dict[int, bool]:
    """Row id -> whether its keywords are those of the chunk; missing ones are left out."""
    words = [(row.id, index_text(row.text), index_text(row.heading), index_text(row.title)) for row in rows]
    return dialect_of(connection).compare_keywords(connection, keywords.TABLE, words) if words else {}


def damage(connection: Connection) -> list[str]:
    """Return what is wrong with the index itself, which the stored words do not show."""
    return dialect_of(connection).keyword_damage(connection, keywords.TABLE)


def rebuild(connection: Connection) -> None:
    """Make the index anew, empty."""
    dialect_of(connection).drop_keyword_table(connection, keywords.TABLE)
    keywords.create(connection)
