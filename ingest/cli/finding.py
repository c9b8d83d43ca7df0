"""One line of ``ingot doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """OK: it works. WARN: it works with limits. FAIL: it must be fixed."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """A result of a check. ``words``: what was found; ``remedy``: how to fix it, empty where there is no problem."""

    level: Level
    what: str
    words: str
    remedy: str = ""
