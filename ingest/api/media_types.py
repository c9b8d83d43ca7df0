"""Which of several media types a client wants, by its ``Accept`` header."""

from __future__ import annotations

from collections.abc import Sequence


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered type that a client prefers, the first of equals; None where it takes none of them."""
    if not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    weights = {kind: _weight(kind, ranges) for kind in offered}
    best = max(offered, key=lambda kind: (weights[kind], -offered.index(kind)))
    return best if weights[best] > 0 else None


def _range(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
    return kind, weight


def _weight(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most specific range that covers a type, 0 where none does."""
    weights = dict(ranges)
    for covering in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if covering in weights:
            return weights[covering]
    return 0.0
