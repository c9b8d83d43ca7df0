"""What commands share: the types of their options, the settings, and access to the use cases.

Only the standard library and typer are imported at the top, so that ``ingot --help`` stays fast.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.global_options import cli_context
from stores.errors import InputError

if TYPE_CHECKING:
    from pipeline.service import Service
    from pipeline.settings import Settings
    from stores.models import Schema

log = logging.getLogger("ingot.cli")

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_MOST_PAGES = 100_000


Knowledge = Annotated[
    str,
    typer.Option(
        "-k", "--knowledge", metavar="ID", envvar="INGOT_KNOWLEDGE", help="Knowledge base.", show_default=True
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsLines = Annotated[bool, typer.Option("--nl", help="Print one JSON object per line.")]
Pages = Annotated[str, typer.Option("--pages", metavar="1-5,9", help="Only these pages.")]


def load_settings() -> Settings:
    """Return the settings of this run. InputError with one sentence per wrong value."""
    from ingest.given_settings import read_settings

    home = cli_context().home
    settings = read_settings(**({"home": home} if home else {}))
    _warn_once(settings)
    return settings


def _warn_once(settings: Settings) -> None:
    """Print, once a run, which environment variables are unknown, and which home is used if it is still empty."""
    context = cli_context()
    if context.warned:
        return
    context.warned = True
    from ingest.cli import console
    from ingest.cli.home_notice import unused_home
    from pipeline import log_format
    from pipeline.unknown_variables import stray_variables

    for sentence in (*stray_variables(os.environ), unused_home(settings, context.home)):
        if sentence and settings.log_format == log_format.JSON:  # stderr is read by a program: one object per line
            log_format.prepare(settings.log_format, settings.log_level)
            log.warning("%s", sentence)
        elif sentence:
            console.note(f"ingot: {sentence}")


def open_service(settings: Settings, schemas: Sequence[Schema] = ()) -> Service:
    """Open the use cases until the run ends; ``schemas``: those of files that the command names.

    UnavailableError where other hosts use the database and would not see what this one does.
    """
    from ingest.system_user import system_user
    from pipeline.audit_trail import Actor
    from pipeline.service import Service

    service = Service(settings, schemas)
    service.audit_trail.usual_actor = Actor(system_user(), "cli")
    cli_context().closing.callback(service.close)
    if settings.database_url:
        service.administration.refuse_hosts_apart()
    return service


def page_numbers(text: str) -> tuple[int, ...]:
    """Parse page numbers: ``"2-4,9"`` is (2, 3, 4, 9), an empty text is empty. InputError for anything else."""
    numbers: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= _MOST_PAGES:
            raise InputError(f"--pages {text!r} is not a list of pages: write it like 1-5,9", code="bad_pages")
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))
