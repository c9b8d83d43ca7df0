"""Limits on the size and duration of request bodies, and the answer to a client that is refused while it sends."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.api import problems
from pipeline.settings import Settings
from stores.errors import IngotError, InputError, UnavailableError

JSON_BYTES = 4 << 20
"""Largest JSON body of an ingest request."""
MOST_UPLOADS = 200
"""Uploads that are read at the same time."""
SMALL_BYTES = 64 << 10
"""Largest body of a request that carries no documents."""
_SLOWEST_BYTES_S = 1024  # average, checked once a body has taken twice ``body_timeout_s``
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")
_BODY_IGNORED = ("GET", "HEAD", "OPTIONS")
_CARRIES_DOCUMENTS = re.compile(
    r"(/api/v1/knowledge/[^/]+/(?:ingest|import)|/api/v1/convert|/knowledge/[^/]+/upload)/?"
)
_LINGER_S = 3.0
_LINGER_BYTES = 64 << 20


@dataclass(slots=True)
class Bodies:
    """Reader of request bodies that enforces the limits and counts the bodies in progress."""

    settings: Settings
    most: int = MOST_UPLOADS
    reading: int = 0

    async def read(self, request: Request, largest_bytes: int) -> AsyncIterator[bytes]:
        """Yield the chunks of a body.

        Raises InputError where it is too large (413) or too slow (408), UnavailableError where too many bodies are
        being read (429), and ClientDisconnect.
        """
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > largest_bytes:
            raise _too_large(largest_bytes)
        if self.reading >= self.most:
            raise UnavailableError(f"{self.reading} requests are being read already: try again later", code="busy")
        self.reading += 1
        try:
            async for chunk in self._chunks(request, largest_bytes):
                yield chunk
        finally:
            self.reading -= 1

    async def _chunks(self, request: Request, largest_bytes: int) -> AsyncIterator[bytes]:
        began, size, timeout_s = time.monotonic(), 0, self.settings.body_timeout_s
        while True:
            try:
                async with asyncio.timeout(timeout_s):
                    message = await request.receive()
            except TimeoutError:
                raise _too_slow(f"nothing of the body came for {timeout_s:g} s") from None
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > largest_bytes:
                raise _too_large(largest_bytes)
            yield chunk
            if not message.get("more_body"):
                return
            took_s = time.monotonic() - began
            if took_s > 2 * timeout_s and size < took_s * _SLOWEST_BYTES_S:
                raise _too_slow(f"the body comes at less than {_SLOWEST_BYTES_S} bytes a second")


def _too_large(largest_bytes: int) -> InputError:
    if largest_bytes < 1 << 20:
        detail = f"the request is larger than {largest_bytes >> 10} KB: no request at this address needs that"
        return InputError(detail, code="too_large")
    return InputError(
        f"the request is larger than {largest_bytes >> 20} MB: send fewer files at once, or raise INGOT_MAX_REQUEST_MB",
        code="too_large",
    )


def _too_slow(reason: str) -> InputError:
    return InputError(f"{reason}: send it again over a faster connection", code="slow_body")


class SmallBodies:
    """Middleware that reads every body without documents before authentication, so that no route needs limits."""

    def __init__(self, app: ASGIApp, bodies: Bodies) -> None:
        self._app, self._bodies = app, bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_body = scope["type"] == "http" and scope["method"] not in _BODY_IGNORED
        if not has_body or _CARRIES_DOCUMENTS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = b"".join([chunk async for chunk in self._bodies.read(request, SMALL_BYTES)])
        except ClientDisconnect:
            return
        except IngotError as error:
            await problems.answer(request, problems.status_of(error), error.code, error.message)(scope, receive, send)
            return
        whole_body: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def receive_body_once() -> Message:
            nonlocal whole_body
            message, whole_body = whole_body, None
            return message or await receive()

        await self._app(scope, receive_body_once, send)


class Lingering:
    """Middleware that keeps reading after a refusal, so that a client still sending sees the answer.

    Closing the connection at once would look like a network error to the client.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        exchange = _LingeringExchange(receive, send)
        await self._app(scope, exchange.receive, exchange.send)


class _LingeringExchange:
    """One request and its answer; remembers whether the body was read to its end before the answer began."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._read_whole = self._lingers = False

    async def receive(self) -> Message:
        message = await self._receive()
        if not message.get("more_body"):
            self._read_whole = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._lingers = message["status"] >= HTTPStatus.BAD_REQUEST and not self._read_whole
            if self._lingers:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        elif self._lingers and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _drain(self) -> None:
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while size < _LINGER_BYTES and not self._read_whole:
                    size += len((await self.receive()).get("body", b""))
