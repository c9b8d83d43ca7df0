"""The relay: what is due and was never sent, or whose message or worker was lost, is sent again until it ends.

So an empty broker, a lost message or a killed worker costs seconds and never a document or a callback.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.step_context import Resources
from stores.errors import IngotError
from stores.models import Fault, StepKey

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.relay")

FULL_LOOK_S = 60.0
QUEUES_LOOK_S = 5.0
ERRANDS_AHEAD_S = 60.0  # an errand that is due later needs no worker yet

Send = Callable[["KnowledgeStore", frozenset[str]], int]
"""Sends what is due of a knowledge base, given the queues that are known to be empty; how many messages."""


@dataclass(slots=True, kw_only=True)
class Relay:
    """That of one process. It remembers when all knowledge bases, and when the queues, were looked at last."""

    resources: Callable[[], Resources]
    send_steps: Send
    send_outbound_tasks: Send
    empty_queues: Callable[[], frozenset[str]]
    looked_at_all: float = 0.0
    looked_at_queues: float = 0.0

    def once(self) -> int:
        """Look at the knowledge bases that are marked, once a minute at all; how many steps were sent."""
        catalog, now = self.resources().catalog, time.monotonic()
        everything, queues = now - self.looked_at_all > FULL_LOOK_S, now - self.looked_at_queues > QUEUES_LOOK_S
        self.looked_at_all = now if everything else self.looked_at_all
        names = catalog.names() if everything else sorted({*catalog.busy(), *catalog.outbound_tasks()})
        empty: frozenset[str] = frozenset()
        if names and queues:
            self.looked_at_queues, empty = now, self.empty_queues()
        sent = 0
        for knowledge_id in names:
            try:
                sent += self._steps(knowledge_id, empty, sweep=everything)
                self._errands(knowledge_id, empty, sweep=everything)
            except IngotError as error:
                log.warning("%s: %s", knowledge_id, error.message)
        return sent

    def _steps(self, knowledge_id: str, empty: frozenset[str], *, sweep: bool) -> int:
        resources = self.resources()
        store = resources.catalog.store(knowledge_id)
        sent = self.send_steps(store, empty)
        if not store.dispatch.unfinished():
            resources.catalog.rest(knowledge_id)
            sweep = True
        if store.dispatch.unfinished():  # looked at again: somebody may have marked it just before the mark went
            resources.catalog.mark_busy(knowledge_id)
        if sweep:
            resources.files.sweep(knowledge_id)
        return sent

    def _errands(self, knowledge_id: str, empty: frozenset[str], *, sweep: bool) -> None:
        """Send what is due, and mark the knowledge base while anything is due soon: then a notify worker is wanted."""
        catalog = self.resources().catalog
        store = catalog.store(knowledge_id)
        if sweep:
            store.job_control.close_forsaken()
        if not store.outbound_tasks.due_within(ERRANDS_AHEAD_S):
            catalog.rest_outbound(knowledge_id)
        if store.outbound_tasks.due_within(ERRANDS_AHEAD_S):
            catalog.mark_outbound(knowledge_id)
            self.send_outbound_tasks(store, empty)


def release(
    resources: Resources, names: Iterable[str], owner: str, fault: Fault | None = None, *, blameless: bool = False
) -> int:
    """End the leases whose owner begins so, as its process is known to be dead, in these knowledge bases; how many.

    Its temp directories go. Where that fails, the leases run out by themselves. ``fault``: what it died of;
    ``blameless``: not of its work.
    """
    freed = 0
    for knowledge_id in names:
        try:
            store = resources.catalog.store(knowledge_id)
            freed += store.steps.release(owner, fault, blameless=blameless) + store.outbound_tasks.release(owner)
            resources.files.sweep(knowledge_id)
        except IngotError as error:
            log.warning("%s: leases of %s end only with time: %s", knowledge_id, owner, error.message)
    return freed


def vouch(resources: Resources, workers: Sequence[str]) -> None:
    """Keep the leases of these processes, which are seen to work but may be too starved to say so in time."""
    for knowledge_id in resources.catalog.busy() if workers else ():
        try:
            resources.catalog.store(knowledge_id).steps.vouch(workers)
        except IngotError as error:
            log.warning("%s: %s", knowledge_id, error.message)


def in_hand(resources: Resources, key: StepKey) -> dict[str, object]:
    """The source of a step that is under a lease, and the page in work; nothing where that cannot be found out."""
    with suppress(IngotError):
        for step in resources.catalog.store(key.knowledge_id).queries.steps_in_hand():
            if (step.document, step.stage) == (key.document, key.stage):
                return {"source": step.source, "page": step.page}
    return {}
