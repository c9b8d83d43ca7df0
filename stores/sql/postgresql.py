"""What is peculiar to PostgreSQL: schema facts and full-text search. Implements ``stores.sql.dialect.Dialect``.

A knowledge base has a schema of its own, which every transaction names as its search path.

The keyword table holds the tokens of ``stores.tokens`` as a ``tsvector`` with positions, a second one counts in how
many rows each word stands. PostgreSQL's own dictionaries and ranks are not used: the same words must be found as on
SQLite, in the same order, and ``ts_rank`` knows nothing of how rare a word is.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, text, update
from sqlalchemy import func as sql

from stores.sql.catalog_tables import knowledge_base
from stores.sql.postgresql_errors import translated_errors
from stores.tokens import tokens

_NAMES = {"double precision": "FLOAT", "character varying": "VARCHAR"}
_WHOLE_BITS = {"BIGINT": 63, "INTEGER": 31}

# Schema


def schema_version(connection: Connection) -> int:
    """Return the number of the last migration that was applied; 0 for a new knowledge base."""
    here = select(knowledge_base.c.tables).where(knowledge_base.c.schema == sql.current_schema())
    return int(connection.execute(here).scalar_one())


def set_schema_version(connection: Connection, number: int) -> None:
    """Note the last migration that was applied, in the transaction that applied it."""
    here = update(knowledge_base).where(knowledge_base.c.schema == sql.current_schema())
    connection.execute(here.values(tables=number))


def column_types(connection: Connection, table: str) -> dict[str, str]:
    """Return the columns of a table in their order with their SQL types; empty where there is no such table."""
    rows = connection.execute(
        text(
            """SELECT attname AS name, format_type(atttypid, atttypmod) AS kind FROM pg_attribute
               WHERE attrelid = (SELECT oid FROM pg_class
                                 WHERE relname = :table AND relnamespace = current_schema()::regnamespace)
               AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
        ),
        {"table": table},
    )
    return {row.name: _NAMES.get(row.kind, row.kind.upper()) for row in rows}


def column_value(value: Any, kind: str) -> Any:
    """Return a value as a column of an SQL type takes it; None where it cannot."""
    if value is None or (kind == "FLOAT" and isinstance(value, int | float)):
        return value
    if kind == "FLOAT":
        return _number(value)
    if kind in _WHOLE_BITS:
        number = value if isinstance(value, int) else _number(value)
        fits = number is not None and number == int(number) and abs(number) < 1 << _WHOLE_BITS[kind]
        return int(number) if number is not None and fits else None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


# Full-text search

_GAP = 100  # positions between text, heading and title: no phrase reaches from one into the other
_LAST_POSITION = 16383
_MOST_COUNTED = 20_000  # rows with a phrase; of more it does not matter how many
_TERM = re.compile(r'"([^"]*)"')
_TOTAL = ""  # the row of the counts that is no word: all rows, and all tokens in them


def create_keyword_table(connection: Connection, table: str) -> None:
    """Create the keyword table where it is missing: words of text, heading and title by the id of a chunk row."""
    for statement in (
        f"CREATE TABLE IF NOT EXISTS {table} (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL, size INTEGER NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS {table}_words ON {table} USING gin (words) WITH (fastupdate = off)",
        f"""CREATE TABLE IF NOT EXISTS {table}_count (
                word TEXT COLLATE "C" PRIMARY KEY, rows BIGINT NOT NULL, tokens BIGINT NOT NULL DEFAULT 0
            ) WITH (fillfactor = 70)""",
    ):
        connection.exec_driver_sql(statement)


def insert_keywords(connection: Connection, table: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Add (row id, text, heading, title); none of the ids may be there already."""
    counted: Counter[str] = Counter()
    values = []
    for rowid, *texts in rows:
        columns = [tokens(each) for each in texts]
        size = sum(map(len, columns))
        counted.update({word for column in columns for word in column})
        values.append({"id": rowid, "words": _vector(columns), "size": size})
    connection.execute(
        text(f"INSERT INTO {table} (id, words, size) VALUES (:id, CAST(:words AS TSVECTOR), :size)"), values
    )
    _count(connection, table, counted, len(values), sum(value["size"] for value in values))


def _vector(columns: Sequence[Sequence[str]]) -> str:
    """The literal of a tsvector with the tokens of text, heading and title."""
    places: dict[str, list[str]] = {}
    at = 0
    for label, words in zip("ABC", columns, strict=True):
        for word in words:
            at += 1
            places.setdefault(word, []).append(f"{min(at, _LAST_POSITION)}{label}")
        at += _GAP
    return " ".join(f"{_quoted(word)}:{','.join(at)}" for word, at in places.items())


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _count(connection: Connection, table: str, counted: Counter[str], rows: int, size: int) -> None:
    """Add to the counts of words, and to the totals."""
    words = [_TOTAL, *sorted(counted)]
    connection.execute(
        text(
            f"""INSERT INTO {table}_count AS old (word, rows, tokens)
                SELECT * FROM unnest(CAST(:words AS TEXT[]), CAST(:rows AS BIGINT[]), CAST(:tokens AS BIGINT[]))
                ON CONFLICT (word) DO UPDATE SET rows = old.rows + excluded.rows, tokens = old.tokens + excluded.tokens
            """
        ),
        {"words": words, "rows": [rows, *(counted[word] for word in words[1:])], "tokens": [size, *[0] * len(counted)]},
    )


def delete_keywords(connection: Connection, table: str, rowids: Sequence[int]) -> None:
    """Remove rows by id; unknown ids are ignored."""
    connection.execute(
        text(
            f"""WITH gone AS (DELETE FROM {table} WHERE id = ANY(:rowids) RETURNING words, size),
                less AS (
                    SELECT word, count(*) AS rows, 0 AS tokens FROM gone, unnest(tsvector_to_array(words)) AS word
                    GROUP BY word
                    UNION ALL SELECT '{_TOTAL}', count(*), sum(size) FROM gone HAVING count(*) > 0)
                UPDATE {table}_count AS old SET rows = old.rows - less.rows, tokens = old.tokens - less.tokens
                FROM less WHERE old.word = less.word"""
        ),
        {"rowids": list(rowids)},
    )


def count_keyword_rows(connection: Connection, table: str, term: str) -> int:
    """Return how many rows hold a quoted term: exactly for a word, for a phrase up to 20,000."""
    words = tokens(term)
    rows = _rows_of_words(connection, table, words)
    fewest = min((rows.get(word, 0) for word in words), default=0)
    if len(words) < 2 or not fewest:
        return fewest
    query = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE words @@ CAST(:phrase AS TSQUERY) LIMIT :most) AS rows"
    return int(connection.execute(text(query), {"phrase": _phrase(words), "most": _MOST_COUNTED}).scalar_one())


def _rows_of_words(connection: Connection, table: str, words: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(
        text(f"SELECT word, rows FROM {table}_count WHERE word = ANY(:words)"), {"words": list(words)}
    )
    return {row.word: int(row.rows) for row in rows}


def _phrase(words: Sequence[str]) -> str:
    """The tsquery of words that follow each other."""
    return " <-> ".join(map(_quoted, words))


def any_keyword(required: Sequence[str], optional: Sequence[str]) -> str:
    """Compose a search expression: one of ``required`` must match, ``optional`` terms only add to the score."""
    return json.dumps([list(required), list(optional)])


def rank_keyword_rows(connection: Connection, table: str, expression: str, limit: int) -> Sequence[Row[Any]]:
    """Return (id, score, visible) of the rows that match best; the score is BM25, higher is better.

    How often a word stands in a row is told from ``ts_rank``: that of one word is the sum of 1/n² over its places, in
    parts of π²/6, so that what is left to the limit is about 1 / (times + 0.5). Its weights are those of title (C),
    heading (B) and text (A).
    """
    required, optional = json.loads(expression) if expression.startswith("[") else ([expression], [])
    queries = {term: _phrase(words) for term in (*required, *optional) if (words := tokens(term))}
    must = [f"({queries[term]})" for term in required if term in queries]
    if not must:
        return []
    total = connection.execute(text(f"SELECT rows, tokens FROM {table}_count WHERE word = '{_TOTAL}'")).one_or_none()
    if total is None or total.rows < 1:
        return []
    weights = {term: _rarity(total.rows, count_keyword_rows(connection, table, term)) for term in queries}
    values = {
        "must": " | ".join(must),
        "terms": list(queries.values()),
        "rarities": [weights[term] for term in queries],
        "average": max(1.0, total.tokens / total.rows),
        "limit": limit,
    }
    return connection.execute(text(_RANKED.replace("{table}", table)), values).all()


def _rarity(rows: int, holding: int) -> float:
    """BM25's weight of a term: more for one that fewer rows hold."""
    return max(1e-6, math.log((rows - holding + 0.5) / (holding + 0.5)))


_RANKED = """
    WITH matching AS MATERIALIZED (SELECT id, words, size FROM {table} WHERE words @@ CAST(:must AS TSQUERY)),
    scored AS (
        SELECT matching.id, (
            SELECT sum(rarity * 2.2 * times / (times + 1.2 * (0.25 + 0.75 * size / :average)))
            FROM unnest(CAST(CAST(:terms AS TEXT[]) AS TSQUERY[]), CAST(:rarities AS FLOAT[])) AS term (query, rarity),
            LATERAL (SELECT CASE
                WHEN NOT words @@ query THEN 0
                WHEN numnode(query) > 1 THEN 1
                ELSE 1 / ((1.00001 - ts_rank('{0, 0.2, 0.5, 1}', words, query)) * 1.6449341) - 0.5
            END AS times) AS counted
        ) AS score FROM matching),
    best AS (SELECT id, score FROM scored ORDER BY score DESC, id LIMIT :limit)
    SELECT best.id AS id, best.score AS score, document.visible = chunk.generation AS visible FROM best
    LEFT JOIN chunk ON chunk.id = best.id LEFT JOIN document ON document.id = chunk.document
    ORDER BY best.score DESC, best.id"""


__all__ = [
    "any_keyword",
    "column_types",
    "column_value",
    "count_keyword_rows",
    "create_keyword_table",
    "delete_keywords",
    "insert_keywords",
    "rank_keyword_rows",
    "schema_version",
    "set_schema_version",
    "translated_errors",
]
