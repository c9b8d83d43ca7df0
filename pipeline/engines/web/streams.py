"""Network streams that connect to checked addresses only, with one deadline for the whole exchange.

An HTTP client's timeouts apply to each read alone: a server that sends a byte a second holds the connection for as
long as it likes (measured: 20 s with a timeout of 3). Here every wait ends at the deadline of the exchange.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2
from httpcore2 import NetworkBackend, NetworkStream

_CONNECT_S = 5.0
_WRITE_BYTES = 1 << 16


class Deadline:
    """The time at which an exchange must be over, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left_s(self, at_most: float | None = None) -> float:
        """The seconds that a wait may take; raises ReadTimeout where none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time of the exchange is over")
        return left if at_most is None else min(left, at_most)

    def resolve_s(self) -> float:
        """The seconds that resolving a name may take."""
        return max(0.01, min(_CONNECT_S, self._end - time.monotonic()))

    def shorten(self, seconds: float) -> None:
        """Move the deadline to ``seconds`` from now, unless it is earlier."""
        self._end = min(self._end, time.monotonic() + seconds)


class GuardedBackend(NetworkBackend):
    """Connects to one of ``addresses`` whatever host the URL names; TLS still verifies that host's name."""

    def __init__(self, addresses: Sequence[str], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        failure: Exception | None = None
        for address in self._addresses:
            try:
                stream = self._plain.connect_tcp(address, port, self._deadline.left_s(_CONNECT_S), None, socket_options)
                return DeadlineStream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("the host has no address")


class DeadlineStream(NetworkStream):
    """A stream whose reads and writes end at the deadline."""

    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for at in range(0, len(buffer), _WRITE_BYTES):
            self._stream.write(buffer[at : at + _WRITE_BYTES], self._deadline.left_s(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left_s(timeout))
        return DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
