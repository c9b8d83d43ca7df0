"""``ingot up``, ``down`` and ``status``: the private Redis, Chroma and worker of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.cli.context import AsJson, load_settings, open_service
from stores.errors import InputError

if TYPE_CHECKING:
    from ingest.runtime.embedded import RuntimeStatus


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
