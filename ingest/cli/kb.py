"""``ingot kb``: list, show and delete knowledge bases, and embed one anew."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from ingest.cli.context import AsJson, AsLines, load_settings, open_service
from ingest.cli.jobs import Timeout, prepare_workers, watch_or_leave
from ingest.quantities import size
from stores.errors import InputError
from stores.models import check_knowledge_id

kb = typer.Typer(no_args_is_help=True, help="The knowledge bases of this home.")

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_KNOWLEDGE_BASE = {
    "knowledge_id": "knowledge base",
    "name": "name",
    "documents": "documents",
    "counts": "states",
    "pages": "pages",
    "chunks": "chunks",
    "records": "records",
    "size": "size",
    "created_at": "created",
}


_WATCHED = {
    "source": "source",
    "state": "state",
    "looked_at": "last look",
    "submitted": "taken",
    "gone": "gone",
    "host": "host",
    "obstacle": "problem",
}


@kb.command("list")
def kb_list(as_json: AsJson = False, as_lines: AsLines = False) -> None:
    """List the knowledge bases of this home."""
    from ingest import serializers
    from ingest.cli import console

    rows = [serializers.knowledge_base(view) for view in open_service(load_settings()).knowledge_bases.all()]
    shown = rows if as_json or as_lines else [_sized(row) for row in rows]
    console.print_rows(shown, _KNOWLEDGE_BASE, as_json=as_json, as_lines=as_lines)


@kb.command("show")
def kb_show(
    knowledge: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False, as_lines: AsLines = False
) -> None:
    """Show one knowledge base."""
    from ingest import serializers
    from ingest.cli import console

    row = serializers.knowledge_base(open_service(load_settings()).knowledge_bases.get(check_knowledge_id(knowledge)))
    if as_json:
        console.print_json(row)
    elif as_lines:
        console.print_line(row)
    else:
        for key, title in {**_KNOWLEDGE_BASE, "embedder": "embedder"}.items():
            console.print_text(f"{title:<15} {console.one_line(_sized(row)[key])}")


@kb.command("watched")
def kb_watched(
    knowledge: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False, as_lines: AsLines = False
) -> None:
    """List the folders, buckets and mailboxes that `ingot watch` keeps it in step with."""
    from ingest.cli import console
    from ingest.watched_sources import watched_source

    watched = open_service(load_settings()).knowledge_bases.watched_sources(check_knowledge_id(knowledge))
    console.print_rows([watched_source(*one) for one in watched], _WATCHED, as_json=as_json, as_lines=as_lines)


@kb.command("rename")
def kb_rename(
    knowledge: Annotated[str, typer.Argument(metavar="ID")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="In any script, with blanks; empty: the id is shown.")],
) -> None:
    """Give a knowledge base a name for people; its id stays."""
    from ingest.cli import console

    view = open_service(load_settings()).knowledge_bases.rename(check_knowledge_id(knowledge), name)
    console.note(f"{knowledge} is called {view.title}")


@kb.command("delete")
def kb_delete(knowledge: Annotated[str, typer.Argument(metavar="ID")], yes: Yes = False) -> None:
    """Delete a knowledge base with everything in it."""
    from ingest.cli import console
    from ingest.runtime import embedded

    settings = load_settings()
    view = open_service(settings).knowledge_bases.get(check_knowledge_id(knowledge))
    if not yes:
        _confirm(f"Delete {knowledge} with {console.plural(view.documents, 'document')}?")
    with embedded.attached(settings) as connected:
        open_service(connected).knowledge_bases.delete(knowledge)
    console.note(f"deleted {knowledge}")


@kb.command("embed")
def kb_embed(
    knowledge: Annotated[str, typer.Argument(metavar="ID")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until all is done.")] = True,
    timeout: Timeout = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> int:
    """Embed anew, with the embedder of the settings, what another one embedded; no page is read again."""
    from ingest.cli import console
    from ingest.runtime import embedded

    prepare_workers()
    with embedded.attached(load_settings()) as connected:
        job = open_service(connected).documents.embed_all(check_knowledge_id(knowledge))
    if job is None:
        console.note(f"nothing to do: all of {knowledge} is embedded with {load_settings().embedder}")
        if as_json or as_lines:
            console.print_json({"job_id": None})
        return 0
    return watch_or_leave(job.job, wait, timeout, as_json=as_json, as_lines=as_lines)


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise InputError(f"{question} There is no terminal to answer in: give --yes", code="unconfirmed")
    typer.confirm(question, abort=True, err=True)


def _sized(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "size": size(row["size_bytes"])}
