"""How much a request may bring and how long it may take, and how one that is refused half way is sent off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pipeline.settings import Settings
from stores.errors import InputError, UnavailableError

JSON_BYTES = 4 << 20
"""The longest body of a request that brings no files."""
_SLOWEST_BYTES_S = 1024  # on the average, once a body has taken twice ``body_timeout_s``
_MOST_AT_ONCE = 200  # bodies that are being read
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
                request.state.body_read = True
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


def sent_off(request: Request, answer: Response) -> Response:
    """The answer; where the body was not read to its end, with care."""
    return answer if getattr(request.state, "body_read", False) else SentOff(answer)


class SentOff(Response):
    """An answer to a request whose body was not read to its end: the rest is taken for a moment, so that the asker
    sees the answer instead of a broken connection, which is closed then."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code)
        self.raw_headers = [*answer.raw_headers, (b"connection", b"close")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        size = 0
        try:
            async with asyncio.timeout(_LINGER_S):
                while size < _LINGER_BYTES:
                    message = await receive()
                    size += len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body"):
                        break
        except TimeoutError:
            size = _LINGER_BYTES
        await send({"type": "http.response.body", "body": b"", "more_body": False})
