"""The installed version."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """That of the installed package, or "(not installed)" for a checkout that was never installed."""
    try:
        return metadata.version("ingot")
    except metadata.PackageNotFoundError:
        return "(not installed)"
