"""``ingot serve``: run the HTTP API and the pages."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import load_settings


def serve(
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Listen here.")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="At this port.")] = None,
) -> None:
    """Serve the HTTP API and the pages of this home."""
    from ingest.api.server import serve as run

    given = {"api_host": host, "api_port": port}
    run(load_settings().model_copy(update={name: value for name, value in given.items() if value is not None}))
