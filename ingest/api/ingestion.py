"""``POST /knowledge/{knowledge_id}/ingest``: files, paths or URLs become a job that is on disk before the 202."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from ingest import serializers
from ingest.api.description import problems as documented
from ingest.api.idempotency import HEADER, REPLAYED, UnderWay, digest_of, key_of
from ingest.api.ingest_body import IngestRequestBody, of_fields, of_json, submission_of
from ingest.api.keyring import Caller
from ingest.api.limits import JSON_BYTES, Bodies
from ingest.api.uploads import FormLimits, read_form
from pipeline.addresses import RESOLVE_ON_REQUEST_S, check_url
from pipeline.commands.submission import SubmissionReceipt
from pipeline.service import Service
from stores.errors import InputError
from stores.models import check_knowledge_id
from stores.placement import StagedFile

router = APIRouter(tags=["ingest"])
_URL_CHECKED_FOR_S = 60.0
_MOST_URLS_KNOWN = 1000
_RESOLVE_S = 5.0  # to resolve the hosts of all URLs of one request
_CLIENT_CLOSED_REQUEST = 499


class IngestResultOut(BaseModel):
    """What became of one file or URL at the door; a URL has no ``document`` before it was fetched."""

    source: str
    document: str
    outcome: str
    error: str | None
    error_code: str | None


class SkippedFile(BaseModel):
    """Something in a folder of ``paths`` that is not taken; ``code``: hidden, link, unsupported, unreadable."""

    source: str
    code: str
    reason: str


class Accepted(BaseModel):
    """The request is on disk and will be worked on, whatever crashes now."""

    job_id: str
    knowledge_id: str
    status_url: str
    events_url: str
    documents: list[IngestResultOut]
    skipped: list[SkippedFile]


def _schema_of_the_form() -> dict[str, Any]:
    options = IngestRequestBody.model_json_schema()["properties"]
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "the files"}
    whole = {"type": "string", "description": "all options as one JSON object"}
    return {"type": "object", "properties": {"files": files, "options": whole, **options}}


_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _schema_of_the_form()},
        "application/json": {"schema": IngestRequestBody.model_json_schema()},
    },
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "the same request with the same key is done once; its first answer comes again for 24 hours",
}


@router.post(
    "/knowledge/{knowledge_id}/ingest",
    status_code=202,
    response_model=Accepted,
    responses=documented(401, 403, 404, 408, 409, 413, 415, 422, 429, 503, 507),
    operation_id="ingest_documents",
    openapi_extra={"requestBody": _BODY, "parameters": [_KEY]},
)
async def ingest(request: Request, knowledge_id: str) -> Response:
    """Upload files, or name paths and URLs, to be made part of a knowledge base, which is made if it is new.

    A file that cannot be taken stands in the answer with its reason and the others go on; a request whose only file
    cannot be taken is refused (413, 415, 422).
    """
    try:
        return await _reader_of(request).accept(request, check_knowledge_id(knowledge_id), request.state.caller)
    except ClientDisconnect:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)  # no client reads it


def _reader_of(request: Request) -> _RequestReader:
    """Return the request reader of the app, made with the first request to its service."""
    state = request.app.state
    reader: _RequestReader | None = getattr(state, "request_reader", None)
    if reader is None or reader.service is not state.service:
        reader = state.request_reader = _RequestReader(state.service)
    return reader


class _RequestReader:
    """Reads the bodies of requests within the limits, and submits them."""

    def __init__(self, service: Service) -> None:
        self.service, self._settings = service, service.settings
        self._bodies = Bodies(service.settings)
        self._under_way = UnderWay()
        self._checked_urls: dict[str, tuple[str, float]] = {}
        self._limits = FormLimits(
            files=service.settings.max_request_files, file_bytes=service.settings.max_file_mb << 20
        )

    async def accept(self, request: Request, knowledge_id: str, caller: Caller) -> Response:
        """Read a request and submit it; the response once it is on disk."""
        key = key_of(request, caller)
        self.service.ingestion.refuse_when_full(knowledge_id)
        with self._under_way.hold(knowledge_id, key):
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "multipart/form-data":
                return await self._form(request, knowledge_id, key)
            if kind == "application/json" or kind.endswith("+json"):
                body = b"".join([chunk async for chunk in self._bodies.read(request, JSON_BYTES)])
                return _accepted(await self._submit(knowledge_id, key, of_json(body), ()))
            raise InputError(
                "send the files as multipart/form-data, or paths and urls as application/json",
                code="unsupported_media_type",
            )

    async def _form(self, request: Request, knowledge_id: str, key: str) -> Response:
        chunks = self._bodies.read(request, self._settings.max_request_mb << 20)
        staging = self.service.ingestion.staging(knowledge_id)
        form = await read_form(request.headers["content-type"], chunks, staging, self._limits)
        moved = False
        try:
            receipt = await self._submit(knowledge_id, key, of_fields(form.fields), form.uploads())
            moved = not receipt.replayed and all(file.fault is None for file in form.files)
        finally:
            if not moved:
                form.discard()
        return _accepted(receipt)

    async def _submit(
        self, knowledge_id: str, key: str, body: IngestRequestBody, uploads: tuple[StagedFile, ...]
    ) -> SubmissionReceipt:
        _refuse_single_fault(body, uploads)
        if body.urls or body.callback_url:
            body = await self._with_checked_urls(body)
        files = [(upload.name, upload.sha256, upload.size_bytes) for upload in uploads]
        digest = digest_of(body.model_dump(), files) if key else ""
        submission = submission_of(body, uploads, key, digest)
        return await asyncio.wrap_future(self.service.ingestion.submit_soon(knowledge_id, submission))

    async def _with_checked_urls(self, body: IngestRequestBody) -> IngestRequestBody:
        """Put the URLs into the form that is kept. InputError where one may not be called."""
        until = time.monotonic() + _RESOLVE_S
        callback_url = await self._checked_url(body.callback_url, until) if body.callback_url else ""
        urls = [await self._checked_url(url, until) for url in body.urls]
        return body.model_copy(update={"urls": urls, "callback_url": callback_url})

    async def _checked_url(self, url: str, resolve_until: float) -> str:
        """Check a URL, unless it passed within the last minute; its addresses are checked again when it is called."""
        now = time.monotonic()
        kept, until = self._checked_urls.get(url, ("", 0.0))
        if until > now:
            return kept
        timeout_s = min(RESOLVE_ON_REQUEST_S, resolve_until - now)
        kept = await asyncio.to_thread(check_url, url, self._settings.allow_private_urls, timeout_s)
        if time.monotonic() > resolve_until:
            return kept
        if len(self._checked_urls) >= _MOST_URLS_KNOWN:
            self._checked_urls.clear()
        self._checked_urls[url] = (kept, now + _URL_CHECKED_FOR_S)
        return kept


def _refuse_single_fault(body: IngestRequestBody, uploads: tuple[StagedFile, ...]) -> None:
    """Raise InputError for a request whose only file cannot be ingested: it leads to no job."""
    if len(uploads) == 1 and uploads[0].fault and not body.paths and not body.urls:
        fault = uploads[0].fault
        raise InputError(f"{uploads[0].name}: {fault.message}", code=fault.code)


def _accepted(receipt: SubmissionReceipt) -> Response:
    body = serializers.receipt(receipt)
    headers = {"Location": body["status_url"]}
    if receipt.replayed:
        headers[REPLAYED] = "true"
    return Response(json.dumps(body, ensure_ascii=False), 202, headers, "application/json")
