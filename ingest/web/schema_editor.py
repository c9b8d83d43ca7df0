"""The schema editor: a schema as text, its faults at once, and what it finds in a document at hand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ingest.api.dependencies import ServiceDep
from ingest.web.rendering import page
from ingest.web.shown_values import shown_record
from pipeline.schemas.json_schema import as_json_schema
from pipeline.service import Service
from stores.errors import IngotError, InputError, NotFoundError
from stores.views import DocumentFilter

router = APIRouter()
_MOST_DOCUMENTS = 200
_FORMS = ("toml", "json", "yaml")
_MOST_ROWS = 20
_EXAMPLE = """name = "order"
description = "Orders"

[[fields]]
name = "number"
kind = "text"
labels = ["order number", "order no"]

[[fields]]
name = "total"
kind = "number"
labels = ["total due", "amount due", "total"]
required = true

[[fields]]
name = "lines"
kind = "rows"

[[fields.fields]]
name = "description"
kind = "text"
labels = ["description", "item"]

[[fields.fields]]
name = "amount"
kind = "number"
labels = ["amount", "price"]
"""


class Draft(BaseModel, frozen=True):
    """What is tried: the text of a schema, its form, and the document."""

    text: str = Field("", max_length=64_000)
    form: str = Field("toml", pattern="^(toml|json|yaml)$")
    document: str = Field("", max_length=4096)


@router.get("/knowledge/{knowledge_id}/schema")
def show_editor(
    request: Request,
    service: ServiceDep,
    knowledge_id: str,
    document: Annotated[str, Query(max_length=4096)] = "",
    start: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    """Show the editor. ``start``: the schema to begin with, ``draft`` for one made from the document."""
    listed = service.documents.slice(knowledge_id, DocumentFilter(), None, _MOST_DOCUMENTS).items
    ready = [view for view in listed if view.visible]
    chosen = document or (ready[0].document if ready else "")
    text, form, fault = _start(service, knowledge_id, chosen, start)
    return page(
        request,
        "schema_editor.html",
        knowledge_id=knowledge_id,
        documents=[(view.document, view.source) for view in ready],
        chosen=chosen,
        schemas=sorted(service.knowledge_bases.schemas(knowledge_id)),
        start=start,
        text=text,
        form=form,
        forms=_FORMS,
        start_fault=fault,
        **_tried(service, knowledge_id, Draft(text=text, form=form, document=chosen)),
    )


@router.post("/knowledge/{knowledge_id}/schema")
def show_preview(request: Request, service: ServiceDep, knowledge_id: str, draft: Draft) -> HTMLResponse:
    """Show what a draft finds, or what is wrong with it; nothing is stored."""
    return page(request, "schema_preview.html", knowledge_id=knowledge_id, **_tried(service, knowledge_id, draft))


def _tried(service: Service, knowledge_id: str, draft: Draft) -> dict[str, Any]:
    """Return what the template of the preview needs."""
    fault, record, looked_at = "", None, ""
    kinds: dict[str, str] = {}
    if not draft.document:
        fault = "There is no document to try it on yet: ingest one first."
    elif draft.text.strip():
        try:
            preview = service.records.preview(knowledge_id, draft.document, draft.text, draft.form)
        except IngotError as error:
            fault = error.message
        else:
            record = shown_record(preview.record, preview.schema)
            kinds = {field.name.replace("_", " "): str(field.kind) for field in preview.schema.fields}
            looked_at = "" if preview.read == preview.pages else f"the first {preview.read} of {preview.pages} pages"
    return {
        "fault": fault,
        "record": record,
        "kinds": kinds,
        "looked_at": looked_at,
        "not_applicable": "" if record is None else preview.record.not_applicable,
        "most_rows": _MOST_ROWS,
        "document": draft.document,
    }


def _start(service: Service, knowledge_id: str, document: str, start: str) -> tuple[str, str, str]:
    """Return (text, form, why it is another one than asked for) of the schema to begin with."""
    if start == "draft" and document:
        try:
            return service.documents.schema_draft(knowledge_id, document, "draft"), "yaml", ""
        except InputError as error:
            return _EXAMPLE, "toml", error.message
    if not start or start == "draft":
        return _EXAMPLE, "toml", ""
    known = service.knowledge_bases.schemas(knowledge_id)
    if start not in known:
        raise NotFoundError(f"there is no schema {start!r}")
    import yaml

    content = {**as_json_schema(known[start]), "x-name": f"my_{start}"}
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)), "yaml", ""
