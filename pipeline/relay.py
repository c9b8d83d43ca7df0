"""The relay: sends what is due and was never sent, and what lost its message or its worker, until it ends.

An empty broker, a lost message or a killed worker therefore costs seconds and never a document or a callback.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.priorities import NOTIFY
from pipeline.step_context import Resources
from stores.errors import IngotError
from stores.models import HOME, Fault, StepKey

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.relay")

FULL_LOOK_S = 60.0  # between two looks at all knowledge bases
QUEUES_LOOK_S = 5.0  # between two looks at the queues of the broker
DUE_SOON_S = 60.0  # an outbound task that is due later needs no worker yet

Send = Callable[["KnowledgeStore", frozenset[str]], int]
"""Sends what is due in a knowledge base, given the queues that are known to be empty. Returns how many messages."""


@dataclass(slots=True, kw_only=True)
class Relay:
    """The relay of one process. It remembers when it last looked at all knowledge bases, and at the queues."""

    resources: Callable[[], Resources]
    send_steps: Send
    send_outbound_tasks: Send
    send_schedules: Callable[[bool], int]
    look_for_troubles: Callable[[], None]
    empty_queues: Callable[[], frozenset[str]]
    looked_at_all: float = 0.0
    looked_at_queues: float = 0.0

    def once(self) -> int:
        """Look at the marked knowledge bases, and once a minute at all. Returns how many steps were sent."""
        catalog, now = self.resources().catalog, time.monotonic()
        everything, queues = now - self.looked_at_all > FULL_LOOK_S, now - self.looked_at_queues > QUEUES_LOOK_S
        self.looked_at_all = now if everything else self.looked_at_all
        names = catalog.outboxes() if everything else sorted({*catalog.busy(), *catalog.outbound_tasks()})
        empty: frozenset[str] = frozenset()
        if names and queues:
            self.looked_at_queues, empty = now, self.empty_queues()
        sent = 0
        for knowledge_id in names:
            try:
                if knowledge_id == HOME:
                    self._send_due_schedules(empty)
                    continue
                sent += self._send_steps(knowledge_id, empty, sweep=everything)
                self._send_outbound_tasks(knowledge_id, empty, sweep=everything)
            except IngotError as error:
                log.warning("%s: %s", knowledge_id, error.message)
        if everything:
            self.look_for_troubles()
        return sent

    def _send_steps(self, knowledge_id: str, empty: frozenset[str], *, sweep: bool) -> int:
        resources = self.resources()
        store = resources.catalog.store(knowledge_id)
        sent = self.send_steps(store, empty)
        if not store.dispatch.unfinished():
            resources.catalog.rest(knowledge_id)
            sweep = True
            if store.dispatch.unfinished():  # it may have come just before the mark was removed
                resources.catalog.mark_busy(knowledge_id)
        elif sweep:
            resources.catalog.mark_busy(knowledge_id)
        if sweep:
            resources.workspaces.sweep(knowledge_id)
        return sent

    def _send_due_schedules(self, empty: frozenset[str]) -> None:
        """Send what is due of the home itself: notices and schedules. The mark stays while any of it is due soon."""
        self._send_outbound_tasks(HOME, empty, sweep=False)
        catalog = self.resources().catalog
        if catalog.home_store().schedules.are_open():
            catalog.mark_outbound(HOME)
            self.send_schedules(NOTIFY in empty)

    def _send_outbound_tasks(self, knowledge_id: str, empty: frozenset[str], *, sweep: bool) -> None:
        """Send what is due. The mark stays while anything is due soon, so that a notify worker is started."""
        catalog = self.resources().catalog
        store = catalog.store(knowledge_id)
        if sweep:
            store.job_control.close_forsaken()
        due = store.outbound_tasks.due_within(DUE_SOON_S)
        if not due:
            catalog.rest_outbound(knowledge_id)
            due = store.outbound_tasks.due_within(DUE_SOON_S)  # it may have come just before the mark was removed
        if due:
            catalog.mark_outbound(knowledge_id)
            self.send_outbound_tasks(store, empty)


def release(
    resources: Resources, names: Iterable[str], owner: str, fault: Fault | None = None, *, blameless: bool = False
) -> int:
    """End the leases of a dead process in these knowledge bases and remove its temp directories.

    ``owner``: what the owners of its claims begin with. ``fault``: what it died of; ``blameless``: its work was not
    the cause. Returns how many leases ended; where this fails they run out by themselves.
    """
    freed = 0
    for knowledge_id in names:
        try:
            store = resources.catalog.store(knowledge_id)
            if knowledge_id == HOME:
                home = resources.catalog.home_store()
                freed += store.outbound_tasks.release(owner) + home.schedules.release(owner)
                continue
            freed += store.steps.release(owner, fault, blameless=blameless) + store.outbound_tasks.release(owner)
            resources.workspaces.sweep(knowledge_id)
        except IngotError as error:
            log.warning("%s: leases of %s end only with time: %s", knowledge_id, owner, error.message)
    return freed


def vouch(resources: Resources, workers: Sequence[str]) -> None:
    """Extend the leases of processes that are seen to run, but may lack the CPU time for their own heartbeat."""
    for knowledge_id in resources.catalog.busy() if workers else ():
        try:
            resources.catalog.store(knowledge_id).steps.vouch(workers)
        except IngotError as error:
            log.warning("%s: %s", knowledge_id, error.message)


def in_hand(resources: Resources, key: StepKey) -> dict[str, object]:
    """The source and the page in work of a step that is under a lease; empty where they cannot be read."""
    with suppress(IngotError):
        for step in resources.catalog.store(key.knowledge_id).work_queries.steps_in_hand():
            if (step.document, step.stage) == (key.document, key.stage):
                return {"source": step.source, "page": step.page}
    return {}
