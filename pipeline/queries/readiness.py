"""Checks whether this home can accept and run jobs: folder, broker, workers, vector index, other hosts."""

from __future__ import annotations

import socket
import uuid
from contextlib import suppress
from urllib.parse import urlsplit

from pipeline import hosts_apart
from pipeline.queries.worker_status import WorkerStatus
from pipeline.step_context import Resources
from stores.views import Check

_CONNECT_S = 2.0
_NO_BROKER = "the broker cannot be reached: start it, or correct INGOT_BROKER_URL"
_NO_WORKER = "no worker answers: start one with `ingot worker all`"
_NOBODY_ASKED = "no worker can be asked, as the broker cannot be used: mend that first"


class Readiness:
    """Runs the checks at each call; what the workers answered may be some seconds old."""

    def __init__(self, resources: Resources, worker_status: WorkerStatus) -> None:
        self._resources = resources
        self._worker_status = worker_status

    def checks(self) -> list[Check]:
        """One check for each thing that is needed, with what to do where it fails."""
        answers, home = self._worker_status.checked(), self._home()
        return [
            home,
            _check("broker", bool(answers.broker), answers.trouble or _NO_BROKER),
            _check(
                "workers", bool(answers.workers), (answers.others or _NO_WORKER) if answers.broker else _NOBODY_ASKED
            ),
            self._index(),
            *([self._hosts()] if home.ok else []),
        ]

    def _home(self) -> Check:
        folder = self._resources.settings.home.absolute() / "run"
        probe = folder / f".probe-{uuid.uuid4().hex}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"x" * 4096)  # a full disk takes an empty file
        except OSError as error:
            why = f"the folder {folder} cannot be written: {error.strerror}; free some space or check it"
            return Check(name="home", ok=False, why=why)
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
        return Check(name="home", ok=True)

    def _hosts(self) -> Check:
        """Whether this host and the others of its home see each other's work."""
        why = hosts_apart.why_refused(self._resources.settings, self._resources.catalog)
        return _check("hosts", not why, why)

    def _index(self) -> Check:
        url = self._resources.settings.chroma_url
        if not url:
            return Check(name="index", ok=True)  # a folder, opened when it is needed
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 8000)
            socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=_CONNECT_S).close()
        except (OSError, ValueError):
            return Check(name="index", ok=False, why="the vector index (Chroma) cannot be reached: start it")
        return Check(name="index", ok=True)


def _check(name: str, ok: bool, why: str) -> Check:
    return Check(name=name, ok=ok, why="" if ok else why)
