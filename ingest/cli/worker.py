"""``ingot worker``: start the Celery workers of this host."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import load_settings
from stores.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from pipeline.settings import Settings

log = logging.getLogger("ingot.worker")

_BROKER_S = 60.0


def worker(
    context: typer.Context,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="all, cpu, gpu or notify.")] = "all",
    queues: Annotated[str, typer.Option("--queues", metavar="Q,Q", help="Serve only these queues of the role.")] = "",
    broker_wait: Annotated[
        float, typer.Option("--broker-wait", metavar="S", min=0, help="Wait at most S seconds for the broker.")
    ] = _BROKER_S,
) -> int:
    """Start the Celery workers for this host's role; further arguments go to Celery."""
    from ingest.runtime import worker_group, worker_spec
    from pipeline.broker_address import remark, without_password

    if role not in worker_spec.ROLES:
        roles = ", ".join(worker_spec.ROLES)
        raise InputError(f"{role!r} is no role of a worker: choose one of {roles}", code="bad_role")
    settings = load_settings()
    if not settings.broker_url:
        raise UnavailableError(
            "no broker is configured: set INGOT_BROKER_URL, e.g. redis://host:6379/0 "
            "(without one, commands start their own worker, and `ingot up` keeps it)",
            code="no_broker",
        )
    needs = worker_spec.WorkerNeeds(
        workers=settings.workers,
        ocr_engine=settings.ocr_engine,
        ocr_slots=settings.ocr_slots,
        embedder=settings.embedder,
    )
    cards = worker_spec.cards() if role == "gpu" or needs.transformers else []
    specs = worker_spec.worker_specs(role, needs, cards, worker_spec.chosen_queues(role, queues))
    environment = {**os.environ, "INGOT_HOME": str(settings.home), "INGOT_LOG_FORMAT": settings.log_format}
    say = _start_messages(settings)
    name, extra = worker_spec.split_node_name(context.args, f"{os.environ.get('INGOT_WORKER_NAME') or role}@%h")
    say(f"device: {worker_spec.device()}")
    served = ", ".join(queue for spec in specs for queue in spec.queues)
    say(f"queues: {served}; waiting for {without_password(settings.broker_url)}")
    if unsafe := remark(settings.broker_url):
        say(f"note: {unsafe}")
    worker_spec.wait_for_broker(settings.broker_url, broker_wait, say)
    _refuse_hosts_apart(settings)
    metrics = worker_group.MetricsAddress(host=settings.metrics_host, port=settings.metrics_port)
    return worker_group.run_workers(specs, name, extra, environment, metrics)


def _refuse_hosts_apart(settings: Settings) -> None:
    """Raise UnavailableError where this host would not see the work of the others."""
    from pipeline import hosts_apart
    from pipeline.remote_control import workers_of_other_homes
    from pipeline.service import Service

    try:
        with contextlib.closing(Service(settings)) as service:
            service.administration.refuse_hosts_apart()
    except UnavailableError as error:
        if error.code in hosts_apart.LASTING:
            raise
        log.warning("%s", error.message)  # a server that is away is waited for
        return
    hosts_apart.refuse_strange_broker(settings, workers_of_other_homes(settings))


def _start_messages(settings: Settings) -> Callable[[str], None]:
    """Return the function for messages before Celery starts: text on stderr, or lines of a JSON log."""
    from ingest.cli import console
    from pipeline import log_format

    if settings.log_format == log_format.TEXT:
        return console.note
    log_format.prepare(settings.log_format, "INFO", role="worker")
    return log.info
