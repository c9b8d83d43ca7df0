"""What search reads: chunks by keyword and by id, and which documents a filter leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, or_, select

from stores.contracts import Scalar, metadata_of
from stores.filters import Filter
from stores.models import Chunk, DocumentState, chunk_id
from stores.search_views import KeywordHits
from stores.sql import keywords
from stores.sql.database import Database
from stores.sql.filters import filtered_documents
from stores.sql.pages import chunk_of
from stores.sql.tables import SHOWN_NAME, chunk, document, generation, record, source
from stores.words import query_words

_ROWS = 500
_READ_AT_ONCE, _READ_STEP = 64, 8  # chunks of one statement, which has as many places as the next multiple
VISIBLE = and_(document.c.id == chunk.c.document, document.c.visible == chunk.c.generation)
_NOW = and_(document.c.id == generation.c.document, document.c.visible == generation.c.number)

_LATEST = (
    select(generation.c.document, generation.c.number)
    .where(generation.c.state.not_in((DocumentState.FAILED, DocumentState.CANCELLED)))
    .order_by(generation.c.created_at.desc(), generation.c.number.desc())
    .limit(1)
    .subquery()
)
# Composed once: to compose a statement costs as much as to execute it, and each search executes all of these.
_NEWEST_EMBEDDER = select(generation.c.fingerprints["embedder"].as_string()).join(
    _LATEST, and_(generation.c.document == _LATEST.c.document, generation.c.number == _LATEST.c.number)
)
_LANGUAGES = select(generation.c.language).distinct().join(document, _NOW)
_LANGUAGES_OF = (
    select(document.c.id, document.c.visible, generation.c.language)
    .join(generation, _NOW)
    .where(document.c.id.in_(bindparam("documents", expanding=True)))
)
_IDS = select(chunk.c.id, chunk.c.document, chunk.c.generation, chunk.c.ordinal).where(
    chunk.c.id.in_(bindparam("rowids", expanding=True))
)
_NAMES = (
    select(source.c.document, SHOWN_NAME.label("name"))
    .where(source.c.document.in_(bindparam("documents", expanding=True)))
    .order_by(source.c.id.desc())
)

_AT_REST = [state for state in DocumentState if state.final]


@dataclass(frozen=True, slots=True)
class ChunkQueries:
    """The chunks of one knowledge base that answer now."""

    database: Database

    def keyword_hits(self, query: str, limit: int, documents: Collection[str] | None) -> KeywordHits:
        """Chunks by keyword; only of ``documents`` where any are given."""
        words = query_words(query)
        with self.database.read() as connection:
            counts = keywords.rows_with(connection, [*words.required, *words.more])
            ids = _keyword_ids(connection, query, counts, limit, documents)
            exact = _ids(connection, rowids := keywords.search_exact(connection, words.exact, limit, counts))
            rows = connection.execute(select(func.max(chunk.c.id))).scalar_one() or 0
        rarity = {term: log(1 + rows / (1 + counts[term])) for term in words.required}
        return KeywordHits(
            ids=ids,
            exact=[exact[at] for at in rowids if at in exact and (documents is None or _in(exact[at], documents))],
            rarity=rarity,
            absent=frozenset(term for term in words.required if not counts[term]),
        )

    def visible(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of ``ids`` that answer now, in their order, each with the language of its document."""
        documents = {at.split(":")[0] for at in ids}
        with self.database.read() as connection:
            rows = connection.execute(_LANGUAGES_OF, {"documents": list(documents)}).all()
        languages = {f"{row.id}:{row.visible}": str(row.language) for row in rows}
        return {at: languages[version] for at in ids if (version := at.rpartition(":")[0]) in languages}

    def languages(self) -> set[str]:
        """The languages of the documents that answer now; "" stands for an unknown one."""
        with self.database.read() as connection:
            return set(map(str, connection.execute(_LANGUAGES).scalars()))

    def read(self, ids: Sequence[str]) -> dict[str, tuple[Chunk, str]]:
        """(chunk, source name) of those ids that answer now."""
        if not ids:
            return {}
        with self.database.read() as connection:
            slices = (ids[at : at + _READ_AT_ONCE] for at in range(0, len(ids), _READ_AT_ONCE))
            rows = [row for some in slices for row in _rows_at(connection, some)]
            names = _names(connection, {row.document for row in rows})
        return {
            chunk_id(row.document, row.generation, row.ordinal): (chunk_of(row), names[row.document]) for row in rows
        }

    def any_visible(self, embedder: str) -> bool:
        """Tell whether any visible chunk has a vector that this embedder made."""
        with self.database.read() as connection:
            query = made_by(select(chunk.c.id).join(document, VISIBLE), embedder)
            return connection.execute(query.limit(1)).first() is not None

    def newest_embedder(self) -> str | None:
        """Fingerprint of the embedder that the newest generation is made with, those that failed left out."""
        with self.database.read() as connection:
            return connection.execute(_NEWEST_EMBEDDER).scalar_one_or_none()

    def embedders(self) -> list[str]:
        """Fingerprints of the embedders whose vectors answer, that of most documents first."""
        name = generation.c.fingerprints["embedder"].as_string().label("embedder")
        query = select(name).join(document, _NOW).group_by(name).order_by(func.count().desc(), name)
        with self.database.read() as connection:
            return [str(fingerprint) for fingerprint in connection.execute(query).scalars() if fingerprint]

    def embedded_otherwise(self, embedder: str) -> list[str]:
        """Ids of the documents that answer with vectors of another embedder and are not being worked on."""
        name = generation.c.fingerprints["embedder"].as_string()
        query = select(document.c.id).join(generation, _NOW).where(name != embedder, document.c.state.in_(_AT_REST))
        with self.database.read() as connection:
            return list(connection.execute(query.order_by(document.c.id)).scalars())

    def vectors(self, embedder: str) -> Iterator[list[tuple[str, int, Chunk, dict[str, Scalar]]]]:
        """(document, generation, chunk, metadata) of all that answers and this embedder embedded, a slice at a time."""
        after = 0
        while True:
            with self.database.read() as connection:
                query = select(chunk, generation.c.language).join(document, VISIBLE).where(chunk.c.id > after)
                rows = connection.execute(made_by(query, embedder).order_by(chunk.c.id).limit(_ROWS)).all()
                about = {row.document: chunk_metadata(connection, row) for row in rows}
            if not rows:
                return
            after = rows[-1].id
            yield [(row.document, row.generation, chunk_of(row), about[row.document]) for row in rows]

    def embedder(self, document_id: str, number: int) -> str:
        """The fingerprint of the embedder of a generation, "" where it has none."""
        mine = generation.c.document == document_id, generation.c.number == number
        with self.database.read() as connection:
            fingerprints = connection.execute(select(generation.c.fingerprints).where(*mine)).scalar_one()
        return str(fingerprints.get("embedder", ""))

    def metadata(self, document_id: str, number: int) -> dict[str, Scalar]:
        """What the vectors of a generation carry beside what is their own."""
        mine = generation.c.document == document_id, generation.c.number == number
        columns = generation.c.document, generation.c.number.label("generation"), generation.c.language
        with self.database.read() as connection:
            return chunk_metadata(connection, connection.execute(select(*columns).where(*mine)).one())

    def fields_of_other_schemas(self, known: Collection[str]) -> set[str]:
        """Fields that records hold of schemas beside the known ones, with and without their schema's name."""
        others = select(record.c.schema, record.c.fields).where(record.c.schema.not_in(list(known)))
        with self.database.read() as connection:
            rows = connection.execute(others).all()
        return {name for row in rows for field in row.fields for name in (field, f"{row.schema}.{field}")}

    def filtered(self, where: Filter | None) -> set[str] | None:
        """Documents for which a filter holds; None where nothing is asked."""
        if where is None:
            return None
        with self.database.read() as connection:
            return filtered_documents(connection, where)


def _keyword_ids(
    connection: Connection, query: str, counts: Mapping[str, int], limit: int, documents: Collection[str] | None
) -> list[str]:
    """Chunk ids, best first; only of ``documents`` where any are given."""
    asked = limit
    while True:
        rowids = [at for at, _ in keywords.search(connection, query, asked, counts)]
        ids = _ids(connection, rowids)
        kept = [ids[at] for at in rowids if at in ids and (documents is None or _in(ids[at], documents))]
        if len(kept) >= limit or len(rowids) < asked:
            return kept[:limit]
        asked *= 8


def made_by(query: Any, embedder: str) -> Any:
    """Only chunks whose generation was embedded by this embedder."""
    mine = and_(generation.c.document == chunk.c.document, generation.c.number == chunk.c.generation)
    return query.join(generation, mine).where(generation.c.fingerprints["embedder"].as_string() == embedder)


def chunk_metadata(connection: Connection, row: Any) -> dict[str, Scalar]:
    fields = connection.execute(
        select(record.c.fields).where(record.c.document == row.document, record.c.generation == row.generation)
    ).scalars()
    own = {
        "document": row.document,
        "generation": row.generation,
        "name": first_name(connection, row.document),
        "language": row.language,
    }
    return metadata_of(list(fields), own)


def _ids(connection: Connection, rowids: Sequence[int]) -> dict[int, str]:
    ids: dict[int, str] = {}
    for start in range(0, len(rowids), _ROWS):
        rows = connection.execute(_IDS, {"rowids": rowids[start : start + _ROWS]})
        ids |= {row.id: chunk_id(row.document, row.generation, row.ordinal) for row in rows}
    return ids


def _in(at: str, documents: Collection[str]) -> bool:
    return at.split(":")[0] in documents


def _rows_at(connection: Connection, ids: Sequence[str]) -> Sequence[Row[Any]]:
    """The rows of at most ``_READ_AT_ONCE`` chunks that answer now; there are few lengths of such statements."""
    full = [*ids, *[ids[-1]] * (-len(ids) % _READ_STEP)]
    values: dict[str, str | int] = {}
    for at, (document_id, number, ordinal) in enumerate(one.split(":") for one in full):
        values |= {f"document_{at}": document_id, f"number_{at}": int(number), f"ordinal_{at}": int(ordinal)}
    return connection.execute(_select_chunks(len(full)), values).all()


@cache
def _select_chunks(count: int) -> Select[Any]:
    """Select so many chunks by document, generation and ordinal.

    Composed once for each count, as that costs more than to execute it. A list of triples is no substitute: SQLite
    uses no index for it.
    """
    places = (
        and_(
            chunk.c.document == bindparam(f"document_{at}"),
            chunk.c.generation == bindparam(f"number_{at}"),
            chunk.c.ordinal == bindparam(f"ordinal_{at}"),
        )
        for at in range(count)
    )
    return select(chunk).join(document, VISIBLE).where(or_(*places))


def _names(connection: Connection, documents: Collection[str]) -> dict[str, str]:
    """The first source name of each document, its id where it has none."""
    rows = connection.execute(_NAMES, {"documents": list(documents)}).all()
    return {document_id: document_id for document_id in documents} | {row.document: row.name for row in rows}


def first_name(connection: Connection, document_id: str) -> str:
    query = select(SHOWN_NAME).where(source.c.document == document_id).order_by(source.c.id).limit(1)
    return connection.execute(query).scalar_one_or_none() or document_id
