"""``POST /convert``: a file in, its Markdown or all of its results as JSON out, nothing kept."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from starlette.requests import ClientDisconnect

from ingest import record_serializers, serializers
from ingest.api.bodies import UNKNOWN_KEY
from ingest.api.description import content, problems
from ingest.api.events import Watching
from ingest.api.ingest_body import IngestOptions, options_of_fields, submission_of
from ingest.api.job_watch import Watches
from ingest.api.limits import Bodies
from ingest.api.media_types import preferred
from ingest.api.models import WholeDocumentOut
from ingest.api.uploads import Form, FormLimits, read_form
from ingest.serializers import Json
from pipeline.commands.submission import SubmissionReceipt
from pipeline.service import Service
from stores.errors import InputError, UnavailableError
from stores.models import DocumentState, Fault
from stores.suggestions import check

router = APIRouter(tags=["ingest"])
JSON, MARKDOWN = "application/json", "text/markdown"
_CLIENT_CLOSED_REQUEST = 499
_LOOK_S = 1.0  # between two looks at whether the client is still there
_NO_WORKER_S = 30.0  # after which a conversion that no worker can begin is given up
_OPTIONS = ("schemas", "type", "ocr", "pages", "passwords", "timeout_s")


class ConvertOptions(IngestOptions):
    """How a file is read."""

    timeout_s: float | None = Field(
        None, gt=0, description="seconds after which to give up; at most INGOT_CONVERT_TIMEOUT_S, which is used without"
    )


def _schema_of_the_form() -> dict[str, Any]:
    known = ConvertOptions.model_json_schema()["properties"]
    file = {"type": "string", "format": "binary", "description": "the file"}
    options = {name: known[name] for name in _OPTIONS}
    return {"type": "object", "required": ["file"], "properties": {"file": file, **options}}


_BODY = {"required": True, "content": {"multipart/form-data": {"schema": _schema_of_the_form()}}}


@router.post(
    "/convert",
    response_model=WholeDocumentOut,
    responses={
        200: {**content(MARKDOWN)[200], "description": "All results, or with `Accept: text/markdown` the Markdown."},
        **problems(401, 406, 408, 413, 415, 422, 429, 503, 504, 507),
    },
    operation_id="convert_document",
    openapi_extra={"requestBody": _BODY},
)
async def convert(request: Request, watches: Watching) -> Response:
    """Read one file, and answer with what is in it; nothing of it is kept.

    `Accept` decides: JSON with pages, blocks and records, or Markdown with a comment before each page. It is read by
    the same workers as all documents; 504 where that takes longer than `INGOT_CONVERT_TIMEOUT_S`.
    """
    kind = preferred(request.headers.get("accept", ""), (JSON, MARKDOWN))
    if kind is None:
        raise InputError(f"a file is converted to {JSON} or {MARKDOWN}: name one in Accept", code="not_acceptable")
    try:
        return await _Conversion(request, watches, kind).answer()
    except ClientDisconnect:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)  # no client reads it


class _Conversion:
    """One request to convert a file."""

    def __init__(self, request: Request, watches: Watches, kind: str) -> None:
        self._request, self._watches, self._kind = request, watches, kind
        self._service: Service = request.app.state.service
        self._settings = self._service.settings
        self._limit_s = self._settings.convert_timeout_s

    async def answer(self) -> Response:
        """Read the form, have its file read, and answer with what was found."""
        form = await self._form()
        knowledge_id = ""
        try:
            options = _options(form)
            self._limit_s = min(options.timeout_s or math.inf, self._settings.convert_timeout_s)
            submission = submission_of(options, form.uploads())
            await asyncio.to_thread(self._service.conversions.sweep)
            knowledge_id, receipt = self._service.conversions.begin(submission)
            return await self._read(knowledge_id, await asyncio.wrap_future(receipt))
        finally:
            form.discard()
            if knowledge_id:  # also where the server is about to end, which cancels this
                await asyncio.shield(asyncio.to_thread(self._service.conversions.remove, knowledge_id))

    async def _form(self) -> Form:
        bodies = getattr(self._request.app.state, "convert_bodies", None)
        if bodies is None:
            bodies = self._request.app.state.convert_bodies = Bodies(self._settings)
        if not self._request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise InputError("send the file as multipart/form-data, in the field `file`", code="unsupported_media_type")
        chunks = bodies.read(self._request, self._settings.max_request_mb << 20)
        limits = FormLimits(files=1, file_bytes=self._settings.max_file_mb << 20)
        return await read_form(
            self._request.headers["content-type"], chunks, self._service.conversions.staging(), limits
        )

    async def _read(self, knowledge_id: str, receipt: SubmissionReceipt) -> Response:
        if len(receipt.documents) != 1:
            raise InputError("the file is an archive: unpack it, or ingest it", code="archive")
        (file,) = receipt.documents
        if file.error:
            raise InputError(f"{file.source}: {file.error.message}", code=file.error.code)
        await self._end_of(receipt.job)
        return await asyncio.to_thread(self._shown, knowledge_id, file.document)

    async def _end_of(self, job_id: str) -> None:
        """Wait for a job. UnavailableError where it takes too long, or nobody can begin it."""
        began, stuck_since = time.monotonic(), 0.0
        watch = await self._watches.of(job_id)
        with watch.watched():
            while not watch.over:
                await watch.end(min(_LOOK_S, self._limit_s))
                now = time.monotonic()
                if watch.over:
                    return
                if await self._request.is_disconnected():
                    raise ClientDisconnect
                if now - began > self._limit_s:
                    raise _too_late(self._limit_s)
                obstacle = await asyncio.to_thread(self._service.jobs.obstacle, job_id)
                stuck_since = (stuck_since or now) if obstacle else 0.0
                if obstacle and now - stuck_since > _NO_WORKER_S:
                    raise UnavailableError(f"nobody reads the file now: {obstacle}", code="no_worker")

    def _shown(self, knowledge_id: str, document: str) -> Response:
        """Serialize what was found. InputError where nothing could be read."""
        documents = self._service.documents
        view = documents.get(knowledge_id, document)
        if view.state in (DocumentState.FAILED, DocumentState.CANCELLED):
            fault = view.error or Fault(code="failed", message="it could not be read")
            raise InputError(f"{view.source}: {fault.message}", code=fault.code)
        if self._kind == MARKDOWN:
            return Response(documents.markdown(knowledge_id, document, so_far=True), media_type=MARKDOWN)
        pages = documents.pages(knowledge_id, document, so_far=True)
        records = self._service.records.of_document(knowledge_id, document, so_far=True)
        shown: Json = serializers.document_pages(view, pages)
        return JSONResponse({**shown, "records": [record_serializers.record(record) for record in records]})


def _options(form: Form) -> ConvertOptions:
    """Return the options of a form with exactly one file. InputError for any other."""
    if len(form.files) != 1:
        raise InputError("send one file, in the field `file` of a form", code="nothing")
    (file,) = form.files
    if file.fault:
        raise InputError(f"{file.name}: {file.fault.message}", code=file.fault.code)
    for name in form.fields:
        check("field", name, _OPTIONS, code=UNKNOWN_KEY)
    return options_of_fields(form.fields, ConvertOptions)


def _too_late(limit_s: float) -> UnavailableError:
    return UnavailableError(
        f"it takes longer than {limit_s:g} s: ingest it into a knowledge base, convert fewer `pages`, or raise "
        "INGOT_CONVERT_TIMEOUT_S",
        code="timed_out",
    )
