"""The formulas of a page, taken out of its text layer as TeX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engines.math.displays import Display, displays_of
from pipeline.engines.math.inline import Inline, inlines_of
from pipeline.engines.math.printed import Codes, Piece, pieces_of
from pipeline.engines.math.signs import Rule, Sign, around, main_base, main_size
from pipeline.engines.math.tall_parts import with_tall_parts
from pipeline.engines.math.tree import tex_of
from stores.models import Box

_Blocks = list[dict[str, Any]]

_UNKNOWN = "\ufffd"
_LONGEST = 1900  # characters of TeX
_UP, _DOWN = 0.75, 0.22  # of the size: the box of a formula in a line, as high as a letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula on lines of its own. ``tex`` has no dollar signs, ``blocks`` hold its characters as printed."""

    tex: str
    box: Box
    blocks: _Blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The text blocks of a page without the formulas that stand alone, TeX in place of those in lines."""

    blocks: _Blocks
    formulas: list[Formula]


def take_formulas(
    blocks: _Blocks, codes: Codes, rules: Sequence[Rule], barred: Sequence[Box], limits: Sequence[Box] = ()
) -> Taken | None:
    """Take the formulas out of text blocks (MuPDF's rawdict); None where there are none.

    ``rules``: the level lines drawn on the page; ``barred``: boxes of tables and figures, whose text stays.
    """
    pieces, rules = with_tall_parts(pieces_of(blocks, codes), rules)
    displays = [(display, _tex_of_display(display)) for display in displays_of(pieces, rules, barred)]
    displays = [(display, tex) for display, tex in displays if tex]
    gone = {id(piece) for display, _ in displays for piece in _pieces(display)}
    left = [piece for piece in pieces if id(piece) not in gone]
    inlines = [(inline, _checked(tex_of(inline.signs, inline.rules))) for inline in inlines_of(left, rules, barred)]
    inlines = [(inline, tex) for inline, tex in inlines if tex]
    inlines += [(_in_item(display), tex) for display, tex in displays if display.lead]
    left += [piece for display, _ in displays if display.lead for piece in display.pieces]
    displays = [(display, tex) for display, tex in displays if not display.lead]
    if not displays and not inlines:
        return None
    formulas = [
        Formula(tex=tex, box=display.box, blocks=_only(blocks, _printed(_pieces(display)))) for display, tex in displays
    ]
    return Taken(blocks=_rewritten(blocks, displays, inlines, left), formulas=formulas)


def _in_item(display: Display) -> Inline:
    """A formula behind a bullet or a number, as one in a line."""
    signs = display.signs
    return Inline(signs, main_base(signs), main_size(signs), display.rules)


def _pieces(display: Display) -> list[Piece]:
    return [*display.pieces, *display.numbers]


def _printed(pieces: Iterable[Piece]) -> set[int]:
    return {id(char) for piece in pieces for sign in piece.signs for char in sign.printed} | {
        id(blank) for piece in pieces for blank in piece.blanks
    }


def _tex_of_display(display: Display) -> str:
    tex = _checked(tex_of(display.signs, display.rules))
    if tex and display.numbers:
        numbers = ["".join(sign.char for sign in number.signs).strip("()[]") for number in display.numbers]
        tex = f"{tex} \\tag{{{', '.join(numbers)}}}"
    return tex


def _checked(tex: str) -> str:
    """The TeX, "" where a sign of it is not known: text is better then."""
    return "" if _UNKNOWN in tex or "$" in tex or len(tex) > _LONGEST else tex


def _only(blocks: _Blocks, kept: set[int]) -> _Blocks:
    """The blocks with none but these characters, by id."""
    return _with_spans(blocks, lambda line: [_cut(span, kept) for span in line["spans"]])


def _cut(span: dict[str, Any], kept: set[int]) -> dict[str, Any]:
    return {**span, "chars": [char for char in span["chars"] if id(char) in kept]}


def _with_spans(blocks: _Blocks, spans_of: Any) -> _Blocks:
    made = []
    for block in blocks:
        lines = []
        for line in block.get("lines", ()):
            spans = [span for span in spans_of(line) if span["chars"]]
            if spans:
                lines.append({**line, "spans": spans})
        made.append({**block, "lines": lines})
    return made


def _rewritten(
    blocks: _Blocks,
    displays: Sequence[tuple[Display, str]],
    inlines: Sequence[tuple[Inline, str]],
    left: Sequence[Piece],
) -> _Blocks:
    out = _printed(piece for display, _ in displays for piece in _pieces(display))
    written: dict[int, tuple[Inline, str]] = {}
    for inline, tex in inlines:
        ids = [id(char) for sign in inline.signs for char in sign.printed]
        out.update(ids)
        written[id(_first(inline).printed[0])] = inline, tex
        out.update(id(blank) for blank in _blanks_in(inline, left))

    def spans_of(line: dict[str, Any]) -> list[dict[str, Any]]:
        spans = []
        for span in line["spans"]:
            chars: list[dict[str, Any]] = []
            for char in span["chars"]:
                if id(char) in written:
                    spans.append({**span, "chars": chars})
                    spans.append(_formula_span(span, *written[id(char)]))
                    chars = []
                elif id(char) not in out:
                    chars.append(char)
            spans.append({**span, "chars": chars})
        return spans

    return _with_spans(blocks, spans_of)


def _first(inline: Inline) -> Sign:
    """The first sign that stands on the line."""
    level = [sign for sign in inline.signs if sign.size > 0.85 * inline.size and abs(sign.base - inline.base) < 1]
    return min(level or inline.signs, key=lambda sign: sign.box[0])


def _blanks_in(inline: Inline, pieces: Iterable[Piece]) -> Iterable[dict[str, Any]]:
    x0, y0, _, y1 = around(inline.signs)
    x1 = max(sign.box[0] for sign in inline.signs)  # a blank after the last sign is not its own
    for piece in pieces:
        for blank in piece.blanks:
            x, y = blank["origin"]
            if x0 - 0.1 <= x < x1 and y0 - 2 < y < y1 + 2:
                yield blank


def _formula_span(span: dict[str, Any], inline: Inline, tex: str) -> dict[str, Any]:
    """A span of one character, which is the whole formula."""
    x0, _, x1, _ = around(inline.signs)
    box = (x0, inline.base - _UP * inline.size, x1, inline.base + _DOWN * inline.size)
    char = {"c": f"${tex}$", "bbox": box, "origin": (x0, inline.base)}
    return {**span, "flags": 0, "size": inline.size, "chars": [char]}
