"""``ingot keys``: make keys of the HTTP API."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import AsJson

keys = typer.Typer(no_args_is_help=True, help="Keys of the HTTP API.")


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
