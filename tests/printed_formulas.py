"""Lines of formulas for tests, as MuPDF's rawdict has them, and what is read from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.engines.math.formulas import take_formulas
from pipeline.engines.math.printed import codes_of
from pipeline.engines.math.signs import Rule

Run = tuple[str, float, float, float, str]  # characters, left edge, baseline, size in points, font

ITALIC, ROMAN, SYMBOLS, LARGE = "ABCDEF+CMMI10", "ABCDEF+CMR10", "ABCDEF+CMSY10", "ABCDEF+CMEX10"
_LOW, _DEEP = frozenset("acegmnopqrsuvwxyz"), frozenset("gpqyj()[]|")
_MARKS = frozenset("¯ˆ")


def line(*runs: Run) -> dict[str, Any]:
    """A line of MuPDF's rawdict: every character half as wide as high, blanks a quarter."""
    return {"dir": (1.0, 0.0), "wmode": 0, "spans": [_span(*run) for run in runs]}


def _span(text: str, x: float, base: float, size: float, font: str) -> dict[str, Any]:
    chars = []
    for char in text:
        width = 0.25 * size if char == " " else 0.5 * size
        top = base if char == " " else base - (0.45 if char in _LOW else 0.7) * size
        low = base - 0.5 * size if char in _MARKS else base + 0.2 * size * (char in _DEEP)
        chars.append({"c": char, "origin": (x, base), "bbox": (x, top, x + width, low)})
        x += width
    return {"font": font, "size": size, "flags": 0, "char_flags": 16, "chars": chars}


def tall(char: str, x: float, top: float, bottom: float, font: str = LARGE) -> dict[str, Any]:
    """A line of one sign that reaches from ``top`` to ``bottom``."""
    made = line((char, x, top, 10, font))
    made["spans"][0]["chars"][0]["bbox"] = (x, top, x + 8, bottom)
    return made


def taken(lines: Sequence[dict[str, Any]], rules: Sequence[Rule] = (), codes: Sequence[dict[str, Any]] = ()) -> Any:
    return take_formulas([{"lines": list(lines)}], codes_of([{"lines": list(codes)}]), rules, [])


def display(lines: Sequence[dict[str, Any]], rules: Sequence[Rule] = ()) -> list[str]:
    """The TeX of the formulas that stand alone."""
    result = taken(lines, rules)
    return [formula.tex for formula in result.formulas] if result else []


def text_of(lines: Sequence[dict[str, Any]], rules: Sequence[Rule] = ()) -> str:
    """The text of a line with its formulas."""
    result = taken(lines, rules)
    blocks = result.blocks if result else [{"lines": lines}]
    return "".join(
        char["c"] for block in blocks for one in block["lines"] for span in one["spans"] for char in span["chars"]
    )
