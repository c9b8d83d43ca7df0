"""``/records``: the records of one schema, in parts as JSON or all as CSV."""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import StringConstraints
from starlette.background import BackgroundTask

from ingest import record_serializers
from ingest.api.conditional import is_known, not_modified, tag_of, tagged
from ingest.api.dependencies import ServiceDep
from ingest.api.description import NOT_MODIFIED, problems
from ingest.api.models import RecordOut
from ingest.api.parameters import Cursor, Items, KnowledgeId, Limit
from ingest.parquet import write_parquet
from ingest.serializers import Json
from ingest.spreadsheet import csv_lines, record_columns, record_row
from ingest.workbook import write_workbook
from stores.models import Schema
from stores.views import RecordView

router = APIRouter(tags=["records"])
_WRITERS: dict[str, tuple[str, Any]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_workbook),
    "parquet": ("application/vnd.apache.parquet", write_parquet),
}
_BINARY = {name: {"schema": {"type": "string", "format": "binary"}} for name, _ in _WRITERS.values()}
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}, **_BINARY}}}


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
    format: Annotated[
        Literal["json", "csv", "xlsx", "parquet"], Query(description="all but json: all of them, as a file.")
    ] = "json",
    evidence: Annotated[bool, Query(description="With page and quote of each value, in xlsx and parquet.")] = False,
) -> Json | Response:
    """List the records that one schema extracted from the visible documents."""
    part_of, most = (cursor, limit) if format == "json" else (None, None)
    wanted = service.records.filter(knowledge_id, schema, where or (), proved=proved, inapplicable=all)
    stamp = service.etags.of_records(knowledge_id, schema, part_of, most, wanted)
    tag = tag_of(stamp, knowledge_id, f"{format} {evidence}" if evidence else format)
    if is_known(request, tag):
        return not_modified(tagged(tag))
    if format == "csv":
        records = service.records.all(knowledge_id, schema, wanted)
        headers = {"Content-Disposition": f'attachment; filename="{schema}.csv"', **tagged(tag)}
        return StreamingResponse(
            _csv(service.knowledge_bases.schemas(knowledge_id)[schema], records), media_type="text/csv", headers=headers
        )
    if format in _WRITERS:
        known = service.knowledge_bases.schemas(knowledge_id)[schema]
        return _file(format, known, service.records.all(knowledge_id, schema, wanted), tagged(tag), evidence)
    response.headers.update(tagged(tag))
    part = service.records.slice(knowledge_id, schema, cursor, limit, wanted)
    return {"items": [record_serializers.record(view) for view in part.items], "next_cursor": part.next_cursor}


def _file(
    format: str, schema: Schema, records: Iterable[RecordView], headers: dict[str, str], evidence: bool
) -> FileResponse:
    """Write the records into a temporary file, which is removed when it is sent."""
    media_type, write = _WRITERS[format]
    handle, name = tempfile.mkstemp(prefix="ingot-records-", suffix=f".{format}")
    os.close(handle)
    path = pathlib.Path(name)
    try:
        write(path, schema, map(record_serializers.record, records), evidence=evidence)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return FileResponse(
        path,
        media_type=media_type,
        filename=f"{schema.name}.{format}",
        headers=headers,
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


def _csv(schema: Schema, records: Iterable[RecordView]) -> Iterator[str]:
    rows = (record_row(record_serializers.record(record)) for record in records)
    return csv_lines(rows, record_columns(field.name for field in schema.fields))
