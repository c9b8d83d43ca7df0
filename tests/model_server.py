"""A server that speaks OpenAI's chat API, or a rerank API, as a test wants, on loopback."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]
Behaviour = Callable[["Handler", Request], None]


class Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        try:
            self.server.behaviour(request, dict(self.headers.items()))(self, request)
        except OSError:
            self.close_connection = True  # the client has gone

    def say(self, status: int, body: Any, **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content_Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


class ModelServer(ThreadingHTTPServer):
    """``plan``: behaviours that are used first, in turn; ``answer``: the text for a request after them."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer: Callable[[Request], str] = lambda request: "{}") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.plan = answer, list[Behaviour]()
        self.requests: list[Request] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"

    def behaviour(self, request: Request, headers: dict[str, str]) -> Behaviour:
        with self._lock:
            self.requests.append(request)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            if self.plan:
                return self.plan.pop(0)
        if "messages" not in request:
            return plain(self.answer(request))
        return streamed(self.answer(request)) if request.get("stream") else completion(self.answer(request))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what is tested."""


@contextmanager
def model_server(answer: Callable[[Request], str] = lambda request: "{}") -> Iterator[ModelServer]:
    server = ModelServer(answer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def completion(text: str | None, finish: str = "stop") -> Behaviour:
    """A whole answer of 100 tokens read and 10 written."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return lambda handler, request: handler.say(200, body)


def plain(body: str) -> Behaviour:
    """A body that is no answer of the chat API."""
    return lambda handler, request: handler.say(200, body)


def status(code: int, message: str = "no", **headers: str) -> Behaviour:
    return lambda handler, request: handler.say(code, {"error": {"message": message}}, **headers)


def streamed(text: str, *, cut_after: int | None = None, piece: int = 9) -> Behaviour:
    """An answer in pieces; ``cut_after``: the connection ends behind so many characters."""

    def behave(handler: Handler, request: Request) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        sent = text if cut_after is None else text[:cut_after]
        for at in range(0, len(sent), piece):
            _event(handler, {"delta": {"content": sent[at : at + piece]}, "finish_reason": None})
        if cut_after is None:
            _event(handler, {"delta": {}, "finish_reason": "stop"})
            handler.wfile.write(b"data: [DONE]\n\n")
        handler.close_connection = True

    return behave


def _event(handler: Handler, choice: dict[str, Any]) -> None:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    handler.wfile.write(f"data: {json.dumps({**chunk, 'choices': [{'index': 0, **choice}]})}\n\n".encode())
    handler.wfile.flush()


def silent(handler: Handler, request: Request) -> None:
    """Say nothing until the test is over."""
    handler.server.over.wait()


def reset(handler: Handler, request: Request) -> None:
    """End the connection with RST and no answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def asked_text(request: Request) -> str:
    """The text of the document in a request, without the marks around it."""
    lines = request["messages"][1]["content"].splitlines()
    return "\n".join(lines[1:-1])


def schema_of(request: Request) -> Any:
    """The JSON Schema that a request asks for."""
    return request["response_format"]["json_schema"]["schema"]
