"""The command line as a user runs it, over a home of its own: what works is a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from ingest.cli import app
from ingest.runtime import embedded
from pipeline.settings import Settings
from tests.waiting import GENEROUS_S

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-c", "from ingest.cli.app import main; main()"]

ONLY_ASK = {"ask", "audit", "callbacks", "docs", "jobs", "kb", "keys", "records", "schemas", "search", "sql", "status"}
"""Commands that run in the test's own process, which need not import everything for each of them."""


def stop_runtime(home: Path) -> None:
    """Do what ``ingot down`` does, without another process."""
    embedded.down(Settings(home=home, broker_url=""), GENEROUS_S)


class Home:
    """One home in a folder of its own, asked through the command line."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("INGOT_")}
        self.environment |= {"INGOT_HOME": str(folder), "PYTHONPATH": str(ROOT)}
        self.environment |= {f"INGOT_{name.upper()}": str(value) for name, value in settings.items()}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command, in a process of its own unless it only asks."""
        if arguments[0] in ONLY_ASK:
            return self.run_here(*arguments)
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=3 * GENEROUS_S,
        )

    def run_here(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        handlers, level = logging.root.handlers[:], logging.root.level
        try:
            with (
                mock.patch.dict(os.environ, self.environment, clear=True),
                contextlib.chdir(ROOT),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                code = app.run(arguments)
        finally:
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)
        told, said = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
        return subprocess.CompletedProcess(arguments, code, told, said)

    def ingot(self, *arguments: str, code: int = 0) -> str:
        """What a command prints on stdout; it must end with ``code``."""
        done = self.run(*arguments)
        assert done.returncode == code, f"ingot {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def ask(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.ingot(*arguments, "--json", code=code))

    def down(self) -> None:
        stop_runtime(self.folder)
