"""The keyword index: a full-text table beside the chunk rows, from which it can be rebuilt.

The table keeps its own copy of the words: without one, SQLite before 3.43 removes a row only when given its exact
former words, and one wrong word there damages the index silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from stores.sql.dialect import dialect_of
from stores.words import as_term, forms, index_text, query_words

TABLE = "chunk_words"
_RARE_ROWS = 200
_SCORED_ROWS = 4000  # scoring a row costs 1 microsecond: over more, common words only add to the score of rare ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is indexed of one chunk; ``rowid`` is its ``chunk.id``."""

    rowid: int
    text: str
    heading: str
    title: str


def create(connection: Connection) -> None:
    """Create the table where it is missing."""
    dialect_of(connection).create_keyword_table(connection, TABLE)


def write(connection: Connection, rows: Iterable[Words]) -> None:
    """Put chunks into the index, replacing those that are there already."""
    values = [(row.rowid, index_text(row.text), index_text(row.heading), index_text(row.title)) for row in rows]
    if values:
        delete(connection, [rowid for rowid, *_ in values])
        dialect_of(connection).insert_keywords(connection, TABLE, values)


def delete(connection: Connection, rowids: Sequence[int]) -> None:
    """Remove chunks from the index; unknown ones are ignored."""
    if rowids:
        dialect_of(connection).delete_keywords(connection, TABLE, rowids)


def search(
    connection: Connection, query: str, limit: int, counts: Mapping[str, int] | None = None
) -> list[tuple[int, float]]:
    """Return (chunk.id, score) of visible chunks, best first; the score is BM25, higher is better.

    No text of a query is an operator, and a query without any word matches nothing. ``counts``: of ``rows_with`` for
    all words of the query, where they are known already.
    """
    words = query_words(query)
    if counts is None:
        counts = rows_with(connection, [*words.required, *words.more])
    expression = _expression(connection, counts, limit)
    return _visible_matches(connection, expression, limit) if expression else []


def rows_with(connection: Connection, terms: Iterable[str]) -> dict[str, int]:
    """How many chunks, of all generations, hold each term."""
    return dialect_of(connection).count_keyword_rows(connection, TABLE, list(terms))


def search_exact(
    connection: Connection, texts: Sequence[str], limit: int, counts: Mapping[str, int] | None = None
) -> list[int]:
    """Ids of visible chunks that may hold one of the texts as it is written, those of the rarest first.

    The index knows stems, not letters, so the chunks are still to be compared. A text that more than ``_RARE_ROWS``
    chunks hold is left out: it tells too little to put anything first. ``counts``: of ``rows_with`` for some terms.
    """
    known = counts or {}
    terms = list(dict.fromkeys(as_term(form) for text in texts for form in forms(text)))
    numbers = {**known, **rows_with(connection, [term for term in terms if term not in known])}
    rare = sorted((numbers[term], term) for term in terms if 0 < numbers[term] <= _RARE_ROWS)
    matches = [at for _, term in rare for at, _ in _visible_matches(connection, term, limit)]
    return list(dict.fromkeys(matches))[:limit]


def _expression(connection: Connection, counts: Mapping[str, int], limit: int) -> str:
    """Let any of the terms match; where that is too many rows, one of the rarer terms must."""
    known = sorted((rows, term) for term, rows in counts.items() if rows)
    required: list[str] = []
    total = 0
    for rows, term in known:
        if total >= limit and total + rows > _SCORED_ROWS:
            break
        required.append(term)
        total += rows
    return dialect_of(connection).any_keyword(required, [term for _, term in known[len(required) :]])


def _visible_matches(connection: Connection, expression: str, limit: int) -> list[tuple[int, float]]:
    """Return the best visible chunks. Those of other generations are few, so they are dropped after the ranking."""
    asked = limit
    while True:
        asked *= 2
        rows = dialect_of(connection).rank_keyword_rows(connection, TABLE, expression, asked)
        visible = [(int(row.id), float(row.score)) for row in rows if row.visible]
        if len(visible) >= limit or len(rows) < asked:
            return visible[:limit]
