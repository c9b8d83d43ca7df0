"""Formulas of web pages, e-books and OpenDocument files (MathML) as TeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.engines.formats.formulas import function_or_letters
from pipeline.engines.formats.packages import local

_DEEPEST = 60
_LEFT_OUT = frozenset(("annotation", "annotation-xml", "mphantom", "maligngroup", "malignmark", "none", "mprescripts"))
_ACCENTS = {
    "^": "hat", "ˆ": "hat", "~": "tilde", "˜": "tilde", "¯": "bar", "‾": "overline", "―": "overline", "_": "underline",
    "→": "vec", "⃗": "vec", "˙": "dot", "¨": "ddot", "⏞": "overbrace", "⏟": "underbrace", "̲": "underline",
}  # fmt: skip
_OPENING, _CLOSING = {"{": r"\{"}, {"}": r"\}"}


def tex_of_mathml(formula: Any) -> str:
    """The TeX of a ``math`` element, without dollar signs: what the file keeps as TeX, else by its structure."""
    for node in formula.iter():
        if _name(node) == "annotation" and "tex" in (node.get("encoding") or "").lower() and (node.text or "").strip():
            return " ".join(node.text.split())
    return " ".join(_row(formula, 0).split())


def is_display(formula: Any) -> bool:
    """Whether a formula stands in a line of its own."""
    return bool(formula.get("display") == "block" or formula.get("mode") == "display")


def _name(node: Any) -> str:
    return local(node).rpartition(":")[2].lower()


def _tex(node: Any, depth: int) -> str:
    name = _name(node)
    if not name or name in _LEFT_OUT:
        return ""
    if depth > _DEEPEST:
        return function_or_letters("".join(node.itertext()))
    if name in ("mi", "mn", "mo", "mtext", "ms"):
        return _word(node, name)
    rule = _RULES.get(name)
    return rule(node, depth + 1) if rule else _row(node, depth + 1)


def _row(node: Any, depth: int) -> str:
    return "".join(_tex(child, depth) for child in node)


def _word(node: Any, name: str) -> str:
    text = " ".join("".join(node.itertext()).split())
    if name in ("mtext", "ms"):
        return f"\\text{{{text}}}" if any(map(str.isalnum, text)) else f" {text} "
    if name == "mo" and text in ("{", "}"):
        return f"\\{text}"
    if name == "mi" and len(text) > 1 and text.isascii() and text.isalpha():
        known = function_or_letters(text)
        return known if known.startswith("\\") else f"\\mathrm{{{text}}}"
    return function_or_letters(text)


def _parts(node: Any, depth: int, count: int) -> list[str]:
    """The TeX of the first children of a construct, "" for those that are missing."""
    parts = [_tex(child, depth).strip() for child in node if _name(child) and _name(child) != "annotation"]
    return [*parts, *[""] * count][:count]


def _base(tex: str) -> str:
    return tex if len(tex) == 1 or (tex.startswith("\\") and tex[1:].isalpha()) else f"{{{tex}}}"


def _fraction(node: Any, depth: int) -> str:
    above, below = _parts(node, depth, 2)
    if (node.get("linethickness") or "").strip() in ("0", "0px", "0pt"):
        return f"{{{above} \\atop {below}}}"
    return f"\\frac{{{above}}}{{{below}}}"


def _root(node: Any, depth: int) -> str:
    base, degree = _parts(node, depth, 2)
    return f"\\sqrt[{degree}]{{{base}}}"


def _scripts(*signs: str) -> Callable[[Any, int], str]:
    def rule(node: Any, depth: int) -> str:
        base, *scripts = _parts(node, depth, 1 + len(signs))
        accent = _ACCENTS.get(scripts[0]) if len(signs) == 1 else None
        if accent and _name(node) in ("mover", "munder"):
            return f"\\{accent}{{{base}}}"
        return _base(base) + "".join(f"{sign}{{{tex}}}" for sign, tex in zip(signs, scripts, strict=True) if tex)

    return rule


def _fenced(node: Any, depth: int) -> str:
    opening, closing = node.get("open", "("), node.get("close", ")")
    separators = [sign for sign in node.get("separators", ",") if not sign.isspace()]
    parts = [_tex(child, depth).strip() for child in node if _name(child)]
    text = parts[0] if parts else ""
    for at, part in enumerate(parts[1:]):
        text += (separators[min(at, len(separators) - 1)] if separators else "") + part
    return f"\\left{_OPENING.get(opening, opening) or '.'} {text}\\right{_CLOSING.get(closing, closing) or '.'}"


def _table(node: Any, depth: int) -> str:
    rows = [_cells(row, depth) for row in node if _name(row) in ("mtr", "mlabeledtr")]
    return "\\begin{matrix}" + " \\\\ ".join(" & ".join(row) for row in rows) + "\\end{matrix}"


def _cells(row: Any, depth: int) -> Sequence[str]:
    return [_row(cell, depth).strip() for cell in row if _name(cell) == "mtd"]


def _before(node: Any, depth: int) -> str:
    """An element with indices on both sides, those on the left behind ``mprescripts``."""
    sides: list[list[str]] = [[]]
    for child in node:
        if _name(child) == "mprescripts":
            sides.append([])
        elif _name(child):
            sides[-1].append(_tex(child, depth).strip())
    base, *right = sides[0] or [""]
    left = sides[1] if len(sides) > 1 else []
    return (f"{{}}{_pairs(left)}" if left else "") + _base(base) + _pairs(right)


def _pairs(scripts: Sequence[str]) -> str:
    return "".join(f"{sign}{{{tex}}}" for at, tex in enumerate(scripts) if tex for sign in ("_^"[at % 2],))


_RULES: Mapping[str, Callable[[Any, int], str]] = {
    "mfrac": _fraction,
    "msqrt": lambda node, depth: f"\\sqrt{{{_row(node, depth).strip()}}}",
    "mroot": _root,
    "msup": _scripts("^"),
    "msub": _scripts("_"),
    "msubsup": _scripts("_", "^"),
    "mover": _scripts("^"),
    "munder": _scripts("_"),
    "munderover": _scripts("_", "^"),
    "mfenced": _fenced,
    "mtable": _table,
    "mmultiscripts": _before,
    "mspace": lambda *_: " ",
}
