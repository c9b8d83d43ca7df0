"""Formulas of Office files (OMML) as TeX: fractions, roots, indices, sums, integrals, matrices, accents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.engines.formats.packages import local
from pipeline.engines.math.symbols import SIGNS

_DEEPEST = 40
_ACCENTS = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u0308": "ddot",
    "\u20d7": "vec",
}  # fmt: skip
_BRACKETS = {"{": r"\{", "}": r"\}", "": "."}
_FUNCTIONS = frozenset(
    ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "log", "ln", "lim", "max", "min", "exp", "det")
)
_SPACES = str.maketrans({"\u200b": "", "\u2061": "", "\u2062": "", "\u00a0": " "})


def tex_of(formula: Any) -> str:
    """The TeX of an oMath element, without dollar signs; what has no rule of its own is written in its order."""
    return " ".join(_children(formula, 0).split())


def _tex(node: Any, depth: int) -> str:
    if depth > _DEEPEST:
        return function_or_letters("".join(node.itertext()))
    name = local(node)
    if name == "r":
        return _run(node)
    if name.endswith("Pr"):
        return ""
    rule = _RULES.get(name)
    return rule(node, depth + 1) if rule else _children(node, depth + 1)


def _children(node: Any, depth: int) -> str:
    return "".join(_tex(child, depth) for child in node)


def _part(node: Any, name: str, depth: int) -> str:
    """The TeX of a part of a construct: ``num`` of a fraction."""
    return "".join(_children(child, depth) for child in node if local(child) == name).strip()


def _run(node: Any) -> str:
    return function_or_letters("".join(child.text or "" for child in node if local(child) == "t"))


def function_or_letters(text: str) -> str:
    """Characters as TeX: ``α`` as ``\\alpha``, a word as a function or upright text."""
    text = text.translate(_SPACES)
    if re.fullmatch(r"\s*[A-Za-z]{2,}\s*", text):
        word = text.strip()
        return f"\\{word} " if word in _FUNCTIONS else word
    return "".join(_letter(sign) for sign in text)


def _letter(sign: str) -> str:
    tex = SIGNS.get(sign, sign)
    return f"{tex} " if len(tex) > 1 and tex[1:].isalpha() else tex


def _value(node: Any, *names: str) -> str | None:
    """The ``val`` of a property of a construct, None where it has none; "" where it is given without a value."""
    for properties in (child for child in node if local(child).endswith("Pr")):
        for one in properties:
            if local(one) in names:
                return next((value for key, value in one.attrib.items() if key.rpartition("}")[2] == "val"), "")
    return None


def _fraction(node: Any, depth: int) -> str:
    above, below = _part(node, "num", depth), _part(node, "den", depth)
    if _value(node, "type") == "noBar":
        return f"{{{above} \\atop {below}}}"
    return f"\\frac{{{above}}}{{{below}}}"


def _root(node: Any, depth: int) -> str:
    degree = _part(node, "deg", depth)
    return f"\\sqrt{f'[{degree}]' if degree else ''}{{{_part(node, 'e', depth)}}}"


def _scripts(node: Any, depth: int) -> str:
    base = _part(node, "e", depth)
    base = base if len(base) < 2 or (base.startswith("\\") and base[1:].isalpha()) else f"{{{base}}}"
    return base + _indices(node, depth)


def _indices(node: Any, depth: int) -> str:
    below, above = _part(node, "sub", depth), _part(node, "sup", depth)
    return (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def _before(node: Any, depth: int) -> str:
    return f"{{}}{_indices(node, depth)}{_part(node, 'e', depth)}"


def _sum(node: Any, depth: int) -> str:
    sign = function_or_letters(_value(node, "chr") or "∫").strip()
    return f"{sign}{_indices(node, depth)} {_part(node, 'e', depth)}"


def _brackets(node: Any, depth: int) -> str:
    begin, end = _value(node, "begChr"), _value(node, "endChr")
    separator = function_or_letters(_value(node, "sepChr") or "|")
    inner = separator.join(_children(child, depth) for child in node if local(child) == "e").strip()
    left = _BRACKETS.get("(" if begin is None else begin, begin or "(")
    right = _BRACKETS.get(")" if end is None else end, end or ")")
    if "\\" in inner or "." in (left, right):
        return f"\\left{left} {inner}\\right{right}"
    return f"{left}{inner}{right}"


def _matrix(node: Any, depth: int) -> str:
    rows = (
        " & ".join(_children(cell, depth).strip() for cell in row if local(cell) == "e")
        for row in node
        if local(row) == "mr"
    )
    return f"\\begin{{matrix}}{_lines(rows)}\\end{{matrix}}"


def _lines(rows: Iterable[str]) -> str:
    return " \\\\ ".join(rows)


def _array(node: Any, depth: int) -> str:
    rows = [_children(child, depth).strip() for child in node if local(child) == "e"]
    if len(rows) == 1:
        return rows[0]
    return f"\\begin{{aligned}}{_lines(rows)}\\end{{aligned}}"


def _accent(node: Any, depth: int) -> str:
    return f"\\{_ACCENTS.get(_value(node, 'chr') or chr(0x302), 'hat')}{{{_part(node, 'e', depth)}}}"


def _bar(node: Any, depth: int) -> str:
    return f"\\{'overline' if _value(node, 'pos') == 'top' else 'underline'}{{{_part(node, 'e', depth)}}}"


def _function(node: Any, depth: int) -> str:
    return f"{_part(node, 'fName', depth)} {_part(node, 'e', depth)}"


def _limit(above: bool) -> Callable[[Any, int], str]:
    sign = "^" if above else "_"
    return lambda node, depth: f"{_part(node, 'e', depth).strip()}{sign}{{{_part(node, 'lim', depth)}}}"


_RULES: Mapping[str, Callable[[Any, int], str]] = {
    "f": _fraction,
    "rad": _root,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _before,
    "nary": _sum,
    "d": _brackets,
    "m": _matrix,
    "eqArr": _array,
    "acc": _accent,
    "bar": _bar,
    "func": _function,
    "limLow": _limit(above=False),
    "limUpp": _limit(above=True),
}
