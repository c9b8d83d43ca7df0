"""Numbers as text with every digit that is kept: what is rounded for people is rounded, and said to be, elsewhere."""

from __future__ import annotations

import math
from decimal import Decimal


def exact(value: float) -> str:
    """``9.45`` for 9.45, ``564.0`` for 564.0, ``10000000000000000.0`` for 1e16: read again, it is the very number."""
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"
