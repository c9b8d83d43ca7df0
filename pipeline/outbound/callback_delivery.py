"""Delivers callbacks: those of one job in order, each until its receiver accepts it or its last try failed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline import worker_metrics
from pipeline.contracts import Answer
from pipeline.outbound import receivers
from pipeline.outbound.host_limits import LINE_S, HostLimits, HostTurn
from pipeline.outbound.retry_schedule import RetrySchedule
from pipeline.step_context import Resources
from stores.errors import IngotError
from stores.models import HOME

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.outbox import Delivery

log = logging.getLogger("ingot.callbacks")

_LEASE_MARGIN_S = 15.0
_MOST_OF_A_JOB = 100  # callbacks of one job, before other jobs have their turn
_AT_ONCE_PER_HOST, _AT_ONCE = 4, 14
_host_limits = HostLimits(_AT_ONCE_PER_HOST, _AT_ONCE)


#: A notice goes where the settings say, which may be on the network of the home.
_OF_NOTICES: Mapping[str, Any] = {"settings": {"allow_private_urls": True}, "schemas": {}}


def deliver(
    resources: Resources, knowledge_id: str, job: str, owner: str, stopping: Callable[[], bool] = lambda: False
) -> None:
    """Deliver the pending callbacks of a job, in order, until one fails or ``stopping`` returns True.

    Returns at once where other threads are busy with the receiver: they deliver them afterwards.
    """
    store = resources.catalog.store(knowledge_id)
    resources = resources.fitted(_OF_NOTICES if knowledge_id == HOME else store.profiles.of_job(job))
    claim = store.callbacks.claim(job, owner, _lease_s(resources))
    if claim is None:
        return
    try:
        host = receivers.host_of(claim.url)
    except IngotError as error:
        _failed(resources, store, claim, None, error.message)
        return
    _host_limits.join(host, _turn(resources, store, claim, stopping))


def _lease_s(resources: Resources) -> float:
    """Long enough for the time in line, one attempt, and a busy disk."""
    return LINE_S + resources.settings.callback_timeout_s + _LEASE_MARGIN_S


def _turn(resources: Resources, store: KnowledgeStore, claim: Delivery, stopping: Callable[[], bool]) -> HostTurn:
    until = time.monotonic() + LINE_S

    def work() -> None:
        if stopping() or time.monotonic() > until:  # too long in line: the lease may end before the attempt
            store.callbacks.put_back(claim, 0.0)
        else:
            _deliver_all(resources, store, claim, stopping)

    def give_back(delay_s: float) -> None:
        store.callbacks.put_back(claim, delay_s)

    return HostTurn(work, give_back)


def _deliver_all(resources: Resources, store: KnowledgeStore, claim: Delivery, stopping: Callable[[], bool]) -> None:
    """Deliver this callback and some of its job that wait behind it; other jobs have their turn before the rest."""
    following: Delivery | None = claim
    for _ in range(_MOST_OF_A_JOB):
        if not following or not _deliver_one(resources, store, following) or stopping():
            return
        following = store.callbacks.claim(claim.job, f"{claim.owner}+", _lease_s(resources))
    if following:
        store.callbacks.put_back(following, 0.0)


def _deliver_one(resources: Resources, store: KnowledgeStore, claim: Delivery) -> bool:
    """Deliver one callback. Returns whether the receiver accepted it."""
    try:
        answer = receivers.send(resources, claim)
    except IngotError as error:
        return _failed(resources, store, claim, None, error.message)
    if not 200 <= answer.status < 300:
        return _failed(resources, store, claim, answer, receivers.meaning(answer.status))
    worker_metrics.callback_tried("delivered")
    return store.callbacks.delivered(claim, answer.status)


def _failed(resources: Resources, store: KnowledgeStore, claim: Delivery, answer: Answer | None, reason: str) -> bool:
    """Schedule the next try, or give up. Returns False: the receiver has not accepted it."""
    schedule, status = RetrySchedule.of(resources.settings), answer.status if answer else None
    delay_s = schedule.delay_s(claim.attempt, answer.retry_after_s if answer else None)
    if delay_s is None or status == receivers.GONE:
        worker_metrics.callback_tried("dead")
        log.warning("callback %s is dead after %d tries: %s", claim.id, claim.attempt, reason)
        store.callbacks.give_up(claim, status, reason, last_try=schedule.tries, behind_s=schedule.whole_s / 2)
        return False
    worker_metrics.callback_tried("failed")
    log.info("callback %s failed at try %d, again in %.0f s: %s", claim.id, claim.attempt, delay_s, reason)
    store.callbacks.later(claim, delay_s, status, reason)
    return False
