"""The order of the stages, and how one step of them is run with every policy: claim, skip, lease, temp directory,
retry or not, outcome. Who calls this, a Celery task or a test, makes no difference.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import step_log
from pipeline.log_format import facts
from pipeline.profiles import models_apart
from pipeline.settings import Settings
from pipeline.stages import embed, extract, ocr, parse, plan, publish, render
from pipeline.step_context import Resources, StepContext, bug
from stores.effects import Claim, Effect, Need
from stores.errors import CancelledError, IngotError, LeaseLostError, StoppingError, TransientError
from stores.models import Fault, Stage, StepKey

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.flow")

ORDER: Mapping[Stage, tuple[Need, ...]] = {
    Stage.PLAN: (),
    Stage.RENDER: (Need(stage=Stage.PLAN),),
    Stage.OCR: (Need(stage=Stage.RENDER, same_batch=True),),
    Stage.PARSE: (Need(stage=Stage.PLAN),),
    Stage.EXTRACT: (Need(stage=Stage.PLAN), Need(stage=Stage.RENDER), Need(stage=Stage.OCR), Need(stage=Stage.PARSE)),
    Stage.EMBED: (Need(stage=Stage.EXTRACT),),
    Stage.PUBLISH: (Need(stage=Stage.EXTRACT), Need(stage=Stage.EMBED)),
}

#: The stages that follow one without a fan-in: they travel with it in one chain.
STRAIGHT: Mapping[Stage, tuple[Stage, ...]] = {
    Stage.PLAN: (),
    Stage.RENDER: (Stage.OCR,),
    Stage.OCR: (),
    Stage.PARSE: (),
    Stage.EXTRACT: (Stage.EMBED, Stage.PUBLISH),
    Stage.EMBED: (Stage.PUBLISH,),
    Stage.PUBLISH: (),
}

RUN: Mapping[Stage, Callable[[StepContext], Effect]] = {
    Stage.PLAN: plan.run,
    Stage.RENDER: render.run,
    Stage.OCR: ocr.run,
    Stage.PARSE: parse.run,
    Stage.EXTRACT: extract.run,
    Stage.EMBED: embed.run,
    Stage.PUBLISH: publish.run,
}

#: Without these a document is of no use: when one fails, the document has failed.
FATAL = frozenset({Stage.PLAN, Stage.EMBED, Stage.PUBLISH})

MOST_LOST_ATTEMPTS = 3  # deaths of a worker over one step, without progress between them
MOST_TRIES = 50  # of a step whose workers end again and again, though nothing says that it is to blame
MOST_ATTEMPTS, PATIENCE_S = 8, 600.0  # of work that the outside world keeps from ending: both must be used up
BEAT_S = 15.0
NO_MODEL_S = 10.0  # until a step is offered again that no worker here had the model for
_ENGINE_OF = {Stage.OCR: "ocr_engine", Stage.EMBED: "embedder"}
FIRST_DELAY_S, LONGEST_DELAY_S = 2.0, 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """``ended``: the step is final and its chain may go on; ``due``: steps that nobody has sent yet."""

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
) -> StepResult:
    """Run one step, if it is to be had. ``owner`` is unique to this call and fences all its writes.

    ``stopping``: the worker ends, so the step goes back after the page in hand. ``suspects``: steps share this
    process, so of those that one more death would end only one runs at a time: it dies for its own page alone.
    """
    store = resources.catalog.store(key.knowledge_id)
    claim = store.steps.claim(key, owner, worker)
    if claim is None:
        return StepResult(ended=False)
    with step_log.step(claim):
        return _run_alone(resources, store, claim, killable=killable, stopping=stopping, suspects=suspects)


def _run_alone(
    resources: Resources,
    store: KnowledgeStore,
    claim: Claim,
    *,
    killable: bool,
    stopping: Callable[[], bool],
    suspects: threading.Lock | None,
) -> StepResult:
    own, resources = resources.settings, resources.fitted(claim.profile)
    if missing := models_missing(own, resources.settings, claim.key.stage):
        store.steps.hand_back(claim, NO_MODEL_S, Fault(code="other_model", message=missing))
        return StepResult(ended=False)
    alone = suspects if claim.lost_attempts >= MOST_LOST_ATTEMPTS - 1 else None
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
    """Why a worker with its ``own`` settings leaves a step to others; empty where it can do it."""
    only = _ENGINE_OF.get(stage)
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
        claim = _past_what_kills(store, claim)
        with _heartbeat(store, claim), resources.files.workspace(key.knowledge_id, _label(key)) as folder:
            work = StepContext(
                resources=resources,
                store=store,
                claim=claim,
                folder=folder,
                killable=killable,
                plain_page=_plain_page(claim),
                stopping=stopping,
            )
            began = clock()
            effect = RUN[key.stage](work)
            cpu_s = clock() - began
            due = store.steps.finish(claim, effect, ORDER, cpu_s)
    except (LeaseLostError, CancelledError) as error:
        return _not_ours(error)
    except StoppingError:
        store.steps.hand_back(claim)
        step_log.ended("handed back", "this worker ends")
        return StepResult(ended=False)
    except TransientError as error:
        return _try_later(store, claim, error)
    except IngotError as error:
        return _fail(store, claim, Fault(code=error.code, message=error.message))
    except MemoryError:
        return _fail(store, claim, _out_of_memory(claim))
    except Exception as error:
        log.exception("%s met a bug", key.stage)
        return _fail(store, claim, bug(error))
    step_log.ended("done", cpu_s=cpu_s, due=due)
    return StepResult(ended=True, due=_unsent(key, due))


def _not_ours(error: IngotError) -> StepResult:
    step_log.ended("cancelled" if isinstance(error, CancelledError) else "lease lost", error.message)
    return StepResult(ended=False)


_DIED_OF_SOMETHING = "a crash, a hang, or too much memory"
_DIED_OF = {
    "time_limit": "the last time it took longer than its time limit",
    "out_of_memory": "the last time the machine ran out of memory",
    "crash": "the last time by a crash",
}


def _plain_page(claim: Claim) -> int | None:
    """The page that is read without what is optional: it is known to end workers, or ended all but the last one."""
    to_blame = claim.lost_attempts and claim.lost_to in _DIED_OF
    return claim.page_in_work if to_blame or claim.lost_attempts >= MOST_LOST_ATTEMPTS - 1 else None


def _past_what_kills(store: KnowledgeStore, claim: Claim) -> Claim:
    """Give up the page over which workers died again and again; a step without pages is given up whole."""
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
    store.steps.save_page(claim, claim.page_in_work, None, Fault(code="killed_worker", message=reason))
    log.warning("page %d is given up: %s", claim.page_in_work, reason, extra=facts(page=claim.page_in_work))
    return claim


def _try_later(store: KnowledgeStore, claim: Claim, error: TransientError) -> StepResult:
    if claim.attempt >= MOST_ATTEMPTS and time.time() - claim.started_at > PATIENCE_S:
        message = f"{error.message} (tried {claim.attempt} times)"
        return _fail(store, claim, Fault(code=error.code, message=message))
    later_s = delay_s(claim.attempt)
    store.steps.retry_later(claim, Fault(code=error.code, message=error.message), later_s)
    step_log.ended("tried again", error.message, code=error.code, again_s=round(later_s, 1))
    return StepResult(ended=False)


def delay_s(attempt: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds to wait after failed attempt number ``attempt`` (from 1): doubling, half of it by chance."""
    longest: float = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (attempt - 1))
    return longest * (0.5 + 0.5 * jitter())


def _fail(store: KnowledgeStore, claim: Claim, fault: Fault) -> StepResult:
    fatal = claim.key.stage in FATAL
    try:
        due = store.steps.fail(claim, fault, ORDER, fatal=fatal)
    except (LeaseLostError, CancelledError) as error:
        return _not_ours(error)
    step_log.ended("failed", fault.message, code=fault.code, due=due)
    return StepResult(ended=not fatal, due=_unsent(claim.key, due))


def _unsent(key: StepKey, due: list[StepKey]) -> tuple[StepKey, ...]:
    """Of the steps that became due, those that do not travel in the chain of ``key``."""
    return tuple(step for step in due if step.stage not in STRAIGHT[key.stage])


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
                continue  # a busy or full disk: the next beat comes before the lease ends

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
