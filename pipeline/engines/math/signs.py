"""The signs of a formula: printed characters, and what was put together of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.engines.math.symbols import Kind
from stores.models import Box

AXIS = 0.25  # of the size: how far fraction bars, sums and tall brackets are centred above the baseline


class Rule(NamedTuple):
    """A drawn level line, in points: of a fraction, a root, or a bar over or under letters."""

    x0: float
    x1: float
    y: float


@dataclass(slots=True, eq=False)
class Sign:
    """A character, or a part of a formula that is written already. ``base``: its baseline; all in points.

    ``axis`` of what is centred on the axis of its row, whatever its baseline: fractions, sums, tall brackets.
    """

    tex: str
    kind: Kind
    box: Box
    base: float
    size: float
    char: str = ""
    alphabet: str = ""
    sure: bool = False  # printed in a font of formulas
    axis: float | None = None
    printed: list[dict[str, Any]] = field(default_factory=list)  # characters of the text layer that it is

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def x(self) -> float:
        """The middle."""
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        """The middle."""
        return (self.box[1] + self.box[3]) / 2


def around(signs: Iterable[Sign]) -> Box:
    """The box that spans all signs."""
    lefts, tops, rights, bottoms = zip(*(sign.box for sign in signs), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def composed(tex: str, parts: Sequence[Sign], *, base: float, size: float, axis: float | None = None) -> Sign:
    """A part of a formula as one sign."""
    return Sign(tex=tex, kind=Kind.ORDINARY, box=around(parts), base=base, size=size, axis=axis, sure=True)


def without(signs: Sequence[Sign], taken: Iterable[Sign]) -> list[Sign]:
    """The signs but those taken, which are told apart by identity."""
    gone = {id(sign) for sign in taken}
    return [sign for sign in signs if id(sign) not in gone]


def main_size(signs: Sequence[Sign]) -> float:
    """The size of the largest signs, in points."""
    return max((sign.size for sign in signs), default=1.0)


def main_base(signs: Sequence[Sign]) -> float:
    """The baseline of the row that most of the largest signs stand on."""
    size = main_size(signs)
    level = [sign for sign in signs if sign.axis is None and sign.size > 0.9 * size]
    if not level:
        axes = [sign.axis for sign in signs if sign.axis is not None and sign.size > 0.9 * size]
        return axes[0] + AXIS * size if axes else signs[0].base
    best = max(level, key=lambda sign: (sum(abs(other.base - sign.base) < 0.1 * size for other in level), -sign.box[0]))
    return best.base


def is_level(sign: Sign, base: float, size: float) -> bool:
    """Whether a sign stands on a row, and is no index of it."""
    if sign.axis is not None:
        slack = 0.35 if sign.size > 0.8 * size or sign.height > 1.3 * size else 0.2
        return abs(sign.axis - (base - AXIS * size)) < slack * size
    shift = abs(sign.base - base)
    if sign.size < 0.62 * size:  # an index of an index, which may come to stand on the row
        return False
    return shift < 0.08 * size or (sign.size > 0.85 * size and shift < 0.25 * size)
