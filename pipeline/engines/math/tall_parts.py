"""Parts of formulas that reach over and under their line of text: each becomes one sign of the line. Pure.

They are fractions, sums with limits over and under them, and rows between tall brackets. A text layer has the pieces of
such a part on lines of their own; taken alone they would look like lines of text, or like formulas that stand alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from pipeline.engines.math.bars import reached
from pipeline.engines.math.brackets import is_tall, rows_of
from pipeline.engines.math.printed import Piece
from pipeline.engines.math.rows import centred
from pipeline.engines.math.signs import Rule, Sign, around
from pipeline.engines.math.symbols import WITH_LIMITS, Kind
from pipeline.engines.math.text_lines import SMALL, TextLine, text_lines
from pipeline.engines.math.tree import rows_tex, tex_of

_REACH = 3.0  # of the size: how far parts lie from the baseline
_EDGE_PT = 1.5
_LIMIT_GAP = 0.6  # of the size
_LETTER_GAP = 0.14
_TALL, _LIMIT_BESIDE = 1.5, 0.25
_MOST_SIGNS = 60  # of one part
PART = "\ufffc"  # what a part is instead of a character


class _Signs:
    """All signs of a page by their baselines, and the pieces that hold them."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.home = {id(sign): piece for piece in pieces for sign in piece.signs}
        self._order = sorted((sign for piece in pieces for sign in piece.signs), key=lambda sign: sign.base)
        self._bases = [sign.base for sign in self._order]
        self.taken: set[int] = set()

    def near(self, line: TextLine, left: float, right: float) -> list[Sign]:
        """The free signs around a line between two edges, but those that are set to another line."""
        first = bisect_left(self._bases, line.base - _REACH * line.size)
        last = bisect_right(self._bases, line.base + _REACH * line.size)
        free = [s for s in self._order[first:last] if left < s.x < right and id(s) not in self.taken]
        own = {id(piece) for piece in line.pieces}
        return [s for s in free if not self.home[id(s)].in_line or id(self.home[id(s)]) in own]


def with_tall_parts(pieces: Sequence[Piece], rules: Sequence[Rule]) -> tuple[list[Piece], list[Rule]]:
    """The pieces with every tall part of a line of text as one sign of it, and the rules that are left."""
    lines = text_lines(pieces, rules)
    if not lines:
        return list(pieces), list(rules)
    signs = _Signs(pieces)
    signs.taken = {id(sign) for line in lines for piece in line.pieces for sign in piece.signs if line.holds(sign)}
    used: set[Rule] = set()
    for line in lines:
        for rule in line.rules:
            used.update(_add_fraction(line, rule, rules, signs))
        for host in list(_with_limits(line)):
            _add_limits(line, host, signs)
        for opened, closed in _bracket_pairs(line):
            used.update(_add_rows(line, opened, closed, rules, signs))
    return [piece for piece in pieces if piece.signs], [rule for rule in rules if rule not in used]


def _add_fraction(line: TextLine, rule: Rule, rules: Sequence[Rule], signs: _Signs) -> list[Rule]:
    """Make what stands over and under a bar one sign of the line; the rules that are in it."""
    if any(rule.x0 + 1 < s.x < rule.x1 - 1 for piece in line.pieces for s in piece.signs if line.holds(s)):
        return []  # it strikes out what stands on the line
    over = signs.near(line, rule.x0 - _EDGE_PT, rule.x1 + _EDGE_PT)
    above = reached([s for s in over if s.y < rule.y], rule.y, upwards=True)
    below = reached([s for s in over if s.y > rule.y], rule.y, upwards=False)
    if not (above and below) or len(above) + len(below) > _MOST_SIGNS:
        return []
    inner = [other for other in _rules_in(rules, around([*above, *below])) if other != rule]
    tex = tex_of([*above, *below], [rule, *inner])
    if not tex.startswith("\\frac"):
        return []
    x0, y0, x1, y1 = around([*above, *below])
    _put(line, tex, [*above, *below], (min(x0, rule.x0), y0, max(x1, rule.x1), y1), rule.y, signs)
    return [rule, *inner]


def _rules_in(rules: Iterable[Rule], box: tuple[float, float, float, float]) -> Iterator[Rule]:
    x0, y0, x1, y1 = box
    for rule in rules:
        if x0 - _EDGE_PT < rule.x0 and rule.x1 < x1 + _EDGE_PT and y0 - _EDGE_PT < rule.y < y1 + _EDGE_PT:
            yield rule


def _with_limits(line: TextLine) -> Iterator[list[Sign]]:
    """What takes limits on a line: signs of sums, and the letters of names such as max."""
    level = sorted((s for piece in line.pieces for s in piece.signs if line.holds(s)), key=lambda s: s.box[0])
    word: list[Sign] = []
    for sign in [*level, None]:
        letter = sign if sign is not None and sign.kind is Kind.LETTER else None
        if word and not (letter and letter.box[0] - word[-1].box[2] < _LETTER_GAP * line.size):
            if "".join(s.char for s in word) in WITH_LIMITS:
                yield word
            word = []
        if letter:
            word.append(letter)
        if sign is not None and sign.kind in (Kind.BIG, Kind.INTEGRAL):
            yield [sign]


def _add_limits(line: TextLine, host: list[Sign], signs: _Signs) -> None:
    """Make a sum and what is set over and under it one sign of the line."""
    x0, y0, x1, y1 = around(host)
    room, slack = _REACH * line.size, 0.12 * line.size
    small = [s for s in signs.near(line, x0 - room, x1 + room) if s.size < SMALL * line.size]
    small = [s for s in small if (home := signs.home[id(s)]).in_line or home.size < SMALL * line.size]
    under = [s for s in small if y1 - slack < s.box[1] < y1 + _LIMIT_GAP * line.size]
    over = [s for s in small if y0 - _LIMIT_GAP * line.size < s.box[3] < y0 + slack]
    whole = host[0] if len(host) == 1 else Sign("", Kind.WORD, (x0, y0, x1, y1), line.base, line.size)
    limits = [*centred(whole, under), *centred(whole, over)]
    if host[0].kind is Kind.INTEGRAL and not limits:
        limits = [*_beside(host[0], small, y0, line.size), *_beside(host[0], small, y1, line.size)]
    if limits:
        tex = tex_of([*host, *limits], [])
        _put(line, tex, [*host, *limits], (x0, y0, x1, y1), line.axis, signs, Kind.BIG)


def _beside(integral: Sign, small: Sequence[Sign], y: float, size: float) -> list[Sign]:
    """The limit to the right of the top or the foot of a tall integral, too far from the line to be set to it."""
    if integral.height < _TALL * size:
        return []
    limit: list[Sign] = []
    right = integral.box[2]
    for sign in sorted((s for s in small if s.x > integral.x and abs(s.y - y) < size), key=lambda s: s.box[0]):
        if sign.box[0] - right > _LIMIT_BESIDE * size:
            break
        limit.append(sign)
        right = max(right, sign.box[2])
    return limit


def _bracket_pairs(line: TextLine) -> Iterator[tuple[Sign, Sign]]:
    """The brackets of a line between which nothing stands on the line, and tall ones with nothing tall between."""
    level = sorted((s for piece in line.pieces for s in piece.signs if line.holds(s)), key=lambda sign: sign.box[0])
    pairs = [*pairwise(level), *pairwise([sign for sign in level if is_tall(sign)])]
    for one, other in pairs:
        if one.kind in (Kind.OPEN, Kind.FENCE) and other.kind in (Kind.CLOSE, Kind.FENCE):
            yield one, other


def _add_rows(line: TextLine, opened: Sign, closed: Sign, rules: Sequence[Rule], signs: _Signs) -> list[Rule]:
    """Make brackets with rows between them one sign of the line; the rules that are in it."""
    left, right = opened.box[2] - 1, closed.box[0] + 1
    own = [s for p in line.pieces for s in p.signs if left < s.x < right and line.holds(s)]
    own = [sign for sign in own if sign is not opened and sign is not closed]
    tops = [s for s in signs.near(line, left, right) if opened.box[1] - 3 < s.y < opened.box[3] + 3]
    inside = [*own, *(s for s in tops if s is not opened and s is not closed)]
    if not inside or len(inside) > _MOST_SIGNS or len(rows_of(inside)) < 2:
        return []
    whole = [opened, *inside, closed]
    inner = list(_rules_in(rules, around(inside)))
    tex = tex_of(whole, inner) if own or inner or is_tall(opened) else rows_tex(opened, inside, closed)
    _put(line, tex, whole, around(whole), line.axis, signs)
    return inner


def _put(
    line: TextLine,
    tex: str,
    parts: Sequence[Sign],
    box: tuple[float, float, float, float],
    axis: float,
    signs: _Signs,
    kind: Kind = Kind.ORDINARY,
) -> None:
    """Put one sign in the place of the signs of a part, into the piece of the line that is nearest."""
    part = Sign(tex, kind, box, line.base, line.size, PART, sure=True, axis=axis)
    part.printed = [char for sign in parts for char in sign.printed]
    gone = {id(sign) for sign in parts}
    held = [piece for piece in line.pieces if any(map(line.holds, piece.signs))]
    host = (
        line.pieces[0] if not held else min(held, key=lambda piece: max(piece.box[0] - part.x, part.x - piece.box[2]))
    )
    for piece in {id(home): home for sign in parts if (home := signs.home.get(id(sign)))}.values():
        piece.signs = [sign for sign in piece.signs if id(sign) not in gone]
        if piece is not host:
            host.blanks += [] if piece.signs else piece.blanks
    host.signs.append(part)
    signs.home[id(part)] = host
    signs.taken |= gone | {id(part)}
