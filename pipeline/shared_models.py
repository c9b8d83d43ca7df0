"""Models that all threads of one worker share: loaded before its first task, let go of in good order at its end."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import TYPE_CHECKING

from pipeline.contracts import Loads, SharedReader

if TYPE_CHECKING:
    from pipeline.work import Tools

log = logging.getLogger("ingot.tasks")

stopping = threading.Event()
"""This worker ends: no page is begun any more."""


def load(tools: Tools, *, reader: bool, embedder: bool) -> None:
    """Load what the tasks of a worker need. Raises UnavailableError or InputError, with what to do."""
    engines = [make() for make, wanted in ((tools.page_reader, reader), (tools.embedder, embedder)) if wanted]
    for engine in engines:
        if isinstance(engine, Loads):
            engine.warm_up()


def stop_reading(tools: Tools, within_s: float) -> None:
    """Begin no page any more, and end those in hand ``within_s``; what is not finished then goes back."""
    stopping.set()
    reader = tools.page_reader()
    if isinstance(reader, SharedReader):
        reader.close(within_s)


def end_if_broken(tools: Tools) -> None:
    """A process whose GPU failed reads nothing more: it ends, and whoever started it starts it again."""
    reader = tools.page_reader()
    if isinstance(reader, SharedReader) and reader.broken and not stopping.is_set():
        log.critical("the GPU failed: this worker ends, to be started again")
        os.kill(os.getpid(), signal.SIGTERM)
