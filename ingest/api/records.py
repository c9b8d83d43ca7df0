"""``/records``: the records of one schema, in parts as JSON or all as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from ingest import record_serializers
from ingest.api.conditional import is_known, not_modified, tag_of, tagged
from ingest.api.dependencies import ServiceDep
from ingest.api.description import NOT_MODIFIED, problems
from ingest.api.models import RecordOut
from ingest.api.parameters import Cursor, Items, KnowledgeId, Limit
from ingest.serializers import Json
from ingest.spreadsheet import CORRECTED, corrected_paths, csv_lines
from stores.models import Schema
from stores.views import RecordView

router = APIRouter(tags=["records"])
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "/knowledge/{knowledge_id}/records/{schema}",
    response_model=Items[RecordOut],
    responses={**_CSV, **NOT_MODIFIED, **problems(404)},
)
def list_records(
    knowledge_id: KnowledgeId,
    schema: Annotated[str, Path(description="Name of a schema, as `GET /schemas` lists them.")],
    service: ServiceDep,
    request: Request,
    response: Response,
    limit: Limit = 100,
    cursor: Cursor = None,
    where: Annotated[
        list[Annotated[str, StringConstraints(max_length=300)]] | None,
        Query(
            max_length=32,
            description="A filter, like `total > 100 and issuer has ltd`; repeatable.",
        ),
    ] = None,
    proved: Annotated[bool, Query(description="Leave out values that were not found on a page.")] = False,
    all: Annotated[bool, Query(description="With the documents that the schema does not apply to.")] = False,
    format: Annotated[Literal["json", "csv"], Query(description="csv: all of them, for a spreadsheet.")] = "json",
) -> Json | Response:
    """List the records that one schema extracted from the visible documents."""
    part_of, most = (cursor, limit) if format == "json" else (None, None)
    wanted = service.records.filter(knowledge_id, schema, where or (), proved=proved, inapplicable=all)
    tag = tag_of(service.etags.of_records(knowledge_id, schema, part_of, most, wanted), knowledge_id, format)
    if is_known(request, tag):
        return not_modified(tagged(tag))
    if format == "csv":
        records = service.records.all(knowledge_id, schema, wanted)
        headers = {"Content-Disposition": f'attachment; filename="{schema}.csv"', **tagged(tag)}
        return StreamingResponse(
            _csv(service.knowledge_bases.schemas(knowledge_id)[schema], records), media_type="text/csv", headers=headers
        )
    response.headers.update(tagged(tag))
    part = service.records.slice(knowledge_id, schema, cursor, limit, wanted)
    return {"items": [record_serializers.record(view) for view in part.items], "next_cursor": part.next_cursor}


def _csv(schema: Schema, records: Iterable[RecordView]) -> Iterator[str]:
    columns = ["document", "source", *(field.name for field in schema.fields)]
    columns += [CORRECTED] if CORRECTED not in columns else []
    rows = (
        {CORRECTED: corrected_paths(record_serializers.record(record))}
        | {"document": record.document, "source": record.source}
        | dict(record.fields)
        for record in records
    )
    return csv_lines(rows, columns)
