"""Quantities as text, for the command line and the pages: numbers, sizes and durations."""

from __future__ import annotations

import math
from decimal import Decimal

_UNITS = ("B", "KB", "MB", "GB", "TB")


def exact(value: float) -> str:
    """Format a number with all its digits: ``9.45``, ``564.0``, ``10000000000000000.0`` for 1e16.

    Nothing is rounded: the text, read again, is the same number.
    """
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def size(count: int) -> str:
    """Format bytes as ``512 B`` or ``1.4 MB``; a KB is 1000 bytes. ``static/format.js`` does the same."""
    amount, unit = float(count), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 or amount >= 99.5 else f"{amount:.1f} {_UNITS[unit]}"


def duration(seconds: float | None) -> str:
    """Format seconds for pages: ``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``; empty for None."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def clock_duration(seconds: float) -> str:
    """Format seconds for the terminal, with a fixed width while they count up: ``3.2 s``, ``4:05``, ``1:02:03``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
