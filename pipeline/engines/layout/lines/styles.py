"""How a span of a text layer is set: size, weight and kind of its font. Pure: takes MuPDF's rawdict spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.engines.layout.lines import font_names
from pipeline.engines.math.fonts import is_typewriter_font

_MONO, _BOLD = 8, 16
_DRAWN = 16 | 32  # char_flags: filled or stroked; neither means invisible
_FAKE_BOLD = 8


@dataclass(frozen=True, slots=True)
class Style:
    """How a span is set; ``size`` in points."""

    size: float
    bold: bool
    mono: bool
    raised: bool
    hidden: bool
    struck: bool = False
    font: str = ""


def style_of(span: dict[str, Any], *, raised: bool) -> Style:
    """Return how a span is set; ``raised``: it stands above the baseline of its line."""
    flags, char_flags = span["flags"], span["char_flags"]
    name = font_names.readable(str(span["font"]))
    hidden = not char_flags & _DRAWN and not name.startswith("Type3")
    if hidden:  # the font of a recognised text is not that of the print
        return Style(size=float(span["size"]), bold=False, mono=False, raised=False, hidden=True)
    return Style(
        size=float(span["size"]),
        bold=bool(flags & _BOLD or char_flags & _FAKE_BOLD) or font_names.is_heavy(name),
        mono=(bool(flags & _MONO) and not font_names.is_text_face(name)) or is_typewriter_font(name),
        raised=raised,
        hidden=False,
        struck=bool(span.get("struck")),
        font=name,
    )
