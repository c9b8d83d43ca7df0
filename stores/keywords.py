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
    terms = [*words.required, *words.more]
    return _matches(connection, " OR ".join(terms), limit) if terms else []


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
