"""What drawn lines make of the signs around them: fractions, roots, bars over and under letters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pipeline.engines.math.signs import AXIS, Rule, Sign, around, composed, main_base, main_size, without
from pipeline.engines.math.symbols import ALWAYS_ACCENTS, Kind

Write = Callable[[list[Sign]], str]

_NEAR = 0.95  # of the size: how far the nearest sign lies from the bar of its fraction
_NEXT = 0.7  # between the lines of two fractions that stand below each other
_JUTS = 0.15  # how far a sign may reach over the end of a bar
_CLOSE = 0.3  # and how far letters lie below a bar that is theirs


def with_bars(signs: Sequence[Sign], rules: Iterable[Rule], write: Write) -> list[Sign]:
    """The signs with fractions, roots and bars written; the shortest lines first, as they lie inside of others."""
    left = list(signs)
    order = sorted(rules, key=lambda rule: rule.x1 - rule.x0)
    for rule in order:
        radical = next((sign for sign in left if _carries(sign, rule)), None)
        left = _root(left, rule, radical, write) if radical else _bar(left, rule, order, write)
    for radical in [sign for sign in left if sign.kind is Kind.RADICAL]:
        left = _bare_root(left, radical, write)
    return left


def _carries(sign: Sign, rule: Rule) -> bool:
    if sign.kind is not Kind.RADICAL:
        return False
    return abs(sign.box[2] - rule.x0) < 0.25 * sign.size and abs(sign.box[1] - rule.y) < 0.25 * sign.size


def _root(signs: list[Sign], rule: Rule, radical: Sign, write: Write) -> list[Sign]:
    low = radical.box[3] + 0.35 * radical.size
    inside = [s for s in signs if rule.x0 - 1 < s.x < rule.x1 + 1 and rule.y - 1 < s.y < low and s is not radical]
    if not inside:
        return signs
    degree = _degree(without(signs, inside), radical)
    return _written_root(signs, radical, inside, degree, write)


def _bare_root(signs: list[Sign], radical: Sign, write: Write) -> list[Sign]:
    """A root whose bar is not drawn as a line reaches over the next sign."""
    after = [s for s in signs if s.x > radical.box[2] - 1 and radical.box[1] - 1 < s.y < radical.box[3] + 1]
    if not after:
        return signs
    return _written_root(signs, radical, [min(after, key=lambda sign: sign.box[0])], [], write)


def _written_root(signs: list[Sign], radical: Sign, inside: list[Sign], degree: list[Sign], write: Write) -> list[Sign]:
    index = f"[{write(degree)}]" if degree else ""
    whole = composed(
        f"\\sqrt{index}{{{write(inside)}}}",
        [radical, *inside, *degree],
        base=main_base(inside),
        size=main_size(inside),
    )
    return [*without(signs, [radical, *inside, *degree]), whole]


def _degree(signs: Sequence[Sign], radical: Sign) -> list[Sign]:
    """Small signs in the crook of a root."""
    x0, y0, x1, y1 = radical.box
    return [
        sign
        for sign in signs
        if sign is not radical
        and sign.size < 0.75 * radical.size
        and x0 - 0.5 * radical.size < sign.x < (x0 + x1) / 2
        and y0 - 0.3 * radical.size < sign.y < (y0 + y1) / 2 + 1
    ]


def _bar(signs: list[Sign], rule: Rule, rules: Sequence[Rule], write: Write) -> list[Sign]:
    over = [s for s in signs if rule.x0 - 1.5 < s.x < rule.x1 + 1.5 and s.char not in ALWAYS_ACCENTS]
    above = reached([s for s in over if s.box[3] < rule.y + 0.15 * s.size and s.y < rule.y], rule.y, upwards=True)
    below = reached([s for s in over if s.box[1] > rule.y - 0.15 * s.size and s.y > rule.y], rule.y, upwards=False)
    above, below = _up_to_next(above, rule, rules), _up_to_next(below, rule, rules)
    if above and below and not any(_juts_out(sign, rule) for sign in (*above, *below)):
        size = max(main_size(above), main_size(below))
        tex = f"\\frac{{{write(above)}}}{{{write(below)}}}"
        whole = composed(tex, [*above, *below], base=rule.y + AXIS * size, size=size, axis=rule.y)
        whole.box = (min(whole.box[0], rule.x0), whole.box[1], max(whole.box[2], rule.x1), whole.box[3])
        return [*without(signs, [*above, *below]), whole]
    if below and _spans(rule, below) and around(below)[1] - rule.y < _CLOSE * main_size(below):
        return _barred(signs, below, "overline", write)
    if above and _spans(rule, above) and rule.y - main_base(above) < _CLOSE * main_size(above):
        return _barred(signs, above, "underline", write)
    return signs


def _up_to_next(parts: list[Sign], rule: Rule, rules: Sequence[Rule]) -> list[Sign]:
    """The signs on one side of a bar without those of a fraction right above or below, as in columns of fractions."""
    if not parts:
        return parts
    below = parts[0].y > rule.y
    others = [r for r in rules if (r.y > rule.y) is below and r != rule and r.x0 < rule.x1 and r.x1 > rule.x0]
    for other in sorted(others, key=lambda other: abs(other.y - rule.y)):
        between = [sign for sign in parts if min(rule.y, other.y) < sign.y < max(rule.y, other.y)]
        near = [sign for sign in between if abs(sign.y - rule.y) < abs(sign.y - other.y)]
        far = [*without(between, near), *(s for s in parts if s.axis is not None and abs(s.axis - other.y) < 0.5)]
        if near and far and abs(main_base(near) - main_base(far)) > _NEXT * main_size(far):
            return near
    return parts


def _juts_out(sign: Sign, rule: Rule) -> bool:
    """Whether a sign reaches further than a bar: that of a fraction is as long as the longer of its parts."""
    slack = _JUTS * sign.size
    return sign.box[0] < rule.x0 - slack or sign.box[2] > rule.x1 + slack


def _barred(signs: list[Sign], parts: list[Sign], command: str, write: Write) -> list[Sign]:
    single = command == "overline" and len(parts) == 1 and len(parts[0].char) == 1
    tex = f"\\{'bar' if single else command}{{{write(parts)}}}"
    return [*without(signs, parts), composed(tex, parts, base=main_base(parts), size=main_size(parts))]


def _spans(rule: Rule, parts: Sequence[Sign]) -> bool:
    x0, _, x1, _ = around(parts)
    size = main_size(parts)
    return abs(x0 - rule.x0) < 0.4 * size and abs(x1 - rule.x1) < 0.4 * size


def reached(signs: Sequence[Sign], y: float, *, upwards: bool) -> list[Sign]:
    """The signs on one side of a line that follow it, and each other, without a gap."""

    def start(sign: Sign) -> float:
        return y - sign.box[3] if upwards else sign.box[1] - y

    def end(sign: Sign) -> float:
        return y - sign.box[1] if upwards else sign.box[3] - y

    taken: list[Sign] = []
    reach = 0.0
    for sign in sorted(signs, key=start):
        if start(sign) > (reach + 0.12 * sign.size if taken else _NEAR * sign.size):
            break
        taken.append(sign)
        reach = max(reach, end(sign))
    return taken
