"""Rules of rows: what a generation that answers must have, and rows whose owner is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, and_, column, delete, exists, func, inspect, or_, select, table, true, update

from stores.consistency.rules import Rule, document_and_generation, in_work, named
from stores.consistency.rules import visible_generations as visible
from stores.effects import Order
from stores.models import Route, Stage, StepState
from stores.sql.dialect import dialect_of
from stores.sql.record_tables import store_record_rows, values_of
from stores.sql.tables import chunk, document, evidence, generation, job, page, profile, record, source, step

_GENERATION = (generation.c.document, generation.c.number)
_FLOAT_BYTES = 4


# Sources, profiles, what should be gone


def _unknown(reference: Any) -> Any:
    return and_(reference.is_not(None), ~exists().where(document.c.id == reference))


def _dangling_sources() -> Any:
    return select(source.c.id).where(or_(_unknown(source.c.document), _unknown(source.c.pending)))


def _mend_source(connection: Connection, item: str, _: Order) -> bool:
    """Forget documents that are gone; a name that is left without one is removed, so that its file is new again."""
    mine = source.c.id == int(item)
    connection.execute(update(source).where(mine, _unknown(source.c.pending)).values(pending=None))
    waits = source.c.pending.is_not(None)
    connection.execute(update(source).where(mine, waits, _unknown(source.c.document)).values(document=None))
    connection.execute(delete(source).where(mine, _unknown(source.c.document)))
    return True


def _unknown_profiles() -> Any:
    gone = and_(generation.c.profile.is_not(None), ~exists().where(profile.c.id == generation.c.profile))
    return select(*_GENERATION).where(gone)


def _forget_profile(connection: Connection, item: str, _: Order) -> bool:
    name, number = document_and_generation(item)
    lost = select(generation.c.profile).where(generation.c.document == name, generation.c.number == number)
    profile_id = connection.execute(lost).scalar_one_or_none()
    for owner in (generation, job):
        connection.execute(update(owner).where(owner.c.profile == profile_id).values(profile=None))
    return True


def _obsolete() -> Any:
    older = exists().where(generation.c.document == document.c.id, generation.c.number < document.c.visible)
    return select(document.c.id).where(older, named(), ~in_work())


# Pages, chunks and records of generations that answer


def _count(of: Any, *conditions: Any) -> Any:
    mine = of.c.document == generation.c.document, of.c.generation == generation.c.number
    return select(func.count()).select_from(of).where(*mine, *conditions).correlate(generation).scalar_subquery()


def _last_ordinal() -> Any:
    mine = chunk.c.document == generation.c.document, chunk.c.generation == generation.c.number
    return select(func.max(chunk.c.ordinal)).where(*mine).correlate(generation).scalar_subquery()


def _unread_pages() -> Any:
    unread = page.c.markdown.is_(None), page.c.error.is_(None), page.c.route != Route.BLANK
    return _count(page, *unread)


def _without_chunks(connection: Connection, most: int) -> list[str]:
    """Generations whose pages have words, and which have no chunk."""
    text = func.coalesce(page.c.markdown, "")
    query = visible(*_GENERATION).where(_count(chunk) == 0, _count(page, text != "") > 0)
    rows = connection.execute(query.limit(most)).all()
    return [f"{row.document}:{row.number}" for row in rows if _has_words(connection, row)]


def _has_words(connection: Connection, row: Any) -> bool:
    mine = page.c.document == row.document, page.c.generation == row.number, page.c.markdown.is_not(None)
    texts = connection.execute(select(page.c.markdown).where(*mine)).scalars()
    return any(character.isalnum() for text in texts for character in text)


def _wrong_embeddings(connection: Connection, most: int) -> list[str]:
    """Generations with embeddings of another length than most of their embedder have."""
    embedder, length = generation.c.fingerprints["embedder"].as_string(), func.length(chunk.c.embedding)
    mine = and_(chunk.c.document == generation.c.document, chunk.c.generation == generation.c.number)
    lengths = visible(embedder.label("embedder"), length.label("length"), func.count().label("rows"))
    usual: dict[str, tuple[int, int]] = {}
    rows = connection.execute(lengths.join(chunk, mine).group_by("embedder", "length")).all()
    for row in rows:
        if row.length and row.length % _FLOAT_BYTES == 0:
            usual[row.embedder] = max(usual.get(row.embedder, (0, 0)), (row.rows, row.length))
    items: list[str] = []
    for name in {row.embedder for row in rows}:
        other = length != usual.get(name, (0, 0))[1]
        query = visible(*_GENERATION).join(chunk, mine).where(embedder == name, other).distinct().limit(most)
        items += [f"{row.document}:{row.number}" for row in connection.execute(query)]
    return items[:most]


def _without_records() -> Any:
    """Generations whose extraction did not fail, without a record of the schema that every document has."""
    mine = step.c.document == generation.c.document, step.c.generation == generation.c.number
    made = exists().where(*mine, step.c.stage == Stage.EXTRACT, step.c.state.in_((StepState.DONE, StepState.SKIPPED)))
    return visible(*_GENERATION).where(made, _count(record, record.c.schema == "document") == 0)


def _evidence_without_record() -> Any:
    mine = record.c.document == evidence.c.document, record.c.generation == evidence.c.generation
    known = exists().where(*mine, record.c.schema == evidence.c.schema)
    return select(evidence.c.document, evidence.c.generation).where(~known).distinct()


def _drop_evidence(connection: Connection, item: str, _: Order) -> bool:
    name, number = document_and_generation(item)
    mine = record.c.document == evidence.c.document, record.c.generation == evidence.c.generation
    known = exists().where(*mine, record.c.schema == evidence.c.schema)
    gone = delete(evidence).where(evidence.c.document == name, evidence.c.generation == number, ~known)
    return bool(connection.execute(gone).rowcount)


# Record tables: ``record_<schema>`` repeats in columns what ``record`` has as JSON


def _schemas(connection: Connection) -> Iterator[tuple[str, Any]]:
    """Yield (schema, its main table) of the schemas that have tables; those of lists have an ordinal."""
    for name in sorted(inspect(connection).get_table_names()):
        if name.startswith("record_") and "ordinal" not in dialect_of(connection).column_types(connection, name):
            yield name.removeprefix("record_"), table(name, column("document"), column("generation"))


def _untyped(connection: Connection, most: int) -> list[str]:
    items: list[str] = []
    for name, typed in _schemas(connection):
        mine = exists(
            select(true()).where(typed.c.document == record.c.document, typed.c.generation == record.c.generation)
        )
        applies = record.c.not_applicable.is_(None)
        rows = select(record.c.document, record.c.generation).where(record.c.schema == name, applies, ~mine)
        items += [f"{row.document}:{row.generation}" for row in connection.execute(rows.limit(most))]
    return list(dict.fromkeys(items))[:most]


def _write_typed(connection: Connection, item: str, _: Order) -> bool:
    name, number = document_and_generation(item)
    mine = record.c.document == name, record.c.generation == number
    rows: Sequence[Any] = connection.execute(select(record).where(*mine)).all()
    for row in rows:
        store_record_rows(connection, name, number, values_of(row))
    return bool(rows)


def _typed_without_record(connection: Connection, most: int) -> list[str]:
    items: list[str] = []
    for name, typed in _schemas(connection):
        mine = record.c.document == typed.c.document, record.c.generation == typed.c.generation
        known = exists().where(*mine, record.c.schema == name)
        rows = connection.execute(select(typed.c.document, typed.c.generation).where(~known).limit(most))
        items += [f"{row.document}:{row.generation}:{name}" for row in rows]
    return items[:most]


def _drop_typed(connection: Connection, item: str, _: Order) -> bool:
    name, number, schema = item.split(":")
    typed = table(f"record_{schema}", column("document"), column("generation"))
    gone = delete(typed).where(typed.c.document == name, typed.c.generation == int(number))
    return bool(connection.execute(gone).rowcount)


ROW_RULES = (
    Rule(code="source_dangling", query=_dangling_sources, mend=_mend_source),
    Rule(
        code="document_nameless",
        query=lambda: select(document.c.id).where(~named(), ~in_work()),
    ),
    Rule(code="profile_missing", query=_unknown_profiles, mend=_forget_profile),
    Rule(code="generation_obsolete", query=_obsolete),
    Rule(
        code="pages_missing",
        query=lambda: visible(*_GENERATION).where(_count(page) != generation.c.pages),
    ),
    Rule(code="pages_unread", query=lambda: visible(*_GENERATION).where(_unread_pages() > 0)),
    Rule(code="records_missing", query=_without_records),
    Rule(
        code="chunks_missing",
        query=lambda: visible(*_GENERATION).where(_count(chunk) != _last_ordinal() + 1),
    ),
    Rule(code="chunks_none", look=_without_chunks),
    Rule(code="embeddings_wrong", look=_wrong_embeddings),
    Rule(code="evidence_stray", query=_evidence_without_record, mend=_drop_evidence),
    Rule(code="record_rows_missing", look=_untyped, mend=_write_typed),
    Rule(code="record_rows_stray", look=_typed_without_record, mend=_drop_typed),
)
