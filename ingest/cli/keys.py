"""``ingot keys``: list, make and revoke keys of the HTTP API."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import AsJson, AsLines, load_settings, open_service
from stores.errors import InputError

keys = typer.Typer(no_args_is_help=True, help="Keys of the HTTP API: list, new, revoke.")

_COLUMNS = {
    "name": "key",
    "knowledge": "knowledge bases",
    "created_at": "created",
    "created_by": "by",
    "last_used_day": "last used",
    "revoked_at": "revoked",
    "source": "kept in",
}


@keys.command("list")
def list_keys(as_json: AsJson = False, as_lines: AsLines = False) -> None:
    """List the keys of this home and those of INGOT_API_KEYS; the keys themselves are kept nowhere."""
    from ingest import administration_serializers as serializers
    from ingest.api.keys import entries_of
    from ingest.cli import console

    settings = load_settings()
    rows = [serializers.access_key(key) for key in open_service(settings).access_keys.all()]
    rows += [serializers.environment_key(entry.name, entry.knowledge) for entry in entries_of(settings.api_keys)]
    shown = rows if as_json or as_lines else [{**row, "knowledge": row["knowledge"] or "all"} for row in rows]
    console.print_rows(shown, _COLUMNS, as_json=as_json, as_lines=as_lines)


@keys.command("new")
def new_key(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What it is called; key-1, key-2 ... without it.")] = "",
    knowledge: Annotated[
        list[str] | None, typer.Option("-k", "--knowledge", metavar="ID", help="Only for these (repeatable).")
    ] = None,
    entry_alone: Annotated[
        bool,
        typer.Option("--entry", help="Keep nothing: print an entry for INGOT_API_KEYS on stdout, the key on stderr."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key, shown once; servers of this home take it at once. Without -k it is an administrator's."""
    from ingest import administration_serializers as serializers
    from ingest.cli import console

    if entry_alone:
        _print_entry(name, knowledge or (), as_json)
        return
    key, kept = open_service(load_settings()).access_keys.create(name, knowledge or ())
    if as_json:
        console.print_json({"key": key, **serializers.access_key(kept)})
        return
    console.print_text(f"key    {key}\nname   {kept.name}")
    console.note("Clients send the key as `Authorization: Bearer KEY`. It is shown this once: only its hash is kept.")
    console.note("From now on, every request to a server of this home needs a key.")


def _print_entry(name: str, knowledge: list[str] | tuple[()], as_json: bool) -> None:
    from ingest.api.keys import new_entry
    from ingest.cli import console

    if name:
        raise InputError("an entry of INGOT_API_KEYS has no name: leave it out, or leave out --entry", code="usage")
    key, entry = new_entry(knowledge)
    if as_json:
        console.print_json({"key": key, "entry": entry})
        return
    console.say(f"key    {key}")
    console.print_text(entry)
    console.note("Clients send the key as `Authorization: Bearer KEY`; it is not stored anywhere.")
    console.note("Add the entry to INGOT_API_KEYS (separate several by commas) and restart `ingot serve`.")


@keys.command("revoke")
def revoke_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `ingot keys list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Let a key count no more, at once; its name stays in the list."""
    from ingest import administration_serializers as serializers
    from ingest.api.keys import entries_of
    from ingest.cli import console

    settings = load_settings()
    if name in {entry.name for entry in entries_of(settings.api_keys)}:
        raise InputError(
            f"the key {name} is one of INGOT_API_KEYS: take it out there and restart `ingot serve`", code="usage"
        )
    access_keys = open_service(settings).access_keys
    known = access_keys.revoke(name)
    if as_json:
        console.print_json(serializers.access_key(known))
    console.note(f"revoked {name}")
    if not settings.api_keys and all(key.revoked_at for key in access_keys.all()):
        console.note("No key is left: servers of this home refuse every request until you make one.")
