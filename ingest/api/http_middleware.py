"""ASGI middleware for HEAD requests, compression and CORS; none of it buffers a streamed answer."""

from __future__ import annotations

import re

import anyio
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stores.errors import InputError

_SHORT_BYTES = 1024  # shorter answers gain nothing
_LEVEL = 4
_NOT_COMPRESSED = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    "application/pdf",
    "application/octet-stream",
    "image/*",
    "text/x-fake-pages",
)
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_METHODS = ("GET", "HEAD", "POST", "DELETE")
_REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-Id",
)
_RESPONSE_HEADERS = (
    "Allow",
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)


class HeadRequests:
    """Middleware that answers HEAD like GET, and cancels the request once the headers are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        async with anyio.create_task_group() as group:

            async def head_only(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    await send({"type": "http.response.body", "body": b""})
                    group.cancel_scope.cancel()

            await self._app({**scope, "method": "GET"}, receive, head_only)


class Compression:
    """Middleware that compresses long text; the ETag becomes weak, as it was made from the uncompressed bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = GZipMiddleware(app, _SHORT_BYTES, _LEVEL, exclude_content_types=_NOT_COMPRESSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def weakened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                tag = headers.get("etag", "")
                if headers.get("content-encoding") == "gzip" and tag.startswith('"'):
                    headers["etag"] = f"W/{tag}"
            await send(message)

        await self._app(scope, receive, weakened)


def origins_of(text: str, *, keyed: bool) -> tuple[str, ...]:
    """Parse ``cors_origins``, separated by commas.

    Raises InputError for a malformed origin, and for ``*`` on a server without keys.
    """
    origins = tuple(part.strip().rstrip("/").lower() for part in text.split(",") if part.strip())
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise InputError(
                f"{origin!r} in INGOT_CORS_ORIGINS is no origin: write it like https://app.example.org",
                code="bad_setting",
            )
    if "*" in origins and not keyed:
        raise InputError(
            "INGOT_CORS_ORIGINS=* without INGOT_API_KEYS would let every page of the web use this server: name the "
            "origins, or make a key with `ingot keys new`",
            code="bad_setting",
        )
    return origins


def cross_origin(app: ASGIApp, origins: tuple[str, ...]) -> ASGIApp:
    """Add CORS for these origins, without cookies; with no origins, return the application unchanged."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=_REQUEST_HEADERS,
        allow_credentials=False,
        expose_headers=_RESPONSE_HEADERS,
    )
