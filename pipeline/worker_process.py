"""Models that all threads of one worker share: loaded before its first task, let go of in good order at its end."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from pipeline.contracts import Loads, SharedModel

if TYPE_CHECKING:
    from pipeline.step_context import Resources

log = logging.getLogger("ingot.tasks")

stopping = threading.Event()
"""This worker ends: no page is begun any more."""
suspects = threading.Lock()
"""Held by the one step under way that would be given up should this worker die."""


def load(resources: Resources, *, reader: bool, embedder: bool) -> list[str]:
    """Load what the tasks of a worker need; what its user should know of it. Raises UnavailableError or InputError."""
    engines = [make() for make, wanted in ((resources.page_reader, reader), (resources.embedder, embedder)) if wanted]
    for engine in engines:
        if isinstance(engine, Loads):
            engine.warm_up()
    return list(filter(None, (getattr(engine, "remark", "") for engine in engines)))


def stop_reading(resources: Resources, within_s: float) -> None:
    """Begin nothing any more, and end what is in hand ``within_s``; what is not finished then goes back."""
    stopping.set()
    end = time.monotonic() + within_s
    for engine in _shared(resources):
        engine.close(max(end - time.monotonic(), 0.0))


def end_if_broken(resources: Resources) -> None:
    """A process whose GPU failed computes nothing more: it ends, and whoever started it starts it again."""
    if not stopping.is_set() and any(engine.broken for engine in _shared(resources)):
        log.critical("the GPU failed: this worker ends, to be started again")
        os.kill(os.getpid(), signal.SIGTERM)


def _shared(resources: Resources) -> list[SharedModel]:
    return [engine for engine in (resources.page_reader(), resources.embedder()) if isinstance(engine, SharedModel)]
