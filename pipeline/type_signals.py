"""The signals of each type of document, read from ``type_signals.toml``: patterns with weights."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

TYPES = ("resume", "invoice", "receipt", "statement", "paper", "contract")
"""The types of documents that are told apart."""

_FILE = Path(__file__).with_suffix(".toml")


class Where(StrEnum):
    """The lines that a signal is looked for in."""

    TITLE = "title"  # short lines on the first page that stand at its top, or are titles or headings
    HEADING = "heading"  # short lines
    TOP = "top"  # the first lines of the first page
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A pattern that speaks for a type, or against it where its weight is negative.

    ``times``: on how many lines it must stand. ``key``: a document of the type shows one of its key signals. In titles
    and headings the pattern covers the whole line.
    """

    name: str
    where: Where
    pattern: re.Pattern[str]
    weight: float
    times: int = 1
    key: bool = False


@cache
def signals() -> Mapping[str, tuple[Signal, ...]]:
    """The signals by type, compiled on first use."""
    content = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: tuple(map(_signal, content[name])) for name in TYPES}


def _signal(given: Mapping[str, Any]) -> Signal:
    where = Where(given["where"])
    body = "|".join(given["patterns"])
    if where in (Where.TITLE, Where.HEADING):
        body = rf"\W*(?:[\dIVX]{{1,4}}[.)]?\s+)?(?:{body})\W*"
    return Signal(
        name=given["name"],
        where=where,
        pattern=re.compile(body, re.IGNORECASE),
        weight=given["weight"],
        times=given.get("times", 1),
        key=given.get("key", False),
    )
