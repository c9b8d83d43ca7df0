"""``ingot mcp``: serve the knowledge bases to an assistant over MCP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.context import load_settings, open_service
from stores.errors import InputError
from stores.models import check_knowledge_id


def mcp(
    knowledge: Annotated[
        list[str] | None,
        typer.Option("-k", "--knowledge", metavar="ID", help="Only this knowledge base (repeatable); all without it."),
    ] = None,
    allow_ingest: Annotated[
        Path | None, typer.Option("--allow-ingest", metavar="DIR", help="Let the assistant ingest files below DIR.")
    ] = None,
) -> None:
    """Serve search, questions, pages and records to an assistant, over MCP on the standard streams.

    Over HTTP, the same tools are at /mcp of `ingot serve`, with the keys of the API.
    """
    from ingest.mcp.server import create_server
    from ingest.mcp.tools import AssistantTools
    from ingest.runtime import embedded
    from ingest.system_user import system_user
    from pipeline.audit_trail import Actor

    scope = frozenset(map(check_knowledge_id, knowledge)) if knowledge else None
    if allow_ingest is not None and not allow_ingest.is_dir():
        raise InputError(f"--allow-ingest {allow_ingest} is no folder: name one that exists", code="usage")
    running = embedded.session if allow_ingest else embedded.searching
    with running(load_settings()) as settings:
        service = open_service(settings)
        service.audit_trail.usual_actor = Actor(system_user(), "mcp")
        create_server(AssistantTools(lambda: service, lambda: scope, allow_ingest)).run("stdio")
