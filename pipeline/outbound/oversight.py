"""Looks for what needs a person, and tells of it: failed documents, callbacks given up, queues that nobody serves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline.outbound import callback_delivery, notices
from pipeline.step_context import Resources
from stores.errors import IngotError, NotFoundError
from stores.models import HOME

if TYPE_CHECKING:
    from stores.contracts.queries import Troubles
    from stores.views import QueueView

log = logging.getLogger("ingot.notices")

_OVERLAP_S = 5.0  # of what was told of: something may have ended while that was written
_LONGEST_BACK_S = 2 * notices.EVERY_S
_MOST_AT_ONCE = 20


def look(resources: Resources) -> None:
    """Tell of what ended badly in each knowledge base since that was last told of."""
    if not notices.receivers(resources.settings):
        return
    for name in resources.catalog.names():
        try:
            _look_at(resources, name)
        except NotFoundError:
            continue  # deleted meanwhile
        except IngotError as error:
            log.warning("%s: %s", name, error.message)


def _look_at(resources: Resources, name: str) -> None:
    told = resources.catalog.home_store().notices.told_at
    for cause, tell in ((f"documents:{name}", _tell_documents), (f"callbacks:{name}", _tell_callbacks)):
        now, at = resources.catalog.now(), told(cause)
        if at <= now - notices.EVERY_S:
            since = max(at - _OVERLAP_S, now - _LONGEST_BACK_S)
            tell(resources, cause, name, resources.catalog.store(name).work_queries.troubles_since(since))


def _tell_documents(resources: Resources, cause: str, name: str, troubles: Troubles) -> None:
    if troubles.jobs:
        count = f"{troubles.failed_documents} document{'s' if troubles.failed_documents != 1 else ''}"
        sentence = f"{name}: {count} failed or lost pages; see `ingot jobs show {troubles.jobs[0]}`"
        facts = {"knowledge_id": name, "failed_documents": troubles.failed_documents, "jobs": list(troubles.jobs)}
        notices.tell(resources, cause, sentence, facts)


def _tell_callbacks(resources: Resources, cause: str, name: str, troubles: Troubles) -> None:
    if dead := troubles.dead_callbacks:
        sentence = (
            f"{name}: {len(dead)} callback{'s' if len(dead) != 1 else ''} given up; "
            f"see `ingot callbacks show {dead[0]}`, and `ingot callbacks replay --dead` once the receiver is well"
        )
        notices.tell(resources, cause, sentence, {"knowledge_id": name, "callbacks": list(dead)})


def look_at_queues(resources: Resources, queues: Sequence[QueueView]) -> None:
    """Tell of queues in which something has waited for longer than the limit, and that no worker serves.

    Not of one of which it is not known whether a worker serves it, unless the broker is away.
    """
    limit_s = resources.settings.notify_queue_s
    for view in queues:
        waited_s = view.oldest_waiting_s or 0.0
        broker_is_away = view.messages is None
        if waited_s > limit_s and not view.working and (view.workers == () or broker_is_away):
            why = "the broker cannot be used" if broker_is_away else "no worker serves it"
            sentence = (
                f"the queue {view.queue} has waited for {waited_s / 60:.0f} minutes, and {why}: "
                f"{view.waiting} wait; see `ingot doctor` and the page of queues"
            )
            facts = {"queue": view.queue, "waiting": view.waiting, "waited_s": round(waited_s)}
            notices.tell(resources, f"queue:{view.queue}", sentence, facts)


def deliver_own(resources: Resources, owner: str, stopping: Callable[[], bool]) -> None:
    """Deliver the notices that are due, from a process that is no worker: there may be none to do it."""
    catalog = resources.catalog
    if HOME not in catalog.outbound_tasks():
        return
    for outbound_task in catalog.store(HOME).outbound_tasks.take(_MOST_AT_ONCE, quiet=True):
        callback_delivery.deliver(resources, HOME, outbound_task.job, owner, stopping)
