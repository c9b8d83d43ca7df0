"""Commands about processes: up, down, status, worker and doctor."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import AsJson, load_settings, open_service
from stores.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from ingest.runtime.embedded import RuntimeStatus
    from pipeline.settings import Settings

log = logging.getLogger("ingot.worker")

_BROKER_S = 60.0


def up(as_json: AsJson = False) -> None:
    """Start the private Redis, Chroma and worker of this home, and keep them until `ingot down`."""
    from ingest.runtime import embedded

    _print_status(embedded.up(load_settings()), as_json=as_json)


def down() -> None:
    """Stop what `ingot up` or a job keeps running; unfinished work waits for the next command."""
    from ingest.cli import console
    from ingest.runtime import embedded

    settings = load_settings()
    if settings.broker_url:
        raise InputError("INGOT_BROKER_URL is set, so nothing here was started by ingot: stop your workers yourself")
    stopped = embedded.down(settings)
    console.note("stopped" if stopped else f"nothing runs for {settings.home}")
    if open_service(settings).administration.unfinished():
        console.note(
            "There is unfinished work: the next `ingot ingest`, `ingot jobs watch` or `ingot up` goes on with it."
        )


def status(as_json: AsJson = False) -> None:
    """Show what runs, and whether work is left; starts nothing."""
    from ingest.cli import console
    from ingest.runtime import embedded

    settings = load_settings()
    runtime = embedded.status(settings)
    unfinished = open_service(settings).administration.unfinished()
    _print_status(runtime, as_json=as_json, unfinished=unfinished)
    if unfinished and not runtime.running:
        console.note("Work is left and no worker runs: `ingot up` goes on with it.")


def _print_status(runtime: RuntimeStatus, *, as_json: bool, unfinished: bool | None = None) -> None:
    from ingest import serializers
    from ingest.cli import console

    if as_json:
        console.print_json(serializers.runtime_status(runtime, unfinished=unfinished))
        return
    state = "running" if runtime.running else "not running"
    words = {
        "runtime": f"{state} ({runtime.mode}{', kept' if runtime.kept else ''})",
        "broker": runtime.broker_url,
        "chroma": runtime.chroma_url,
        **{name: _process_words(facts) for name, facts in runtime.processes.items()},
        "logs": runtime.logs,
        "trouble": runtime.trouble,
        "unfinished": "" if unfinished is None else "yes" if unfinished else "no",
    }
    for name, text in words.items():
        if text:
            console.print_text(f"{name:<10} {text}")


def _process_words(facts: dict[str, Any]) -> str:
    remark = f" ({facts['remark']})" if facts.get("remark") else ""
    return facts.get("refusal") or f"process {facts['pid']}, restarted {facts['restarts']} times{remark}"


def worker(
    context: typer.Context,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="all, cpu, gpu or notify.")] = "all",
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
    specs = worker_spec.worker_specs(role, needs, cards)
    environment = {**os.environ, "INGOT_HOME": str(settings.home), "INGOT_LOG_FORMAT": settings.log_format}
    say = _start_messages(settings)
    name, extra = worker_spec.split_node_name(context.args, f"{os.environ.get('INGOT_WORKER_NAME') or role}@%h")
    say(f"device: {worker_spec.device()}")
    queues = ", ".join(queue for spec in specs for queue in spec.queues)
    say(f"queues: {queues}; waiting for {without_password(settings.broker_url)}")
    if unsafe := remark(settings.broker_url):
        say(f"note: {unsafe}")
    worker_spec.wait_for_broker(settings.broker_url, broker_wait, say)
    return worker_group.run_workers(specs, name, extra, environment)


def _start_messages(settings: Settings) -> Callable[[str], None]:
    """Return the function for messages before Celery starts: text on stderr, or lines of a JSON log."""
    from ingest.cli import console
    from pipeline import log_format

    if settings.log_format == log_format.TEXT:
        return console.note
    log_format.prepare(settings.log_format, "INFO", role="worker")
    return log.info


def doctor(as_json: AsJson = False) -> int:
    """Check this machine: Python, SQLite, Redis, models, GPU, home and disk."""
    from ingest.cli import console
    from ingest.cli.doctor import examine
    from ingest.cli.finding import Level

    findings = examine(load_settings())
    if as_json:
        console.print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            remedy = f"\n     {'':<12} -> {finding.remedy}" if finding.remedy else ""
            console.print_text(f"{finding.level:<4} {finding.what:<12} {finding.words}{remedy}")
    return 1 if any(finding.level is Level.FAIL for finding in findings) else 0
