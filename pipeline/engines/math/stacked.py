"""Fractions in lines of text that formula editors set in fonts of text: one text over another, a line between. Pure.

Such pages have no font that tells a formula, so these fractions are all that is taken. An underlined word is none: what
stands above and below a line must be as short as the line, alone on its level, and beside text at the line's height.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.engines.math.printed import sign_of
from pipeline.engines.math.signs import AXIS, Rule
from pipeline.engines.math.tree import tex_of
from stores.models import Box

_Blocks = list[dict[str, Any]]
_Printed = tuple[float, dict[str, Any], dict[str, Any]]  # baseline, character and span of MuPDF's rawdict

_SHORTEST, _LONGEST = 3.0, 80.0  # points of the line of a fraction
_MOST_RULES = 300
_MOST_SIGNS = 12  # above or below
_OVER, _UNDER = (-0.05, 0.65), (0.5, 1.3)  # of the size: from baselines above up to the line, from it down to others
_REACH_PT = 80.0  # a character whose baseline is further away has nothing to do with a line
_BESIDE_EM = 1.2  # text so near at the level of one part goes on: it is no part of a fraction
_LEVEL = 0.2  # of the size: text beside a fraction stands so near to its level
_NEAR_EM = 1.5
_EDGE_PT = 1.5
_UP, _DOWN = 0.75, 0.22  # of the size: the box of a fraction, as high as a letter


def with_fractions(blocks: _Blocks, rules: Sequence[Rule], barred: Sequence[Box]) -> _Blocks:
    """The text blocks (MuPDF's rawdict) with each fraction as one character of TeX; the same blocks where none is.

    ``rules``: the level lines drawn on the page; ``barred``: boxes of tables and figures, whose text stays.
    """
    short = [rule for rule in rules if _SHORTEST < rule.x1 - rule.x0 < _LONGEST and not _lies_in(rule, barred)]
    if not 0 < len(short) <= _MOST_RULES:
        return blocks
    printed = sorted(_printed(blocks), key=lambda item: item[0])
    bases = [base for base, _, _ in printed]
    taken: set[int] = set()
    lines: list[dict[str, Any]] = []
    for rule in short:
        near = printed[bisect_left(bases, rule.y - _REACH_PT) : bisect_right(bases, rule.y + _REACH_PT)]
        parts = _parts_of([item for item in near if id(item[1]) not in taken], rule)
        tex = tex_of([sign for _, char, span in parts if (sign := sign_of(char, span, {}))], [rule]) if parts else ""
        if tex.startswith("\\frac") and "\ufffd" not in tex and "$" not in tex:
            taken.update(id(char) for _, char, _ in parts)
            lines.append(_line(rule, tex, parts[0][2]))
    return [*_without(blocks, taken), {"type": 0, "lines": lines}] if lines else blocks


def _lies_in(rule: Rule, boxes: Sequence[Box]) -> bool:
    x = (rule.x0 + rule.x1) / 2
    return any(x0 <= x <= x1 and y0 <= rule.y <= y1 for x0, y0, x1, y1 in boxes)


def _printed(blocks: Iterable[dict[str, Any]]) -> Iterator[_Printed]:
    for block in blocks:
        for line in block.get("lines", ()):
            if line["dir"][0] > 0.9:
                for span in line["spans"]:
                    yield from ((char["origin"][1], char, span) for char in span["chars"] if not char["c"].isspace())


def _parts_of(near: Sequence[_Printed], rule: Rule) -> list[_Printed]:
    """The characters of the fraction that a line makes; none where it makes none."""
    above = _on_side(near, rule, -1.0, _OVER)
    below = _on_side(near, rule, 1.0, _UNDER)
    if not (0 < len(above) <= _MOST_SIGNS and 0 < len(below) <= _MOST_SIGNS):
        return []
    own = {id(char) for _, char, _ in (*above, *below)}
    others = [item for item in near if id(item[1]) not in own]
    if _goes_on(above, others) or _goes_on(below, others) or not _stands_in_line(others, rule):
        return []
    return [*above, *below]


def _on_side(near: Sequence[_Printed], rule: Rule, sign: float, reach: tuple[float, float]) -> list[_Printed]:
    over = [item for item in near if rule.x0 - _EDGE_PT < _middle(item[1]) < rule.x1 + _EDGE_PT]
    size = max((span["size"] for _, _, span in over), default=0.0)  # indices are smaller than what they are set to
    return [item for item in over if reach[0] * size < sign * (item[0] - rule.y) < reach[1] * size]


def _middle(char: dict[str, Any]) -> float:
    middle: float = (char["bbox"][0] + char["bbox"][2]) / 2
    return middle


def _goes_on(part: Sequence[_Printed], others: Sequence[_Printed]) -> bool:
    """Whether the text above or below a line goes on beside it."""
    left, right = min(char["bbox"][0] for _, char, _ in part), max(char["bbox"][2] for _, char, _ in part)
    bases = [base for base, _, _ in part]
    for base, char, span in others:
        room = _BESIDE_EM * span["size"]
        beside = char["bbox"][2] > left - room and char["bbox"][0] < right + room
        if beside and any(abs(base - own) < _LEVEL * span["size"] for own in bases):
            return True
    return False


def _stands_in_line(others: Sequence[_Printed], rule: Rule) -> bool:
    """Whether text stands beside a line, and the line at the height at which fractions have theirs."""
    for base, char, span in others:
        size, (x0, _, x1, _) = span["size"], char["bbox"]
        level = abs(base - AXIS * size - rule.y) < _LEVEL * size
        if level and (
            rule.x0 - _NEAR_EM * size < x1 < rule.x0 + size or rule.x1 - size < x0 < rule.x1 + _NEAR_EM * size
        ):
            return True
    return False


def _line(rule: Rule, tex: str, span: dict[str, Any]) -> dict[str, Any]:
    """A line of one character, which is the whole fraction."""
    size = span["size"]
    base = rule.y + AXIS * size
    box = (rule.x0, base - _UP * size, rule.x1, base + _DOWN * size)
    char = {"c": f"${tex}$", "bbox": box, "origin": (rule.x0, base)}
    return {"dir": (1.0, 0.0), "wmode": 0, "bbox": box, "spans": [{**span, "flags": 0, "chars": [char]}]}


def _without(blocks: _Blocks, taken: set[int]) -> _Blocks:
    made = []
    for block in blocks:
        lines = []
        for line in block.get("lines", ()):
            spans = [
                {**span, "chars": [char for char in span["chars"] if id(char) not in taken]} for span in line["spans"]
            ]
            if spans := [span for span in spans if span["chars"]]:
                lines.append({**line, "spans": spans})
        made.append({**block, "lines": lines})
    return made
