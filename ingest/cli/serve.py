"""``ingot serve``, which runs the HTTP API and the pages, and ``ingot keys``, which makes API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import AsJson, load_settings

keys = typer.Typer(no_args_is_help=True, help="Keys of the HTTP API.")


def serve(
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Listen here.")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="At this port.")] = None,
) -> None:
    """Serve the HTTP API and the pages of this home."""
    from ingest.api.server import serve as run

    given = {"api_host": host, "api_port": port}
    run(load_settings().model_copy(update={name: value for name, value in given.items() if value is not None}))


@keys.command("new")
def new_key(
    knowledge: Annotated[
        list[str] | None, typer.Option("-k", "--knowledge", metavar="ID", help="Only for these (repeatable).")
    ] = None,
    entry_alone: Annotated[
        bool, typer.Option("--entry", help="Print the entry alone on stdout, and the key on stderr.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key, shown once; its entry goes into INGOT_API_KEYS, as in INGOT_API_KEYS=$(ingot keys new --entry)."""
    from ingest.api.keys import new_entry
    from ingest.cli import console

    key, entry = new_entry(knowledge or ())
    if as_json:
        console.print_json({"key": key, "entry": entry})
        return
    if entry_alone:
        console.say(f"key    {key}")
    console.print_text(entry if entry_alone else f"key    {key}\nentry  {entry}")
    console.note("Clients send the key as `Authorization: Bearer KEY`; it is not stored anywhere.")
    console.note("Add the entry to INGOT_API_KEYS (separate several by commas) and restart `ingot serve`.")
