"""The web site: the routers of its pages, its static files, and its error pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from ingest.api import security
from ingest.api.conditional import is_known, not_modified
from ingest.api.query_names import known_query_of_page
from ingest.web import (
    ask,
    audit,
    callbacks,
    check,
    home,
    inspector,
    jobs,
    keys,
    knowledge,
    login,
    making,
    queues,
    records,
    schema_editor,
    search,
    selection,
    settings,
    upload,
)
from ingest.web.assets import assets, assets_version
from ingest.web.rendering import SEE_OTHER, error_page
from stores.errors import IngotError, NotFoundError

PAGES: tuple[APIRouter, ...] = (
    home.router,
    upload.router,
    knowledge.router,
    selection.router,
    search.router,
    ask.router,
    records.router,
    check.router,
    schema_editor.router,
    inspector.router,
    making.router,
    jobs.router,
    queues.router,
    callbacks.router,
    settings.router,
    keys.router,
    audit.router,
)
"""The routers of the pages, except the login."""
static = APIRouter()
_NOT_PAGES = ("/api/", "/mcp", "/static/", "/openapi.json", "/livez", "/readyz", "/metrics", "/version")
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def install(app: FastAPI) -> None:
    """Add the pages to an application, and show its problems as pages to browsers."""
    known_parameters = Depends(known_query_of_page)
    app.include_router(static, include_in_schema=False)
    app.include_router(login.router, include_in_schema=False, dependencies=[known_parameters])
    for router in PAGES:
        app.include_router(router, include_in_schema=False, dependencies=[Depends(security.caller), known_parameters])
    for kind in (IngotError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _for_browsers(app.exception_handlers[kind]))


@static.get("/static/{folder}/{name}")
def asset(request: Request, folder: str, name: str) -> Response:
    """Serve a static file; below the folder of the current version it never changes."""
    file = assets().get(name)
    if file is None:
        raise NotFoundError(f"there is no file {name!r}")
    headers = {
        "ETag": file.etag,
        "Cache-Control": _FOR_GOOD if folder == assets_version() else _ASK_AGAIN,
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if is_known(request, file.etag):
        return not_modified(headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.content, media_type=file.media_type, headers=headers)


Handler = Callable[[Request, Exception], Any]


def _for_browsers(plain: Handler) -> Handler:
    """Wrap an error handler: a browser gets its problem as a page, other clients get it unchanged."""

    async def shown(request: Request, error: Exception) -> Response:
        answer = plain(request, error)
        problem: Response = await answer if isinstance(answer, Awaitable) else answer
        return _error_page(request, error, problem) if _wants_page(request) else problem

    return shown


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_NOT_PAGES)


def _error_page(request: Request, error: Exception, problem: Response) -> Response:
    status = problem.status_code
    if status == HTTPStatus.UNAUTHORIZED and request.method in ("GET", "HEAD"):
        return RedirectResponse(f"/login?{urlencode({'next': _path_and_query(request)})}", SEE_OTHER)
    if isinstance(error, IngotError):
        detail = error.message
    elif status == HTTPStatus.NOT_FOUND:
        detail = "There is no page at this address."
    else:
        detail = "" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "The server's log says what happened."
    kept = {name: value for name, value in problem.headers.items() if name in ("retry-after", "allow")}
    return error_page(request, status, detail, kept)


def _path_and_query(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
