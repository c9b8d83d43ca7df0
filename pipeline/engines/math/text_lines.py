"""The lines of words of a page, with the formulas that stand in them. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.engines.math.brackets import is_tall
from pipeline.engines.math.printed import Piece, is_case, is_prose
from pipeline.engines.math.signs import AXIS, Rule, Sign
from pipeline.engines.math.symbols import Kind

SMALL = 0.85  # of the size of a line: indices, exponents and limits are smaller
_NEAR = 0.85  # of the size: what stands so near goes on with the line
_LEVEL, _LEVEL_TALL = 0.1, 0.3  # of the size: from the baseline of the line
_ON_AXIS = 0.2
_SET_TO = 0.6
_FEW_WORDS = 2
_LARGE, _LETTERS = 1.25, 0.4  # of the size; of the signs of a line
_FULL = 1.5  # of the size: a full line ends so near to the right edge of the others
_LEFT = 0.6
_PITCH = 2.0  # of the size: to the next line of a paragraph, at most


@dataclass(slots=True, eq=False)
class TextLine:
    """A line of words with the pieces and the bars of fractions that stand in it. ``left``, ``right``: its reach."""

    base: float
    size: float
    pieces: list[Piece]
    left: float
    right: float
    rules: list[Rule] = field(default_factory=list)

    def holds(self, sign: Sign) -> bool:
        """Whether a sign stands on the line, and is neither index nor exponent."""
        if sign.axis is not None:
            return abs(sign.axis - self.axis) < _LEVEL_TALL * self.size
        return sign.size > SMALL * self.size and abs(sign.base - self.base) < _LEVEL * self.size

    @property
    def axis(self) -> float:
        return self.base - AXIS * self.size


class _Order:
    """The pieces and bars of a page by their heights."""

    def __init__(self, pieces: Sequence[Piece], rules: Sequence[Rule]) -> None:
        self.pieces = sorted(pieces, key=lambda piece: piece.base)
        self._bases = [piece.base for piece in self.pieces]
        self._rules = sorted(rules, key=lambda rule: rule.y)
        self._heights = [rule.y for rule in self._rules]

    def between(self, top: float, bottom: float) -> list[Piece]:
        return self.pieces[bisect_left(self._bases, top) : bisect_right(self._bases, bottom)]

    def level(self, line: TextLine) -> tuple[list[Piece], list[Rule]]:
        """What stands on a line and belongs to none yet."""
        slack = _LEVEL_TALL * line.size
        near = [piece for piece in self.between(line.base - slack, line.base + slack) if not piece.in_line]
        first = bisect_left(self._heights, line.axis - _ON_AXIS * line.size)
        last = bisect_right(self._heights, line.axis + _ON_AXIS * line.size)
        return [piece for piece in near if any(map(line.holds, piece.signs))], self._rules[first:last]

    def scripts(self, line: TextLine) -> list[Piece]:
        """The indices and exponents that stand apart in the text layer."""
        slack = _SET_TO * line.size
        near = self.between(line.base - slack, line.base + slack)
        return [piece for piece in near if piece.size < SMALL * line.size and not piece.in_line]


def text_lines(pieces: Sequence[Piece], rules: Sequence[Rule]) -> list[TextLine]:
    """The lines of words of a page, each as far as signs follow each other. Their pieces are marked."""
    order = _Order(pieces, rules)
    braces = [s for piece in pieces for s in piece.signs if s.char and s.char in "{⎨" and s.axis is not None]
    lines = []
    for seed in order.pieces:
        if not seed.in_line and seed.words and is_prose(seed) and not is_case(seed, braces):
            line = _line_at(seed, order)
            if _is_text(line):
                lines.append(line)
            else:
                _set_in_line(line, False)
    return [*lines, *_last_lines(lines, order)]


def _is_text(line: TextLine) -> bool:
    """Whether a line has more than a few words; where sums are as large as in formulas that stand alone, most of it."""
    words = sum(piece.words for piece in line.pieces)
    signs = [sign for piece in line.pieces for sign in piece.signs]
    large = any(sign.kind in (Kind.BIG, Kind.INTEGRAL) and sign.height > _LARGE * line.size for sign in signs)
    letters = words + sum(piece.letters for piece in line.pieces)
    return words > _FEW_WORDS and not (large and letters < _LETTERS * len(signs))


def _line_at(seed: Piece, order: _Order) -> TextLine:
    """The line that a piece stands in: all that follow each other on it without a wide gap."""
    x0, _, x1, _ = seed.box
    line = TextLine(seed.base, seed.size, [], x0, x1)
    room = _NEAR * line.size
    pieces, rules = order.level(line)
    members = [*pieces, *order.scripts(line)]
    ahead: list[tuple[float, float, Piece | Rule | None]] = [(p.box[0], p.box[2], p) for p in members]
    ahead += [(rule.x0, rule.x1, rule) for rule in rules]
    ahead += [(left, right, None) for left, right in _between_brackets(pieces, line)]
    while near := [item for item in ahead if item[0] < line.right + room and item[1] > line.left - room]:
        ahead = [item for item in ahead if not any(item is other for other in near)]
        for left, right, item in near:
            line.left, line.right = min(line.left, left), max(line.right, right)
            if isinstance(item, Piece):
                line.pieces.append(item)
            elif item is not None:
                line.rules.append(item)
    _set_in_line(line, True)
    return line


def _between_brackets(pieces: Sequence[Piece], line: TextLine) -> list[tuple[float, float]]:
    """The edges of what stands between tall brackets of a line."""
    tall = [sign for piece in pieces for sign in piece.signs if is_tall(sign) and line.holds(sign)]
    pairs = pairwise(sorted(tall, key=lambda sign: sign.box[0]))
    return [(one.box[0], other.box[2]) for one, other in pairs if one.kind is Kind.OPEN and other.kind is Kind.CLOSE]


def _set_in_line(line: TextLine, in_line: bool) -> None:
    for piece in line.pieces:
        piece.in_line = in_line


def _last_lines(lines: Sequence[TextLine], order: _Order) -> list[TextLine]:
    """Lines of formulas, with few words or none, with which the full line right above goes on."""
    more: list[TextLine] = []
    known = sorted(lines, key=lambda line: line.base)
    while known:
        line = known.pop(0)
        below = order.between(line.base + 0.8 * line.size, line.base + _PITCH * line.size)
        alike = [piece for piece in below if not piece.in_line and abs(piece.size - line.size) < 0.1 * line.size]
        seed = next((piece for piece in alike if abs(piece.box[0] - line.left) < _LEFT * line.size), None)
        if seed is not None and _is_full(line, lines):
            more.append(_line_at(seed, order))
            known.append(more[-1])
    return more


def _is_full(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether a line reaches as far as the others that begin where it begins."""
    column = [other for other in lines if abs(other.left - line.left) < 3 * line.size]
    return len(column) > 1 and line.right > max(other.right for other in column) - _FULL * line.size
