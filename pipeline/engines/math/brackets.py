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
_COLUMN_GAP = 0.7  # of the size
_ROW_GAP = 0.75


def with_whole_brackets(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with brackets, integrals and roots that were set in pieces made whole."""
    left = list(signs)
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


def _stacks(pieces: Sequence[Sign]) -> list[list[Sign]]:
    stacks: list[list[Sign]] = []
    for piece in pieces:
        last = stacks[-1][-1] if stacks else None
        if last and abs(last.x - piece.x) < 0.35 * piece.size and piece.box[1] - last.box[3] < 0.35 * piece.size:
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
                _between(opened, inside, closed, write),
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


def _between(opened: Sign, inside: list[Sign], closed: Sign, write: Write) -> str:
    rows = rows_of(inside)
    if len(rows) > 1:
        body = matrix_body(rows, write)
        name = _MATRICES.get((opened.char, closed.char))
        if name:
            return f"\\begin{{{name}}} {body} \\end{{{name}}}"
        content = f"\\begin{{matrix}} {body} \\end{{matrix}}"
    else:
        content = write(inside)
    return f"\\left{_fenced(opened)} {content} \\right{_fenced(closed)}"


def _fenced(bracket: Sign) -> str:
    return bracket.tex if bracket.char != "∣" else "|"


def _with_cases(signs: Sequence[Sign], write: Write) -> list[Sign]:
    """A tall brace that is never closed begins cases: all to its right, row by row."""
    braces = sorted((s for s in signs if is_tall(s) and s.kind is Kind.OPEN), key=lambda s: -s.box[0])
    left = list(signs)
    for brace in braces:
        inside = without([s for s in left if s.x > brace.x and _overlaps(s, brace)], [brace])
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


def rows_of(signs: Sequence[Sign]) -> list[list[Sign]]:
    """The rows that signs stand in, one below the other, indices and limits with the nearest of them."""
    size = main_size(signs)
    level = sorted((s for s in signs if s.size > 0.9 * size), key=_base)
    groups: list[list[Sign]] = []
    for sign in level:
        if groups and _base(sign) - _base(groups[-1][-1]) < _ROW_GAP * size:
            groups[-1].append(sign)
        else:
            groups.append([sign])
    if len(groups) < 2:
        return [list(signs)]
    bases = [main_base(group) for group in groups]
    rows: list[list[Sign]] = [[] for _ in groups]
    for sign in signs:
        middle = sign.y + AXIS * size if sign.size <= 0.9 * size else _base(sign)
        rows[min(range(len(bases)), key=lambda at: abs(bases[at] - middle))].append(sign)
    return rows


def _base(sign: Sign) -> float:
    return sign.base if sign.axis is None else sign.axis + AXIS * sign.size


def matrix_body(rows: Sequence[Sequence[Sign]], write: Write) -> str:
    """Rows as TeX, cells parted by ``&``."""
    return r" \\ ".join(" & ".join(write(cell) for cell in _cells(row)) for row in rows)


def _cells(row: Sequence[Sign]) -> list[list[Sign]]:
    size, base = main_size(row), main_base(row)
    cells: list[list[Sign]] = []
    right = 0.0
    for sign in sorted(row, key=lambda sign: sign.box[0]):
        apart = sign.box[0] - right > _COLUMN_GAP * size and is_level(sign, base, size)
        if cells and not (apart and not _runs_on(cells[-1][-1], sign)):
            cells[-1].append(sign)
        else:
            cells.append([sign])
        right = max(right, sign.box[2])
    return cells


def _runs_on(before: Sign, sign: Sign) -> bool:
    """Whether a gap lies between the words of a text."""
    return before.kind is Kind.LETTER and sign.kind is Kind.LETTER and before.alphabet == sign.alphabet == "mathrm"
