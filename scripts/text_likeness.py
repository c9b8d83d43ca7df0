"""When a value that was extracted counts as the true one, though a comma or an accent differs."""

from __future__ import annotations

from rapidfuzz import fuzz

from pipeline.engines.evidence.located_values import squash


def alike(wanted: str, value: str) -> bool:
    """Tell whether two texts are nearly the same (85 %), or one is a part that holds at least half of the other.

    Letters and digits count; numbers are compared without a leading 0 and a country's code."""
    one, other = squash(wanted), squash(value)
    if one == other or (
        one.isdigit() and other.isdigit() and one.lstrip("0") in (other, other[-len(one.lstrip("0")) :])
    ):
        return True
    short, long = sorted((one, other), key=len)
    part = len(short) >= (3 if short.isascii() else 2) and short in long and 2 * len(short) >= len(long)
    return part or fuzz.ratio(one, other) >= 85
