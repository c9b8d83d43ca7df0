"""Sends what was committed to the broker, at once or in a thread of its own so that no response waits for it.

Under a stream of requests the thread stays idle: the relay of the workers sends what is due once a second anyway.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from pipeline.step_context import Resources
from stores.errors import IngotError, NotFoundError

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.sending")

_QUIET_S = 0.05  # without a new knowledge base, before sending begins
_LONGEST_WAIT_S = 10.0


class Sender:
    """Publishes the due steps and outbound tasks of knowledge bases. Does nothing where no broker is configured."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._changed = threading.Condition()
        self._due: set[str] = set()
        self._last_told_at = 0.0
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """Import Celery, where it will be used, so that no response waits for it later."""
        if self._resources.settings.broker_url:
            from pipeline import tasks  # noqa: F401

    def send_now(self, knowledge_id: str) -> None:
        """Publish what is due in a knowledge base, in this thread; the relay sends what this cannot."""
        if self._resources.settings.broker_url:
            from pipeline import tasks  # Celery takes a while to import, and most commands do without

            tasks.send_due(self._resources, knowledge_id)

    def send_schedules(self) -> None:
        """Publish the schedules that are due, in this thread."""
        if self._resources.settings.broker_url:
            from pipeline import tasks

            tasks.send_due_schedules(self._resources)

    def send_outbound_tasks(self, store: KnowledgeStore) -> None:
        """Publish the outbound tasks of a knowledge base, where some are due now."""
        if store.outbound_tasks.due_within(0.0):
            self._resources.catalog.mark_outbound(store.knowledge_id)
            self.send_now(store.knowledge_id)

    def tell(self, knowledge_id: str) -> None:
        """Have the thread publish what is due in a knowledge base. Returns at once."""
        if not self._resources.settings.broker_url:
            return
        with self._changed:
            self._due.add(knowledge_id)
            self._last_told_at = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ingot-sender", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            for knowledge_id in self._wait_for_quiet():
                self._send(knowledge_id)

    def _wait_for_quiet(self) -> list[str]:
        """The knowledge bases to send, once none was added for a moment."""
        with self._changed:
            while not self._due:
                self._changed.wait()
            end = time.monotonic() + _LONGEST_WAIT_S
            while (now := time.monotonic()) < min(end, self._last_told_at + _QUIET_S):
                self._changed.wait(min(end, self._last_told_at + _QUIET_S) - now)
            due, self._due = sorted(self._due), set()
            return due

    def _send(self, knowledge_id: str) -> None:
        from pipeline import tasks  # Celery takes a while to import

        begun = time.monotonic()
        try:
            tasks.send_due(self._resources, knowledge_id, calm=lambda: self._last_told_at <= begun)
        except NotFoundError:
            log.info("%s was deleted before its work was sent", knowledge_id)
        except IngotError as error:
            log.warning("%s: %s; the relay sends what is due later", knowledge_id, error.message)
        except Exception:
            log.exception("%s: what is due could not be sent; the relay sends it later", knowledge_id)
