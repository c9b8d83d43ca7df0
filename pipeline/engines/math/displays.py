"""Finds the formulas that stand on lines of their own, among the pieces of the lines of a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.engines.math.aligned_rows import aligned_rows
from pipeline.engines.math.printed import Piece, big_or_tall, is_case, is_prose, is_word, signs_of
from pipeline.engines.math.signs import Rule, Sign, around, is_level, main_base, main_size
from pipeline.engines.math.symbols import WITH_LIMITS, Kind
from stores.models import Box

_NUMBER = re.compile(r"[(\[](?:[A-Z]\.?)?\d{1,3}(?:[.\-–]\d{1,3}){0,2}[a-z]?'?[)\]]")
_ITEM = re.compile(r"\(?\d{1,3}[.)](?!\d)|\([a-z]\)(?=[^=])")
_MOST_OF_IT = 0.5  # of the box of a table or figure: then that is the formula
_BAND = (0.75, 0.25)  # of the size: how far a line of text reaches over and under its baseline
_ROW_GAP = 3.2  # of the size: between two parts of one formula
_NEAR = 0.6  # of the size: between a sign and what is set above or below it
_BAR = 0.65  # between a bar and what stands over or under it
_BULLETS = "•‣◦▪■●○-–—*"
_MOST_PIECES = 3000


@dataclass(slots=True, eq=False)
class Display:
    """A formula on lines of its own, with the numbers that are printed beside its rows."""

    pieces: list[Piece]
    rules: list[Rule] = field(default_factory=list)
    numbers: list[Piece] = field(default_factory=list)
    lead: int = 0  # how many signs from the left are the bullet or the number of an item

    @property
    def box(self) -> Box:
        return around([*signs_of(self.pieces), *signs_of(self.numbers)])

    @property
    def signs(self) -> list[Sign]:
        """The signs of the formula, from left to right."""
        return sorted(signs_of(self.pieces), key=lambda sign: sign.box[0])[self.lead :]


def displays_of(pieces: Sequence[Piece], rules: Sequence[Rule], barred: Sequence[Box]) -> list[Display]:
    """The formulas on lines of their own. ``barred``: boxes of tables and figures, which hold none."""
    if len(pieces) > _MOST_PIECES:
        return []
    prose = [piece for piece in pieces if is_prose(piece)]
    braces = [sign for sign in signs_of(pieces) if sign.char and sign.char in "{⎨" and sign.axis is not None]
    strong = [piece for piece in prose if piece.words > 2 and not is_case(piece, braces)]
    lines = _Bands(strong)
    outside = [piece for piece in pieces if not (piece.in_line or is_prose(piece))]
    numbers = [piece for piece in outside if _NUMBER.fullmatch("".join(sign.char for sign in piece.signs))]
    free = [piece for piece in outside if piece not in numbers and not lines.holds(piece)]
    loose = [piece for piece in prose if not (piece.in_line and piece.sure)]
    weak = [piece for piece in loose if piece.words <= 4 or piece not in strong]
    displays = []
    rows = [row for group in _groups(free, rules) for row in aligned_rows(group)]
    groups = [part for row in rows for part in _single_rows(row, rules)]
    for group in groups:
        _add_words(group, weak)
    for group in _merged([group for group in groups if group]):
        signs = sorted(signs_of(group), key=lambda sign: sign.box[0])
        display = Display(
            group,
            [rule for rule in rules if _is_inside(rule, group) and not _strikes(rule, signs)],
            lead=_lead_of(signs),
        )
        if _is_formula(display) and not _lies_in(display.box, barred) and not _goes_on_above(display, prose):
            displays.append(display)
    _add_numbers(displays, numbers)
    return sorted(displays, key=lambda display: (display.box[1], display.box[0]))


class _Bands:
    """Where lines of text are, to tell what stands in one of them."""

    def __init__(self, prose: Sequence[Piece]) -> None:
        self._bands = [(piece.box, piece.base, piece.size) for piece in prose]

    def holds(self, piece: Piece) -> bool:
        x0, y0, x1, y1 = piece.box
        tall = any(big_or_tall(sign) for sign in piece.signs)
        for box, base, size in self._bands:
            beside = x0 < box[2] + 0.85 * size and x1 > box[0] - 0.85 * size
            if not beside:
                continue
            top, bottom = base - _BAND[0] * size, base + _BAND[1] * size
            shared = min(y1, bottom) - max(y0, top)
            if shared > 0.3 * (y1 - y0) or (abs(piece.base - base) < 0.15 * size and not tall):
                return True
        return False


def _lies_in(box: Box, others: Sequence[Box]) -> bool:
    """Whether a box lies in another, and is not most of it."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    area = (box[2] - box[0]) * (box[3] - box[1])
    return any(
        x0 <= x <= x1 and y0 <= y <= y1 and area < _MOST_OF_IT * (x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in others
    )


def _single_rows(group: list[Piece], rules: Sequence[Rule]) -> list[list[Piece]]:
    """A group of rows that nothing tall holds together, as those of aligned equations, row by row."""
    signs = signs_of(group)
    if len(group) < 2 or any(big_or_tall(sign) for sign in signs) or any(_is_inside(rule, group) for rule in rules):
        return [group]
    size = main_size(signs)
    rows: list[list[Piece]] = []
    for piece in sorted((piece for piece in group if piece.size > 0.85 * size), key=lambda piece: piece.base):
        if rows and piece.base - rows[-1][-1].base < 0.6 * size:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    for piece in group:
        if piece.size <= 0.85 * size:
            min(rows, key=lambda row: abs(row[0].base - piece.base)).append(piece)
    return rows


def _is_inside(rule: Rule, pieces: Sequence[Piece]) -> bool:
    x0, y0, x1, y1 = around(signs_of(pieces))
    return x0 - 4 < rule.x0 and rule.x1 < x1 + 4 and y0 - 4 < rule.y < y1 + 4


def _strikes(rule: Rule, signs: Sequence[Sign]) -> bool:
    """Whether a line goes through most of what it reaches over: it strikes it out, or marks it."""
    over = [sign for sign in signs if rule.x0 - 1 < sign.x < rule.x1 + 1 and not big_or_tall(sign)]
    struck = [sign for sign in over if sign.box[1] + 0.5 < rule.y < sign.box[3] - 0.5]
    return len(struck) > 0.4 * len(over) and len(over) > 1


def _groups(pieces: Sequence[Piece], rules: Sequence[Rule]) -> Iterator[list[Piece]]:
    """Pieces that belong to one formula: beside each other, over and under a bar, or set to a sum."""
    order = sorted(pieces, key=lambda piece: piece.box[1])
    boxes = [piece.box for piece in order]
    parents = list(range(len(order)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    for one in range(len(order)):
        for other in range(one + 1, len(order)):
            if boxes[other][1] > boxes[one][3] + 2 * order[one].size:
                break
            if _belong(order[one], order[other], boxes[one], boxes[other]):
                parents[root(other)] = root(one)
    tops = [(sign.box[2], sign.box[1]) for sign in signs_of(order) if sign.kind is Kind.RADICAL]
    for rule in rules:
        if any(abs(x - rule.x0) < 2 and abs(y - rule.y) < 2 for x, y in tops):
            continue  # the bar of a root
        touched = [at for at, box in enumerate(boxes) if _touches(rule, box, order[at].size)]
        for at in touched[1:]:
            parents[root(at)] = root(touched[0])
    groups: dict[int, list[Piece]] = {}
    for at, piece in enumerate(order):
        groups.setdefault(root(at), []).append(piece)
    yield from _merged(list(groups.values()))


def _merged(groups: list[list[Piece]]) -> list[list[Piece]]:
    """Groups put together where one stands beside the other, now that their whole heights are known."""
    groups.sort(key=lambda group: around(signs_of(group))[1])
    merged: list[list[Piece]] = []
    boxes: list[Box] = []
    for group in groups:
        box = around(signs_of(group))
        size = main_size(signs_of(group))
        home = next((at for at in range(len(merged) - 1, -1, -1) if _beside(boxes[at], box, size)), None)
        if home is None:
            merged.append(group)
            boxes.append(box)
        else:
            merged[home] = [*merged[home], *group]
            boxes[home] = around(signs_of(merged[home]))
    return merged


def _beside(one: Box, other: Box, size: float) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    gap = max(one[0], other[0]) - min(one[2], other[2])
    return shared > 0.5 * min(one[3] - one[1], other[3] - other[1]) and gap < _ROW_GAP * size


def _belong(one: Piece, other: Piece, box: Box, below: Box) -> bool:
    size = max(one.size, other.size)
    shared = min(box[3], below[3]) - max(box[1], below[1])
    gap = max(box[0], below[0]) - min(box[2], below[2])
    lower = min(box[3] - box[1], below[3] - below[1])
    if shared > 0.35 * lower or (shared > -0.1 * size and abs(one.base - other.base) < 0.1 * size):
        return gap < _ROW_GAP * size
    integral = any(sign.kind is Kind.INTEGRAL for sign in [*one.signs, *other.signs])
    if gap > (0.8 if integral else 0.3) * size:
        return False
    small = min(one.size, other.size) < 0.85 * size
    tall = any(big_or_tall(sign) for sign in [*one.signs, *other.signs])
    if any(sign.char in "⏞⏟" for sign in [*one.signs, *other.signs]):
        return -shared < 1.1 * size
    limits = tall or _takes_limits(one) or _takes_limits(other)
    return -shared < (_NEAR * size if limits else 0.3 * min(one.size, other.size)) and (small or shared > 0)


def _takes_limits(piece: Piece) -> bool:
    text = "".join(sign.char for sign in piece.signs)
    return any(name in text for name in WITH_LIMITS)


def _touches(rule: Rule, box: Box, size: float) -> bool:
    middle = (box[0] + box[2]) / 2
    level = rule.x0 - 2 < middle < rule.x1 + 2 or (box[0] < rule.x1 and box[2] > rule.x0)
    return level and max(rule.y - box[3], box[1] - rule.y) < _BAR * size


def _add_words(group: list[Piece], weak: list[Piece]) -> None:
    """Move the few words that stand in a formula to it: "if", "otherwise"."""
    taken = True
    while taken:
        box, size = around(signs_of(group)), main_size(signs_of(group))
        near = [piece for piece in weak if _is_between(piece.box, box, size)]
        taken = bool(near)
        group += near
        weak[:] = [piece for piece in weak if piece not in near]


def _is_between(box: Box, whole: Box, size: float) -> bool:
    y = (box[1] + box[3]) / 2
    gap = max(box[0], whole[0]) - min(box[2], whole[2])
    return whole[1] - 1 < y < whole[3] + 1 and gap < 2.5 * size


def _is_formula(display: Display) -> bool:
    signs = display.signs
    size, base = main_size(signs), main_base(signs)
    lone = _letters_outside_words(signs)
    related = any(sign.kind is Kind.RELATION for sign in signs)
    tall = any(big_or_tall(sign) for sign in signs)
    built = tall or bool(display.rules) or any(sign.size < 0.82 * size for sign in signs)
    if len(signs) < 3 or not (lone or tall) or _is_tabular(signs, size):
        return False
    if (not is_level(signs[0], base, size) and not built) or signs[0].kind in (Kind.CLOSE, Kind.PUNCTUATION):
        return False
    if _begins_with_index(signs, base, size):
        return False
    if sum(piece.letters for piece in display.pieces) > 0.6 * len(signs):
        return False
    upright = sum(sign.kind is Kind.LETTER and sign.alphabet == "mathrm" for sign in signs)
    if not built and upright > 0.5 * len(signs):
        return False
    if any(sign.sure for sign in signs):
        return related or (len(signs) > 4 and (built or any(sign.kind is Kind.BINARY for sign in signs)))
    telling = built or any(sign.char in "∇∂∀∃∈" for sign in signs)
    return related and telling and any(not sign.alphabet or sign.alphabet == "mathbf" for sign in lone)


def _letters_outside_words(signs: Sequence[Sign]) -> list[Sign]:
    """The letters that stand for something: no part of a word of a language. ``signs``: from left to right."""
    letters: list[Sign] = []
    word: list[Sign] = []
    for sign in [*signs, None]:
        near = bool(word) and sign is not None and sign.box[0] - word[-1].box[2] < 0.2 * sign.size
        if sign is not None and sign.kind is Kind.LETTER and not sign.sure and (near or not word):
            word.append(sign)
            continue
        letters += [] if is_word(word) else word
        word = [sign] if sign is not None and sign.kind is Kind.LETTER and not sign.sure else []
        if sign is not None and sign.kind is Kind.LETTER and sign.sure:
            letters.append(sign)
    return letters


def _begins_with_index(signs: Sequence[Sign], base: float, size: float) -> bool:
    """Whether the first sign is set to one that is not there: the formula goes on from the line before."""
    first = signs[0]
    small = first.size < 0.82 * size and first.axis is None
    over = any(sign is not first and sign.box[0] < first.box[2] + 1 and sign.size > first.size for sign in signs)
    return small and not over and abs(first.base - base) < 0.7 * size and not any(map(big_or_tall, signs[:6]))


def _is_tabular(signs: Sequence[Sign], size: float) -> bool:
    """Whether signs stand in columns, as the cells of a row of a table do."""
    gaps, right = 0, signs[0].box[2]
    for sign in signs[1:]:
        gaps += sign.box[0] - right > 1.1 * size
        right = max(right, sign.box[2])
    return gaps > 2


def _lead_of(signs: Sequence[Sign]) -> int:
    """How many of the first signs, from left to right, are a bullet or the number of an item."""
    first = signs[0]
    if (first.char in _BULLETS and not first.sure) or first.char == "•":
        return int(len(signs) > 1 and signs[1].box[0] - first.box[2] > 0.25 * first.size)
    number = _ITEM.match("".join(sign.char for sign in signs))
    if not number or number.end() >= len(signs):
        return 0
    last, after = signs[number.end() - 1], signs[number.end()]
    return number.end() if after.box[0] - last.box[2] > 0.12 * last.size else 0


def _goes_on_above(display: Display, prose: Sequence[Piece]) -> bool:
    """Whether it is the end of a paragraph: set at its left edge, right below its last line."""
    x0, y0, _, y1 = around(display.signs)
    size, base = main_size(display.signs), main_base(display.signs)
    above = [piece.box for piece in prose if 0 < base - piece.base < 1.75 * size and piece.box[0] > x0 - 0.6 * size]
    if not above or y1 - y0 > 2.2 * size:
        return False
    return min(box[0] for box in above) < x0 + 0.6 * size and max(box[2] for box in above) > x0 + 10 * size


def _add_numbers(displays: Sequence[Display], numbers: Sequence[Piece]) -> None:
    """Give each number at the right, or at the left, to the formula at its height and in its column."""
    boxes = [display.box for display in displays]
    for number in numbers:
        x0, y0, x1, y1 = number.box
        y = (y0 + y1) / 2
        level = [at for at, box in enumerate(boxes) if box[1] - 2 < y < box[3] + 2]
        before = [at for at in level if boxes[at][2] < x0]
        if before:
            nearest = max(before, key=lambda at: boxes[at][2])
            level = [at for at in before if boxes[at][2] > boxes[nearest][0]]
        else:
            level = [at for at in level if x1 < boxes[at][0]]
        if level:
            displays[min(level, key=lambda at: _height_between(displays[at], boxes[at], number))].numbers.append(number)


def _height_between(display: Display, box: Box, number: Piece) -> float:
    """How far the middle or the baseline of a formula is from that of a number, in points."""
    y = (number.box[1] + number.box[3]) / 2
    main = max(display.pieces, key=lambda piece: piece.size).base
    return min(abs(y - (box[1] + box[3]) / 2), abs(number.base - main))
