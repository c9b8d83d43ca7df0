"""The outermost middleware: request ids, security headers and the access log. It does not buffer streamed answers."""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.log_format import facts

log = logging.getLogger("ingot.access")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Id of the current request, also in the threads that work for it; "-" outside of requests."""

_PROCESS = secrets.token_hex(4)
_NUMBERS = itertools.count(1)
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_POLICY = b"content-security-policy"
_NOTHING = b"default-src 'none'; frame-ancestors 'none'"
SECURITY_HEADERS = (*_ALWAYS, (_POLICY, _NOTHING))
"""Headers of an answer that is not a page."""


class RequestIds:
    """Middleware that adds the request id and security headers; a content security policy of a page is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = _given(scope) or f"{_PROCESS}-{next(_NUMBERS):x}"
        scope.setdefault("state", {})["request_id"] = name
        request_id.set(name)
        began, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_added(message, name)]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception:
            if not status:  # otherwise the error handler has answered and logged it
                raise
        finally:
            took_ms = (time.perf_counter() - began) * 1000
            line = {"method": scope["method"], "path": scope["path"], "status": status, "took_ms": round(took_ms, 1)}
            log.info("%s %s %d %.1f ms", *line.values(), extra=facts(**line))


def _given(scope: Scope) -> str:
    """Return the id that the client sent, empty where it sent none or one unfit for a log."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value.decode()) if _SANE.fullmatch(value) else ""
    return ""


def _added(message: Message, name: str) -> list[tuple[bytes, bytes]]:
    own = {key.lower() for key, _ in message.get("headers", ())}
    added = [(b"x-request-id", name.encode()), *(pair for pair in _ALWAYS if pair[0] not in own)]
    return added if _POLICY in own else [*added, (_POLICY, _NOTHING)]


class WithRequestId(logging.Filter):
    """Logging filter that gives every record the attribute ``request_id``."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
