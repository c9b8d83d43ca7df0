"""An HTTP server that behaves as a test wants, one answer after the other, and remembers what it was sent."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler"], None]


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers.get("webhook-id", "")

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """``on("/x", 500, 200)``: the first call of a path gets 500, all others 200."""

    port: int = 0
    host: str = "127.0.0.1"
    calls: list[Call] = field(default_factory=list)
    _plans: dict[str, list[int | Behaviour]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> Receiver:
        server = _Server((self.host, self.port), Handler)
        server.receiver = self
        self._server, self.port = server, server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.port}{path}"

    def on(self, path: str, *answers: int | Behaviour) -> str:
        """Plan the answers of a path; its URL."""
        self._plans[path] = list(answers)
        return self.url(path)

    def took(self, path: str) -> list[Call]:
        """All requests of a path, in the order of their coming."""
        return [call for call in list(self.calls) if call.path == path]

    def note(self, call: Call) -> int | Behaviour:
        with self._lock:
            self.calls.append(call)
            plan = self._plans.get(call.path, [200])
            return plan.pop(0) if len(plan) > 1 else plan[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what is tested."""


class Handler(BaseHTTPRequestHandler):
    """Answers as planned."""

    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        planned = self.server.receiver.note(Call(self.command, self.path, headers, body, time.monotonic()))
        try:
            planned(self) if callable(planned) else self.say(planned)
        except OSError:
            self.close_connection = True  # the other side has gone

    do_GET = do_POST  # noqa: N815 - the server asks for this name

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


def redirect_to(where: str, status: int = 302) -> Behaviour:
    return lambda handler: handler.say(status, Location=where)


def reset(handler: Handler) -> None:
    """End the connection with RST and no answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def held(over: threading.Event, status: int = 200) -> Behaviour:
    """No answer before the event."""

    def behave(handler: Handler) -> None:
        over.wait()
        handler.say(status)

    return behave


def drip(handler: Handler) -> None:
    """A header line a byte at a time, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.1)


def drip_body(handler: Handler) -> None:
    """A status at once, and a body a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.1)


def sized(size_bytes: int, status: int = 200) -> Behaviour:
    """An answer with a large body."""
    return lambda handler: handler.say(status, b"x" * size_bytes)


def file_of(content: bytes, media_type: str = "application/pdf", **headers: str) -> Behaviour:
    return lambda handler: handler.say(200, content, Content_Type=media_type, **headers)
