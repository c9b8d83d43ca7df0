"""PostgreSQL's side of the keyword index.

The keyword table holds the tokens of ``stores.tokens`` as a ``tsvector`` with positions, a second one counts in how
many rows each word stands. PostgreSQL's own dictionaries and ranks are not used: the same words must be found as on
SQLite, in the same order, and ``ts_rank`` knows nothing of how rare a word is.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from stores.sql.postgresql_selection import Term, selections
from stores.tokens import tokens

_GAP = 100  # positions between text, heading and title: no phrase reaches from one into the other
_LAST_POSITION = 16383
_MOST_COUNTED = 20_000  # rows with a phrase; of more it does not matter how many
_TOTAL = ""  # the row of the counts that is no word: all rows, and all tokens in them


def create_keyword_table(connection: Connection, table: str) -> None:
    """Create the keyword table where it is missing: words of text, heading and title by the id of a chunk row.

    The words stand in the row itself, up to a database page, and not packed, by which they hardly get smaller: fetching
    them from elsewhere was half of a search.
    """
    for statement in (
        f"""CREATE TABLE IF NOT EXISTS {table} (
                id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL, size INTEGER NOT NULL
            ) WITH (toast_tuple_target = 8160)""",
        f"ALTER TABLE {table} ALTER COLUMN words SET STORAGE EXTERNAL",
        f"CREATE INDEX IF NOT EXISTS {table}_words ON {table} USING gin (words) WITH (fastupdate = off)",
        f"""CREATE TABLE IF NOT EXISTS {table}_count (
                word TEXT COLLATE "C" PRIMARY KEY, rows BIGINT NOT NULL, tokens BIGINT NOT NULL DEFAULT 0
            ) WITH (fillfactor = 70)""",
    ):
        connection.exec_driver_sql(statement)


def insert_keywords(connection: Connection, table: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Add (row id, text, heading, title); none of the ids may be there already."""
    counted: Counter[str] = Counter()
    values, total = [], 0
    for rowid, *texts in rows:
        columns = [tokens(each) for each in texts]
        size = sum(map(len, columns))
        counted.update({word for column in columns for word in column})
        total += size
        values.append({"id": rowid, "words": _vector(columns), "size": size})
    connection.execute(
        text(f"INSERT INTO {table} (id, words, size) VALUES (:id, CAST(:words AS TSVECTOR), :size)"), values
    )
    _count(connection, table, counted, len(values), total)


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


def count_keyword_rows(connection: Connection, table: str, terms: Sequence[str]) -> dict[str, int]:
    """Return how many rows hold each quoted term: exactly for a word, for a phrase up to 20,000."""
    words_by_term = {term: tokens(term) for term in terms}
    rows = _rows_of_words(connection, table, {word for words in words_by_term.values() for word in words})
    counts = {term: min((rows.get(word, 0) for word in words), default=0) for term, words in words_by_term.items()}
    phrases = {term: _phrase(words) for term, words in words_by_term.items() if len(words) > 1 and counts[term]}
    return counts | _rows_of_phrases(connection, table, phrases)


def _rows_of_words(connection: Connection, table: str, words: Collection[str]) -> dict[str, int]:
    query = text(f"SELECT word, rows FROM {table}_count WHERE word = ANY(:words)")
    return {row.word: int(row.rows) for row in connection.execute(query, {"words": sorted(words)})}


def _rows_of_phrases(connection: Connection, table: str, phrases: Mapping[str, str]) -> dict[str, int]:
    if not phrases:
        return {}
    query = text(
        f"""SELECT (SELECT count(*) FROM (SELECT 1 FROM {table} WHERE words @@ phrase LIMIT {_MOST_COUNTED}) AS found)
            FROM unnest(CAST(CAST(:phrases AS TEXT[]) AS TSQUERY[])) WITH ORDINALITY AS asked (phrase, at)
            ORDER BY at"""
    )
    counts = connection.execute(query, {"phrases": list(phrases.values())}).scalars()
    return {term: int(count) for term, count in zip(phrases, counts, strict=True)}


def _phrase(words: Sequence[str]) -> str:
    """The tsquery of words that follow each other."""
    return " <-> ".join(map(_quoted, words))


def any_keyword(required: Sequence[str], optional: Sequence[str]) -> str:
    """Compose a search expression: one of ``required`` must match, ``optional`` terms only add to the score."""
    return json.dumps([list(required), list(optional)])


def rank_keyword_rows(connection: Connection, table: str, expression: str, limit: int) -> Sequence[Row[Any]]:
    """Return (id, score, visible) of the rows that match best; the score is BM25, higher is better.

    How often a word stands in a row is told from ``ts_rank``: that of one word is the sum of 1/n² over its places, in
    parts of π²/6, so what is left to the limit is about 1 / (times + 0.5), from which times is taken to two decimals.
    Its weights are those of title (C), heading (B) and text (A). A phrase that is there counts as often as its words,
    on average.
    """
    required, optional = json.loads(expression) if expression.startswith("[") else ([expression], [])
    words = {term: tokens(term) for term in (*required, *optional)}
    total = _total(connection, table)
    if not any(words[term] for term in required) or total is None:
        return []
    counts = count_keyword_rows(connection, table, [term for term in words if words[term]])
    values = {
        "phrases": [_phrase(words[term]) for term in counts],
        "words": [" | ".join(map(_quoted, words[term])) for term in counts],
        "rarities": [_rarity(total.rows, count) for count in counts.values()],
        "average": max(1.0, total.tokens / total.rows),
        "limit": limit,
    }
    terms = {term: Term(f"({_phrase(words[term])})", rows) for term, rows in counts.items()}
    must_hold, may_hold = ([terms[term] for term in part if term in terms] for part in (required, optional))
    ranked: Sequence[Row[Any]] = []
    for chosen in selections(must_hold, may_hold, total.rows):
        of_these = {"must": chosen.query, "share": chosen.share}
        ranked = connection.execute(text(_RANKED.replace("{table}", table)), {**values, **of_these}).all()
        if len(ranked) >= limit:
            break
    return ranked


def _total(connection: Connection, table: str) -> Any:
    """How many rows and tokens there are in all; None where there are none."""
    query = text(f"SELECT rows, tokens FROM {table}_count WHERE word = '{_TOTAL}' AND rows > 0")
    return connection.execute(query).one_or_none()


def _rarity(rows: int, holding: int) -> float:
    """BM25's weight of a term: more for one that fewer rows hold."""
    return max(1e-6, math.log((rows - holding + 0.5) / (holding + 0.5)))


# The words of a row are many times read, so they are unpacked once, for which ``|| ''`` stands.
_RANKED = """
    WITH term AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(CAST(:phrases AS TEXT[]) AS TSQUERY[]), CAST(CAST(:words AS TEXT[]) AS TSQUERY[]),
            CAST(:rarities AS FLOAT[])
        ) AS asked (phrase, words, rarity)),
    matching AS (
        SELECT id, words || '' AS words, size FROM {table} WHERE words @@ CAST(:must AS TSQUERY)
            AND id > (SELECT max(id) * (1.0 - CAST(:share AS FLOAT)) FROM {table}) OFFSET 0),
    scored AS (
        SELECT id, (
            SELECT sum(rarity * 2.2 * times / (times + 1.2 * (0.25 + 0.75 * size / :average))) FROM (
                SELECT rarity, CASE WHEN places < 0.999 THEN places
                    ELSE floor(50 / (1.64498 - places) - 24.5 - 4.02 * (1.64498 - places)) / 50 END AS times
                FROM (
                    SELECT rarity, 1.6449341 * ts_rank('{0, 0.2, 0.5, 1}', matching.words, term.words) AS places
                    FROM term WHERE matching.words @@ term.phrase OFFSET 0) AS ranked OFFSET 0) AS counted) AS score
        FROM matching),
    best AS (
        SELECT id, round(CAST(score AS NUMERIC), 6) AS score FROM scored ORDER BY score DESC, id LIMIT :limit)
    SELECT best.id AS id, best.score AS score, document.visible = chunk.generation AS visible FROM best
    LEFT JOIN chunk ON chunk.id = best.id LEFT JOIN document ON document.id = chunk.document
    ORDER BY best.score DESC, best.id"""


def compare_keywords(connection: Connection, table: str, rows: Sequence[tuple[int, str, str, str]]) -> dict[int, bool]:
    """Return row id -> whether its words are those of (id, text, heading, title); missing ids are left out."""
    vectors = [_vector([tokens(each) for each in texts]) for _, *texts in rows]
    query = f"""SELECT kept.id AS id, kept.words = CAST(wanted.words AS TSVECTOR) AS equal
                FROM unnest(CAST(:ids AS BIGINT[]), CAST(:vectors AS TEXT[])) AS wanted (id, words)
                JOIN {table} AS kept ON kept.id = wanted.id"""
    compared = connection.execute(text(query), {"ids": [row[0] for row in rows], "vectors": vectors})
    return {int(row.id): bool(row.equal) for row in compared}


def keyword_rowids(connection: Connection, table: str, after: int, limit: int) -> list[int]:
    """Return the next row ids behind ``after``, in order."""
    query = text(f"SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT :limit")
    return [int(rowid) for rowid in connection.execute(query, {"after": after, "limit": limit}).scalars()]


def drop_keyword_table(connection: Connection, table: str) -> None:
    """Remove the keyword table and its counts, damaged or not."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}, {table}_count")


def keyword_damage(connection: Connection, table: str) -> list[str]:
    """Return what is wrong with the counts of words, which the ranking goes by."""
    query = f"""WITH counted AS (
            SELECT word, count(*) AS rows, 0 AS tokens FROM {table}, unnest(tsvector_to_array(words)) AS word
            GROUP BY word UNION ALL SELECT '{_TOTAL}', count(*), coalesce(sum(size), 0) FROM {table})
        SELECT count(*) FROM counted FULL JOIN {table}_count AS kept USING (word)
        WHERE coalesce(counted.rows, 0) <> coalesce(kept.rows, 0)
           OR coalesce(counted.tokens, 0) <> coalesce(kept.tokens, 0)"""
    wrong = int(connection.exec_driver_sql(query).scalar_one())
    return [f"the counts of {table}: {wrong} words stand in more or fewer chunks than it says"] if wrong else []
