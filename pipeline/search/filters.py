"""Checks the filters of searches and lists. An unknown field or value is refused instead of finding nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pipeline.engines.media import FAKE, IMAGES, PDF, WITHOUT_IMAGES
from pipeline.search.filter_language import parse
from pipeline.step_context import Resources
from stores.clean_text import clean
from stores.errors import InputError
from stores.filters import Condition, Filter, conditions, equal_to, every, is_date, number_of
from stores.models import FieldKind, Schema
from stores.source_names import asked_name
from stores.suggestions import check, nearest, unknown
from stores.views import DocumentFilter

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

Where = str | Mapping[str, str] | Filter | None
"""A filter as its text, as values that fields equal, or parsed already."""

OF_DOCUMENTS = ("source", "document", "language", "media_type", "added", "updated")
"""The fields of every document."""
_OTHER_NAMES = ("name", "id")  # of source and document
_NUMBERS = (FieldKind.NUMBER, FieldKind.INTEGER)
_ORDERS = ("<", ">", "<=", ">=", "range")
_DATES = ("added", "updated")
_OF_DOCUMENTS = (PDF, *IMAGES, *WITHOUT_IMAGES, FAKE)
_ENDINGS = ("jpg", "tif", "docx", "pptx", "xlsx", "odt", "ods", "odp", "msg", "epub", "eml", "md", "txt")
_TYPES = tuple(dict.fromkeys(word for kind in _OF_DOCUMENTS for word in (kind, *kind.split("/"))))


def as_filter(*wheres: Where) -> Filter | None:
    """Join what was asked, in any of its forms; None where it asks nothing. InputError for a text of another form."""
    return every([tree for where in wheres if (tree := _one(where)) is not None])


def _one(where: Where) -> Filter | None:
    if isinstance(where, str):
        return parse(clean(asked_name(where))) if where.strip() else None
    if isinstance(where, Mapping):
        return equal_to({clean(name): clean(value) for name, value in where.items()})
    return where


def check_conditions(resources: Resources, store: KnowledgeStore, where: Filter | None) -> None:
    """Raise InputError for a field that no schema has, and for a value or an operator that does not fit its type.

    A field is named with or without its schema; fields of schemas that are not defined any more are accepted.
    """
    for condition in conditions(where) if where else ():
        name = condition.field
        if name == "media_type":
            _check_types(condition)
        if name in OF_DOCUMENTS or name in _OTHER_NAMES:
            check_values(condition, [FieldKind.DATE if name in _DATES else FieldKind.TEXT])
            continue
        kinds = _kinds(resources.schemas.values(), name)
        if not kinds and name not in store.chunks.fields_of_other_schemas(resources.schemas):
            raise _unknown_field(resources.schemas, name)
        check_values(condition, kinds)


def check_documents(wanted: DocumentFilter) -> None:
    """Raise InputError for a media type that no document can have."""
    if wanted.media_type:
        check("media type", wanted.media_type, _OF_DOCUMENTS, code="unknown_media_type")


def _check_types(condition: Condition) -> None:
    for value in condition.values:
        if condition.operator != "has" and value.lower() not in _ENDINGS:
            check("media type", value.lower(), _TYPES, code="unknown_media_type")


def check_values(condition: Condition, kinds: list[FieldKind]) -> None:
    """Raise InputError where a comparison with these values can hold for no value of these kinds."""
    name, operator, values = condition.field, condition.operator, condition.values
    if kinds and all(kind in _NUMBERS for kind in kinds):
        for value in values:
            if operator != "has" and number_of(value) is None:
                raise _bad(f"{name} holds numbers, and {value!r} is none: write it like {name}=1234.50")
        if operator == "has":
            raise _bad(f"{name} holds numbers, and has looks inside texts: write it like {name} >= 1234.50")
    if operator in _ORDERS and kinds and all(kind == FieldKind.DATE for kind in kinds):
        for value in values:
            if not is_date(value):
                raise _bad(f"{name} holds dates, and {value!r} is none: write it like {name} < 2024-05-31 or 2024-05")
    if operator in _ORDERS and kinds and all(kind == FieldKind.ROWS for kind in kinds):
        raise _bad(f"{name} holds rows, which have no order: write it like {name} has TEXT")


def _bad(sentence: str) -> InputError:
    return InputError(sentence, code="bad_where")


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
