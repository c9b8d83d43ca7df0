"""Sends what was committed to the broker, in a thread of its own: no answer waits for it.

Under a stream of requests it stays out of their way: the relay of the workers sends what is due once a second anyhow.
"""

from __future__ import annotations

import logging
import threading
import time

from pipeline.step_context import Resources
from stores.errors import IngotError, NotFoundError

log = logging.getLogger("ingot.sending")

_CALM_S = 0.05
_LONGEST_S = 10.0


class Sender:
    """Is told of knowledge bases with new work, and publishes their steps once no more comes for a moment."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._changed = threading.Condition()
        self._due: set[str] = set()
        self._told_at = 0.0
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """Load Celery, where it will be used."""
        if self._resources.settings.broker_url:
            from pipeline import tasks  # noqa: F401 - so that no answer waits for it later

    def tell(self, knowledge_id: str) -> None:
        """There is something to be sent. Returns at once."""
        if not self._resources.settings.broker_url:
            return
        with self._changed:
            self._due.add(knowledge_id)
            self._told_at = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ingot-sender", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            for knowledge_id in self._calm():
                self._send(knowledge_id)

    def _calm(self) -> list[str]:
        """The knowledge bases that were told of, once nothing was told for a moment."""
        with self._changed:
            while not self._due:
                self._changed.wait()
            end = time.monotonic() + _LONGEST_S
            while (now := time.monotonic()) < min(end, self._told_at + _CALM_S):
                self._changed.wait(min(end, self._told_at + _CALM_S) - now)
            due, self._due = sorted(self._due), set()
            return due

    def _send(self, knowledge_id: str) -> None:
        from pipeline import tasks  # Celery takes a while to import

        begun = time.monotonic()
        try:
            tasks.send_due(self._resources, knowledge_id, calm=lambda: self._told_at <= begun)
        except NotFoundError:
            log.info("%s was deleted before its work was sent", knowledge_id)
        except IngotError as error:
            log.warning("%s: %s; the relay sends what is due later", knowledge_id, error.message)
        except Exception:
            log.exception("%s: what is due could not be sent; the relay sends it later", knowledge_id)
