"""The keyword index: an FTS5 table beside the chunk rows. It can be rebuilt from them.

The table keeps its own copy of the words: without one, SQLite before 3.43 removes a row only when told its exact former
words, and one wrong word there damages the index silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from stores.words import index_text, query_words

TABLE = "chunk_words"
_SCORED_ROWS = 4000  # scoring a row costs 1 microsecond: over more, common words only add to the score of rare ones
_WEIGHTS = "1.0, 0.5, 0.2"  # of a word in text, heading, title


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is indexed of one chunk; ``rowid`` is its ``chunk.id``."""

    rowid: int
    text: str
    heading: str
    title: str


def create(connection: Connection) -> None:
    """Make the table where it is not there yet."""
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5("
        "text, heading, title, "
        "tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* M* Co'\")"
    )


def write(connection: Connection, rows: Iterable[Words]) -> None:
    """Put chunks into the index; those that are there already are replaced."""
    values = [(row.rowid, index_text(row.text), index_text(row.heading), index_text(row.title)) for row in rows]
    if values:
        delete(connection, [value[0] for value in values])
        connection.exec_driver_sql(f"INSERT INTO {TABLE}(rowid, text, heading, title) VALUES (?, ?, ?, ?)", values)


def delete(connection: Connection, rowids: Sequence[int]) -> None:
    """Take chunks out of the index; unknown ones do not matter."""
    if rowids:
        connection.exec_driver_sql(f"DELETE FROM {TABLE} WHERE rowid = ?", [(rowid,) for rowid in rowids])


def search(connection: Connection, query: str, limit: int) -> list[tuple[int, float]]:
    """(chunk.id, score) of visible chunks, best first; the score is BM25, higher is better.

    No text of a query is an operator, and a query without any word finds nothing.
    """
    words = query_words(query)
    expression = _expression(connection, [*words.required, *words.more], limit)
    return _matches(connection, expression, limit) if expression else []


def _expression(connection: Connection, terms: Sequence[str], limit: int) -> str:
    """The terms, any of which may match; where that is too many rows, one of the rarer terms must."""
    counted = sorted((_rows(connection, term), term) for term in terms)
    known = [(rows, term) for rows, term in counted if rows]
    gate: list[str] = []
    total = 0
    for rows, term in known:
        if total >= limit and total + rows > _SCORED_ROWS:
            break
        gate.append(term)
        total += rows
    rare = " OR ".join(gate)
    if len(gate) == len(known):
        return rare
    common = " OR ".join(term for _, term in known[len(gate) :])
    # Rare ones stand here twice, so that the common ones have to: every occurrence counts in BM25.
    return f"({rare}) AND ({rare} OR {common} OR {common})"


def _rows(connection: Connection, term: str) -> int:
    """How many rows hold the term; counting is ten times as fast as scoring."""
    found = connection.exec_driver_sql(f"SELECT count(*) FROM {TABLE} WHERE {TABLE} MATCH ?", (term,))
    return int(found.scalar_one())


def _matches(connection: Connection, expression: str, limit: int) -> list[tuple[int, float]]:
    """The best visible chunks. Those of other generations are few, so they are taken out after the ranking."""
    asked = limit
    while True:
        asked *= 2
        found = connection.exec_driver_sql(
            f"""SELECT best.id, -best.score, document.visible = chunk.generation AS seen FROM (
                    SELECT rowid AS id, rank AS score FROM {TABLE}
                    WHERE {TABLE} MATCH ? AND rank MATCH 'bm25({_WEIGHTS})' ORDER BY rank LIMIT ?) AS best
                LEFT JOIN chunk ON chunk.id = best.id LEFT JOIN document ON document.id = chunk.document
                ORDER BY best.score, best.id""",
            (expression, asked),
        ).all()
        visible = [(int(row.id), float(row[1])) for row in found if row.seen]
        if len(visible) >= limit or len(found) < asked:
            return visible[:limit]
