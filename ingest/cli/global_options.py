"""The common options of one run of the command line: those before the command, such as ``--home`` and ``--quiet``."""

from __future__ import annotations

import os
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class CliContext:
    """The common options of one run. ``verbose`` counts ``-v``; ``warned``: the environment was checked already.

    ``closing``: what is closed when the run ends.
    """

    home: Path | None = None
    debug: bool = False
    quiet: bool = False
    verbose: int = 0
    warned: bool = False
    closing: ExitStack = field(default_factory=ExitStack)


_run: ContextVar[CliContext] = ContextVar("ingot_cli_context")


def begin_run() -> CliContext:
    """Start a run with its own common options, whatever an earlier run in this process had."""
    context = CliContext(debug=os.environ.get("INGOT_DEBUG", "") not in ("", "0"))
    _run.set(context)
    return context


def cli_context() -> CliContext:
    """Return the common options of this run; the defaults outside of a run.

    Typer's own context ends before errors are reported, and typer does not export a way to get the current one.
    """
    return _run.get(CliContext())
