"""The rows of one knowledge base compared with each other and with its keywords, a slice at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from stores.consistency import chunk_rows, keyword_rows
from stores.consistency.row_rules import ROW_RULES
from stores.consistency.rules import in_work, named
from stores.consistency.state_rules import STATE_RULES
from stores.contracts.consistency import VisibleDocument
from stores.contracts.vectors import Scalar
from stores.effects import Order
from stores.lifecycle.generations import GenerationSpec, open_first_step
from stores.lifecycle.reprocess import insert_job_of
from stores.lifecycle.states import OPEN_STATES
from stores.models import Chunk, DocumentState, Options
from stores.sql import keywords
from stores.sql.database import Database
from stores.sql.dialect import dialect_of
from stores.sql.tables import SHOWN_NAME, document, generation, source

_RULES = {rule.code: rule for rule in (*ROW_RULES, *STATE_RULES)}
FOREIGN_KEYS = "foreign_key_broken"
_SLICE = 400  # bound values of one statement
_MENDED_AT_ONCE = 20  # items of one write transaction: others write, too


@dataclass(frozen=True, slots=True)
class Consistency:
    """The checks of one knowledge base; implements ``stores.contracts.consistency.ConsistencyStore``."""

    knowledge_id: str
    database: Database

    def damage(self, *, deep: bool) -> dict[str, list[str]]:
        with self.database.read() as connection:
            sentences = {"database_damaged": dialect_of(connection).file_damage(connection)}
        if deep:
            with self.database.write() as connection:
                sentences["keywords_damaged"] = keyword_rows.damage(connection)
        return {code: some for code, some in sentences.items() if some}

    def contradictions(self, most: int) -> dict[str, list[str]]:
        items = {}
        with self.database.read() as connection:
            items[FOREIGN_KEYS] = dialect_of(connection).rows_without_parent(connection, most)
            for code, rule in _RULES.items():
                items[code] = rule.items(connection, most)
        return {code: some for code, some in items.items() if some}

    def mends(self) -> frozenset[str]:
        return frozenset({FOREIGN_KEYS, *(code for code, rule in _RULES.items() if rule.mend)})

    def mend(self, code: str, items: Sequence[str], order: Order) -> int:
        """Mend items in short transactions; in each it is looked up whether they are still wrong."""
        if code == FOREIGN_KEYS:
            with self.database.write() as connection:
                return dialect_of(connection).drop_rows_without_parent(connection, max(len(items), 1))
        mended = 0
        for start in range(0, len(items), _MENDED_AT_ONCE):
            with self.database.write() as connection:
                mended += _mend(connection, code, items[start : start + _MENDED_AT_ONCE], order)
        return mended

    def begin_again(self, document_id: str, fingerprints: Mapping[str, str], job_id: str) -> bool:
        now, spec = (
            self.database.now(),
            GenerationSpec(options=asdict(Options()), fingerprints=fingerprints, profile=None),
        )
        with self.database.write() as connection:
            made = select(generation.c.number).where(generation.c.document == document_id).limit(1)
            if connection.execute(made).first() is not None:
                return False
            number = open_first_step(connection, document_id, spec, now)
            insert_job_of(connection, job_id, document_id, number, now)
        return True

    def in_work(self) -> set[str]:
        with self.database.read() as connection:
            return set(connection.execute(select(document.c.id).where(in_work())).scalars())

    def hashes(self, after: str, limit: int) -> list[tuple[str, str]]:
        query = select(document.c.id, document.c.sha256).where(document.c.id > after, named())
        with self.database.read() as connection:
            return [(row.id, row.sha256) for row in connection.execute(query.order_by(document.c.id).limit(limit))]

    def known_hashes(self, hashes: Collection[str]) -> set[str]:
        with self.database.read() as connection:
            query = select(document.c.sha256).where(document.c.sha256.in_(list(hashes)))
            return set(connection.execute(query).scalars())

    def visible(self, after: str, limit: int) -> list[VisibleDocument]:
        made = and_(generation.c.document == document.c.id, generation.c.number == document.c.visible)
        query = select(document.c.id, generation.c.number, generation.c.title, generation.c.language)
        query = query.join(generation, made).where(document.c.id > after, named())
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(document.c.id).limit(limit)).all()
            names = _source_names(connection, [row.id for row in rows])
        return [
            VisibleDocument(
                document=row.id,
                generation=row.number,
                source=names.get(row.id, row.id[:12]),
                title=row.title,
                language=row.language,
            )
            for row in rows
        ]

    def visible_generations(self, documents: Collection[str]) -> dict[str, int]:
        query = select(document.c.id, document.c.visible).where(document.c.visible.is_not(None))
        visible: dict[str, int] = {}
        with self.database.read() as connection:
            for ids in _slices(documents):
                visible |= {row.id: row.visible for row in connection.execute(query.where(document.c.id.in_(ids)))}
        return visible

    def needs_page_images(self, document_id: str, number: int) -> bool:
        mine = generation.c.document == document_id, generation.c.number == number
        query = select(generation.c.state, document.c.visible).join(document, document.c.id == generation.c.document)
        with self.database.read() as connection:
            row = connection.execute(query.where(*mine)).first()
        if row is None or row.state == DocumentState.DONE:
            return False
        return row.state in OPEN_STATES or row.visible != number

    def places(self, document_id: str) -> list[tuple[str, str]]:
        query = select(source.c.root, source.c.name).where(_names(document_id)).order_by(source.c.id)
        with self.database.read() as connection:
            return [(row.root, row.name) for row in connection.execute(query)]

    def source_names(self, documents: Collection[str]) -> dict[str, str]:
        with self.database.read() as connection:
            return _source_names(connection, documents)

    def keyword_faults(self, after: int, limit: int) -> tuple[list[tuple[str, str]], int | None]:
        with self.database.read() as connection:
            return keyword_rows.faults(connection, after, limit)

    def stray_keywords(self, after: int, limit: int) -> tuple[list[int], int | None]:
        with self.database.read() as connection:
            return keyword_rows.strays(connection, after, limit)

    def mend_keywords(self, after: int, limit: int) -> tuple[int, int | None]:
        with self.database.read() as connection:  # most slices need no write lock
            items, then = keyword_rows.faults(connection, after, limit)
        if not items:
            return 0, then
        with self.database.write() as connection:
            return keyword_rows.mend(connection, after, limit)

    def drop_keywords(self, rowids: Sequence[int]) -> int:
        with self.database.write() as connection:
            lost = sorted(set(rowids) - keyword_rows.known(connection, rowids))
            keywords.delete(connection, lost)
        return len(lost)

    def rebuild_keywords(self) -> None:
        with self.database.write() as connection:
            keyword_rows.rebuild(connection)

    def existing_chunks(self, ids: Sequence[str]) -> set[str]:
        with self.database.read() as connection:
            return chunk_rows.existing(connection, ids)

    def chunk_part(
        self, embedder: str, after: int, limit: int
    ) -> tuple[list[tuple[str, int, Chunk, dict[str, Scalar]]], int | None]:
        with self.database.read() as connection:
            return chunk_rows.part(connection, embedder, after, limit)

    def sample(self, embedder: str, count: int) -> dict[str, bytes]:
        with self.database.read() as connection:
            return chunk_rows.sample(connection, embedder, count)


def _mend(connection: Connection, code: str, items: Sequence[str], order: Order) -> int:
    rule = _RULES[code]
    return sum(
        rule.mend(connection, item, order) for item in items if rule.mend is not None and rule.holds(connection, item)
    )


def _names(document_id: str) -> Any:
    return or_(source.c.document == document_id, source.c.pending == document_id)


def _source_names(connection: Connection, documents: Collection[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for ids in _slices(documents):
        columns = source.c.document, source.c.pending, SHOWN_NAME.label("name")
        query = select(*columns).where(or_(source.c.document.in_(ids), source.c.pending.in_(ids)))
        for row in connection.execute(query.order_by(source.c.id)):
            for identity in (row.document, row.pending):
                names.setdefault(identity, row.name)
    return {identity: names[identity] for identity in documents if identity in names}


def _slices(values: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(values))
    for at in range(0, len(ordered), _SLICE):
        yield ordered[at : at + _SLICE]
