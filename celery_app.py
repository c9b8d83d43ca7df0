"""The Celery application, configured: ``celery -A celery_app worker|beat|inspect|flower``.

The tasks and their routes are in ``pipeline/tasks.py``. This module configures the application, and adds what a worker
does when it starts, when it stops and when one of its children dies. Importing it starts nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import resource
import signal
import threading
import warnings
from collections import deque
from dataclasses import asdict
from typing import Any

import redis
from billiard.process import current_process
from celery import bootsteps, platforms, signals
from celery.apps import worker as celery_worker
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.utils.log import get_multiprocessing_logger
from celery.worker.consumer import Consumer
from celery.worker.control import inspect_command
from kombu.transport.redis import Channel as RedisChannel

from ingest.cli import exit_codes
from ingest.runtime import temp_dir, worker_spec
from ingest.runtime.parent_death import end_with_parent
from ingest.runtime.run_dir import RunDir
from ingest.runtime.worker_messages import REFUSAL, REMARK, say
from ingest.version import version
from pipeline import (
    beat,
    error_reports,
    flow,
    home_registry,
    hosts_apart,
    log_format,
    relay,
    tasks,
    time_limits,
    tracing,
    worker_deaths,
    worker_metrics,
)
from pipeline.broker_faults import explained
from pipeline.broker_probe import FAULTS
from pipeline.broker_queues import plain_name
from pipeline.settings import Settings
from pipeline.tasks import app
from pipeline.worker_deaths import MemoryKills
from pipeline.worker_process import this_process
from stores.errors import IngotError, StoppingError

log = logging.getLogger("ingot.worker")

_LAST_PAGES_S = 8.0  # for pages in hand when a worker of threads is told to end; then they go to another worker
_LAST_S = 20  # for what Celery does at the end of a process; it may wait for a message that a dead child began
_SWEEP_S = 60.0
_HOST_EVERY = round(hosts_apart.ANNOUNCE_S / home_registry.ANNOUNCE_S)
_NO_PATH = re.compile(r"[^\w@.-]+")
_lost: deque[str] = deque(maxlen=256)


class Sentences(logging.Filter):
    """Replaces Celery's messages about an unusable broker by a sentence with the cause and what to do."""

    def filter(self, record: logging.LogRecord) -> bool:
        given = record.args if isinstance(record.args, tuple) else ()
        if error := next((one for one in given if isinstance(one, FAULTS)), None):
            fault = explained(error, app.conf.broker_url)
            record.msg, record.args, record.exc_info = "%s; it is tried again", (fault.message,), None
        return True


_SENTENCES = Sentences()


@signals.after_setup_logger.connect
@signals.after_setup_task_logger.connect
def log_as_wished(logger: logging.Logger, **_: Any) -> None:
    """Give all log lines of a worker our format, and our own loggers the level of INGOT_LOG_LEVEL."""
    settings = Settings()
    for handler in [*logger.handlers, *get_multiprocessing_logger().handlers]:
        handler.setFormatter(log_format.formatter(settings.log_format))
    logging.getLogger("ingot").setLevel(settings.log_level.upper())
    logging.getLogger("celery.worker.consumer.consumer").addFilter(_SENTENCES)


@signals.worker_ready.connect
def say_ready(sender: Any, **_: Any) -> None:
    """Log, instead of Celery's banner, which worker begins to serve which queues."""
    queues = sorted(map(plain_name, sender.app.amqp.queues.consume_from))
    size = _slots_of(sender)
    if os.geteuid() == 0:
        log.warning("this worker runs as root: whoever breaks into it by a document owns the machine; use another user")
    words = "%s is ready: %d %s for the queues %s"
    kind = "threads" if this_process.threaded else "processes"
    log.info(
        words, sender.hostname, size, kind, ", ".join(queues), extra=log_format.facts(event="ready", queues=queues)
    )


def _slots_of(worker: Any) -> int:
    """Return how many tasks a worker runs at once; 0 before it has a pool."""
    pool = getattr(worker, "pool", None)
    return int(getattr(pool, "limit", None) or getattr(pool, "num_processes", 0) or 0)


def _say_in_log(text: str, *_: Any) -> None:
    """Write what Celery prints in signal handlers as a log line; without locks, as a signal handler must not wait."""
    record = logging.LogRecord("celery.worker", logging.INFO, __file__, 0, text.strip(), None, None)
    os.write(2, (log_format.formatter(Settings().log_format).format(record) + "\n").encode())


@signals.worker_init.connect
def release_old_leases(sender: Any, **_: Any) -> None:
    """End the leases that a worker of this name held when it died, so that its steps are due at once.

    The parent of child processes reads no pages: its death is not blamed on them, unless memory ran out.
    """
    this_process.name = sender.hostname
    temp_dir.settle(Settings().home)
    this_process.threaded = _has_threads(sender)
    _trace(forks=not this_process.threaded)
    ran_out = _memory_kills().ran_out()
    tasks.release_worker(sender.hostname, blameless=not this_process.threaded and not ran_out)


def _trace(*, forks: bool) -> None:
    """Begin to trace and to report errors, where that is asked for; a parent of children only passes traces on."""
    try:
        error_reports.start("worker", version())
        if forks:
            tracing.pass_on()
        else:
            tracing.start("ingot-worker")
    except IngotError as error:
        _refuse(error)


def _memory_kills() -> MemoryKills:
    name = _NO_PATH.sub("_", this_process.name)
    return MemoryKills(Settings().home.absolute() / "run" / f"{name}.memory-kills")


def _has_threads(worker: Any) -> bool:
    """Whether a worker runs its tasks in threads. Called before and after the class of its pool is known."""
    return "thread" in str(worker.pool_cls)


class WarmUp(bootsteps.StartStopStep):  # type: ignore[misc]
    """Loads the models that threads share before the worker takes its first task.

    Where that fails, the reason is logged and written to a file for the process that started the worker.
    """

    requires = ("celery.worker.components:Pool",)

    def include_if(self, parent: Any) -> bool:
        return _has_threads(parent)

    def start(self, parent: Any) -> None:
        queues = {plain_name(queue) for queue in parent.app.amqp.queues.consume_from}
        try:
            remarks = this_process.load_models(reader="ocr" in queues, embedder="embed" in queues)
            say(REMARK, "; ".join(remarks))
        except StoppingError:
            raise SystemExit(0) from None
        except IngotError as error:
            _refuse(error)


def _refuse(error: IngotError) -> None:
    log.critical("this worker cannot work here: %s", error.message)
    say(REFUSAL, error.message)
    raise SystemExit(int(exit_codes.of_error(error)))


class WatchStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Watches the children: ends one that sleeps for too long, extends the lease of one that gets no CPU time."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        self.watch, self.name = time_limits.Watch(), parent.hostname
        self.entries = [
            parent.timer.call_repeatedly(1.0, self.look),
            parent.timer.call_repeatedly(flow.BEAT_S, self.vouch),
            parent.timer.call_repeatedly(_SWEEP_S, temp_dir.sweep_beside),
        ]

    def stop(self, parent: Any) -> None:
        for entry in self.entries:
            entry.cancel()

    def look(self) -> None:
        for child in self.watch.look():
            log.warning("process %d slept for as long as its time limit and is ended", child)

    def vouch(self) -> None:
        relay.vouch(this_process.resources(), [f"{self.name}#{child}" for child in self.watch.moving()])


class AnnounceStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Gives signs of life: registers this worker's home on the broker, and logs homes that wait for a worker."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        self.name, self.worker, self.beats = parent.hostname, parent, 0
        self.entry = parent.timer.call_repeatedly(home_registry.ANNOUNCE_S, self.announce)
        self.refuse_hosts_apart()
        self.announce()

    def stop(self, parent: Any) -> None:
        self.entry.cancel()
        resources = this_process.resources()
        home_registry.leave(resources.settings, self.name)
        with contextlib.suppress(IngotError):  # its note grows old by itself
            hosts_apart.withdraw(resources.settings, resources.catalog, self.name)

    @staticmethod
    def refuse_hosts_apart() -> None:
        """End this worker where it would not see what the other hosts do, however it was started."""
        resources = this_process.resources()
        try:
            hosts_apart.refuse(resources.settings, resources.catalog)
        except IngotError as error:
            if error.code in hosts_apart.LASTING:
                _refuse(error)

    def announce(self) -> None:
        if slots := _slots_of(self.worker):  # there are none yet while the pool or a model is made
            worker_metrics.worker_lives(self.name, slots)
        resources = this_process.resources()
        try:
            home_registry.announce(resources.settings, home_registry.WORKER, self.name)
            home_registry.watcher.look(resources.settings)
            if self.beats % _HOST_EVERY == 0:
                hosts_apart.announce(resources.settings, resources.catalog, self.name)
            self.beats += 1
        except IngotError as error:
            log.warning("%s", error.message)


@inspect_command(name=home_registry.TELL_HOME)
def tell_home(state: Any) -> dict[str, Any]:
    """Answer which home this worker serves."""
    return asdict(home_registry.Neighbour.here(this_process.resources().settings, home_registry.WORKER))


_connection_parameters = RedisChannel._connparams


def _parameters_while_open(channel: Any, asynchronous: bool = False) -> dict[str, Any]:
    """Return how a channel connects; where it was closed, kombu 5.7 raises AttributeError, which ends the worker.

    A message that arrived over it cannot be acknowledged any more, which Celery logs: its step is sent again.
    """
    if channel.connection is None:
        raise redis.ConnectionError("the connection to the broker was closed")
    return dict(_connection_parameters(channel, asynchronous=asynchronous))


_DELAYED = "celery.worker.consumer.delayed_delivery:DelayedDelivery"  # 28 queues of RabbitMQ for ETAs
Consumer.Blueprint.default_steps = [step for step in Consumer.Blueprint.default_steps if str(step) != _DELAYED]
# A worker that loses its Redis ends, as kombu 5.7 gives messages back over a connection that it has closed. They need
# not be given back: a step that nobody finishes is sent again by the relay.
RedisChannel.do_restore = False
RedisChannel._connparams = _parameters_while_open
app.conf.beat_scheduler = beat.SCHEDULER
app.steps["worker"].add(WarmUp)
app.steps["worker"].add(AnnounceStep)
app.steps["worker"].add(WatchStep)


@signals.worker_shutting_down.connect
def end_pages(sender: Any, how: str, **_: Any) -> None:
    """Begin no page any more and finish those in work, in a thread: a signal handler must not wait."""
    if this_process.threaded and not (this_process.stopping.is_set() and how == "Warm"):
        within_s = _LAST_PAGES_S if how == "Warm" else 0.0
        threading.Thread(target=this_process.stop_reading, args=(within_s,), name="last pages").start()


@signals.worker_shutdown.connect
def hand_back(sender: Any, **_: Any) -> None:
    """End all leases of this worker, so that its steps are due at once; no page is blamed."""
    tasks.release_worker(sender.hostname, blameless=not this_process.threaded)
    temp_dir.leave()
    tracing.flush()
    log.info("%s stops", sender.hostname, extra=log_format.facts(event="stop"))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_LAST_S)


@signals.worker_process_init.connect
def limit_child(**_: Any) -> None:
    """Limit a child's memory (beyond it: MemoryError) and threads, allow no core files, register its time limits."""
    limit = Settings().memory_mb << 20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in worker_spec.ONE_THREAD:  # for workers that Celery itself started; numpy reads it when it is loaded
        os.environ.setdefault(name, "1")
    error_reports.start("worker", version())
    tracing.start("ingot-worker")
    time_limits.take_slot(current_process().index)


@signals.worker_process_shutdown.connect
def export_last_spans(**_: Any) -> None:
    """Export what a child that ends still has to tell of its steps."""
    tracing.flush()


@signals.task_failure.connect
def note_lost_child(
    sender: Any = None, task_id: str = "", args: Any = (), exception: BaseException | None = None, **_: Any
) -> None:
    """Record the failure of a child that was killed or ran out of time, as it could not do so itself.

    Celery reports a time limit twice: when it sends the signal, and when the child is gone.
    """
    if type(exception).__name__ in ("WorkerLostError", "TimeLimitExceeded") and task_id not in _lost:
        _lost.append(task_id)
        fault = worker_deaths.fault_of(exception, _memory_kills().ran_out())
        name, why = getattr(sender, "name", ""), " ".join(str(exception).split()).rstrip(".")
        tasks.worker_lost(task_id, tuple(args), this_process.name, fault, name, why)


def settings_of_this_process() -> Settings:
    """Return the settings, with the broker of the running runtime where none is set: for ``inspect`` and ``flower``."""
    settings = Settings()
    if settings.broker_url:
        return settings
    running = RunDir.of(settings.home).running()
    return settings.model_copy(update={"broker_url": running.get("broker_url", "")})


celery_worker.safe_say = _say_in_log
platforms.set_pdeathsig = lambda _: end_with_parent()  # Celery's imports a parser of C in each child, .1 s
logging.captureWarnings(True)
warnings.simplefilter("ignore", SecurityWarning)  # said in say_ready
warnings.simplefilter("ignore", CPendingDeprecationWarning)  # Celery's reminder of a choice that broker.py explains


def configure() -> None:
    """Give Celery the settings of this process. SystemExit where the broker's address is none."""
    try:
        tasks.configure(settings_of_this_process())
    except IngotError as error:  # for whoever calls Celery by hand
        raise SystemExit(f"ingot: {error.message}") from None


def begin_in_fork() -> None:
    """Begin anew in a process that was forked after this module was imported, with an environment of its own."""
    time_limits.forget_children()
    configure()


configure()
