"""Chromium, and two kinds of site for it: one with workers, and one that stands still over a home made beforehand."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import COMMAND, ROOT, stop_runtime
from tests.waiting import GENEROUS_MS, GENEROUS_S, eventually

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser; tests are skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        pytest.skip("Chromium is not here")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens tabs. What any of them complains of, a refused script or style included, fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def note(message: Any) -> None:
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            complaints.append(message.text)

    def opened(**options: Any) -> Any:
        context = chromium.new_context(**{"locale": "en-GB", "timezone_id": "UTC", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(GENEROUS_MS)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a real server over an empty home, with its workers."""
    with serving() as address:
        yield address


@pytest.fixture(scope="module")
def fake_site() -> Iterator[str]:
    """The same with fake engines: their documents say how slow each page is."""
    with serving(
        text_engine="fake", ocr_engine="fake", embedder="fake", batch_pages=2, allow_private_urls=True
    ) as address:
        yield address


@contextmanager
def serving(**settings: object) -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="ingot-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INGOT_")}
    environment |= {"INGOT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    environment |= {f"INGOT_{name.upper()}": str(value) for name, value in settings.items()}
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}", lambda: server.poll() is None)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(GENEROUS_S)
        stop_runtime(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def still() -> Iterator[Callable[..., str]]:
    """Serves a service in this process, without workers; its address."""
    import uvicorn

    from ingest.api.app import create_app

    running: list[tuple[Any, threading.Thread]] = []

    def serve(service: Any) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(service), log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        wait_until_it_answers(address, thread.is_alive)
        return address

    yield serve
    for server, thread in running:
        server.should_exit = True
        thread.join(GENEROUS_S)


def wait_until_it_answers(address: str, lives: Callable[[], bool]) -> None:
    def answers() -> bool:
        assert lives(), "the server ended"
        try:
            urllib.request.urlopen(f"{address}/livez", timeout=GENEROUS_S).close()
        except OSError:
            return False
        return True

    eventually(answers)
