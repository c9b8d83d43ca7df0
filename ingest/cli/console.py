"""Output of the command line: data on stdout as table, JSON, JSON lines, CSV or TSV; messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingest.cli.global_options import cli_context
from ingest.quantities import exact

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    "done": "green",
    "partial": "yellow",
    "failed": "red",
    "cancelled": "magenta",
    "running": "cyan",
    "queued": "dim",
    "new": "green",
    "changed": "cyan",
    "gone": "magenta",
    "skipped": "dim",
    "OK": "green",
    "WARN": "yellow",
    "FAIL": "red",
}

Row = Mapping[str, Any]


def note(text: str, style: str = "") -> None:
    """Print a message on stderr, unless ``--quiet``; in a ``style`` where it is a terminal."""
    if cli_context().quiet:
        return
    if not style:
        say(text)
        return
    from rich.text import Text

    screen(sys.stderr).print(Text(text, style=style), soft_wrap=True)


def say(text: str) -> None:
    """Print a message on stderr, even with ``--quiet``."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_line(value: Any) -> None:
    """Print a JSON object on one line and flush it, so that a program can read along."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_text(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")


def print_rows(rows: Sequence[Row], columns: Mapping[str, str], *, as_json: bool, as_lines: bool) -> None:
    """Print rows as JSON, as JSON lines, as a table in a terminal, else tab-separated.

    ``columns`` maps the keys to print to their titles.
    """
    if as_json:
        print_json(list(rows))
    elif as_lines:
        for row in rows:
            print_line(row)
    elif sys.stdout.isatty():
        print_table(rows, columns)
    else:
        print_text("\t".join(columns))
        for row in rows:
            print_text("\t".join(one_line(row.get(key)) for key in columns))


def print_table(rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for key, title in columns.items():
        numeric = bool(rows) and all(isinstance(row.get(key), int | float) for row in rows)
        is_id = key in ("job", "document")  # never wrapped, so that it can be copied
        table.add_column(title, justify="right" if numeric else "left", overflow="fold", no_wrap=is_id)
    for row in rows:
        cells = [one_line(row.get(key)) for key in columns]
        table.add_row(*(Text(cell, style=style_of(cell)) for cell in cells))
    screen(sys.stdout).print(table)


def style_of(word: str) -> str:
    """Return the rich style of a state's name; a name of a style is returned as it is."""
    return word if word in ("bold", "dim", "cyan", "green", "yellow") else _STYLES.get(word, "")


def screen(file: Any) -> Console:
    """Return a rich console on a stream; it honours NO_COLOR and detects a terminal."""
    from rich.console import Console

    return Console(file=file, highlight=False, soft_wrap=False)


def one_line(value: Any) -> str:
    """Format a value as one cell: empty for None, mappings as ``text 3, ocr 1``, no tabs or control characters.

    A number keeps all its digits; a caller that wants fewer must round it.
    """
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one_line(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(one_line(part) for part in value)
    if isinstance(value, float):
        return exact(value)
    return printable(" ".join(str(value).split()))


def printable(text: str) -> str:
    """Replace control characters, which could otherwise send commands to the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def plural(count: int, word: str) -> str:
    """``1 page``, ``12 pages``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
