"""The chunk rows that the vector index must hold, read a slice at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from stores.contracts.vectors import Scalar
from stores.lifecycle.states import OPEN_STATES
from stores.models import Chunk, chunk_id
from stores.sql.chunks import VISIBLE, chunk_metadata, made_by
from stores.sql.pages import chunk_of
from stores.sql.tables import chunk, document, generation


def part(
    connection: Connection, embedder: str, after: int, limit: int
) -> tuple[list[tuple[str, int, Chunk, dict[str, Scalar]]], int | None]:
    """Return (document, generation, chunk, metadata) of a slice, and the row id to go on after."""
    query = select(chunk, generation.c.language).join(document, VISIBLE).where(chunk.c.id > after)
    rows = connection.execute(made_by(query, embedder).order_by(chunk.c.id).limit(limit)).all()
    about: dict[str, dict[str, Scalar]] = {}
    for row in rows:
        if row.document not in about:
            about[row.document] = chunk_metadata(connection, row)
    chunks = [(row.document, row.generation, chunk_of(row), about[row.document]) for row in rows]
    return chunks, rows[-1].id if len(rows) == limit else None


def existing(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return those ids whose chunk is visible, or belongs to a generation that is being made."""
    parsed = {name: parts for name in ids if (parts := _parsed(name))}
    if not parsed:
        return set()
    columns = (chunk.c.document, chunk.c.generation, chunk.c.ordinal)
    made = and_(generation.c.document == chunk.c.document, generation.c.number == chunk.c.generation)
    kept = or_(document.c.visible == chunk.c.generation, generation.c.state.in_(OPEN_STATES))
    query = select(*columns).join(document, document.c.id == chunk.c.document).join(generation, made)
    known: set[str] = set()
    ordinals: dict[str, list[int]] = {}
    for name, _, ordinal in parsed.values():
        ordinals.setdefault(name, []).append(ordinal)
    for name, mine in ordinals.items():
        within = chunk.c.document == name, chunk.c.ordinal.between(min(mine), max(mine))
        rows: Sequence[Any] = connection.execute(query.where(*within, kept)).all()
        known |= {chunk_id(row.document, row.generation, row.ordinal) for row in rows}
    return known & set(ids)


def sample(connection: Connection, embedder: str, count: int) -> dict[str, bytes]:
    """Return id -> embedding of at most ``count`` visible chunks, spread evenly over the rows."""
    ends = connection.execute(select(func.min(chunk.c.id), func.max(chunk.c.id))).one()
    if ends[0] is None:
        return {}
    step = max(1, (ends[1] - ends[0] + 1) // count)
    ids = list(range(ends[0], ends[1] + 1, step))[:count]
    query = made_by(select(chunk).join(document, VISIBLE).where(chunk.c.id.in_(ids)), embedder)
    rows = connection.execute(query).all()
    return {
        chunk_id(row.document, row.generation, row.ordinal): bytes(row.embedding) for row in rows if any(row.embedding)
    }


def _parsed(name: str) -> tuple[str, int, int] | None:
    document_id, _, rest = name.partition(":")
    number, _, ordinal = rest.partition(":")
    return (document_id, int(number), int(ordinal)) if number.isdecimal() and ordinal.isdecimal() else None
