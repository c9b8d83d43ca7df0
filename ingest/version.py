"""The installed version."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Return the version of the installed package; "(not installed)" for a checkout."""
    try:
        return metadata.version("ingot")
    except metadata.PackageNotFoundError:
        return "(not installed)"
