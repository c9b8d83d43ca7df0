"""``ingot callbacks``: what is told to whom when jobs end, what could not be delivered, and once more."""

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
    """What became of a callback."""

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
    """List callbacks, the newest first."""
    from ingest import serializers
    from ingest.cli import console
    from stores.views import CallbackFilter

    service = open_service(load_settings())
    names = (service.knowledge_bases.get(check_knowledge_id(knowledge)).knowledge_id,) if knowledge else None
    wanted = CallbackFilter(knowledge_ids=names, state=state.value if state else "", job=job)
    found = service.callbacks.slice(wanted, limit=limit)
    rows = [serializers.callback(view) for view in found.items]
    console.print_rows(rows, _COLUMNS, as_json=as_json, as_lines=as_lines)
    if found.next_cursor:
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
    """Deliver callbacks again, with the ids that they have; the receiver knows a repeat by its id."""
    from ingest.cli import console
    from ingest.runtime import embedded

    if bool(callback) == dead:
        raise InputError("name callbacks to deliver again, or all that were given up with --dead", code="usage")
    with embedded.session(load_settings()) as connected:
        service = open_service(connected)
        for name in callback or ():
            service.callbacks.replay(name)
        named = check_knowledge_id(knowledge) if knowledge else None
        count = service.callbacks.replay_dead(named) if dead else len(callback or ())
    if as_json:
        console.print_json({"replayed": count})
    console.note(f"{console.plural(count, 'callback')} on the way again: see `ingot callbacks list`")


@callbacks.command("secret")
def callbacks_secret(as_json: AsJson = False) -> None:
    """Print the secret that signs callbacks; receivers verify with it, as Standard Webhooks says."""
    from ingest.cli import console

    found = open_service(load_settings()).callbacks.secrets()
    if as_json:
        console.print_json({"secrets": list(found)})
    else:
        console.print_text(found[0])
