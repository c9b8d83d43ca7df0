"""Callbacks and downloads: work for the network that waits in the knowledge store until it is delivered or given up.

A claim of either is exclusive until ``lease_s`` seconds have passed; then anybody may claim it, and what the earlier
owner writes is refused with False. So a callback may be delivered twice, but never lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stores.models import Fault, Options
from stores.views import CallbackFilter, CallbackView


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundTask:
    """What a message carries: a job whose callbacks are due, or a ``url`` that it waits for."""

    knowledge_id: str
    job: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event that is ours to deliver until the lease ends. ``attempt`` counts from 1, this one included."""

    number: int
    id: str
    owner: str
    job: str
    url: str
    body: Mapping[str, Any]
    attempt: int
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadClaim:
    """A URL that is ours to fetch until the lease ends. ``attempt`` counts from 1, this one included."""

    job: str
    url: str
    owner: str
    attempt: int
    options: Options
    passwords: tuple[str, ...]
    profile: Mapping[str, Any] | None = None  # the settings and schemas of the job; None: those of the worker


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadView:
    """A URL that a job waits for; ``again_at`` is when it is tried again after a failure."""

    url: str
    attempt: int
    error: Fault | None
    again_at: float | None
    under_way: bool


class OutboundTaskStore(Protocol):
    """What is to be sent to the queue ``notify``. Sending a task twice is harmless."""

    def open_downloads(self, job_id: str, urls: Sequence[str], passwords: Sequence[str] = ()) -> None:
        """Let a job wait for URLs, before it is sealed. ``passwords`` are tried on what is downloaded."""

    def take(self, limit: int, *, quiet: bool) -> list[OutboundTask]:
        """Mark at most ``limit`` tasks as sent and return them; of a job's callbacks only the first pending counts.

        These are due and were never sent, or were sent so long ago that the message must be lost: sooner where the
        queue is empty (``quiet``).
        """

    def unsend(self, outbound_tasks: Sequence[OutboundTask]) -> None:
        """Take the mark back from tasks that could not be sent."""

    def due_within(self, seconds: float) -> bool:
        """Tell whether a callback or download is due by then, or under way."""

    def are_left(self) -> bool:
        """Tell whether a job waits for a download, or a callback is due within a minute."""

    def release(self, owner: str) -> int:
        """End the claims of all owners that begin with ``owner``, whose process is known to be dead; how many."""


class CallbackStore(Protocol):
    """The callbacks of one knowledge base. Those of one job are delivered in their order."""

    def claim(self, job: str, owner: str, lease_s: float) -> Delivery | None:
        """Take the first pending callback of a job, and count the attempt; None where it is not due or claimed."""

    def delivered(self, claim: Delivery, status: int) -> bool:
        """End a callback as delivered."""

    def later(self, claim: Delivery, delay_s: float, status: int | None, reason: str) -> bool:
        """Note a failed attempt; the next is due in ``delay_s``."""

    def put_back(self, claim: Delivery, delay_s: float) -> bool:
        """Give a callback back untried: the attempt is not counted, and it is due in ``delay_s``."""

    def give_up(self, claim: Delivery, status: int | None, reason: str, *, last_try: int, behind_s: float) -> bool:
        """End a callback as dead. Callbacks of its job that are older than ``behind_s`` keep one try each."""

    def show(self, callback_id: str) -> CallbackView:
        """Return one callback with its body. Raises NotFoundError."""

    def page(self, wanted: CallbackFilter, before: tuple[float, str] | None, limit: int) -> list[CallbackView]:
        """Return at most ``limit`` callbacks, the newest first, behind (created_at, id) ``before``."""

    def replay(self, callback_id: str) -> CallbackView:
        """Make a callback pending again, with its id and all its tries. Raises InputError where it is pending."""

    def replay_dead(self) -> int:
        """Make all dead callbacks pending again; return how many."""


class DownloadStore(Protocol):
    """The URLs that jobs of one knowledge base wait for; ``UnitOfWork.register_download`` ends one."""

    def claim(self, job_id: str, url: str, owner: str, lease_s: float) -> DownloadClaim | None:
        """Take a URL that is due, and count the attempt; None where it is claimed, not due or not waited for."""

    def beat(self, claim: DownloadClaim, lease_s: float) -> bool:
        """Extend the lease. False where the claim has ended: the download must stop."""

    def later(self, claim: DownloadClaim, delay_s: float, fault: Fault) -> bool:
        """Note a failed attempt; the next is due in ``delay_s``."""

    def put_back(self, claim: DownloadClaim, delay_s: float) -> bool:
        """Give a URL back untried: the attempt is not counted, and it is due in ``delay_s``."""

    def give_up(self, claim: DownloadClaim, fault: Fault) -> bool:
        """End a download as failed; its job and its source say why."""

    def open_of(self, job_id: str) -> dict[str, DownloadView]:
        """Return the URLs that a job still waits for."""
