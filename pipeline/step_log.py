"""Logs and counts when a step begins and when it ends, however it ends.

Both carry the ids of the step and of the Celery task, so that a machine can pair them. A step whose process died is
ended by its worker's parent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from pipeline import tracing, worker_metrics
from pipeline.log_format import about, facts
from stores.effects import Claim
from stores.models import StepKey

log = logging.getLogger("ingot.steps")

#: outcome -> log level
_LEVELS = {"failed": logging.ERROR, "tried again": logging.WARNING, "lease lost": logging.WARNING}
LOST = "lost"


@dataclass(slots=True)
class _RunningStep:
    """The step that this thread runs."""

    stage: str
    words: str
    began: float
    pages: int
    told: bool = False


_under: ContextVar[_RunningStep | None] = ContextVar("step_under_way", default=None)


@contextmanager
def step(claim: Claim) -> Iterator[None]:
    """Log that a step begins. The block calls ``ended`` with the outcome; otherwise it is logged as broken off."""
    key = claim.key
    tracing.describe(job=claim.job, **ids(key), attempt=claim.attempt)
    with about(
        job=claim.job,
        **ids(key),
        source=claim.source,
        attempt=claim.attempt,
        task=_task_of(claim.owner),
        trace_id=tracing.trace_id(),
    ):
        pages = claim.last_page - claim.first_page + 1 if claim.last_page else 0
        under = _RunningStep(stage=str(key.stage), words=_words(claim), began=time.monotonic(), pages=pages)
        token = _under.set(under)
        worker_metrics.step_begins(under.stage)
        span = {"first_page": claim.first_page, "last_page": claim.last_page} if pages else {}
        log.info("%s begins", under.words, extra=facts(event="begin", pages=pages or None, **span))
        try:
            yield
        finally:
            if not under.told:
                ended("broke off")
            _under.reset(token)


def ended(outcome: str, why: str = "", *, cpu_s: float = 0.0, due: Sequence[StepKey] = (), **more: object) -> None:
    """Log how the running step ended, and what became due by it."""
    under = _under.get()
    if under is None or under.told:
        return
    under.told = True
    seconds = time.monotonic() - under.began
    worker_metrics.step_ended(under.stage, outcome, seconds, cpu_s)
    tracing.describe(outcome=outcome, pages=under.pages or None, cpu_s=round(cpu_s, 3))
    if outcome == "failed":
        tracing.failed(str(more.get("code", "")))
    stages = sorted({str(key.stage) for key in due})
    parts = [f"{under.words} {outcome}", f"in {seconds:.1f} s"]
    parts += [f"({cpu_s:.1f} s of CPU)"] if cpu_s else []
    text = " ".join(parts) + (f": {why}" if why else "") + (f"; next: {', '.join(stages)}" if stages else "")
    values = {"event": "end", "outcome": outcome, "pages": under.pages or None, "seconds": round(seconds, 3)}
    more = {"cpu_s": round(cpu_s, 3), "reason": why, "next": stages or None, **more}
    log.log(_LEVELS.get(outcome, logging.INFO), "%s", text, extra=facts(**values, **more))


def lost(key: StepKey, task: str, why: str, **more: object) -> None:
    """Log the end of a step whose process died, in the parent process. ``more``: further facts."""
    worker_metrics.step_lost(str(key.stage))
    with about(**ids(key), **more, task=task):
        text = "%s lost: its process ended (%s); it is begun again"
        log.warning(text, key.stage, why, extra=facts(event="end", outcome=LOST, reason=why))


def ids(key: StepKey) -> dict[str, object]:
    """The ids of a step, as every line about it names them."""
    batch = {"batch": key.batch} if key.stage.reads_pages else {}
    return {
        "knowledge_id": key.knowledge_id,
        "document": key.document,
        "generation": key.generation,
        "stage": str(key.stage),
        **batch,
    }


def _words(claim: Claim) -> str:
    if not claim.last_page:
        return f"{claim.key.stage}"
    first, last = claim.first_page, claim.last_page
    return f"{claim.key.stage} of page {first}" if first == last else f"{claim.key.stage} of pages {first} to {last}"


def _task_of(owner: str) -> str:
    """The id of the Celery task in ``worker/task/chance``; empty where a step runs without Celery."""
    parts = owner.split("/")
    return parts[1] if len(parts) == 3 else ""
