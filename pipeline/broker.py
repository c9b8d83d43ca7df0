"""Celery's configuration for workers and senders.

SQL is the truth: a message may come twice or never, so there is no result backend, no ETA and no revoke.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline import broker_address, broker_queues
from pipeline.priorities import QUEUES
from pipeline.settings import Settings
from stores.home_id import home_id
from stores.models import Stage

_TASKS_PER_CHILD = 2000  # loading the models again costs seconds; what grows before that is caught by its memory
_WALL_FACTOR = 50.0  # wall-clock limit of a step over its CPU limit: enough with a fiftieth of a core
_PREFIX = "ingot:"


def longest_step_s(settings: Settings) -> float:
    """CPU seconds that one step may take: a whole batch of slow pages, or one slow document."""
    return max(settings.document_timeout_s, settings.batch_pages * settings.page_timeout_s)


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings by name; each was tested with killed workers, full disks and frozen brokers."""
    home = home_id(settings.home.absolute(), settings.database_url, settings.files_url)
    return {
        "broker_url": broker_address.bare(settings.broker_url) or "memory://",
        "broker_use_ssl": broker_address.tls(settings.broker_url) or False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_acquire_timeout": 5,
        "broker_transport_options": {
            # A message that is delivered again while its step runs finds the step claimed, and is dropped.
            "visibility_timeout": 2 * longest_step_s(settings),
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "global_keyprefix": f"{_PREFIX}{home}:",
            "priority_steps": list(range(10)),
            **broker_queues.transport_options(settings.broker_url),
        },
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        "task_reject_on_worker_lost": False,
        # Steps have limits of their own, see time_limits. This ends what hangs between them, but no starved work.
        "task_time_limit": _WALL_FACTOR * longest_step_s(settings),
        "task_publish_retry_policy": {"max_retries": 0},
        **broker_queues.settings_at(settings.broker_url),
        "task_queues": broker_queues.declared(settings.broker_url),
        "task_routes": broker_queues.routes(settings.broker_url),
        "task_default_queue": QUEUES[Stage.PLAN],
        "task_create_missing_queues": False,
        "worker_prefetch_multiplier": 1,
        # A step goes on while the broker is away: its lease keeps the second delivery out. Cancelled ones would wait
        # for the lease's end (measured: a Redis killed in a run cost 60 s, now none).
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_soft_shutdown_timeout": 5,
        "worker_max_tasks_per_child": _TASKS_PER_CHILD,
        # Of the limit: address space counts there, and models take twice as much of it as of memory.
        "worker_max_memory_per_child": settings.memory_mb * 1024 * 3 // 8,
        "worker_hijack_root_logger": True,
        "worker_redirect_stdouts": False,
    }


def home_of(transport_options: Mapping[str, Any]) -> str:
    """The id of the home that this configuration is for."""
    return str(transport_options.get("global_keyprefix", "")).removeprefix(_PREFIX).removesuffix(":")
