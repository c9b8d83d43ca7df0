"""Limits that uvicorn lacks: size and duration of the head of a request, and the number of open connections.

When all connections are taken, the one that has been idle longest is closed, so that a flood of idle connections
cannot lock others out.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ingest.api.problems import PROBLEM, Problem
from ingest.api.request_ids import SECURITY_HEADERS

HEAD_BYTES = 64 << 10
"""Largest head of a request, and largest overhead between the parts of a chunked body."""
HEAD_S = 15.0
"""Longest time for the head of a request, from its first byte or from the opening of the connection."""
STALL_S = 60.0
"""Longest time that a client may stop reading an answer, which is in memory meanwhile."""
MOST_CONNECTIONS = 4000
_FILES = 8192  # file descriptors requested from the system
_FILES_FOR_OTHERS = 1024  # databases, uploads, page images
_FEWEST = 64
_MOST_PIPELINED = 16  # requests sent on one connection ahead of their answers

Idle = dict["Guarded", None]


def connection_limit() -> int:
    """Raise the limit of file descriptors, and return how many connections it leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    allowed = MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else soft - _FILES_FOR_OTHERS
    return max(_FEWEST, min(MOST_CONNECTIONS, allowed))


class _HeadTooLargeError(Exception):
    """Raised in a callback of the parser to stop it."""


class Guarded(HttpToolsProtocol):
    """A connection with limits. ``most``: open at a time; ``idle``: those without a request, longest idle first."""

    most = MOST_CONNECTIONS
    idle: Idle = {}  # noqa: RUF012 - shared by all

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._outside = 0  # bytes received since the last byte of a body or of a complete head
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most and not self._close_longest_idle():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "too many connections are open: try again later")
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_arrived()
        super().connection_lost(exc)  # also resumes writing, which stops the stall timer

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_timer = self.loop.call_later(STALL_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        self._outside += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._outside > HEAD_BYTES:
            self._refuse_head()
        elif len(self.pipeline) > _MOST_PIPELINED:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "busy", "too many requests were sent at once: await the answers")

    def on_headers_complete(self) -> None:
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            raise _HeadTooLargeError
        self._outside = 0
        self._head_arrived()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._outside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._outside = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self.idle[self] = None

    def send_400_response(self, msg: str) -> None:
        if isinstance(getattr(sys.exception(), "__context__", None), _HeadTooLargeError):
            self._refuse_head()
            return
        self._refuse(HTTPStatus.BAD_REQUEST, "bad_request", "this is no HTTP request that can be understood")

    def _await_head(self) -> None:
        self.idle.setdefault(self)
        self._head_timer = self.loop.call_later(HEAD_S, self._late)

    def _head_arrived(self) -> None:
        self.idle.pop(self, None)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _late(self) -> None:
        self._head_timer = None
        if not self._outside:
            self.transport.close()
        elif not self.transport.is_closing():
            detail = f"the head of the request did not come within {HEAD_S:g} s"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "slow_head", detail)

    def _close_longest_idle(self) -> bool:
        """Close the connection that has been idle longest; False where none is idle."""
        for oldest in self.idle:
            oldest._head_arrived()
            oldest.transport.close()
            return True
        return False

    def _refuse_head(self) -> None:
        detail = f"the head of the request is longer than {HEAD_BYTES >> 10} KB"
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", detail)

    def _refuse(self, status: HTTPStatus, code: str, detail: str) -> None:
        """Answer with a problem and close; only close in the middle of another answer."""
        answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not answering:
            self.transport.write(_answer(status, code, detail))
        self.transport.close()


def _answer(status: HTTPStatus, code: str, detail: str) -> bytes:
    problem = Problem(title=status.phrase, status=status, detail=detail, code=code, instance="", request_id="")
    body = json.dumps(problem.model_dump()).encode()
    fixed = {b"content-type": PROBLEM.encode(), b"content-length": b"%d" % len(body), b"connection": b"close"}
    head = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode())]
    head += [name + b": " + value for name, value in {**fixed, **dict(SECURITY_HEADERS)}.items()]
    return b"\r\n".join([*head, b"", body])
