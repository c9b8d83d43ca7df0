"""Many who follow a job's events (server-sent) over bare sockets, and take what comes."""

from __future__ import annotations

import selectors
import socket
import threading
import time

_ALL_HEAR_S = 20.0


class Watchers:
    """``count`` connections to the events of one job, read by one thread until ``close``."""

    def __init__(self, host: str, port: int, job: str, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._open = 0
        self._heard: set[int] = set()
        self._ended = threading.Event()
        request = f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n\r\n"
        for _ in range(count):
            connection = socket.create_connection((host, port))
            connection.sendall(request.encode())
            self._selector.register(connection, selectors.EVENT_READ)
            self._open += 1
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        end = time.monotonic() + _ALL_HEAR_S
        while len(self._heard) < count and time.monotonic() < end:
            time.sleep(0.02)

    def _read(self) -> None:
        while not self._ended.wait(0.05):
            for key, _ in self._selector.select(0):
                assert isinstance(key.fileobj, socket.socket)
                if b"data:" in (said := key.fileobj.recv(1 << 16)):
                    self._heard.add(key.fd)
                if not said:
                    self._selector.unregister(key.fileobj)
                    self._open -= 1

    def standing(self) -> tuple[int, int]:
        """(connections that are still open, those that an event came by)."""
        return self._open, len(self._heard)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
