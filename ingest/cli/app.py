"""The command line ``ingot``: commands parse options, call one use case and print; errors become exit codes.

Heavy modules are imported inside the commands, so that ``ingot --help`` stays fast.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ingest.cli import (
    ask,
    audit,
    callbacks,
    convert,
    docs,
    doctor,
    exit_codes,
    export,
    extract,
    ingest,
    init,
    jobs,
    kb,
    kb_check,
    kb_transfer,
    keys,
    mcp,
    records,
    runtime,
    schedules,
    schemas,
    search,
    serve,
    sql,
    watch_source,
    worker,
)
from ingest.cli.global_options import begin_run, cli_context
from stores.errors import IngotError, InputError

_HELP = "Turn documents into a knowledge base: Markdown, records and passages that can be searched, with their pages."
_EPILOG = (
    "Anywhere in a command: --home DIR, --debug, --quiet, --verbose, --no-color. Exit codes: 0 all well, 1 bug, "
    "2 usage, 3 some documents failed, 4 all failed, 5 not found, 6 broker or worker unreachable, 7 timed out, "
    "130 interrupted."
)
_GARBAGE = 200_000  # new objects before garbage is looked for: those that imports make are none
_FLAGS = {"--debug": "debug", "--quiet": "quiet", "-q": "quiet"}


class IngotGroup(TyperGroup):
    """A command group with options that may stand anywhere, in which a bare path means ``ingest``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._with_command(take_common_options(args)))

    def _with_command(self, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if not first or first in self.commands or first in ("-h", "--help", "--version"):
            return args
        if first.startswith("--") and first.endswith("-completion"):
            return args
        return ["ingest", *args] if first.startswith("-") or looks_like_path(first) else args


def looks_like_path(text: str) -> bool:
    """Tell a path from a mistyped command: it has a dot, slash or wildcard, or it exists."""
    return bool(set("./*?[~") & set(text)) or os.path.lexists(text)


def take_common_options(args: Sequence[str]) -> list[str]:
    """Move the common options from the arguments to the CLI context; nothing after ``--`` is touched."""
    rest: list[str] = []
    remaining, context = list(args), cli_context()
    while remaining:
        word = remaining.pop(0)
        if word == "--":
            return [*rest, word, *remaining]
        if word in _FLAGS:
            setattr(context, _FLAGS[word], True)
        elif word == "--no-color":
            os.environ["NO_COLOR"] = "1"
        elif word in ("-v", "-vv", "--verbose"):
            context.verbose += 2 if word == "-vv" else 1
        elif word == "--home" and remaining:
            context.home = _home(remaining.pop(0))
        elif word.startswith("--home="):
            context.home = _home(word.removeprefix("--home="))
        else:
            rest.append(word)
    return rest


def _home(text: str) -> Path:
    if not text.strip():
        raise InputError("--home is empty: name a folder, or leave it out", code="usage")
    return Path(text)


app = typer.Typer(
    name="ingot",
    cls=IngotGroup,
    help=_HELP,
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("ingest")(ingest.ingest)
app.command("watch")(watch_source.watch)
app.command("convert")(convert.convert)
app.command("search")(search.search)
app.command("ask")(ask.ask)
app.add_typer(docs.docs, name="docs")
app.add_typer(records.records, name="records")
app.command("export")(export.export)
app.command("extract")(extract.extract)
app.command("sql")(sql.sql)
app.add_typer(schemas.schemas, name="schemas")
app.add_typer(jobs.jobs, name="jobs")
app.add_typer(callbacks.callbacks, name="callbacks")
app.add_typer(schedules.schedules, name="schedules")
kb.kb.command("check")(kb_check.kb_check)
kb.kb.command("export")(kb_transfer.kb_export)
kb.kb.command("import")(kb_transfer.kb_import)
app.add_typer(kb.kb, name="kb")
app.command("serve")(serve.serve)
app.command("mcp")(mcp.mcp)
app.add_typer(keys.keys, name="keys")
app.command("audit")(audit.audit)
app.command("up")(runtime.up)
app.command("down")(runtime.down)
app.command("status")(runtime.status)
app.command("worker", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(worker.worker)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)


def print_version(given: bool) -> None:
    """Print the installed version if ``--version`` is given, and exit."""
    if not given:
        return
    from ingest.version import version

    sys.stdout.write(f"ingot {version()}\n")
    raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=print_version)
    ] = False,
) -> None:
    """Log to stderr: warnings and errors, more with ``--verbose``. Runs before every command."""
    levels = (logging.WARNING, logging.INFO, logging.DEBUG)
    logging.basicConfig(level=levels[min(cli_context().verbose, 2)], format="ingot: %(message)s", force=True)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_GARBAGE, *gc.get_threshold()[1:])
    code = run(sys.argv[1:])
    gc.freeze()  # what is left is garbage in a moment: the interpreter would look at every object once more
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes one sentence on stderr."""
    with begin_run().closing:
        return _run(args)


def _run(args: Sequence[str]) -> int:
    prepare_streams()
    try:
        code = typer.main.get_command(app).main(args=list(args), prog_name="ingot", standalone_mode=False)
    except IngotError as error:
        return _failed(error)
    except typer.Abort:
        return exit_codes.Exit.INTERRUPTED
    except Exception as error:
        return _usage(error) if hasattr(error, "format_message") else _bug()
    return int(code or 0)


def prepare_streams() -> None:
    """Escape the bytes of file names that cannot be encoded instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _failed(error: IngotError) -> int:
    if error.message:
        sys.stderr.write(f"ingot: {error.message}\n")
    if cli_context().debug:
        traceback.print_exc()
    return int(getattr(error, "exit", exit_codes.of_error(error)))


def _usage(error: Any) -> int:
    """Print an error of the option parser, and how to get help."""
    if type(error).__name__ == "NoArgsIsHelpError":  # the help was printed already
        return exit_codes.Exit.USAGE
    path = error.ctx.command_path if getattr(error, "ctx", None) else "ingot"
    sys.stderr.write(f"ingot: {error.format_message().rstrip('.')}; see {path} --help\n")
    return exit_codes.Exit.USAGE


def _bug() -> int:
    """Print one sentence about an unexpected error, and append the traceback to a file for a report."""
    text, context = traceback.format_exc(), cli_context()
    if context.debug:
        sys.stderr.write(text)
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    home = context.home or Path(os.environ.get("INGOT_HOME") or "ingot-data")
    for folder in (home / "run", Path(tempfile.gettempdir())):
        try:
            with (folder / "ingot-errors.log").open("a") as log:
                log.write(f"{stamp} ingot {' '.join(sys.argv[1:2])}\n{text}\n")
        except OSError:
            continue
        sys.stderr.write(f"ingot: this is a bug ({text.strip().splitlines()[-1]}); its traceback is in {log.name}\n")
        break
    return exit_codes.Exit.BUG


if __name__ == "__main__":
    main()
