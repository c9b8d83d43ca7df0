"""The installed version."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def version() -> str:
    """Return the version of the installed package; "(not installed)" for a checkout."""
    try:
        return metadata.version("ingot")
    except metadata.PackageNotFoundError:
        return "(not installed)"
