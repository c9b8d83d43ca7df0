"""Finds formulas inside lines of text, where letters have indices or come from alphabets of formulas. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.engines.math.printed import Piece, big_or_tall, is_prose, is_word
from pipeline.engines.math.signs import Rule, Sign, around, without
from pipeline.engines.math.symbols import FUNCTIONS, Kind
from stores.models import Box

_OPERATORS = (Kind.RELATION, Kind.BINARY)
_NEUTRAL = (*_OPERATORS, Kind.DIGIT, Kind.OPEN, Kind.CLOSE, Kind.FENCE, Kind.PUNCTUATION)
_WIDEST_GAP = 1.2  # of the size
_WIDEST_IN_LINE = 3.0  # where only indices and exponents stand between
_LONGEST = 400  # signs
_TOUCHING = 0.15  # of the size: so near to a letter is what is set to it
_SCRIPT_GAP = 0.45  # of the size: between the words of a limit
_LONGEST_HOST = 4  # letters of a name with an index
_IDEOGRAPHS = 0x2E80
_UNKNOWN = "\ufffd"
_ALPHABETS = frozenset(("mathbb", "mathcal", "mathfrak"))


@dataclass(slots=True, eq=False)
class Inline:
    """A formula inside a line; ``base`` and ``size`` are those of its line."""

    signs: list[Sign]
    base: float
    size: float
    rules: list[Rule] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Row:
    """A line of text with everything that is set to it."""

    level: list[Sign]
    base: float
    size: float
    others: list[Sign] = field(default_factory=list)
    left: float = math.inf
    right: float = -math.inf


def inlines_of(pieces: Sequence[Piece], rules: Sequence[Rule], barred: Sequence[Box]) -> list[Inline]:
    """The formulas inside lines of text. ``pieces``: all but those of formulas on lines of their own."""
    inlines = []
    for row in _rows(pieces, barred):
        for run in _runs(row):
            inline = _with_scripts(run, row, rules)
            if inline is not None:
                inlines.append(inline)
    return inlines


def _rows(pieces: Sequence[Piece], barred: Sequence[Box]) -> list[_Row]:
    """Lines of text, and what stands too high or too low to be a line, with the line that it is set to."""
    rows: list[_Row] = []
    usable = [piece for piece in pieces if not _is_barred(piece, barred)]
    largest = sorted(usable, key=lambda piece: -piece.size)
    left = []
    for piece in largest:
        row = next((row for row in rows if _is_on(piece, row)), None)
        if row is not None:
            _add(row, piece)
        elif is_prose(piece) or piece.sure:
            rows.append(_Row([], piece.base, piece.size))
            _add(rows[-1], piece)
        else:
            left.append(piece)
    for piece in left:
        row = min(
            (row for row in rows if _reaches(row, piece)), key=lambda row: abs(row.base - piece.base), default=None
        )
        if row is not None:
            row.others.extend(piece.signs)
    return rows


def _is_barred(piece: Piece, barred: Sequence[Box]) -> bool:
    x0, y0, x1, y1 = piece.box
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in barred)


def _is_on(piece: Piece, row: _Row) -> bool:
    if not row.level:
        return False
    level = piece.in_line and abs(piece.base - row.base) < 0.1 * row.size
    room = (_WIDEST_IN_LINE if level else _WIDEST_GAP) * row.size
    x0, y0, x1, y1 = piece.box
    near = x0 < row.right + room and x1 > row.left - room
    middle = (y0 + y1) / 2
    return (
        near
        and row.base - 1.0 * row.size < middle < row.base + 0.4 * row.size
        and piece.base < row.base + 0.75 * row.size
    )


def _reaches(row: _Row, piece: Piece) -> bool:
    return _is_on(piece, row)


def _add(row: _Row, piece: Piece) -> None:
    for sign in piece.signs:
        level = sign.axis is None and sign.size > 0.85 * row.size and abs(sign.base - row.base) < 0.1 * row.size
        if level or _is_centred(sign, row):
            row.level.append(sign)
            row.left, row.right = min(row.left, sign.box[0]), max(row.right, sign.box[2])
        else:
            row.others.append(sign)


def _is_centred(sign: Sign, row: _Row) -> bool:
    return sign.axis is not None and abs(sign.axis - (row.base - 0.25 * row.size)) < 0.4 * row.size


def _runs(row: _Row) -> list[list[Sign]]:
    """Runs of signs on a line that belong to formulas: from a sure sign to a sure sign, with any signs between."""
    signs = sorted(row.level, key=lambda sign: sign.box[0])
    for one, two, three in zip(signs, signs[1:], signs[2:], strict=False):
        if one.char == two.char == three.char and one.char in ".·⋅":  # dots that stand for what is left out
            one.kind = two.kind = three.kind = Kind.ORDINARY
    hosts = _hosts(signs, row)
    words = _words(signs) - hosts.keys()
    runs: list[list[Sign]] = []
    pending: list[Sign] = []
    for at, sign in enumerate(signs):
        if id(sign) in words or (at and _is_broken(signs[at - 1], sign, row)):
            _close(runs, pending, hosts)
            pending = []
        if id(sign) not in words:
            pending.append(sign)
    _close(runs, pending, hosts)
    return runs


def _is_broken(before: Sign, sign: Sign, row: _Row) -> bool:
    """Whether a gap parts two signs; what is set to the first may fill it."""
    widest = _WIDEST_GAP * row.size
    if sign.box[0] - before.box[2] <= widest:
        return False
    between = [other.box[2] for other in row.others if before.box[0] < other.x < sign.x]
    return sign.box[0] - max([before.box[2], *between]) > widest


def _hosts(signs: Sequence[Sign], row: _Row) -> dict[int, bool]:
    """The letters of text fonts that indices or exponents are set to, and whether these make them sure ones.

    ``e`` with an exponent, or ``SL`` with an index before what is sure; a name with the mark of a note is none.
    """
    hosts: dict[int, bool] = {}
    for at, sign in enumerate(signs):
        if not _is_letter(sign) or ord(sign.char[0]) >= _IDEOGRAPHS:
            continue
        first = at
        while first and _is_letter(signs[first - 1]) and _same_word(signs[first - 1], signs[first]):
            first -= 1
        after = signs[at + 1] if at + 1 < len(signs) else None
        scripts = _scripts_of(sign, after, row)
        if not scripts or (after and _same_word(sign, after)) or at - first >= _LONGEST_HOST:
            continue
        lower = all(script.base > row.base for script in scripts)
        lettered = [script for script in scripts if script.kind is Kind.LETTER]
        bold = sign.alphabet == "mathbf" and at == first
        sure = any(script.sure or bold for script in lettered)
        goes_on = after is not None and (after.sure or after.kind is Kind.OPEN)
        if (sure and (lower or at == first)) or (lower and goes_on):
            hosts.update((id(letter), sure) for letter in signs[first : at + 1])
    return hosts


def _scripts_of(sign: Sign, after: Sign | None, row: _Row) -> list[Sign]:
    """What is set to a sign: each begins where the one before ends, and none behind the next sign of the line."""
    end = after.box[0] if after is not None else math.inf
    scripts: list[Sign] = []
    right = sign.box[2]
    for other in sorted((s for s in row.others if sign.x < s.x < end), key=lambda other: other.box[0]):
        if other.box[0] - right > _TOUCHING * row.size:
            break
        scripts.append(other)
        right = max(right, other.box[2])
    return scripts


def _close(runs: list[list[Sign]], pending: list[Sign], hosts: Mapping[int, bool]) -> None:
    sure = [at for at, sign in enumerate(pending) if _is_sure(sign) or hosts.get(id(sign))]
    if not sure:
        return
    first, last = sure[0], sure[-1] + 1
    while (end := _with_operand(pending, last)) > last:
        last = end
    first = _with_factor(pending, first)
    before = first
    while before and pending[before - 1].kind is Kind.OPEN:
        before -= 1
    while before and id(pending[before - 1]) in hosts:
        before -= 1
        first = before
    first = _with_function(pending, first)
    while first and _is_over(pending[first - 1], pending[first]):
        first -= 1
    while last < len(pending) and _is_over(pending[last], pending[last - 1]):
        last += 1
    runs.append(_balanced(pending, first, last))


def _with_function(signs: Sequence[Sign], first: int) -> int:
    """The start of a run, with the name of a function right before it, or before its bracket."""
    end = first
    while end and signs[end - 1].kind is Kind.OPEN:
        end -= 1
    start = end
    while start and _is_letter(signs[start - 1]) and (start == end or _same_word(signs[start - 1], signs[start])):
        start -= 1
    return start if "".join(sign.char for sign in signs[start:end]) in FUNCTIONS else first


def _is_over(accent: Sign, sign: Sign) -> bool:
    """Whether a hat or a bar belongs to the letter beside it in the row."""
    return accent.kind is Kind.ACCENT and sign.box[0] - 0.1 * sign.size < accent.x < sign.box[2] + 0.35 * sign.size


def _is_sure(sign: Sign) -> bool:
    return sign.sure and sign.kind not in (Kind.PUNCTUATION, Kind.BINARY) and sign.char not in "<>∗†‡•"


def _with_operand(signs: Sequence[Sign], end: int) -> int:
    """The end of a run, with the number or name behind its last operator: ``= 0.1``."""
    at = end
    if at < len(signs) and signs[at].kind in _OPERATORS:
        at += 1
    elif signs[at - 1].kind not in (*_OPERATORS, Kind.OPEN) and not (at < len(signs) and signs[at].kind is Kind.CLOSE):
        return end
    start = at
    while at < len(signs) and signs[at].kind in (Kind.DIGIT, Kind.LETTER, Kind.FENCE, Kind.OPEN, Kind.CLOSE):
        at += 1
        if at + 1 < len(signs) and signs[at].char in ".," and signs[at + 1].kind is Kind.DIGIT and _touch(signs, at):
            at += 1
    while at > start and signs[at - 1].kind is Kind.OPEN:
        at -= 1
    return at if at > start else end


def _touch(signs: Sequence[Sign], at: int) -> bool:
    return signs[at + 1].box[0] - signs[at].box[2] < 0.12 * signs[at].size


def _with_factor(signs: Sequence[Sign], start: int) -> int:
    """The start of a run, with the digits right before it, and the terms before an operator."""
    at = start
    while at and (signs[at - 1].kind is Kind.DIGIT or (signs[at - 1].kind in _OPERATORS and at - 1)):
        at -= 1
    while at < start and signs[at].kind in (*_OPERATORS, Kind.PUNCTUATION) and not _is_tight(signs, at):
        at += 1
    return at


def _is_tight(signs: Sequence[Sign], at: int) -> bool:
    """Whether a minus belongs to the sign after it."""
    return signs[at].char in "−-" and signs[at + 1].box[0] - signs[at].box[2] < 0.1 * signs[at].size


def _balanced(signs: Sequence[Sign], first: int, last: int) -> list[Sign]:
    """A run with the brackets that its own ones need, and without those that stand alone at its ends."""
    run = list(signs[first:last])
    depth = sum(sign.kind is Kind.OPEN for sign in run) - sum(sign.kind is Kind.CLOSE for sign in run)
    while depth > 0 and last < len(signs) and signs[last].kind in _NEUTRAL:
        run.append(signs[last])
        depth -= signs[last].kind is Kind.CLOSE
        depth += signs[last].kind is Kind.OPEN
        last += 1
    while depth < 0 and first and signs[first - 1].kind in _NEUTRAL:
        first -= 1
        run.insert(0, signs[first])
        depth += signs[first].kind is Kind.OPEN
    while run and run[0].kind in (Kind.PUNCTUATION, Kind.RELATION):
        run.pop(0)
    while run and run[-1].kind is Kind.CLOSE and depth < 0:
        run.pop()
        depth += 1
    while run and run[0].kind is Kind.OPEN and depth > 0:
        run.pop(0)
        depth -= 1
    return run


def _words(signs: Sequence[Sign]) -> set[int]:
    """The letters of words of a language: two or more, set in a font of text, that name no function."""
    groups: list[list[Sign]] = []
    for sign in filter(_is_letter, signs):
        if groups and _same_word(groups[-1][-1], sign):
            groups[-1].append(sign)
        else:
            groups.append([sign])
    words = [group for group in groups if is_word(group) and "".join(s.char for s in group) not in FUNCTIONS]
    slanted = sum(not group[0].alphabet for group in words) > 1  # then two letters are a word, too
    words += [group for group in groups if len(group) == 1 or (slanted and len(group) == 2)]
    touching = {id(a) for a, b in pairwise(signs) if b.sure and b.kind is Kind.LETTER and _same_place(a, b)}
    words = [group for group in words if len(group) > 1 or id(group[0]) not in touching]  # the d of dx
    return {id(letter) for group in words for letter in group}


def _is_letter(sign: Sign) -> bool:
    """Whether a sign is a letter of a font of text."""
    return sign.kind is Kind.LETTER and not sign.sure


def _same_word(before: Sign, sign: Sign) -> bool:
    return _is_letter(sign) and sign.box[0] - before.box[2] < 0.2 * sign.size


def _same_place(one: Sign, other: Sign) -> bool:
    return other.box[0] - one.box[2] < 0.12 * other.size


def _with_scripts(run: list[Sign], row: _Row, rules: Sequence[Rule]) -> Inline | None:
    """The formula of a run with what is set to it; None where plain text says the same."""
    if not run or len(run) > _LONGEST:
        return None
    x0, x1, size = run[0].box[0], max(sign.box[2] for sign in run), row.size
    after = min((sign.box[0] for sign in row.level if sign.box[0] > x1 - 0.1), default=math.inf)
    members = list(run)
    set_to = [sign for sign in row.others if x0 - 0.4 * size < sign.x < after + 0.05 * size]
    right = x1
    for sign in sorted(set_to, key=lambda sign: sign.box[0]):
        if sign.box[0] < right + (_SCRIPT_GAP if right > x1 else 0.25) * size:
            members.append(sign)
            right = max(right, sign.box[2])
    row.others = without(row.others, members)
    box = around(members)
    own = [rule for rule in rules if box[0] - 3 < rule.x0 and rule.x1 < box[2] + 3 and box[1] - 3 < rule.y < box[3] + 3]
    own = [rule for rule in own if rule.x1 - rule.x0 < 0.98 * (box[2] - box[0]) + 6]
    if not _needs_tex(run, members, own):
        return None
    return Inline(members, row.base, row.size, own)


def _needs_tex(run: Sequence[Sign], members: Sequence[Sign], rules: Sequence[Rule]) -> bool:
    if any(char["c"] == _UNKNOWN for sign in run for char in sign.printed):
        return True  # the text layer does not say what it is
    lettered = any(sign.sure and sign.kind is Kind.LETTER for sign in members)
    if not lettered and not any(big_or_tall(sign) for sign in run):
        return False
    if len(members) > len(run) or rules:
        return True
    return any(sign.alphabet in _ALPHABETS or big_or_tall(sign) or sign.kind is Kind.ACCENT for sign in run)
