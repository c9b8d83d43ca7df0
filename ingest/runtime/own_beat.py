"""Celery beat beside `ingot serve`: it starts what the file of schedules names, as long as the server runs."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.runtime import embedded, worker_spec
from ingest.runtime.embedded import RuntimeStatus
from ingest.runtime.processes import ManagedProcess
from ingest.runtime.run_dir import RunDir
from ingest.runtime.settings_conflict import environment_of, without_settings

if TYPE_CHECKING:
    from pipeline.settings import Settings

_LOOK_S = 1.0
_GRACE_S = 5.0


@contextlib.contextmanager
def beating(settings: Settings) -> Iterator[None]:
    """Run a beat during the block, where there is a file of schedules; those of several servers do no work twice."""
    if not settings.schedules_file:
        yield
        return
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, ended), name="ingot-beat", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join(3 * _GRACE_S)


def _keep(settings: Settings, ended: threading.Event) -> None:
    """Start the beat, and start it again where it ended. It dies with this thread, which started it."""
    folder = None if settings.broker_url else RunDir.of(settings.home)  # None: its log is that of the server
    beat = ManagedProcess("beat", _command, folder, lambda: _environment(settings))
    while not ended.is_set():
        beat.restart_if_ended()
        ended.wait(_LOOK_S)
    beat.stop(_GRACE_S)


def _command() -> list[str]:
    return [sys.executable, "-m", "celery", "--quiet", "-A", "celery_app", "beat"]


def _environment(settings: Settings) -> dict[str, str]:
    """Return the settings of the server, with the addresses of the runtime as it runs now."""
    now = RuntimeStatus("broker", True) if settings.broker_url else embedded.status(settings)
    own = {
        "INGOT_HOME": str(settings.home.absolute()),
        "INGOT_BROKER_URL": settings.broker_url or now.broker_url,
        "INGOT_CHROMA_URL": settings.chroma_url or now.chroma_url,
        "INGOT_SCHEDULES_FILE": str(settings.schedules_file and settings.schedules_file.absolute()),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(worker_spec.SOURCE), os.environ.get("PYTHONPATH")))),
    }
    return {**without_settings(os.environ), **environment_of(settings), **own}
