"""The use cases around corrections: a person says what a value is, and all that is kept of its document follows."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.commands.check_files import write_json
from pipeline.engines.evidence.typed_values import CODE, read_value
from pipeline.engines.evidence.value_places import place_of_box, place_of_quote, place_of_value
from pipeline.processing_plan import schemas_of
from pipeline.reindexing import vector_row
from pipeline.step_context import Resources
from stores.contracts.queries import Availability
from stores.correction_marks import Verdict
from stores.corrections import REMARKS, Correction, CorrectionRequest, ValuePath
from stores.errors import IngotError, InputError, NotFoundError
from stores.models import Box, Evidence, Field, FieldKind, Page, Record, Schema
from stores.suggestions import unknown

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.corrections")
_SLICE = 200  # chunks whose metadata is written at once


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPlace:
    """Where a person says that a value stands: a box in points on a page, or a quote; by default it is looked for."""

    page: int = 0
    box: Box | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenVerdict:
    """What a person says of the value at ``path`` of the record of a schema."""

    schema: str
    path: str
    verdict: Verdict
    author: str
    value: Any = None
    place: GivenPlace = GivenPlace()


def correct(resources: Resources, store: KnowledgeStore, shown: Availability, given: GivenVerdict) -> Correction:
    """Keep what a person says of a value; InputError in a sentence where the value does not fit its field."""
    records = {record.schema: record for record in store.record_tables.read(shown.document, shown.generation)}
    if given.schema not in records:
        raise unknown("record of the schema", given.schema, records, code="no_record", error=NotFoundError)
    if reason := records[given.schema].not_applicable:
        raise InputError(f"the schema {given.schema!r} does not apply to it: {reason}", code="conflict")
    schema = schemas_of(resources, store).get(given.schema)
    path = ValuePath.read(given.path)
    if path is None or path.added:
        raise InputError(f"{given.path!r} is no path of a value: write total, authors[1] or lines[3].amount", code=CODE)
    request = _request(store, shown, given, path, _field_at(schema, records[given.schema], path))
    if given.verdict is Verdict.CORRECTED and path.column and _is_new(records[given.schema], path):
        request = _new_row(schema, path, request)
    made = store.corrections.add(shown.document, shown.generation, given.schema, request)
    write_document(resources, store, shown)
    return made


def withdraw(resources: Resources, store: KnowledgeStore, shown: Availability, number: int, author: str) -> Correction:
    """Let a correction count no more: what was extracted, or corrected before, is shown again."""
    made = store.corrections.withdraw(shown.document, number, author)
    write_document(resources, store, shown)
    return made


def schema_with(records: Sequence[Record], path: str) -> tuple[str, str]:
    """Schema and path of ``total`` or ``invoice.total``, of the records of a document. InputError where several fit."""
    first, _, rest = path.partition(".")
    applicable = {record.schema: record for record in records if not record.not_applicable}
    if rest and first in applicable and ValuePath.read(rest):
        return first, rest
    value = ValuePath.read(path)
    fitting = [name for name, record in applicable.items() if value and value.name in record.fields]
    if len(fitting) > 1:
        choices = " or ".join(f"{name}.{path}" for name in fitting)
        raise InputError(f"several records have a field {path!r}: write {choices}", code="ambiguous")
    if not fitting:
        known = [f"{name}.{field}" for name, record in applicable.items() for field in record.fields]
        raise unknown("field", path, known, code="unknown_field", error=NotFoundError)
    return fitting[0], path


def _request(
    store: KnowledgeStore, shown: Availability, given: GivenVerdict, path: ValuePath, field: Field | None
) -> CorrectionRequest:
    request = CorrectionRequest(path=given.path, verdict=given.verdict, author=given.author)
    if path.name == REMARKS and given.verdict is not Verdict.CONFIRMED:
        raise InputError("a remark can be confirmed, and nothing else: correct the value that it is about", code=CODE)
    if given.verdict is Verdict.REJECTED:
        return request
    if given.verdict is Verdict.CONFIRMED:
        return replace(request, evidence=_given_place(store, shown, given.place))
    if field is None:
        raise InputError("the schema of this record is not known any more: its values cannot be typed", code=CODE)
    if field.kind is FieldKind.ROWS:
        return replace(request, value=_row(field, given.value))
    kind = replace(field, kind=FieldKind.TEXT) if field.kind is FieldKind.TEXTS and path.index is not None else field
    value = read_value(kind, given.value)
    return replace(request, value=value, evidence=_place(store, shown, given.place, kind, value))


def _is_new(record: Record, path: ValuePath) -> bool:
    """Tell whether a path names the row behind the last one."""
    return int(path.index or 0) == len(record.fields.get(path.name, ()))


def _new_row(schema: Schema | None, path: ValuePath, request: CorrectionRequest) -> CorrectionRequest:
    """The request to add a row, of the request for one cell of it."""
    field = next(one for one in (schema.fields if schema else ()) if one.name == path.name)
    value: dict[str, Any] = dict.fromkeys(column.name for column in field.fields)
    value[str(path.column)] = request.value
    evidence = replace(request.evidence, path=str(path.column)) if request.evidence else None
    return replace(request, path=str(replace(path, column=None)), value=value, evidence=evidence)


def _row(field: Field, given: Any) -> dict[str, Any]:
    """A row of typed cells: those that are given, the others empty."""
    if not isinstance(given, Mapping) or not given:
        raise InputError(f"{field.name} is a list of rows: name a column of one, or give an object", code=CODE)
    columns = {column.name: column for column in field.fields}
    for name in given:
        if name not in columns:
            raise unknown("column", str(name), columns, code=CODE)
    return {
        name: None if given.get(name) in (None, "") else read_value(column, given[name])
        for name, column in columns.items()
    }


def _field_at(schema: Schema | None, record: Record, path: ValuePath) -> Field | None:
    """The field, or the column, that a path names; a row of a list is named by the list."""
    if path.name == REMARKS:
        return None
    if path.name not in record.fields:
        raise unknown("field", path.name, record.fields, code="unknown_field", error=NotFoundError)
    field = next((one for one in schema.fields if one.name == path.name), None) if schema else None
    if field is None:
        return None
    listed = field.kind in (FieldKind.ROWS, FieldKind.TEXTS)
    if listed and path.index is None:
        example = f"{path.name}[0]" + (f".{field.fields[0].name}" if field.fields else "")
        raise InputError(f"{path.name} is a list: name one value of it, such as {example}", code=CODE)
    if not listed and path.index is not None:
        raise InputError(f"{path.name} is no list: write {path.name}", code=CODE)
    if path.column is None:
        return field
    column = next((one for one in field.fields if one.name == path.column), None)
    if column is None:
        raise unknown("column", path.column, [one.name for one in field.fields], code="unknown_field")
    return column


# The place of a value


def _place(store: KnowledgeStore, shown: Availability, place: GivenPlace, field: Field, value: Any) -> Evidence:
    given = _given_place(store, shown, place)
    return given or place_of_value(store.pages.read(shown.document, shown.generation), field, value)


def _given_place(store: KnowledgeStore, shown: Availability, place: GivenPlace) -> Evidence | None:
    if place.box is None and not place.quote:
        return None
    if place.box is not None and not place.page:
        raise InputError("a box needs the page that it is on", code="bad_box")
    pages = store.pages.read(shown.document, shown.generation, [place.page] if place.page else [])
    if not pages:
        raise NotFoundError(f"the document has no page {place.page}")
    return place_of_box(pages[0], place.box) if place.box else place_of_quote(pages, place.quote)


def page_of(store: KnowledgeStore, shown: Availability, number: int) -> Page:
    """A page of what is shown of a document. NotFoundError where there is no such page."""
    pages = store.pages.read(shown.document, shown.generation, [number])
    if not pages:
        raise NotFoundError(f"the document has no page {number}")
    return pages[0]


# What follows


def write_document(resources: Resources, store: KnowledgeStore, shown: Availability) -> None:
    """Write the JSON file of a document anew; one that is not visible yet gets it when it is published."""
    if shown.visible:
        write_json(resources, store, shown.document)


def changes_metadata(made: Correction) -> bool:
    """Tell whether a correction may change what the vectors of its document carry: the scalar values."""
    path = ValuePath.read(made.path)
    return path is not None and path.index is None and (made.value != made.replaced or made.withdrawn_at is not None)


def write_metadata(resources: Resources, store: KnowledgeStore, shown: Availability) -> None:
    """Write the metadata of a document's vectors anew.

    Filters read SQL: where this fails, only other clients of the index see the values from before.
    """
    if not shown.visible:
        return
    try:
        _upsert(resources, store, shown)
    except IngotError as error:
        log.warning("the vectors of %s keep the values from before its correction: %s", shown.document, error.message)


def _upsert(resources: Resources, store: KnowledgeStore, shown: Availability) -> None:
    embedder, after = store.chunks.embedder(shown.document, shown.generation), -1
    about = store.chunks.metadata(shown.document, shown.generation)
    while rows := store.pages.chunk_rows(shown.document, shown.generation, after, _SLICE):
        fit = [vector_row(shown.document, shown.generation, chunk, about) for _, chunk in rows if chunk.embedding]
        resources.vectors().upsert(store.knowledge_id, embedder, fit)
        after = rows[-1][1].ordinal
