"""What follows lost attempts of a step, of which a process died: a plainer reading, a run alone, giving up."""

from __future__ import annotations

import logging
import mmap
import os
import signal
from typing import TYPE_CHECKING

from pipeline.log_format import facts
from stores.effects import Claim, PageResult
from stores.errors import IngotError
from stores.models import Fault, Stage

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.flow")

MOST_LOST_ATTEMPTS = 3  # times that a process died over one step without progress in between
MOST_TRIES = 50  # of a step whose processes die again and again, though nothing shows that it is the cause

_THREAD_BYTES = 32 << 20  # that the thread of a heartbeat may ask for

_DIED_OF_SOMETHING = "a crash, a hang, or too much memory"
_DIED_OF = {
    "time_limit": "the last time it took longer than its time limit",
    "out_of_memory": "the last time the machine ran out of memory",
    "crash": "the last time by a crash",
}


def is_suspect(claim: Claim) -> bool:
    """Whether one more lost attempt fails the step, so that it must not be blamed on a step beside it."""
    return claim.lost_attempts >= MOST_LOST_ATTEMPTS - 1


def plain_page(claim: Claim) -> int | None:
    """The page to read without optional steps: a process died over it of the page itself, or too often to be chance."""
    page_is_cause = claim.lost_attempts and claim.lost_to in _DIED_OF
    return claim.page_in_work if page_is_cause or is_suspect(claim) else None


def give_up(store: KnowledgeStore, claim: Claim) -> Claim:
    """Give up the page over which processes died too often. IngotError ``killed_worker`` for a step without pages."""
    if claim.lost_attempts < MOST_LOST_ATTEMPTS and claim.attempt <= MOST_TRIES:
        return claim
    times = f"{max(claim.lost_attempts, MOST_LOST_ATTEMPTS)} times ({_DIED_OF.get(claim.lost_to, _DIED_OF_SOMETHING)})"
    if claim.page_in_work is None or claim.key.stage is Stage.PLAN:
        raise IngotError(
            f"{claim.key.stage} ended its worker {times}: "
            "the file is probably damaged; try to save it anew with another program",
            code="killed_worker",
        )
    reason = f"reading it ended the worker {times}"
    lost = PageResult(number=claim.page_in_work, fault=Fault(code="killed_worker", message=reason))
    store.steps.save_page(claim, lost)
    log.warning("page %d is given up: %s", claim.page_in_work, reason, extra=facts(page=claim.page_in_work))
    return claim


def end_if_spent() -> None:
    """End this process, before it claims a step, where the memory that it may have does not suffice for a thread.

    Python would wait for ever for the thread to begin; another process is started in its place.
    """
    try:
        # asked for and never written: a bytearray, which writes zeros, takes 8 ms a step
        mmap.mmap(-1, _THREAD_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, MemoryError):
        log.critical("no memory is left for a thread: this process ends, another one takes its steps")
        os.kill(os.getpid(), signal.SIGKILL)
