"""Braces over and under parts of a formula, with what is set to them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pipeline.engines.math.signs import Rule, Sign, around, composed, main_base, main_size, without

Write = Callable[[list[Sign]], str]

_PIECES = "⏞⏟"


def with_braces(signs: Sequence[Sign], write: Write) -> list[Sign]:
    """The signs with every part under or over a level brace written as one, with the label of the brace."""
    left = list(signs)
    for brace in _braces(signs):
        left = without(left, brace)
        x0, y0, x1, y1 = around(brace)
        size = brace[0].size
        within = [sign for sign in left if x0 - 1 < sign.x < x1 + 1]
        above = [sign for sign in within if sign.y < y0 and y0 - sign.box[3] < 2.5 * size]
        below = [sign for sign in within if sign.y > y1 and sign.box[1] - y1 < 2.5 * size]
        under = bool(above) and (not below or main_size(above) > main_size(below))
        inside, label = (above, below) if under else (below, above)
        if not inside:
            continue
        label = [sign for sign in label if sign.size < 0.85 * main_size(inside)]
        tex = f"\\{'under' if under else 'over'}brace{{{write(inside)}}}"
        tex += f"{'_' if under else '^'}{{{write(label)}}}" if label else ""
        whole = composed(tex, [*inside, *label], base=main_base(inside), size=main_size(inside))
        whole.box = (x0, around(inside)[1], x1, around(inside)[3])
        left = [*without(left, [*inside, *label]), whole]
    return left


def _braces(signs: Sequence[Sign]) -> list[list[Sign]]:
    """The four pieces of each level brace: its two ends and two halves of its middle, with lines between them."""
    pieces = [sign for sign in signs if sign.char and sign.char in _PIECES]
    levels: list[list[Sign]] = []
    for piece in sorted(pieces, key=lambda piece: piece.y):
        if levels and piece.y - levels[-1][0].y < 0.4 * piece.size:
            levels[-1].append(piece)
        else:
            levels.append([piece])
    braces = []
    for level in levels:
        level.sort(key=lambda piece: piece.box[0])
        braces += [level[at : at + 4] for at in range(0, len(level) - 3, 4)]
    return braces


def without_brace_lines(signs: Sequence[Sign], rules: Iterable[Rule]) -> list[Rule]:
    """The rules but those that braces are made of."""
    heights = [sign.box for sign in signs if sign.char and sign.char in _PIECES]
    return [rule for rule in rules if not any(y0 - 1 < rule.y < y1 + 1 for _, y0, _, y1 in heights)]
