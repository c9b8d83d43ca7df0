"""``ingot serve`` as a process: it says why it cannot start, ends cleanly, and loses nothing when it is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from ingest import children
from tests.api_server import FAKE, Server, serving
from tests.e2e.command import COMMAND, ROOT, Home


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(**FAKE) as running:
        yield running


def submit(server: Server, number: int, retry_until: float = 0.0) -> str:
    """The job of one small upload; repeated with the same key until it is answered."""
    while True:
        try:
            answer = httpx2.post(
                f"{server.address}/api/v1/knowledge/kept/ingest",
                files=[("files", (f"{number}.pdf", f"%FAKE\nnumber {number}".encode()))],
                headers={"Idempotency-Key": f"n-{number}"},
            )
            assert answer.status_code in (202, 409), answer.text
            if answer.status_code == 202:
                return str(answer.json()["job_id"])
        except httpx2.TransportError:
            assert time.monotonic() < retry_until, "the server does not come back"
        time.sleep(0.05)


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_what_it_is_answering(home: Path, number: signal.Signals) -> None:
    server = Server(home, **FAKE)
    try:
        head = "POST /api/v1/knowledge/end/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 91\r\n"
        body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%FAKE\nx\r\n--b--\r\n'
        head = head.replace("91", str(len(body))) + "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(server.address.rsplit(":", 1)[1]))) as slow:
            slow.sendall(head.encode() + body[:30])
            time.sleep(0.3)
            server.process.send_signal(number)
            time.sleep(0.3)
            slow.sendall(body[30:])
            assert slow.recv(100).startswith(b"HTTP/1.1 202")
        assert server.process.wait(15) == 0
        assert "Traceback" not in (home / "serve.log").read_text()
    finally:
        server.close()


def test_killed_in_the_middle_it_keeps_what_it_accepted() -> None:
    with serving(**FAKE) as server:
        port = int(server.address.rsplit(":", 1)[1])
        jobs: dict[int, str] = {}

        def client(numbers: range) -> None:
            for number in numbers:
                jobs[number] = submit(server, number, time.monotonic() + 60)

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
                thread.join(90)
            assert sorted(jobs) == list(range(90))
            assert len(set(jobs.values())) == 90
            server.client.close()
            server.client = httpx2.Client(base_url=f"{server.address}/api/v1", timeout=90.0)
            for job in jobs.values():
                assert server.finished(job)["counts"] == {"done": 1}
            assert not list((server.folder / "run" / "uploads").rglob("*.part"))
        finally:
            again.terminate()
            again.wait(20)


def test_it_outlives_its_redis_and_its_whole_runtime(server: Server) -> None:
    first = server.finished(submit(server, 1000))
    assert first["counts"] == {"done": 1}
    os.kill(server.ask("status")["children"]["redis"]["pid"], signal.SIGKILL)
    assert server.finished(submit(server, 1001))["counts"] == {"done": 1}
    os.kill(server.ask("status")["pid"], signal.SIGKILL)
    assert server.finished(submit(server, 1002))["counts"] == {"done": 1}
    found = server.post("/knowledge/kept/search", {"query": "number 1002"})
    assert found["items" if "items" in found else "hits"]


@pytest.mark.timeout(90)
def test_its_log_is_an_object_a_line_where_a_machine_reads_it(home: Path) -> None:
    port = children.free_port()
    environment = Home(home, **FAKE, log_format="json").environment
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + 60
        while "Ingot listens on" not in (home / "log").read_text():
            assert time.monotonic() < end and process.poll() is None, (home / "log").read_text()
            time.sleep(0.05)
        url = f"http://127.0.0.1:{port}/api/v1/jobs/no.job"
        httpx2.get(url, headers={"X-Request-Id": "mine"})
    finally:
        process.terminate()
        process.wait(30)
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
