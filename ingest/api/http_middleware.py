"""How answers travel: HEAD like GET without its body, long text under gzip, and other origins that may read.

Plain ASGI around the application; nothing that streams is gathered.
"""

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
_AS_THEY_ARE = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    "application/pdf",
    "application/octet-stream",
    "image/*",
    "text/x-fake-pages",
)
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_METHODS = ("GET", "HEAD", "POST", "DELETE")
_ASKED_WITH = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "X-Request-Id")
_TOLD = (
    "Allow",
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)


class Heads:
    """Answers HEAD as it answers GET, and ends when the head was sent: what follows it is not made."""

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


class Packed:
    """Long text under gzip. What is packed has a weak ETag: its bytes are not those that the tag was made of."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = GZipMiddleware(app, _SHORT_BYTES, _LEVEL, exclude_content_types=_AS_THEY_ARE)

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
    """The origins of ``cors_origins``, by commas; InputError for what is none, and for ``*`` where no key is needed."""
    found = tuple(part.strip().rstrip("/").lower() for part in text.split(",") if part.strip())
    for origin in found:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise InputError(
                f"{origin!r} in INGOT_CORS_ORIGINS is no origin: write it like https://app.example.org",
                code="bad_setting",
            )
    if "*" in found and not keyed:
        raise InputError(
            "INGOT_CORS_ORIGINS=* without INGOT_API_KEYS would let every page of the web use this server: name the "
            "origins, or make a key with `ingot keys new`",
            code="bad_setting",
        )
    return found


def shared(app: ASGIApp, origins: tuple[str, ...]) -> ASGIApp:
    """Let pages of these origins read the answers, never with a cookie; nothing is added where there are none."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=_ASKED_WITH,
        allow_credentials=False,
        expose_headers=_TOLD,
    )
