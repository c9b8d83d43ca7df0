"""Tall brackets and what stands between them: pieces joined, pairs found, rows and columns read as matrices. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from pipeline.engines.math.signs import AXIS, Sign, around, composed, is_level, main_base, main_size, without
from pipeline.engines.math.symbols import PRINTED, Kind

Write = Callable[[list[Sign]], str]

_TALL = 1.55  # of the size
_FAMILIES = (
    ("⎛⎜⎝", "(", Kind.OPEN), ("⎞⎟⎠", ")", Kind.CLOSE), ("⎡⎢⎣", "[", Kind.OPEN), ("⎤⎥⎦", "]", Kind.CLOSE),
    ("⎧⎨⎩⎪", "{", Kind.OPEN), ("⎫⎬⎭⎪", "}", Kind.CLOSE), ("⌠⎮⌡", "∫", Kind.INTEGRAL), ("⎷⏐⌜", "√", Kind.RADICAL),
    ("|", "|", Kind.FENCE), ("‖", "‖", Kind.FENCE), ("∣", "|", Kind.FENCE), ("∥", "‖", Kind.FENCE),
)  # fmt: skip
_MATRICES = {("(", ")"): "pmatrix", ("[", "]"): "bmatrix", ("|", "|"): "vmatrix", ("{", "}"): "Bmatrix",
             ("‖", "‖"): "Vmatrix"}  # fmt: skip
_COLUMN_GAP, _SMALL_GAP = 0.7, 0.3  # of the size; of that of rows within a line of text
_END_GAP = 1.6
_ROW_GAP = 0.75
_BINOMIAL = 1.3  # of the size: rows of a matrix are 1.2 apart


def with_whole_brackets(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with brackets, integrals and roots that were set in pieces made whole."""
    left = _with_rows_of_dots(signs)
    for pieces, char, kind in _FAMILIES:
        members = sorted((s for s in left if s.char and s.char in pieces), key=lambda s: (round(s.x), s.box[1]))
        for stack in _stacks(members):
            if len(stack) == 1 and kind is Kind.FENCE:
                continue
            box = around(stack)
            size = stack[0].size
            middle = (box[1] + box[3]) / 2
            whole = Sign(PRINTED.get(char, char), kind, box, middle + AXIS * size, size, char, sure=True, axis=middle)
            left = [*without(left, stack), whole]
    return left


def _with_rows_of_dots(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with three dots below each other, or on a slant, as one."""
    left = list(signs)
    dots = sorted((sign for sign in signs if sign.char == "."), key=lambda sign: (round(sign.x / 4), sign.y))
    for one, two, three in zip(dots, dots[1:], dots[2:], strict=False):
        steps = [(b.x - a.x, b.y - a.y) for a, b in ((one, two), (two, three))]
        even = all(abs(steps[0][at] - steps[1][at]) < 0.05 * one.size for at in (0, 1))
        if not even or not 0.1 * one.size < steps[0][1] < 0.6 * one.size or abs(steps[0][0]) > 0.6 * one.size:
            continue
        tex = r"\vdots" if abs(steps[0][0]) < 0.05 * one.size else r"\ddots"
        parts = [one, two, three]
        left = [*without(left, parts), composed(tex, parts, base=two.y + AXIS * one.size, size=one.size, axis=two.y)]
    return left


def _stacks(pieces: Sequence[Sign]) -> list[list[Sign]]:
    stacks: list[list[Sign]] = []
    for piece in pieces:
        last = stacks[-1][-1] if stacks else None
        apart = 0.1 if piece.kind is Kind.FENCE else 0.35
        follows = last is not None and -0.5 * piece.size < piece.box[1] - last.box[3] < 0.35 * piece.size
        if last and follows and abs(last.x - piece.x) < apart * piece.size:
            stacks[-1].append(piece)
        else:
            stacks.append([piece])
    return stacks


def is_tall(sign: Sign) -> bool:
    """Whether a sign is a bracket that has grown with what it holds."""
    return sign.kind in (Kind.OPEN, Kind.CLOSE, Kind.FENCE) and sign.height > _TALL * sign.size


def with_pairs(signs: Sequence[Sign], write: Write) -> list[Sign]:
    """The signs with every pair of tall brackets and all between written as one; innermost first."""
    left = list(signs)
    while True:
        pair = _innermost(left)
        if pair is None:
            return _with_cases(left, write)
        opened, closed = pair
        inside = [s for s in left if opened.box[2] - 1 < s.x < closed.box[0] + 1 and _overlaps(s, opened)]
        inside = without(inside, pair)
        if inside:
            whole = composed(
                between(opened, inside, closed, write),
                [opened, *inside, closed],
                base=opened.y + AXIS * main_size(inside),
                size=main_size(inside),
                axis=opened.y,
            )
            left = [*without(left, [opened, *inside, closed]), whole]
        else:
            opened.kind = closed.kind = Kind.ORDINARY


def _overlaps(sign: Sign, bracket: Sign) -> bool:
    return bracket.box[1] - 0.3 * sign.size < sign.y < bracket.box[3] + 0.3 * sign.size


def _innermost(signs: Sequence[Sign]) -> tuple[Sign, Sign] | None:
    tall = sorted((sign for sign in signs if is_tall(sign)), key=lambda sign: sign.box[0])
    for one, other in pairwise(tall):
        matching = one.kind in (Kind.OPEN, Kind.FENCE) and other.kind in (Kind.CLOSE, Kind.FENCE)
        level = abs(one.y - other.y) < 0.4 * one.size and abs(one.height - other.height) < 0.6 * one.size
        if matching and level:
            return one, other
    return None


def between(opened: Sign, inside: list[Sign], closed: Sign, write: Write, *, small: bool = False) -> str:
    """What stands between brackets with them; ``small``: in rows that are set within a line of text."""
    rows = rows_of(inside)
    if len(rows) > 1:
        gap = _SMALL_GAP if small else _COLUMN_GAP
        if _is_binomial(opened, rows, gap, small=small):
            return f"\\binom{{{write(rows[0])}}}{{{write(rows[1])}}}"
        body = matrix_body(rows, write, gap)
        name = _MATRICES.get((opened.char, closed.char))
        if name:
            return f"\\begin{{{name}}} {body} \\end{{{name}}}"
        content = f"\\begin{{matrix}} {body} \\end{{matrix}}"
    else:
        content = write(inside)
    return f"\\left{_fenced(opened)} {content} \\right{_fenced(closed)}"


def _is_binomial(opened: Sign, rows: Sequence[Sequence[Sign]], gap: float, *, small: bool) -> bool:
    """Whether two short rows stand further apart than the rows of a matrix, as TeX sets them."""
    if opened.char != "(" or len(rows) != 2 or any(len(_cells(row, gap)) > 1 for row in rows):
        return False
    return small or main_base(rows[1]) - main_base(rows[0]) > _BINOMIAL * main_size(rows[0])


def _fenced(bracket: Sign) -> str:
    return bracket.tex if bracket.char != "∣" else "|"


def _with_cases(signs: Sequence[Sign], write: Write) -> list[Sign]:
    """A tall brace that is never closed begins cases: all to its right, row by row."""
    braces = sorted((s for s in signs if is_tall(s) and s.kind is Kind.OPEN), key=lambda s: -s.box[0])
    left = list(signs)
    for brace in braces:
        inside = without([s for s in left if s.x > brace.x and _overlaps(s, brace)], [brace])
        inside = _up_to_wide_gap(inside)
        rows = rows_of(inside) if inside else []
        if len(rows) < 2:
            continue
        body = matrix_body(rows, write)
        name = "cases" if brace.char == "{" else "matrix"
        tex = f"\\begin{{{name}}} {body} \\end{{{name}}}"
        tex = tex if brace.char == "{" else f"\\left{_fenced(brace)} {tex} \\right."
        size = main_size(inside)
        whole = composed(tex, [brace, *inside], base=brace.y + AXIS * size, size=size, axis=brace.y)
        left = [*without(left, [brace, *inside]), whole]
    return left


def _up_to_wide_gap(signs: Sequence[Sign]) -> list[Sign]:
    """The signs from the left to the first gap in all rows that is too wide for one between columns."""
    order = sorted(signs, key=lambda sign: sign.box[0])
    right = 0.0
    for at, sign in enumerate(order):
        if at and sign.box[0] - right > _END_GAP * sign.size:
            return order[:at]
        right = max(right, sign.box[2])
    return order


def rows_of(signs: Sequence[Sign]) -> list[list[Sign]]:
    """The rows that signs stand in, one below the other, indices and limits with the nearest of them."""
    size = main_size(signs)
    level = sorted((s for s in signs if _may_begin_row(s, size)), key=_base)
    groups: list[list[Sign]] = []
    for sign in level:
        if groups and _base(sign) - _base(groups[-1][-1]) < _ROW_GAP * size:
            groups[-1].append(sign)
        else:
            groups.append([sign])
    if len(groups) < 2:
        return [list(signs)]
    small = [sign for sign in signs if not _may_begin_row(sign, size)]
    for sign in sorted(small, key=lambda sign: (-sign.size, sign.box[0])):
        min(groups, key=lambda group: min(_distance(sign, other) for other in group)).append(sign)
    return groups


def _may_begin_row(sign: Sign, size: float) -> bool:
    """Whether a sign is no index: large, or a fraction that is higher than a large one."""
    return sign.size > 0.9 * size or (sign.axis is not None and sign.height > 1.1 * size)


def _distance(sign: Sign, other: Sign) -> float:
    """Between the boxes of two signs; upwards and downwards counts more than to the sides."""
    across = max(other.box[0] - sign.box[2], sign.box[0] - other.box[2], 0.0)
    upright = max(other.box[1] - sign.box[3], sign.box[1] - other.box[3], 0.0)
    return across + 2 * upright


def _base(sign: Sign) -> float:
    return sign.base if sign.axis is None else sign.axis + AXIS * sign.size


def matrix_body(rows: Sequence[Sequence[Sign]], write: Write, gap: float = _COLUMN_GAP) -> str:
    """Rows as TeX, cells parted by ``&``. ``gap``: between cells, in parts of the size."""
    return r" \\ ".join(" & ".join(write(cell) for cell in _cells(row, gap)) for row in rows)


def _cells(row: Sequence[Sign], gap: float) -> list[list[Sign]]:
    size, base = main_size(row), main_base(row)
    cells: list[list[Sign]] = []
    right = 0.0
    for sign in sorted(row, key=lambda sign: sign.box[0]):
        apart = sign.box[0] - right > gap * size and is_level(sign, base, size)
        if cells and not (apart and not _runs_on(cells[-1][-1], sign)):
            cells[-1].append(sign)
        else:
            cells.append([sign])
        right = max(right, sign.box[2])
    return cells


def _runs_on(before: Sign, sign: Sign) -> bool:
    """Whether a gap lies between the words of a text."""
    return before.kind is Kind.LETTER and sign.kind is Kind.LETTER and before.alphabet == sign.alphabet == "mathrm"
