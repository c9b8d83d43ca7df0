"""``ingot serve`` as a process: it says why it cannot start, ends cleanly, and loses nothing when it is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from ingest.runtime import processes
from tests.api_server import FAKE, Server, serving
from tests.e2e.command import COMMAND, ROOT, Home
from tests.waiting import GENEROUS_S, eventually


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(**FAKE) as running:
        yield running


def submit(server: Server, number: int) -> str:
    """The job of one small upload; repeated with the same key until it is answered."""

    def taken() -> str:
        try:
            answer = httpx2.post(
                f"{server.address}/api/v1/knowledge/kept/ingest",
                files=[("files", (f"{number}.pdf", f"%FAKE\nnumber {number}".encode()))],
                headers={"Idempotency-Key": f"n-{number}"},
            )
            assert answer.status_code in (202, 409), answer.text
            return str(answer.json()["job_id"]) if answer.status_code == 202 else ""
        except httpx2.TransportError:
            return ""

    return eventually(taken)


def test_a_taken_port_is_said(server: Server, home: Path) -> None:
    port = server.address.rsplit(":", 1)[1]
    ran = Home(home).run("serve", "--port", port)
    assert ran.returncode == 2
    assert f"port {port}" in ran.stderr and "--port" in ran.stderr
    assert not (home / "run").exists()


def test_without_a_key_only_loopback_is_listened_on(home: Path) -> None:
    ran = Home(home).run("serve", "--host", "0.0.0.0", "--port", "0")
    assert ran.returncode == 2
    assert "ingot keys new" in ran.stderr


def refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_what_it_is_answering(home: Path, number: signal.Signals) -> None:
    server = Server(home, **FAKE)
    try:
        head = "POST /api/v1/knowledge/end/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 91\r\n"
        body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%FAKE\n'
        body += b"x" * 400_000 + b"\r\n--b--\r\n"
        head = head.replace("91", str(len(body))) + "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        address = ("127.0.0.1", int(server.address.rsplit(":", 1)[1]))
        with socket.create_connection(address) as slow:
            slow.sendall(head.encode() + body[:-30])
            eventually(lambda: list((home / "run" / "uploads").rglob("*.part")))
            server.process.send_signal(number)
            eventually(lambda: refused(address))
            slow.sendall(body[-30:])
            assert slow.recv(100).startswith(b"HTTP/1.1 202")
        assert server.process.wait(GENEROUS_S) == 0
        assert "Traceback" not in (home / "serve.log").read_text()
    finally:
        server.close()


def test_killed_in_the_middle_it_keeps_what_it_accepted() -> None:
    with serving(**FAKE) as server:
        port = int(server.address.rsplit(":", 1)[1])
        jobs: dict[int, str] = {}

        def client(numbers: range) -> None:
            for number in numbers:
                jobs[number] = submit(server, number)

        threads = [threading.Thread(target=client, args=(range(at, 90, 6),)) for at in range(6)]
        for thread in threads:
            thread.start()
        server.soon(lambda: len(jobs) > 30)
        server.process.kill()
        server.process.wait()
        again = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)], cwd=ROOT, env=server.environment, stdout=subprocess.DEVNULL
        )
        try:
            for thread in threads:
                thread.join(GENEROUS_S)
            assert sorted(jobs) == list(range(90))
            assert len(set(jobs.values())) == 90
            server.client.close()
            server.client = httpx2.Client(base_url=f"{server.address}/api/v1", timeout=GENEROUS_S)
            for job in jobs.values():
                assert server.finished(job)["counts"] == {"done": 1}
            assert not list((server.folder / "run" / "uploads").rglob("*.part"))
        finally:
            again.terminate()
            again.wait(GENEROUS_S)


def test_the_server_outlives_its_redis_and_its_whole_runtime(server: Server) -> None:
    first = server.finished(submit(server, 1000))
    assert first["counts"] == {"done": 1}
    os.kill(server.ask("status")["children"]["redis"]["pid"], signal.SIGKILL)
    assert server.finished(submit(server, 1001))["counts"] == {"done": 1}
    os.kill(server.ask("status")["pid"], signal.SIGKILL)
    assert server.finished(submit(server, 1002))["counts"] == {"done": 1}
    answer = server.post("/knowledge/kept/search", {"query": "number 1002"})
    assert answer["items" if "items" in answer else "hits"]


def test_its_log_is_an_object_a_line_where_a_machine_reads_it(home: Path) -> None:
    port = processes.free_port()
    environment = Home(home, **FAKE, log_format="json").environment
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        log_of = (home / "log").read_text
        eventually(lambda: process.poll() is not None or "Ingot listens on" in log_of(), told=log_of)
        assert process.poll() is None, log_of()
        url = f"http://127.0.0.1:{port}/api/v1/jobs/no.job"
        httpx2.get(url, headers={"X-Request-Id": "mine"})
    finally:
        process.terminate()
        process.wait(GENEROUS_S)
    lines = [json.loads(line) for line in (home / "log").read_text().splitlines()]
    (asked,) = [line for line in lines if line["logger"] == "ingot.access"]
    assert {name: asked[name] for name in ("request_id", "method", "path", "status", "level")} == {
        "request_id": "mine",
        "method": "GET",
        "path": "/api/v1/jobs/no.job",
        "status": 404,
        "level": "INFO",
    }
    assert asked["took_ms"] >= 0
