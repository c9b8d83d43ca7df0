"""The Celery application, configured: ``celery -A celery_app worker|inspect|flower``.

Tasks and their routes stand in ``pipeline/tasks.py``; here stand the settings and what a worker does at its
start and when a child of it is lost. Importing this starts nothing. SQL is the truth: a message may come twice or
never, so there is no result backend, no ETA and no revoke.
"""

from __future__ import annotations

import os
import resource
import warnings
from collections import deque
from typing import Any

from celery import signals
from celery.exceptions import CPendingDeprecationWarning

from ingest import runtime
from pipeline import tasks
from pipeline.broker import configuration
from pipeline.settings import Settings
from pipeline.tasks import app

_lost: deque[str] = deque(maxlen=256)
_this_worker = {"name": ""}


@signals.worker_init.connect
def release_old_leases(sender: Any, **_: Any) -> None:
    """What a worker of this name held when it died is due again at once, not after its lease."""
    _this_worker["name"] = sender.hostname
    tasks.release_worker(sender.hostname)


@signals.worker_process_init.connect
def limit_child(**_: Any) -> None:
    """A child that would eat the machine's memory gets MemoryError; one that crashes leaves no core file."""
    limit = Settings().memory_mb << 20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@signals.task_failure.connect
def note_lost_child(task_id: str = "", args: Any = (), exception: BaseException | None = None, **_: Any) -> None:
    """A child that was killed or ran out of time could not write down its failure; its worker does.

    Celery tells of a time limit twice: when it sends the signal, and when the child has gone.
    """
    if type(exception).__name__ in ("WorkerLostError", "TimeLimitExceeded") and task_id not in _lost:
        _lost.append(task_id)
        tasks.worker_lost(task_id, tuple(args), _this_worker["name"])


def settings_of_this_process() -> Settings:
    """Where no broker is set, that of the home's runtime while it runs: for ``inspect`` and ``flower``."""
    found = Settings()
    if found.broker_url:
        return found
    return found.model_copy(update={"broker_url": runtime.status(found).broker_url})


warnings.simplefilter("ignore", CPendingDeprecationWarning)  # Celery's reminder of a choice that broker.py explains
app.conf.update(configuration(settings_of_this_process()))
