"""``ingot serve`` as a user starts it: a process of its own, over a home of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.e2e.command import COMMAND, ROOT, Home
from tests.waiting import GENEROUS_S, eventually

SAMPLES = ROOT / "ingest" / "samples"
FAKE = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "workers": 1}
"""Settings of a server whose documents are fake ones: quick, and slow where a page says so."""


class Server(Home):
    """A running server and a client of it. ``api``: the address below which the resources are."""

    def __init__(self, folder: Path, **settings: object) -> None:
        super().__init__(folder, **{"api_port": 0, **settings})
        self.process = subprocess.Popen(
            [*COMMAND, "serve"],
            cwd=ROOT,
            env={**self.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=(folder / "serve.log").open("a"),
            text=True,
        )
        self.address = self._address()
        self.client = httpx2.Client(base_url=f"{self.address}/api/v1", timeout=GENEROUS_S)

    def _address(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert "http://" in line, (self.folder / "serve.log").read_text()
        return line[line.index("http://") :].split()[0]

    def get(self, path: str, status: int = 200, **parameters: Any) -> Any:
        """The JSON of an answer, which must have this status; what is None is not asked."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._json(self.client.get(path, params=given), status)

    def post(self, path: str, body: Mapping[str, Any] | None = None, status: int = 200) -> Any:
        return self._json(self.client.post(path, json=body), status)

    def delete(self, path: str, status: int = 200) -> Any:
        return self._json(self.client.delete(path), status)

    @staticmethod
    def _json(answer: httpx2.Response, status: int) -> Any:
        assert answer.status_code == status, f"{answer.request.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def upload(self, knowledge_id: str, *paths: Path, **options: Any) -> str:
        """Send files as a form does; the id of the job."""
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        answer = self.client.post(f"/knowledge/{knowledge_id}/ingest", files=files, data=options)
        return str(self._json(answer, 202)["job_id"])

    def finished(self, job_id: str, within_s: float = GENEROUS_S) -> Any:
        """The job when it is over."""

        def over() -> Any:
            job = self.get(f"/jobs/{job_id}", wait=10)
            return job if job["state"] in ("done", "cancelled") else None

        return eventually(over, within_s, told=lambda: self.get(f"/jobs/{job_id}"))

    soon = staticmethod(eventually)

    def close(self) -> None:
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(GENEROUS_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        assert self.process.stdout
        self.process.stdout.close()
        self.down()


@contextmanager
def serving(**settings: object) -> Iterator[Server]:
    """A server over an empty home, which is gone afterwards with all its processes."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))
    server = Server(folder, **settings)
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["FAKE", "SAMPLES", "Server", "serving"]


def heard(connection: socket.socket) -> bytes:
    """Return what is answered until the connection is closed or silent; a reset is a refusal as well."""
    answer = b""
    try:
        while block := connection.recv(65536):
            answer += block
            if b"\r\n\r\n" in answer and b"keep-alive" not in answer and len(answer) > 4000:
                break
    except (ConnectionResetError, TimeoutError):
        pass
    return answer
