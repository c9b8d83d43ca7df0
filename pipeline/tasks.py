"""All Celery tasks, and the sending of steps. A message carries ids; what they mean stands in SQL.

A task runs one step of ``flow``. What became due by it is sent at once; the relay sends what nobody sent, and what got
lost. A step that another worker holds, or that is due again later, ends its copy of the chain with ``Ignore``. Outbound
tasks (callbacks and downloads) go the same way on the queue ``notify``.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celery import Celery, Task, bootsteps, chain, signals
from celery.exceptions import Ignore

from pipeline import flow, home_registry, step_log, tracing
from pipeline.broker import configuration, home_of
from pipeline.broker_address import bare
from pipeline.broker_faults import BrokerError
from pipeline.broker_probe import complain, translated
from pipeline.broker_queues import CONFIRM_S, NAMES, priority_at, queue_length, routes
from pipeline.log_format import about
from pipeline.outbound import callback_delivery, downloads, oversight
from pipeline.priorities import NOTIFY as NOTIFY
from pipeline.priorities import PRIORITIES as PRIORITIES
from pipeline.priorities import QUEUES as QUEUES
from pipeline.priorities import WINDOWS as WINDOWS
from pipeline.priorities import priority_of
from pipeline.relay import Relay, in_hand, release
from pipeline.settings import Settings
from pipeline.stage_specs import FOLLOWED_BY, STAGES
from pipeline.step_context import Resources
from pipeline.worker_process import this_process
from stores.errors import IngotError, NotFoundError, UnavailableError
from stores.models import Fault, Stage, StepKey

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.outbox import OutboundTask
    from stores.effects import Claim

log = logging.getLogger("ingot.tasks")

SCHEDULE = "ingot.schedule"  # a task of ``celery_app``: it ingests, which is above this module
SEND_AT_ONCE = 200  # steps or outbound tasks that one pass of the relay sends per knowledge base

app = Celery("ingot")
app.conf.task_routes = routes("")


def configure(settings: Settings) -> None:
    """Give Celery the broker of these settings, and the queues that it has there."""
    before = app.conf.broker_url
    app.conf.update(configuration(settings))
    if app.conf.broker_url != before:
        app.amqp._producer_pool = app._pool = None  # their connections lead to the broker before
    if {queue.name for queue in app.conf.task_queues} != set(app.amqp.queues):  # as another kind of broker names them
        app.amqp.queues = app.conf.task_queues
        app.amqp.flush_routes()
        app.amqp.router = app.amqp.Router()
        for made_of_queues in ("send_task_message", "default_queue"):
            app.amqp.__dict__.pop(made_of_queues, None)


resources = this_process.resources


class StepTask(Task):  # type: ignore[misc]
    """Runs the step that its message names; one task per stage, see ``TASKS``."""

    abstract = True

    def run_step(self, stage: Stage, ids: Sequence[Any]) -> None:
        """Run a step, then send what became due by it. Raises Ignore where the rest of its chain must not run."""
        ignore_foreign(self.request)
        key, owner = key_of(stage, ids), owner_of(self.request)
        try:
            result = flow.run_stage(
                resources(),
                key,
                owner=owner,
                worker=f"{self.request.hostname}#{os.getpid()}",
                killable=this_process.killable,
                stopping=this_process.stopping.is_set,
                suspects=this_process.suspects if this_process.threaded else None,
                claimed=_make_up,
            )
        except NotFoundError:  # the knowledge base was deleted meanwhile
            raise Ignore from None
        except UnavailableError as error:  # the database is away; the relay sends the step again once its lease ended
            log.warning("%s of %s: %s", stage, key.document[:12], error.message)
            raise Ignore from None
        if this_process.threaded and STAGES[stage].model_setting:
            this_process.end_if_broken()
        if result.due:
            send_next(resources().catalog.store(key.knowledge_id))
        if STAGES[stage].fatal:  # with these a document or a job may have ended
            send_outbound_tasks(key.knowledge_id)
        if not result.ended:
            raise Ignore


def _register(stage: Stage) -> Any:
    @app.task(base=StepTask, bind=True, name=f"ingot.{stage}")
    def run(self: StepTask, *ids: Any) -> None:
        self.run_step(stage, ids)

    return run


#: The task of each stage. Its message carries the ids of a step, see ``ids_of``.
TASKS: Mapping[Stage, Any] = {stage: _register(stage) for stage in STAGES}


@app.task(bind=True, name="ingot.deliver")
def deliver(self: Task, knowledge_id: str, job: str) -> None:
    """Deliver the callbacks of a job that are due."""
    ignore_foreign(self.request)
    try:
        with about(knowledge_id=knowledge_id, job=job):
            callback_delivery.deliver(
                resources(), knowledge_id, job, owner_of(self.request), this_process.stopping.is_set
            )
    except IngotError as error:  # what was claimed is due again when its lease ends
        log.warning("%s: %s", job, error.message)


@app.task(bind=True, name="ingot.fetch")
def fetch(self: Task, knowledge_id: str, job: str, url: str) -> None:
    """Fetch a URL that a job waits for; the document that it became is begun at once."""
    ignore_foreign(self.request)

    def ended() -> None:
        store = resources().catalog.store(knowledge_id)
        send_next(store)
        send_outbound_tasks(knowledge_id)

    try:
        with about(knowledge_id=knowledge_id, job=job):
            downloads.fetch(
                resources(),
                knowledge_id,
                job,
                url,
                owner_of(self.request),
                ended,
                stopping=this_process.stopping.is_set,
            )
    except IngotError as error:
        log.warning("%s: %s", job, error.message)


def owner_of(request: Any) -> str:
    """The owner of a claim: unique to this run of a task, and begins with its worker's name."""
    return f"{request.hostname}/{request.id}/{uuid.uuid4().hex[:8]}"


def ids_of(key: StepKey) -> tuple[str, str, int, int]:
    """What the message of a step carries."""
    return key.knowledge_id, key.document, key.generation, key.batch


def key_of(stage: Stage, ids: Sequence[Any]) -> StepKey:
    knowledge_id, document, generation, batch = ids
    return StepKey(
        knowledge_id=str(knowledge_id),
        document=str(document),
        generation=int(generation),
        stage=stage,
        batch=int(batch),
    )


def send(keys: Sequence[StepKey], store: KnowledgeStore, connection: Any = None) -> int:
    """Send steps of a knowledge base, each with those that follow it as one chain. Returns how many of ``keys``.

    Where the broker cannot be reached the rest are marked as unsent, without an error; the relay sends them later.
    """
    traces = _traces(keys, store)
    for sent, run in enumerate(store.dispatch.runs(keys, FOLLOWED_BY) if keys else ()):
        try:
            with translated(app.conf.broker_url), tracing.under(traces.get(keys[sent], "")):
                chain(*[_message(step, run.priority) for step in run.steps]).apply_async(
                    connection=connection, confirm_timeout=CONFIRM_S
                )
        except BrokerError as error:
            complain(error)
            store.dispatch.unsend(keys[sent:])
            return sent
    return len(keys)


def send_next(store: KnowledgeStore, quiet: frozenset[Stage] = frozenset(), connection: Any = None) -> int:
    """Send the steps of a knowledge base whose turn it is. Returns how many were sent.

    ``quiet``: the stages whose messages are lost unless their steps were begun.
    """
    return send(store.dispatch.take(SEND_AT_ONCE, quiet, WINDOWS), store, connection)


def _make_up(claim: Claim) -> None:
    """Send the next steps in the place of one that a worker begins, so that the others need not wait for its end."""
    if claim.backlog:
        try:
            send_next(resources().catalog.store(claim.key.knowledge_id))
        except IngotError as error:
            log.warning("%s: %s; the relay sends what is due", claim.key.knowledge_id, error.message)


def _message(step: StepKey, wish: int) -> Any:
    message = TASKS[step.stage].si(*ids_of(step))
    return message.set(priority=priority_at(app.conf.broker_url, priority_of(step.stage, wish))) if wish else message


def _traces(keys: Sequence[StepKey], store: KnowledgeStore) -> dict[StepKey, str]:
    """The traces that steps of a knowledge base belong to, where traces are asked for."""
    if not keys or not tracing.is_on():
        return {}
    stored = store.dispatch.traces(keys)
    return {key: stored.get((key.document, key.generation)) or tracing.trace_of_document(key) for key in keys}


def send_outbound_tasks(
    knowledge_id: str, store: KnowledgeStore | None = None, connection: Any = None, *, quiet: bool = False
) -> int:
    """Send the outbound tasks of a knowledge base that are due and were not sent. Returns how many were sent."""
    target = store or resources().catalog.store(knowledge_id)
    outbound_tasks = target.outbound_tasks.take(SEND_AT_ONCE, quiet=quiet)
    for sent, outbound_task in enumerate(outbound_tasks):
        try:
            with translated(app.conf.broker_url), tracing.under(_trace_of(outbound_task, target)):
                _message_of(outbound_task).apply_async(connection=connection, confirm_timeout=CONFIRM_S)
        except BrokerError as error:
            complain(error)
            target.outbound_tasks.unsend(outbound_tasks[sent:])
            return sent
    return len(outbound_tasks)


def send_due_schedules(made_by: Resources) -> None:
    """Send the schedules that are due, from a process that is no worker."""
    configure(made_by.settings)
    send_schedules(quiet=False, made_by=made_by)


def send_schedules(quiet: bool, made_by: Resources | None = None) -> int:
    """Send the schedules that are due and were not sent, or whose message or worker is lost; how many were sent."""
    schedules = (made_by or resources()).catalog.home_store().schedules
    names = schedules.take(quiet=quiet)
    for sent, name in enumerate(names):
        try:
            with translated(app.conf.broker_url):
                app.send_task(SCHEDULE, (name,), confirm_timeout=CONFIRM_S)
        except BrokerError as error:
            complain(error)
            schedules.unsend(names[sent:])
            return sent
    return len(names)


def _trace_of(outbound_task: OutboundTask, store: KnowledgeStore) -> str:
    if not tracing.is_on():
        return ""
    return store.dispatch.trace_of_job(outbound_task.job) or tracing.trace_of_job(outbound_task.job)


def _message_of(outbound_task: OutboundTask) -> Any:
    if outbound_task.url:
        return fetch.si(outbound_task.knowledge_id, outbound_task.job, outbound_task.url)
    return deliver.si(outbound_task.knowledge_id, outbound_task.job)


def send_due(made_by: Resources, knowledge_id: str, calm: Callable[[], bool] = lambda: True) -> int:
    """Publish what is due in one knowledge base, from a process that is no worker. Returns how many steps were sent.

    Only outbound tasks where ``calm`` returns False; the relay sends the steps.
    """
    configure(made_by.settings)
    store = made_by.catalog.store(knowledge_id)
    home_registry.announce(made_by.settings, home_registry.ASKER)
    with app.connection_for_write(bare(made_by.settings.broker_url)) as connection:
        sent = send_next(store, connection=connection) if calm() else 0
        send_outbound_tasks(knowledge_id, store, connection)
    return sent


def relay() -> int:
    """Send what is due and was never sent, or whose message or worker is lost. Returns how many steps were sent.

    Looks at the knowledge bases that are marked busy or have outbound tasks, and at all of them once a minute.
    """
    return _relay.once()


def quiet_stages(empty: frozenset[str] | None = None) -> frozenset[Stage]:
    """The stages whose queue is empty: the message of a step of theirs that was sent and not begun is lost."""
    queues = empty_queues() if empty is None else empty
    return frozenset(stage for stage, queue in QUEUES.items() if queue in queues)


def empty_queues() -> frozenset[str]:
    """The queues in which no message waits; none where the broker cannot be reached."""
    try:
        with translated(app.conf.broker_url), app.connection_for_read() as connection:
            return frozenset(queue for queue in NAMES if queue_length(connection, queue) == 0)
    except BrokerError:
        return frozenset()


@signals.before_task_publish.connect(weak=False)
def _name_home(headers: dict[str, Any], **_: Any) -> None:
    headers["ingot_home"] = home_of(app.conf.broker_transport_options)


def ignore_foreign(request: Any) -> None:
    """Raise Ignore for a message of another home. It stays due there, and that home's relay sends it again."""
    if home_registry.watcher.foreign(resources().settings, str(getattr(request, "ingot_home", None) or "")):
        raise Ignore


_relay = Relay(
    resources=resources,
    send_steps=lambda store, empty: send_next(store, quiet_stages(empty)),
    send_outbound_tasks=lambda store, empty: send_outbound_tasks(store.knowledge_id, store, quiet=NOTIFY in empty),
    send_schedules=send_schedules,
    look_for_troubles=lambda: oversight.look(resources()),
    empty_queues=empty_queues,
)


class RelayStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs the relay once a second in the worker's main thread, so that no other thread holds a lock at a fork."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        self.entry = parent.timer.call_repeatedly(1.0, self.look)

    def stop(self, parent: Any) -> None:
        self.entry.cancel()

    @staticmethod
    def look() -> None:
        try:
            relay()
        except IngotError as error:
            log.warning("the relay waits: %s", error.message)


app.steps["worker"].add(RelayStep)


@signals.worker_process_init.connect(weak=False)
def _in_child(**_: Any) -> None:
    this_process.killable = True


def worker_lost(
    task_id: str, args: Sequence[Any], hostname: str, fault: Fault | None, name: str = "", why: str = ""
) -> None:
    """Clean up after a child that died over a task: end its lease and remove its temp directory.

    The relay sends the step again. ``fault``: what its work did to it, None where its work is not to blame; ``name``:
    the task's; ``why``: how the child ended, in words. Called in the parent of the children.
    """
    stage = name.removeprefix("ingot.")
    if stage in set(Stage):
        key = key_of(Stage(stage), args)
        step_log.lost(key, task_id, why, **in_hand(resources(), key))
    names = [str(name) for name in args[:1]]
    release(resources(), names, f"{hostname}/{task_id}/", fault, blameless=fault is None)


def release_worker(hostname: str, *, blameless: bool = False) -> int:
    """End the leases that a worker of this name held when it died; how many steps and outbound tasks."""
    freed = release(resources(), resources().catalog.outboxes(), f"{hostname}/", blameless=blameless)
    if freed:
        log.warning("%d steps or outbound tasks that %s left unfinished are due again", freed, hostname)
    return freed
