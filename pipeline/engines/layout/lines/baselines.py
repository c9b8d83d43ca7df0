"""Tells which spans of a printed line stand above its baseline, as exponents and marks of notes do. Pure.

MuPDF marks as raised whatever stands above the first character of a line: all of a line that begins with an index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

_FLAG = 1  # MuPDF's mark of a superscript
_FULL = 0.85  # of the largest size: what is set so is no exponent
_LEAST = 0.45  # of the size of the line: less is text beside an initial
_ABOVE = 0.1  # of the size: how far a smaller span stands above the baseline at least
_SHIFTED = 0.2  # of the size, where it is as large as the line
_BULLETS = frozenset(" \u00a0•●○■□▪▫◦‣·")  # often larger than the text behind them, or set higher
_MOST = 16  # characters of what is raised
_LONGEST = 4  # characters that are raised without being smaller


def raised_spans(spans: Sequence[dict[str, Any]]) -> frozenset[int]:
    """The indices of the raised spans of a line (MuPDF's rawdict)."""
    if len(spans) < 2 or not (_may_be_raised(spans[0], spans) or any(span["flags"] & _FLAG for span in spans)):
        return frozenset()
    base, size = _baseline(spans)
    return frozenset(at for at, span in enumerate(spans) if _is_raised(span, base, size))


def _may_be_raised(first: dict[str, Any], spans: Sequence[dict[str, Any]]) -> bool:
    """Whether a line may begin with a raised mark: its first span is smaller, and MuPDF cannot see it."""
    return any(first["size"] < _FULL * span["size"] for span in spans)


def _baseline(spans: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Baseline and size of most of the characters that are set in the largest size, or nearly so."""
    worded = [span for span in spans if any(char["c"] not in _BULLETS for char in span["chars"])] or spans
    largest = max(span["size"] for span in worded)
    counts: Counter[tuple[float, float]] = Counter()
    for span in worded:
        if span["size"] >= _FULL * largest:
            for char in span["chars"]:
                counts[_base_of(char), span["size"]] += not char["c"].isspace()
    return counts.most_common(1)[0][0]


def _is_raised(span: dict[str, Any], base: float, size: float) -> bool:
    above = base - _base_of(span["chars"][0]) if span["chars"] else 0.0
    if _LEAST * size < span["size"] < _FULL * size and len(span["chars"]) <= _MOST:
        return bool(_ABOVE * span["size"] < above < size)
    return (
        bool(span["flags"] & _FLAG)
        and span["size"] <= size
        and len(span["chars"]) <= _LONGEST
        and (_SHIFTED * size < above < size)
    )


def _base_of(char: dict[str, Any]) -> float:
    return round(float(char["origin"][1]), 1)
