"""``ingot callbacks``: list and show callbacks, send them again, and print the secret that signs them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ingest.cli.context import AsJson, AsLines, load_settings, open_service
from stores.errors import InputError
from stores.models import check_knowledge_id

callbacks = typer.Typer(no_args_is_help=True, help="Callbacks: list, show, replay, secret.")

_MOST = 10_000
_COLUMNS = {
    "callback_id": "callback",
    "type": "event",
    "state": "state",
    "attempt": "tries",
    "status": "answer",
    "next_try_at": "next try",
    "url": "url",
    "error": "problem",
}
_Knowledge = Annotated[str, typer.Option("-k", "--knowledge", metavar="ID", help="Only of this one.")]


class State(StrEnum):
    """The delivery state of a callback."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@callbacks.command("list")
def callbacks_list(
    knowledge: _Knowledge = "",
    state: Annotated[State | None, typer.Option("--state", help="Only those in this state.")] = None,
    job: Annotated[str, typer.Option("--job", metavar="JOB", help="Only those of this job.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=_MOST, help="At most so many.")] = 100,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> None:
    """List callbacks, newest first."""
    from ingest import serializers
    from ingest.cli import console
    from stores.views import CallbackFilter

    service = open_service(load_settings())
    names = (service.knowledge_bases.get(check_knowledge_id(knowledge)).knowledge_id,) if knowledge else None
    filters = CallbackFilter(knowledge_ids=names, state=state.value if state else "", job=job)
    listed = service.callbacks.slice(filters, limit=limit)
    rows = [serializers.callback(view) for view in listed.items]
    console.print_rows(rows, _COLUMNS, as_json=as_json, as_lines=as_lines)
    if listed.next_cursor:
        console.note(f"there are more than these {limit}: see --limit")


@callbacks.command("show")
def callbacks_show(
    callback: Annotated[str, typer.Argument(metavar="CALLBACK", help="Its id, as `ingot callbacks list` prints it.")],
    as_json: AsJson = False,
) -> None:
    """Show one callback with the body that is sent; always as JSON."""
    from ingest import serializers
    from ingest.cli import console

    console.print_json(serializers.callback(open_service(load_settings()).callbacks.get(callback), body=True))


@callbacks.command("replay")
def callbacks_replay(
    callback: Annotated[list[str] | None, typer.Argument(metavar="CALLBACK...", help="Their ids.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
    knowledge: _Knowledge = "",
    as_json: AsJson = False,
) -> None:
    """Send callbacks again under their ids, by which a receiver recognizes a repeat."""
    from ingest.cli import console
    from ingest.runtime import embedded

    if bool(callback) == dead:
        raise InputError("name the callbacks to send again, or give --dead for all that were given up", code="usage")
    with embedded.session(load_settings()) as connected:
        service = open_service(connected)
        for name in callback or ():
            service.callbacks.replay(name)
        knowledge_id = check_knowledge_id(knowledge) if knowledge else None
        count = service.callbacks.replay_dead(knowledge_id) if dead else len(callback or ())
    if as_json:
        console.print_json({"replayed": count})
    console.note(f"{console.plural(count, 'callback')} on the way again: see `ingot callbacks list`")


@callbacks.command("secret")
def callbacks_secret(as_json: AsJson = False) -> None:
    """Print the secret that signs callbacks; receivers verify signatures with it as in Standard Webhooks."""
    from ingest.cli import console

    secrets = open_service(load_settings()).callbacks.secrets()
    if as_json:
        console.print_json({"secrets": list(secrets)})
    else:
        console.print_text(secrets[0])
