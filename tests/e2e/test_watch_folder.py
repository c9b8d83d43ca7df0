"""``ingot watch`` as a user runs it: a process of its own that follows a folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api_server import FAKE
from tests.e2e.command import COMMAND, ROOT, Home
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S, eventually


@pytest.fixture
def user() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))
    home = Home(folder / "home", **FAKE)
    yield home
    home.down()
    shutil.rmtree(folder, ignore_errors=True)


def hear_interrupts() -> None:
    """Undo what a shell does to the programs that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_folder_is_followed_over_a_kill(user: Home, tmp_path: Path) -> None:
    folder, lines = tmp_path / "watched", tmp_path / "lines"
    fake_document(folder / "a.pdf", "alpha")

    def watching() -> subprocess.Popen[bytes]:
        command = [*COMMAND, "watch", str(folder), "-k", "kb", "--nl", "--every", "5"]
        with lines.open("ab") as output:
            return subprocess.Popen(
                command, cwd=ROOT, env=user.environment, stdout=output, stderr=output, preexec_fn=hear_interrupts
            )

    def known() -> dict[str, str]:
        done = user.run("docs", "list", "-k", "kb", "--json")
        return {one["source"]: one["state"] for one in json.loads(done.stdout)} if done.returncode == 0 else {}

    def becomes(**states: str) -> None:
        expected = {f"{name}.pdf": state for name, state in states.items()}
        eventually(lambda: known() == expected, told=lambda: (known(), lines.read_text()))

    def reported() -> list[dict[str, Any]]:
        return [json.loads(line) for line in lines.read_text().splitlines() if line.startswith("{")]

    process = watching()
    becomes(a="done")
    fake_document(folder / "b.pdf", "beta")
    becomes(a="done", b="done")
    eventually(lambda: any(one["source"] == "b.pdf" and one["state"] == "done" for one in reported()))
    os.kill(process.pid, signal.SIGKILL)
    process.wait(GENEROUS_S)
    (folder / "a.pdf").unlink()
    process = watching()
    becomes(b="done")
    eventually(lambda: {"a.pdf"} == {one["source"] for one in reported() if one["outcome"] == "gone"})
    process.send_signal(signal.SIGINT)
    assert process.wait(GENEROUS_S) == 0
