"""A Chroma server on loopback that ends with the test."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stores.chroma.http import ChromaHttp
from tests.waiting import eventually

_RUN = "import sys; from chromadb_rust_bindings import cli; cli(sys.argv)"


@contextlib.contextmanager
def chroma_server(path: Path, port: int = 0) -> Iterator[str]:
    """The server's address; it is killed on leaving."""
    port = port or free_port()
    path.mkdir(parents=True, exist_ok=True)
    arguments = ["chroma", "run", "--path", str(path), "--host", "127.0.0.1", "--port", str(port)]
    child = subprocess.Popen(
        [sys.executable, "-c", _RUN, *arguments[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: ChromaHttp(url).alive() or child.poll() is not None)
        assert child.poll() is None, "the Chroma server did not start"
        yield url
    finally:
        child.kill()
        child.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
