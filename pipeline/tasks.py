"""All Celery tasks, and the sending of steps. A message carries ids; what they mean stands in SQL.

A task runs one step of ``flow``. What became due by it is sent at once; the relay sends what nobody sent, and what got
lost. A step that is not ours, or is to be tried later, ends its copy of the chain with ``Ignore``.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from celery import Celery, Task, bootsteps, chain, signals
from celery.exceptions import Ignore
from kombu.exceptions import ConnectionError as BrokerConnectionError
from kombu.exceptions import OperationalError

from pipeline import flow, shared_models, wiring
from pipeline.broker import configuration
from pipeline.settings import Settings
from pipeline.work import Tools
from stores.errors import IngotError, NotFoundError, UnavailableError
from stores.models import Stage, StepKey

if TYPE_CHECKING:
    from stores.records import RecordStore

log = logging.getLogger("ingot.tasks")

QUEUES = {
    Stage.PLAN: "cpu",
    Stage.RENDER: "cpu",
    Stage.PARSE: "cpu",
    Stage.PUBLISH: "cpu",
    Stage.OCR: "ocr",
    Stage.EXTRACT: "extract",
    Stage.EMBED: "embed",
}
#: Redis gives out 0 first: what is begun is finished before more is begun, so that documents become searchable early.
PRIORITIES = {
    Stage.PUBLISH: 0,
    Stage.EMBED: 0,
    Stage.EXTRACT: 0,
    Stage.PLAN: 3,
    Stage.OCR: 6,
    Stage.PARSE: 6,
    Stage.RENDER: 6,
}
SEND_AT_ONCE = 200  # steps that one pass of the relay sends per knowledge base
FULL_LOOK_S = 60.0
QUEUES_LOOK_S = 5.0

app = Celery("ingot")
app.conf.task_routes = {
    f"ingot.{stage}": {"queue": queue, "priority": PRIORITIES[stage]} for stage, queue in QUEUES.items()
}


_tools: dict[int, Tools] = {}
_making_tools = threading.Lock()


def tools() -> Tools:
    """The tools of this process, one for all its threads; a forked child makes its own."""
    process = os.getpid()
    with _making_tools:
        if process not in _tools:
            _tools.clear()
            _tools[process] = wiring.build(Settings(), pooled=StepTask.killable or StepTask.threaded)
        return _tools[process]


class StepTask(Task):  # type: ignore[misc]
    """Runs the step that its message names.

    ``killable``: in a child of its own. ``threaded``: in one of a process's threads. Else this process forks, and no
    connection of it stays open.
    """

    abstract = True
    killable = False
    threaded = False

    def run_step(self, stage: Stage, ids: Sequence[Any]) -> None:
        key = key_of(stage, ids)
        owner = f"{self.request.hostname}/{self.request.id}/{uuid.uuid4().hex[:8]}"
        try:
            result = flow.run_stage(
                tools(),
                key,
                owner=owner,
                worker=f"{self.request.hostname}#{os.getpid()}",
                killable=StepTask.killable,
                stopping=shared_models.stopping.is_set,
            )
        except NotFoundError:  # the knowledge base was deleted meanwhile
            raise Ignore from None
        if StepTask.threaded and stage is Stage.OCR:
            shared_models.end_if_broken(tools())
        if result.due:
            send(result.due)
        if not result.ended:
            raise Ignore


@app.task(base=StepTask, bind=True, name="ingot.plan")
def plan(self: StepTask, *ids: Any) -> None:
    self.run_step(Stage.PLAN, ids)


@app.task(base=StepTask, bind=True, name="ingot.render")
def render(self: StepTask, *ids: Any) -> None:
    self.run_step(Stage.RENDER, ids)


@app.task(base=StepTask, bind=True, name="ingot.ocr")
def ocr(self: StepTask, *ids: Any) -> None:
    self.run_step(Stage.OCR, ids)


@app.task(base=StepTask, bind=True, name="ingot.parse")
def parse(self: StepTask, *ids: Any) -> None:
    self.run_step(Stage.PARSE, ids)


@app.task(base=StepTask, bind=True, name="ingot.extract")
def extract(self: StepTask, *ids: Any) -> None:
    self.run_step(Stage.EXTRACT, ids)


@app.task(base=StepTask, bind=True, name="ingot.embed")
def embed(self: StepTask, *ids: Any) -> None:
    self.run_step(Stage.EMBED, ids)


@app.task(base=StepTask, bind=True, name="ingot.publish")
def publish(self: StepTask, *ids: Any) -> None:
    self.run_step(Stage.PUBLISH, ids)


TASKS: dict[Stage, Any] = {
    Stage.PLAN: plan,
    Stage.RENDER: render,
    Stage.OCR: ocr,
    Stage.PARSE: parse,
    Stage.EXTRACT: extract,
    Stage.EMBED: embed,
    Stage.PUBLISH: publish,
}


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


def send(keys: Sequence[StepKey], store: RecordStore | None = None, connection: Any = None) -> int:
    """Send each step with those that follow it straight, as one chain; how many were sent.

    A broker that cannot be reached ends it quietly: the rest are marked as unsent, and the relay sends them later.
    """
    for sent, key in enumerate(keys):
        held = store or tools().catalog.store(key.knowledge_id)
        run = held.dispatch.straight_run(key, flow.STRAIGHT[key.stage])
        try:
            chain(*[TASKS[step.stage].si(*ids_of(step)) for step in run]).apply_async(connection=connection)
        except (OperationalError, BrokerConnectionError, OSError) as error:
            log.warning("the broker cannot be reached (%s); the relay sends what is due later", type(error).__name__)
            held.dispatch.unsend(keys[sent:])
            return sent
    return len(keys)


def send_due(made_by: Tools, knowledge_id: str) -> int:
    """Publish what is due in one knowledge base, from a process that is no worker; how many steps."""
    app.conf.update(configuration(made_by.settings))
    store = made_by.catalog.store(knowledge_id)
    sent = 0
    with app.connection_for_write(made_by.settings.broker_url) as connection:
        while keys := store.dispatch.take(SEND_AT_ONCE, frozenset()):
            now_sent = send(keys, store, connection)
            sent += now_sent
            if now_sent < len(keys):
                break
    return sent


def relay() -> int:
    """Send what is due and was never sent, or whose message or worker is lost; how many steps.

    Looks at the knowledge bases that are marked busy, and at all of them once a minute.
    """
    return _Relay.once()


class _Relay:
    """When all knowledge bases, and when the queues, were looked at last."""

    looked_at_all = 0.0
    looked_at_queues = 0.0

    @classmethod
    def once(cls) -> int:
        catalog, now = tools().catalog, time.monotonic()
        everything, queues = now - cls.looked_at_all > FULL_LOOK_S, now - cls.looked_at_queues > QUEUES_LOOK_S
        cls.looked_at_all = now if everything else cls.looked_at_all
        names = catalog.names() if everything else catalog.busy()
        quiet: frozenset[Stage] = frozenset()
        if names and queues:
            cls.looked_at_queues, quiet = now, quiet_stages()
        sent = 0
        for knowledge_id in names:
            try:
                sent += _relay_one(knowledge_id, quiet, sweep=everything)
            except IngotError as error:
                log.warning("%s: %s", knowledge_id, error.message)
        return sent


def _relay_one(knowledge_id: str, quiet: frozenset[Stage], *, sweep: bool) -> int:
    store = tools().catalog.store(knowledge_id)
    sent = send(store.dispatch.take(SEND_AT_ONCE, quiet), store)
    if store.dispatch.unfinished():
        tools().catalog.mark_busy(knowledge_id)
    else:
        tools().catalog.rest(knowledge_id)
        sweep = True
    if sweep:
        tools().files.sweep(knowledge_id)
    return sent


def quiet_stages() -> frozenset[Stage]:
    """The stages whose queue is empty: a step of theirs that was sent and not begun is lost."""
    try:
        with app.connection_for_read() as connection:
            empty = {queue for queue in set(QUEUES.values()) if _queue_length(connection, queue) == 0}
    except (OperationalError, BrokerConnectionError, OSError):
        return frozenset()
    return frozenset(stage for stage, queue in QUEUES.items() if queue in empty)


def _queue_length(connection: Any, queue: str) -> int:
    """Messages that wait in a queue; 0 where it does not exist yet.

    On Redis a passive declaration asks for the key without ``global_keyprefix`` and never finds it; an active one makes
    nothing there.
    """
    passive = connection.transport.driver_type != "redis"
    try:
        return int(connection.default_channel.queue_declare(queue=queue, passive=passive).message_count)
    except connection.channel_errors:
        return 0


def workers(settings: Settings) -> list[str]:
    """Names of the workers that answer now, busy ones too; asked from a process that is no worker."""
    app.conf.update(configuration(settings))
    try:
        with app.connection_for_read(settings.broker_url or None) as connection:
            answers = app.control.ping(timeout=2.0, connection=connection) or []
    except (OperationalError, BrokerConnectionError, OSError):
        return []
    return sorted(name for answer in answers for name in answer)


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
    StepTask.killable = True


def worker_lost(task_id: str, args: Sequence[Any], hostname: str) -> None:
    """A child died over a task: its lease ends now, its temp directory goes, and the relay sends the step again.

    Called in the worker's parent.
    """
    try:
        tools().catalog.store(str(args[0])).steps.release(f"{hostname}/{task_id}/")
        tools().files.sweep(str(args[0]))
    except (IngotError, IndexError) as error:
        log.warning("a lost step keeps its lease until it runs out: %s", error)


def release_worker(hostname: str) -> int:
    """End the leases that a worker of this name held when it died; how many steps."""
    catalog = tools().catalog
    freed = 0
    for knowledge_id in catalog.names():
        try:
            freed += catalog.store(knowledge_id).steps.release(f"{hostname}/")
            tools().files.sweep(knowledge_id)
        except UnavailableError as error:
            log.warning("%s: %s", knowledge_id, error.message)
    return freed
