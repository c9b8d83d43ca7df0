"""What the command line prints: data on stdout as a table, JSON, JSON lines, CSV or TSV; everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingest.cli.context import current
from ingest.exact_numbers import exact

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


def note(text: str) -> None:
    """Say something to the person on stderr, unless ``--quiet``."""
    if not current.quiet:
        say(text)


def say(text: str) -> None:
    """Say something on stderr, even with ``--quiet``."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_line(value: Any) -> None:
    """One JSON object on one line, at once: somebody may be reading along."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_text(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")


def print_rows(rows: Sequence[Row], columns: Mapping[str, str], *, as_json: bool, as_lines: bool) -> None:
    """Rows as JSON, JSON lines, a table where a person looks, else tab-separated. ``columns``: key to title."""
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
        is_id = key in ("job", "document")  # to be copied, so never broken over lines
        table.add_column(title, justify="right" if numeric else "left", overflow="fold", no_wrap=is_id)
    for row in rows:
        cells = [one_line(row.get(key)) for key in columns]
        table.add_row(*(Text(cell, style=style_of(cell)) for cell in cells))
    screen(sys.stdout).print(table)


def style_of(word: str) -> str:
    """The colour of a state's name; a style of rich is its own."""
    return word if word in ("bold", "dim", "cyan", "green", "yellow") else _STYLES.get(word, "")


def screen(file: Any) -> Console:
    """A rich console on a stream; it obeys NO_COLOR and knows whether a terminal is there."""
    from rich.console import Console

    return Console(file=file, highlight=False, soft_wrap=False)


def one_line(value: Any) -> str:
    """A value as one cell: nothing for None, counts as ``text 3, ocr 1``, no tabs, breaks or control characters.

    A number keeps all its digits: who wants fewer rounds before, and says so in the column's title.
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
    """Text without the control characters by which a document's text could steer a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def duration(seconds: float) -> str:
    """``3.2 s``, ``4:05``, ``1:02:03``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int) -> str:
    """Bytes for people: ``512 B``, ``3.4 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
