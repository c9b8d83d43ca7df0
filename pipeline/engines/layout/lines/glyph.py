"""A character as it is printed."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.engines.layout.lines.styles import Style


class Glyph(NamedTuple):
    """One character as printed and its box."""

    char: str
    x0: float
    y0: float
    x1: float
    y1: float
    style: Style

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2
