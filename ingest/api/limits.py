"""How much a request may bring and how long it may take, and how one that is refused half way is sent off."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.settings import Settings
from stores.errors import InputError, UnavailableError

JSON_BYTES = 4 << 20
"""The longest body of a request that brings no files."""
_SLOWEST_BYTES_S = 1024  # on the average, once a body has taken twice ``body_timeout_s``
_MOST_AT_ONCE = 200  # bodies that are being read
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")
_LINGER_S = 3.0
_LINGER_BYTES = 64 << 20


@dataclass(slots=True)
class Bodies:
    """Reads bodies within the limits, and counts how many are being read."""

    settings: Settings
    reading: int = 0

    async def read(self, request: Request, largest_bytes: int) -> AsyncIterator[bytes]:
        """The chunks of a body. InputError where it is too large (413) or too slow (408); ClientDisconnect."""
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > largest_bytes:
            raise _too_large(largest_bytes)
        if self.reading >= _MOST_AT_ONCE:
            raise UnavailableError(f"{self.reading} uploads are under way already: try again later", code="busy")
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
    return InputError(
        f"the request is larger than {largest_bytes >> 20} MB: send fewer files at once, or raise INGOT_MAX_REQUEST_MB",
        code="too_large",
    )


def _too_slow(reason: str) -> InputError:
    return InputError(f"{reason}: send it again over a better line", code="slow_body")


class Lingering:
    """Sends off who is refused while still sending: the rest of the body is taken for a moment, so that the answer is
    seen instead of a broken connection, which is closed then."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        left = _Left(receive, send)
        await self._app(scope, left.receive, left.send)


class _Left:
    """One request, and whether its body was read to the end before it was refused."""

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
            await self._take_the_rest()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _take_the_rest(self) -> None:
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while size < _LINGER_BYTES and not self._read_whole:
                    size += len((await self.receive()).get("body", b""))
