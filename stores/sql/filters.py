"""Which visible documents a filter leaves: their values are read once, and compared in Python for every dialect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from stores.filters import ID_NAMES, SOURCE_NAMES, Filter, conditions, matches
from stores.sql.tables import document, generation, record, source

_Values = Iterable[tuple[str, Any]]  # (document id, value)
_VISIBLE = document.c.visible.is_not(None)
_OTHER_ENDINGS = {
    "jpeg": "jpg",
    "tiff": "tif",
    "vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "vnd.oasis.opendocument.text": "odt",
    "vnd.oasis.opendocument.spreadsheet": "ods",
    "vnd.oasis.opendocument.presentation": "odp",
    "vnd.ms-outlook": "msg",
    "epub+zip": "epub",
    "rfc822": "eml",
    "markdown": "md",
    "plain": "txt",
}
"""Second half of a media type -> how files of it end, where that differs."""


def filtered_documents(connection: Connection, where: Filter) -> set[str]:
    """Ids of the visible documents for which a filter holds."""
    fields = {condition.field for condition in conditions(where)}
    kept: dict[str, dict[str, list[Any]]] = {field: defaultdict(list) for field in fields}
    for field, values in _columns(connection, fields):
        for document_id, value in values:
            kept[field][document_id].append(value)
    ids = connection.execute(select(document.c.id).where(_VISIBLE)).scalars()
    return {at for at in ids if matches(where, lambda field, at=at: kept[field].get(at, []))}  # type: ignore[misc]


def _columns(connection: Connection, fields: set[str]) -> Iterator[tuple[str, _Values]]:
    """Each field with its values. The records are read once, whatever number of fields they hold."""
    of_records = {field for field in fields if field not in _OF_DOCUMENTS}
    for field in fields - of_records:
        yield field, _OF_DOCUMENTS[field](connection)
    if of_records:
        visible = and_(document.c.id == record.c.document, document.c.visible == record.c.generation)
        query = select(record.c.document, record.c.schema, record.c.fields).join(document, visible)
        rows = connection.execute(query).all()
        for field in of_records:
            schema, _, name = field.rpartition(".")
            yield (
                field,
                [
                    (row.document, row.fields[name])
                    for row in rows
                    if (not schema or row.schema == schema) and row.fields.get(name) is not None
                ],
            )


def _sources(connection: Connection) -> _Values:
    columns = source.c.document, source.c.name, source.c.shown_name
    rows = connection.execute(select(*columns).where(source.c.document.is_not(None))).all()
    return [(row.document, [name for name in (row.name, row.shown_name) if name]) for row in rows]


def _ids(connection: Connection) -> _Values:
    return [(at, at) for at in connection.execute(select(document.c.id).where(_VISIBLE)).scalars()]


def _languages(connection: Connection) -> _Values:
    now = and_(document.c.id == generation.c.document, document.c.visible == generation.c.number)
    rows = connection.execute(select(generation.c.document, generation.c.language).join(document, now))
    return [(row.document, row.language) for row in rows if row.language]


def _types(connection: Connection) -> _Values:
    """A media type as it is, its halves, and the usual ending of files: image/jpeg, image, jpeg, jpg."""
    rows = connection.execute(select(document.c.id, document.c.media_type).where(_VISIBLE)).all()
    names = [(row.id, [row.media_type, *row.media_type.split("/")]) for row in rows]
    return [(at, [*words, _OTHER_ENDINGS.get(words[-1], words[-1])]) for at, words in names]


def _days(column: Any) -> Callable[[Connection], _Values]:
    def days(connection: Connection) -> _Values:
        rows = connection.execute(select(document.c.id, column.label("at")).where(_VISIBLE)).all()
        return [(row.id, datetime.fromtimestamp(row.at, UTC).date().isoformat()) for row in rows]

    return days


_OF_DOCUMENTS: dict[str, Callable[[Connection], _Values]] = {
    **dict.fromkeys(SOURCE_NAMES, _sources),
    **dict.fromkeys(ID_NAMES, _ids),
    "language": _languages,
    "media_type": _types,
    "added": _days(document.c.created_at),
    "updated": _days(document.c.updated_at),
}
