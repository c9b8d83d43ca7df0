"""Limits of the server's connections: how many, how long a head may take, how long a client may not read."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from ingest.api import connections, job_watch
from stores.errors import UnavailableError
from tests.api_server import heard
from tests.awaiting import awaited
from tests.waiting import GENEROUS_S, eventually

_MB = 1 << 20


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/large":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": bytes(_MB), "more_body": True})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@contextmanager
def guarded(monkeypatch: pytest.MonkeyPatch, most: int, head_s: float) -> Iterator[tuple[str, int]]:
    """A server of nothing behind the guard, with limits that are soon met."""
    monkeypatch.setattr(connections, "HEAD_S", head_s)
    monkeypatch.setattr(connections.Guarded, "most", most)
    monkeypatch.setattr(connections.Guarded, "idle", {})
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(_hello, http=connections.Guarded, ws="none", lifespan="off", log_config=None)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(GENEROUS_S)
        listener.close()


def asked(address: tuple[str, int]) -> bytes:
    with socket.create_connection(address, timeout=GENEROUS_S) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return heard(connection)


def test_slow_heads_are_given_up_and_silent_connections_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(monkeypatch, 50, 1.0) as address:
        with socket.create_connection(address) as silent, socket.create_connection(address) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nX: ")
            assert heard(slow).startswith(b"HTTP/1.1 408")
            assert heard(silent) == b""
        monkeypatch.setattr(connections, "HEAD_S", GENEROUS_S)
        with socket.create_connection(address) as again:
            for _ in range(2):  # the second request of a connection is timed as the first
                again.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                answer = b""
                while not answer.endswith(b"hi"):
                    answer += again.recv(1000)
            monkeypatch.setattr(connections, "HEAD_S", 0.5)
            again.sendall(b"GET /")
            while not select.select([again], [], [], 0.2)[0]:
                again.sendall(b"a")  # what drips is late all the same
            assert heard(again).startswith(b"HTTP/1.1 408")
            monkeypatch.setattr(connections, "HEAD_S", GENEROUS_S)
        assert asked(address).endswith(b"hi")


def test_at_the_limit_the_connection_idle_for_longest_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(monkeypatch, 10, GENEROUS_S) as address, ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(address)) for _ in range(10)]
        eventually(lambda: len(connections.Guarded.idle) == 10)
        for _ in range(3):
            assert asked(address).endswith(b"hi")
        assert heard(idle[0]) == b""
        idle[9].sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert heard(idle[9]).endswith(b"hi")


def test_pipelined_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(monkeypatch, 10, GENEROUS_S) as address:
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
            answer = b""
            while answer.count(b"\r\n\r\nhi") < 5:
                answer += connection.recv(1000)
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
            assert heard(connection).count(b"200 OK") < 1000


def test_a_client_that_does_not_read_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, plain = threading.Event(), connections.Guarded.connection_lost
    monkeypatch.setattr(connections, "STALL_S", 0.5)
    monkeypatch.setattr(connections.Guarded, "connection_lost", lambda *given: (let_go.set(), plain(*given))[1])
    with guarded(monkeypatch, 10, GENEROUS_S) as address, socket.create_connection(address) as deaf:
        deaf.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert let_go.wait(GENEROUS_S)
        taken = 0
        with pytest.raises(ConnectionResetError):
            while block := deaf.recv(_MB):
                taken += len(block)
            raise ConnectionResetError
        assert taken < 100 * _MB
        assert asked(address).endswith(b"hi")


class _Watched:
    def __init__(self, watchers: int) -> None:
        self.watchers, self.gone = watchers, False
        self.ready = asyncio.Event()


def test_watchers_are_bounded_though_all_watch_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        watches = job_watch.Watches(service=None)  # type: ignore[arg-type]
        watches._watches["kb.1"] = _Watched(job_watch.MOST_WATCHERS)  # type: ignore[assignment]
        await watches.of("kb.1")

    with pytest.raises(UnavailableError) as refused:
        awaited(ask())
    assert refused.value.code == "busy"
