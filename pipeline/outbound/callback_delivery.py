"""Delivers callbacks: those of one job in order, each until its receiver accepts it or its last try failed."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import worker_metrics
from pipeline.addresses import parse_address
from pipeline.contracts import Answer
from pipeline.mail_address import address_of
from pipeline.outbound import mail, signing
from pipeline.outbound.host_limits import LINE_S, HostLimits, HostTurn
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.errors import IngotError
from stores.models import HOME

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.outbox import Delivery

log = logging.getLogger("ingot.callbacks")

_LEASE_MARGIN_S = 15.0
_JITTER = 0.2
_MOST_RETRY_AFTER_S = 24 * 3600.0  # that a receiver may ask for
_GONE = 410
_MOST_OF_A_JOB = 100  # callbacks of one job, before other jobs have their turn
_AT_ONCE_PER_HOST, _AT_ONCE = 4, 14
_host_limits = HostLimits(_AT_ONCE_PER_HOST, _AT_ONCE)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Seconds before each try, the first included."""

    delays_s: tuple[float, ...]

    @classmethod
    def of(cls, settings: Settings) -> Schedule:
        return cls(tuple(float(part) for part in settings.callback_retries_s.split(",")))

    @property
    def tries(self) -> int:
        return len(self.delays_s)

    @property
    def whole_s(self) -> float:
        """From the event to its last try."""
        return sum(self.delays_s)

    def delay_s(
        self, attempt: int, retry_after_s: float | None, jitter: Callable[[], float] = random.random
    ) -> float | None:
        """Seconds to wait after failed try number ``attempt`` (from 1); None after the last.

        The delay varies by a fifth at random, and is longer where the receiver asks for it, up to a day.
        """
        if attempt >= self.tries:
            return None
        planned = self.delays_s[attempt] * (1 - _JITTER + 2 * _JITTER * jitter())
        return max(planned, min(retry_after_s or 0.0, _MOST_RETRY_AFTER_S))


#: A notice goes where the settings say, which may be on the network of the home.
_OF_NOTICES: Mapping[str, Any] = {"settings": {"allow_private_urls": True}, "schemas": {}}
_secrets: dict[tuple[str, Path, str], tuple[str, ...]] = {}  # by what decides on them: they never change


def _secrets_of(resources: Resources) -> tuple[str, ...]:
    settings = resources.settings
    key = (settings.callback_secret, settings.home.absolute(), settings.database_url)
    if key not in _secrets:
        _secrets[key] = signing.secrets_of(settings.callback_secret, resources.catalog)
    return _secrets[key]


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
        host = mail.SCHEME if claim.url.startswith(mail.SCHEME) else parse_address(claim.url).netloc
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
    if claim.url.startswith(mail.SCHEME):
        return _mail_one(resources, store, claim)
    headers, body = _signed(resources, claim)
    try:
        answer = resources.web().post(claim.url, headers, body, resources.settings.callback_timeout_s)
    except IngotError as error:
        return _failed(resources, store, claim, None, error.message)
    if 200 <= answer.status < 300:
        worker_metrics.callback_tried("delivered")
        return store.callbacks.delivered(claim, answer.status)
    return _failed(resources, store, claim, answer, _meaning(answer.status))


def _mail_one(resources: Resources, store: KnowledgeStore, claim: Delivery) -> bool:
    """Send a notice by mail. Returns whether the server took it."""
    facts = claim.body["data"]
    lines = [facts["message"], "", *(f"{key}: {value}" for key, value in facts.items() if key != "message")]
    try:
        status = mail.send(
            address_of(resources.settings.notify_mail), f"Ingot: {facts['message']}", "\n".join(lines), claim.id
        )
    except IngotError as error:
        return _failed(resources, store, claim, None, error.message)
    worker_metrics.callback_tried("delivered")
    return store.callbacks.delivered(claim, status)


def _signed(resources: Resources, claim: Delivery) -> tuple[dict[str, str], bytes]:
    """Headers and body of one attempt. Its time is that of all hosts: receivers refuse what is minutes old or ahead."""
    text = json.dumps(claim.body, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")  # a file name may contain bytes that are no characters
    return signing.headers(
        _secrets_of(resources),
        claim.id,
        body.decode(),
        resources.catalog.now(),
    ), body


def _meaning(status: int) -> str:
    if status == _GONE:
        return "the receiver answered 410: it wants no more of these"
    if 300 <= status < 400:
        return f"the receiver answered {status}: redirects are not followed, give the URL that it ends at"
    return f"the receiver answered {status}"


def _failed(resources: Resources, store: KnowledgeStore, claim: Delivery, answer: Answer | None, reason: str) -> bool:
    """Schedule the next try, or give up. Returns False: the receiver has not accepted it."""
    schedule, status = Schedule.of(resources.settings), answer.status if answer else None
    delay_s = schedule.delay_s(claim.attempt, answer.retry_after_s if answer else None)
    if delay_s is None or status == _GONE:
        worker_metrics.callback_tried("dead")
        log.warning("callback %s is dead after %d tries: %s", claim.id, claim.attempt, reason)
        store.callbacks.give_up(claim, status, reason, last_try=schedule.tries, behind_s=schedule.whole_s / 2)
        return False
    worker_metrics.callback_tried("failed")
    log.info("callback %s failed at try %d, again in %.0f s: %s", claim.id, claim.attempt, delay_s, reason)
    store.callbacks.later(claim, delay_s, status, reason)
    return False
