"""The records page of a knowledge base: one schema as a table, in which every value links to its evidence.

Sorting and filters stand in the address: ``?sort=-total&where=total > 100&where=issuer has "Ltd"&q=paper``.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, StringConstraints

from ingest.api import problems
from ingest.api.dependencies import ServiceDep
from ingest.web.formats import path_segment
from ingest.web.record_columns import OPERATORS, columns_of, condition, sort_links
from ingest.web.rendering import SEE_OTHER, page
from ingest.web.shown_values import shown_record
from pipeline.queries.record_table import BY_NAME, RecordTable, TableRequest
from pipeline.service import Service
from stores.errors import IngotError

router = APIRouter()
_ROWS = 100
_MOST_SHOWN = 50  # rows of a list inside one record
_FIRST = "document"  # the schema that every document has
_Where = Annotated[str, StringConstraints(max_length=300)]  # as the API takes it


class View(BaseModel, frozen=True):
    """The query parameters of the table; ``field``, ``compare``, ``value`` and ``to`` are a condition to be added."""

    q: str = Field("", max_length=200)
    where: list[_Where] = Field([], max_length=32)
    sort: str = Field(BY_NAME, max_length=200)
    start: int = Field(0, ge=0, le=10_000_000)
    field: str = Field("", max_length=200)
    compare: str = Field("has", max_length=10)
    value: str = Field("", max_length=250)
    to: str = Field("", max_length=250)

    def query(self, **changed: object) -> str:
        """Return the query string of this table with changes, from its first row unless ``start`` is one of them."""
        given = {"q": self.q, "where": self.where, "sort": self.sort, "start": 0, **changed}
        usual = {"sort": BY_NAME}
        return "?" + urlencode({k: v for k, v in given.items() if v and usual.get(k) != v}, doseq=True)

    def added(self) -> str:
        """Return the query string with the condition of the form added."""
        new = condition(self.field, self.compare, self.value, self.to)
        return self.query(where=list(dict.fromkeys([*self.where, new])))

    def without(self, one: str) -> str:
        """Return the query string without one of the conditions."""
        return self.query(where=[text for text in self.where if text != one])


@router.get("/knowledge/{knowledge_id}/records")
def show_any(service: ServiceDep, knowledge_id: str) -> RedirectResponse:
    """Redirect to the schema with most records, other than ``document`` if possible."""
    counts = service.records.counts(knowledge_id)
    best = max(counts, key=lambda name: (name != _FIRST, counts[name]), default=_FIRST)
    return RedirectResponse(f"/knowledge/{path_segment(knowledge_id)}/records/{best}")


@router.get("/knowledge/{knowledge_id}/records/{schema}", response_model=None)
def show_records(
    request: Request, service: ServiceDep, knowledge_id: str, schema: str, view: Annotated[View, Query()]
) -> Response:
    """Show the records of one schema that meet all conditions and contain every word of ``q``."""
    address = f"/knowledge/{path_segment(knowledge_id)}/records/{path_segment(schema)}"
    known = service.knowledge_bases.schemas(knowledge_id).get(schema)
    columns = columns_of(known)
    faults: list[IngotError] = []
    if view.field:
        try:
            added = view.added() if view.value.strip() or view.to.strip() else view.query()
            return RedirectResponse(address + added, SEE_OTHER)
        except IngotError as error:
            faults.append(error)
    try:
        table = _table(service, knowledge_id, schema, view)
    except IngotError as error:
        if known is None:
            raise
        table = RecordTable(items=(), total=0)
        faults.append(error)
    fault = next(iter(faults), None)
    counts = service.records.counts(knowledge_id)
    return page(
        request,
        "records.html",
        status=problems.status_of(fault) if fault else 200,
        knowledge_id=knowledge_id,
        schema=schema,
        columns=columns,
        operators=OPERATORS,
        sorts=list(sort_links(columns, view.sort, BY_NAME)),
        records=[shown_record(record, known) for record in table.items],
        total=table.total,
        fault=fault.message if fault else "",
        schemas=[(name, counts.get(name, 0)) for name in service.knowledge_bases.schemas(knowledge_id)],
        view=view,
        rows=_ROWS,
        csv=f"/api/v1{address}?{urlencode({'format': 'csv', 'where': view.where}, doseq=True)}",
        most_shown=_MOST_SHOWN,
    )


def _table(service: Service, knowledge_id: str, schema: str, view: View) -> RecordTable:
    where = service.records.filter(knowledge_id, schema, view.where).where
    wanted = TableRequest(where=where, words=view.q, sort=view.sort, offset=view.start, limit=_ROWS)
    return service.records.table(knowledge_id, schema, wanted)
