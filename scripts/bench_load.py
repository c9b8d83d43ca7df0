"""The light side of ``bench api``: clients and a callback receiver over bare sockets, so that the load costs little."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, cast

_BOUNDARY = b"ingot-bench-boundary"
_AGAIN_S = 0.2
_START_S = 30.0


def small_pdf(number: int, words: str = "") -> bytes:
    """A PDF of one page whose text no other has."""
    text = f"Submission {number}. {words or 'Every page of the thousand is its own.'}"
    stream = f"BT /F1 14 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    pdf, offsets = bytearray(b"%PDF-1.4\n"), []
    for at, body in enumerate(objects, 1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj%s\nendobj\n" % (at, body)
    start = len(pdf)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    pdf += b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        rows,
        start,
    )
    return bytes(pdf)


def upload_request(host: str, path: str, name: str, content: bytes, fields: dict[str, str], key: str) -> bytes:
    """A whole HTTP/1.1 request that uploads one file."""
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (_BOUNDARY, field.encode(), value.encode())
        for field, value in fields.items()
    ]
    parts.append(
        b'--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%s\r\n--%s--\r\n" % (_BOUNDARY, name.encode(), content, _BOUNDARY)
    )
    body = b"".join(parts)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary={_BOUNDARY.decode()}\r\n"
        f"Content-Length: {len(body)}\r\nIdempotency-Key: {key}\r\n\r\n"
    )
    return head.encode() + body


class _Wire(asyncio.Protocol):
    """One kept connection: a request at a time."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        assert self.transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        if self.transport.is_closing():
            self._answer.set_exception(ConnectionResetError())
        else:
            self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(self._held[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._held) < end + 4 + length:
            return
        answer = int(head[9:12]), bytes(self._held[end + 4 : end + 4 + length])
        del self._held[: end + 4 + length]
        if not self._answer.done():
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())


@dataclass(slots=True)
class Load:
    """What the clients saw. ``latencies_s``: of each answer 202 (the last try, where a connection broke)."""

    jobs: dict[int, str] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    seconds: float = 0.0


def submit_all(
    address: Callable[[], tuple[str, int]], requests: list[bytes], clients: int, told: Callable[[int], None]
) -> Load:
    """Send every request until it is accepted, by so many clients; ``told`` hears how many were accepted."""
    load = Load()

    async def run() -> None:
        work = iter(range(len(requests)))
        began = time.perf_counter()
        await asyncio.gather(*(_client(address, requests, work, load, told) for _ in range(clients)))
        load.seconds = time.perf_counter() - began

    _loop_run(run())
    return load


def _loop_run(what: Any) -> None:
    import uvloop

    uvloop.run(what)


async def _client(
    address: Callable[[], tuple[str, int]],
    requests: list[bytes],
    work: Iterator[int],
    load: Load,
    told: Callable[[int], None],
) -> None:
    wire: _Wire | None = None
    for number in work:
        while number not in load.jobs:
            try:
                if wire is None:
                    _, wire = await asyncio.get_running_loop().create_connection(_Wire, *address())
                began = time.perf_counter()
                status, body = await wire.ask(requests[number])
            except OSError:
                load.broken, wire = load.broken + 1, None
                await asyncio.sleep(_AGAIN_S)
                continue
            if status == 202:
                load.latencies_s.append(time.perf_counter() - began)
                load.jobs[number] = json.loads(body)["job_id"]
                told(len(load.jobs))
            else:
                load.refused[status] = load.refused.get(status, 0) + 1
                await asyncio.sleep(_AGAIN_S)


class Receiver:
    """A process that takes callbacks; ``jobs`` are those whose end it was told of, with how often."""

    def __init__(self) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs,), daemon=True)
        self._process.start()
        if not self._ours.poll(_START_S):
            raise TimeoutError("the receiver of callbacks did not start")
        self.port: int = self._ours.recv()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/done"

    def jobs(self) -> dict[str, int]:
        self._ours.send("jobs")
        counts: dict[str, int] = self._ours.recv()
        return counts

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


class _Taker(asyncio.Protocol):
    """Answers every request with 204, and notes the job that its body names."""

    def __init__(self, jobs: dict[str, int]) -> None:
        self._jobs, self._held = jobs, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._held[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._held) < end + 4 + length:
            return
        event = json.loads(self._held[end + 4 : end + 4 + length])
        del self._held[: end + 4 + length]
        if event["type"] == "job.finished":
            name = event["data"]["job_id"]
            self._jobs[name] = self._jobs.get(name, 0) + 1
        self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


def _receive(pipe: Connection) -> None:
    jobs: dict[str, int] = {}

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Taker(jobs), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])

        def asked() -> None:
            pipe.recv()
            pipe.send(jobs)

        loop.add_reader(pipe.fileno(), asked)
        await server.serve_forever()

    asyncio.run(run())
