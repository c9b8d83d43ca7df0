"""Runs one step with every policy: claim, lease, temp directory, lost attempts, retry or not, outcome.

The caller may be a Celery task or a test; nothing here knows which.
"""

from __future__ import annotations

import logging
import pkgutil
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import lost_attempts, step_log
from pipeline.profiles import models_apart
from pipeline.settings import Settings
from pipeline.stage_specs import NEEDS, STAGES
from pipeline.step_context import Resources, StepContext, bug
from stores.effects import Claim, Effect
from stores.errors import CancelledError, IngotError, LeaseLostError, StoppingError, TransientError, disk_full
from stores.models import Fault, Stage, StepKey

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.flow")

RUN: dict[Stage, Callable[[StepContext], Effect]] = {
    stage: pkgutil.resolve_name(spec.run) for stage, spec in STAGES.items()
}

MOST_ATTEMPTS, PATIENCE_S = 8, 600.0  # of a step that meets transient errors: it fails when both are exceeded
BEAT_S = 15.0  # between two heartbeats, which extend the lease
NO_MODEL_S = 10.0  # until a step is due again whose model this worker has not loaded
FIRST_DELAY_S, LONGEST_DELAY_S = 2.0, 300.0  # of the backoff after a transient error


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """Outcome of one run. ``ended``: the step is final and its chain may go on; ``due``: steps that are to be sent."""

    ended: bool
    due: tuple[StepKey, ...] = ()


def run_stage(
    resources: Resources,
    key: StepKey,
    *,
    owner: str,
    worker: str,
    killable: bool = False,
    stopping: Callable[[], bool] = lambda: False,
    suspects: threading.Lock | None = None,
    claimed: Callable[[Claim], None] = lambda _: None,
) -> StepResult:
    """Claim a step and run it. Where it cannot be claimed, nothing happens and ``ended`` is False.

    ``owner``: unique to this call, it fences all writes. ``worker``: the process, as shown to people.
    ``killable``: a page over its time limit ends this process. ``stopping``: once it returns True no page is begun
    and the step is handed back. ``suspects``: a lock for processes whose threads run steps side by side. A step that
    one more lost attempt would fail runs only under it, so that a death of the process is blamed on the right step.
    ``claimed``: called once the step is claimed, before its work; raises nothing.
    """
    if killable:
        lost_attempts.end_if_spent()
    store = resources.catalog.store(key.knowledge_id)
    claim = store.steps.claim(key, owner, worker)
    if claim is None:
        return StepResult(ended=False)
    claimed(claim)
    with step_log.step(claim):
        return _run_fitting(resources, store, claim, killable=killable, stopping=stopping, suspects=suspects)


def _run_fitting(
    resources: Resources,
    store: KnowledgeStore,
    claim: Claim,
    *,
    killable: bool,
    stopping: Callable[[], bool],
    suspects: threading.Lock | None,
) -> StepResult:
    worker_settings, resources = resources.settings, resources.fitted(claim.profile)
    if missing := models_missing(worker_settings, resources.settings, claim.key.stage):
        store.steps.hand_back(claim, NO_MODEL_S, Fault(code="other_model", message=missing))
        return StepResult(ended=False)
    alone = suspects if lost_attempts.is_suspect(claim) else None
    if alone is not None and not alone.acquire(blocking=False):
        store.steps.hand_back(claim, delay_s(2))
        step_log.ended("handed back", "another step that may end this process runs")
        return StepResult(ended=False)
    try:
        return _run_claimed(resources, store, claim, killable=killable, stopping=stopping)
    finally:
        if alone is not None:
            alone.release()


def models_missing(own: Settings, wanted: Settings, stage: Stage) -> str:
    """Why a worker with its ``own`` settings cannot run a step that asks for ``wanted``; "" where it can."""
    only = STAGES[stage].model_setting
    apart = models_apart(lambda name: getattr(own, name), lambda name: getattr(wanted, name), only) if only else []
    return "; ".join(
        f"the worker has not loaded the model that the job asks for: it has INGOT_{name.upper()}={has}, "
        f"start one with {wished}"
        for name, has, wished in apart[:1]
    )


def _run_claimed(
    resources: Resources, store: KnowledgeStore, claim: Claim, *, killable: bool, stopping: Callable[[], bool]
) -> StepResult:
    key, clock = claim.key, time.process_time if killable else time.thread_time
    try:
        claim = lost_attempts.give_up(store, claim)
        with _heartbeat(store, claim), resources.workspaces.workspace(key.knowledge_id, _label(key)) as folder:
            context = StepContext(
                resources=resources,
                store=store,
                claim=claim,
                folder=folder,
                killable=killable,
                plain_page=lost_attempts.plain_page(claim),
                stopping=stopping,
                last_try=_is_last_try(store, claim),
            )
            began = clock()
            try:
                effect = RUN[key.stage](context)
            finally:
                context.save_read()
            cpu_s = clock() - began
            due = store.steps.finish(claim, effect, NEEDS, cpu_s, STAGES[key.stage].followed_by)
    except (LeaseLostError, CancelledError) as error:
        return _lost_step(error)
    except StoppingError:
        store.steps.hand_back(claim)
        step_log.ended("handed back", "this worker ends")
        return StepResult(ended=False)
    except TransientError as error:
        return _try_later(store, claim, error)
    except MemoryError:
        return _fail(store, claim, _out_of_memory(claim))
    except Exception as error:
        if full := disk_full(error):
            return _try_later(store, claim, full)
        if isinstance(error, IngotError):
            return _fail(store, claim, Fault(code=error.code, message=error.message))
        log.exception("%s met a bug", key.stage)
        return _fail(store, claim, bug(error))
    step_log.ended("done", cpu_s=cpu_s, due=due)
    return StepResult(ended=True, due=_unsent(key, due))


def _lost_step(error: IngotError) -> StepResult:
    step_log.ended("cancelled" if isinstance(error, CancelledError) else "lease lost", error.message)
    return StepResult(ended=False)


def _is_last_try(store: KnowledgeStore, claim: Claim) -> bool:
    return claim.attempt >= MOST_ATTEMPTS and store.now() - claim.started_at > PATIENCE_S


def _try_later(store: KnowledgeStore, claim: Claim, error: TransientError) -> StepResult:
    if _is_last_try(store, claim):
        message = f"{error.message} (tried {claim.attempt} times)"
        return _fail(store, claim, Fault(code=error.code, message=message))
    later_s = max(delay_s(claim.attempt), min(error.retry_after_s or 0.0, LONGEST_DELAY_S))
    store.steps.retry_later(claim, Fault(code=error.code, message=error.message), later_s)
    step_log.ended("tried again", error.message, code=error.code, again_s=round(later_s, 1))
    return StepResult(ended=False)


def delay_s(attempt: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds to wait after failed attempt number ``attempt`` (from 1): exponential, its upper half random."""
    longest: float = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (attempt - 1))
    return longest * (0.5 + 0.5 * jitter())


def _fail(store: KnowledgeStore, claim: Claim, fault: Fault) -> StepResult:
    fatal = STAGES[claim.key.stage].fatal
    try:
        due = store.steps.fail(claim, fault, NEEDS, fatal=fatal, carried=STAGES[claim.key.stage].followed_by)
    except (LeaseLostError, CancelledError) as error:
        return _lost_step(error)
    step_log.ended("failed", fault.message, code=fault.code, due=due)
    return StepResult(ended=not fatal, due=_unsent(claim.key, due))


def _unsent(key: StepKey, due: list[StepKey]) -> tuple[StepKey, ...]:
    """The steps that became due, without those that are in the same Celery chain as ``key``."""
    return tuple(step for step in due if step.stage not in STAGES[key.stage].followed_by)


def _out_of_memory(claim: Claim) -> Fault:
    return Fault(code="out_of_memory", message=f"{claim.key.stage} needs more memory than INGOT_MEMORY_MB allows")


def _label(key: StepKey) -> str:
    return f"{key.document[:12]}.{key.generation}.{key.stage}.{key.batch}"


@contextmanager
def _heartbeat(store: KnowledgeStore, claim: Claim) -> Iterator[None]:
    """Extend the lease from a thread while the block runs."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT_S):
            try:
                store.steps.beat(claim)
            except TransientError:
                continue  # a busy or full disk: the next heartbeat comes before the lease ends

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
