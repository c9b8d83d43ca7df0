"""Filters of searches and lists. An unknown field or value is refused instead of finding nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pipeline.engines.media import FAKE, IMAGES, PDF
from pipeline.step_context import Resources
from stores.errors import InputError
from stores.models import FieldKind, Schema
from stores.suggestions import check, nearest, unknown
from stores.views import DocumentFilter

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

OF_DOCUMENTS = ("source", "document", "language")
"""The fields of every document."""
_OTHER_NAMES = ("name", "id")  # of source and document
_NUMBERS = (FieldKind.NUMBER, FieldKind.INTEGER)


def check_conditions(resources: Resources, store: KnowledgeStore, where: Mapping[str, str]) -> None:
    """Raise InputError for a field that no schema has, and for a text where a field holds numbers.

    A field is named with or without its schema; fields of schemas that are not defined any more are accepted.
    """
    for name, value in where.items():
        if name in OF_DOCUMENTS or name in _OTHER_NAMES:
            continue
        kinds = _kinds(resources.schemas.values(), name)
        if not kinds and name not in store.chunks.fields_of_other_schemas(resources.schemas):
            raise _unknown_field(resources.schemas, name)
        if kinds and all(kind in _NUMBERS for kind in kinds) and not _is_number(value):
            raise InputError(
                f"{name} holds numbers, and {value!r} is none: write it like {name}=1234.50", code="bad_where"
            )


def check_documents(wanted: DocumentFilter) -> None:
    """Raise InputError for a media type that no document can have."""
    if wanted.media_type:
        check("media type", wanted.media_type, (PDF, *IMAGES, FAKE), code="unknown_media_type")


def _kinds(schemas: Iterable[Schema], name: str) -> list[FieldKind]:
    """The kinds of the fields that a name means: ``invoice.amount``, or ``amount`` of any schema."""
    of_schema, dot, field = name.rpartition(".")
    return [
        one.kind
        for schema in schemas
        if not dot or schema.name == of_schema
        for one in schema.fields
        if one.name == field
    ]


def _unknown_field(schemas: Mapping[str, Schema], name: str) -> InputError:
    of_schema, dot, _ = name.rpartition(".")
    bare = sorted({field.name for schema in schemas.values() for field in schema.fields})
    if of_schema in schemas:
        own = [f"{of_schema}.{field.name}" for field in schemas[of_schema].fields]
        return unknown("field", name, own, code="unknown_field")
    dotted = [f"{schema.name}.{field.name}" for schema in schemas.values() for field in schema.fields]
    if not dot:
        return unknown("field", name, [*OF_DOCUMENTS, *bare], code="unknown_field")
    if nearest(name, dotted):
        return unknown("field", name, dotted, code="unknown_field")
    return unknown("schema", of_schema, sorted(schemas), code="unknown_field")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
