"""Errors as problem+json (RFC 9457) with a stable ``code``, and the table that maps errors to status codes."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from ingest.api.bodies import UNKNOWN_KEY
from stores.errors import CancelledError, IngotError, InputError, NotFoundError, NotReadyError, TransientError
from stores.suggestions import nearest

log = logging.getLogger("ingot.api")
PROBLEM = "application/problem+json"
_QUOTED = re.compile(r"'([^']*)'")

_OF_CODES = {
    "too_large": 413,
    "unsupported_media_type": 415,
    "unauthorized": 401,
    "forbidden": 403,
    "conflict": 409,
    "idempotency_mismatch": 422,
    "busy": 429,
    "slow_body": 408,
    "disk_full": 507,
    "not_acceptable": 406,
    "timed_out": 504,
}
_OF_ERRORS: tuple[tuple[type[IngotError], int], ...] = (
    (NotFoundError, 404),
    (NotReadyError, 409),
    (InputError, 422),
    (TransientError, 503),
    (CancelledError, 409),
    (IngotError, 500),
)
_RETRY_AFTER_S = {408: 1, 429: 5, 503: 5}


class Problem(BaseModel):
    """The answer to a request that failed. ``code`` is stable, ``detail`` one sentence that says what to do.

    ``state``: how far a document or page is that is not ready yet.
    ``nearest``: the known names that are most similar to an unknown one.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str
    errors: list[dict[str, Any]] = []
    state: str | None = None
    nearest: list[str] = []


def status_of(error: IngotError) -> int:
    """Return the status of an error: by its code where the code has one, else by its class."""
    return _OF_CODES.get(error.code) or next(status for kind, status in _OF_ERRORS if isinstance(error, kind))


def answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    state: str | None = None,
    nearest: Sequence[str] = (),
) -> JSONResponse:
    """Build the answer of one problem, with ``Retry-After`` where trying again helps."""
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        errors=errors or [],
        state=state,
        nearest=list(nearest),
    )
    headers = {"Retry-After": str(_RETRY_AFTER_S[status])} if status in _RETRY_AFTER_S else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    shown = problem.model_dump(exclude=None if state else {"state"})
    return JSONResponse(shown, status, headers, media_type=PROBLEM)


def install(app: FastAPI) -> None:
    """Make every error of the application answer as a problem."""
    app.add_exception_handler(IngotError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, IngotError)
    state = error.state if isinstance(error, NotReadyError) else None
    response = answer(request, status_of(error), error.code, error.message, state=state, nearest=error.nearest)
    if isinstance(error, NotReadyError) and error.retry_after_s is not None:
        response.headers["Retry-After"] = f"{math.ceil(error.retry_after_s)}"
    return response


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = error.errors()
    errors = [{"where": ".".join(map(str, one["loc"])), "why": one["msg"]} for one in wrong]
    code = UNKNOWN_KEY if any(one["type"] == UNKNOWN_KEY for one in wrong) else "bad_request"
    near = dict.fromkeys(name for one in wrong for name in _nearest(one))
    return answer(request, 422, code, _sentence(errors), jsonable_encoder(errors), nearest=tuple(near))


def _nearest(wrong: Mapping[str, Any]) -> Sequence[str]:
    """Return the known names that are most similar to an unknown key or to a value outside of its choices."""
    facts = wrong.get("ctx") or {}
    if wrong["type"] == UNKNOWN_KEY:
        return tuple(facts.get("nearest", ()))
    if wrong["type"] in ("literal_error", "enum") and isinstance(wrong.get("input"), str):
        return nearest(wrong["input"], _QUOTED.findall(str(facts.get("expected", ""))))
    return ()


def _sentence(errors: list[dict[str, Any]]) -> str:
    return "; ".join(f"{error['where']}: {error['why']}" for error in errors) or "the request cannot be understood"


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).name.lower()
    response = answer(request, error.status_code, code, str(error.detail))
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(_allowed(request))
    return response


def _allowed(request: Request) -> list[str]:
    """Return the methods of all routes that match the path; the framework names those of the first one only."""
    methods: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        if context.path and context.methods and compile_path(context.path)[0].match(request.scope["path"]):
            methods |= context.methods
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(request, 500, "bug", "an unexpected error; the server's log has it under this request_id")
