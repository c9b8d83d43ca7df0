"""One line of ``ingot doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """OK works, WARN works with less, FAIL must be mended."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """``remedy`` is empty where all is well."""

    level: Level
    what: str
    words: str
    remedy: str = ""
