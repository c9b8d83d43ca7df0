"""The state of one process that runs tasks: its resources, how it runs them, and whether it is about to end."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time

from pipeline import wiring
from pipeline.contracts import Loads, SharedModel
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.errors import InputError

log = logging.getLogger("ingot.tasks")


class WorkerProcess:
    """Everything mutable that the tasks of one process share; ``this_process`` is the only instance.

    ``name``: the worker's host name, "" in a process that only sends. ``killable``: this is a child of its own, which
    may be killed over a page and is replaced. ``threaded``: tasks run in threads of this process and share its models.
    In neither case (the parent of children, or a sender) no database connection stays open, as the process may fork.
    ``stopping`` is set when the worker shuts down: no page is begun any more. ``suspects`` is held by the one step of
    a threaded worker that would be given up if its process died now.
    """

    def __init__(self) -> None:
        self.name = ""
        self.killable = False
        self.threaded = False
        self.stopping = threading.Event()
        self.suspects = threading.Lock()
        self._resources: tuple[int, Resources] | None = None  # with the id of the process that built them
        self._building = threading.Lock()

    def resources(self) -> Resources:
        """The resources of this process, shared by its threads; a forked child builds its own."""
        with self._building:
            if self._resources is None or self._resources[0] != os.getpid():
                self._resources = os.getpid(), self._build(Settings())
            return self._resources[1]

    def load_models(self, *, reader: bool, embedder: bool) -> list[str]:
        """Load the models that tasks will need. Returns remarks for the user. UnavailableError or InputError."""
        resources = self.resources()
        makers = ((resources.page_reader, reader), (resources.embedder, embedder))
        engines = [make() for make, needed in makers if needed]
        for engine in engines:
            if isinstance(engine, Loads):
                engine.warm_up()
        return list(filter(None, (getattr(engine, "remark", "") for engine in engines)))

    def stop_reading(self, within_s: float) -> None:
        """Begin no page any more, and give those under way ``within_s``; what is not finished then goes back."""
        self.stopping.set()
        end = time.monotonic() + within_s
        for model in self._shared_models():
            model.close(max(end - time.monotonic(), 0.0))

    def end_if_broken(self) -> None:
        """End this process if its GPU failed, as it can compute nothing more; the supervisor starts another."""
        if not self.stopping.is_set() and any(model.broken for model in self._shared_models()):
            log.critical("the GPU failed: this worker ends, to be started again")
            os.kill(os.getpid(), signal.SIGTERM)

    def _build(self, settings: Settings) -> Resources:
        """A broken schema folder is only logged: schemas travel with jobs, so the worker can do without it."""
        pooled = self.killable or self.threaded
        try:
            return wiring.build(settings, pooled=pooled)
        except InputError as error:
            log.error("%s", error.message)
            return wiring.build(settings.model_copy(update={"schema_dir": None}), pooled=pooled)

    def _shared_models(self) -> list[SharedModel]:
        resources = self.resources()
        return [engine for engine in (resources.page_reader(), resources.embedder()) if isinstance(engine, SharedModel)]


this_process = WorkerProcess()
