"""The printed lines of a page as signs of formulas and as words, from MuPDF's rawdict blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pipeline.engines.math.fonts import is_extension_font, is_math_font, is_typewriter_font, letter_of
from pipeline.engines.math.signs import AXIS, Rule, Sign, around
from pipeline.engines.math.symbols import BIG, FUNCTIONS, MATH_CHARACTERS, PRINTED, Kind, kind_of
from stores.models import Box

Codes = Mapping[tuple[int, int], str]  # of characters that the text layer does not know, by tenths of their origin

_ITALIC, _MONO, _BOLD = 2, 8, 16
_WIDE = 1.1  # of the size: a gap between two pieces of a line
_TALL = 1.55
_SMALL, _LIMIT_GAP = 0.85, 0.6  # of the size of a sum
_PROSE_SHARE = 0.35  # of the signs of a piece are letters of words
_VARIANTS = "\ufe00\ufe01"  # of the letter before
_UNSEEN = _VARIANTS + "\u200b\u200c\u2060\ufeff\u2061\u2062\u2063\u2064"
_LONGEST_RULE = 0.9  # of the page's width


@dataclass(slots=True, eq=False)
class Piece:
    """Neighbouring signs of one line of the text layer. ``words``: how many words of a language, ``letters`` theirs."""

    signs: list[Sign]
    blanks: list[dict[str, Any]] = field(default_factory=list)
    words: int = 0
    letters: int = 0
    in_line: bool = False  # it stands in a line of words
    is_limit: bool = False  # it is set over or under a sum
    _box: tuple[tuple[int, int], Box] | None = None

    @property
    def box(self) -> Box:
        now = id(self.signs), len(self.signs)
        if self._box is None or self._box[0] != now:
            self._box = now, around(self.signs)
        return self._box[1]

    @property
    def size(self) -> float:
        return max(sign.size for sign in self.signs)

    @property
    def base(self) -> float:
        """The baseline of its largest signs."""
        size = self.size
        bases = sorted(sign.base for sign in self.signs if sign.size > 0.9 * size)
        return bases[len(bases) // 2]

    @property
    def sure(self) -> bool:
        """Whether a sign of it is printed in a font of formulas, or is one that is printed nowhere else."""
        return any(sign.sure or sign.char in MATH_CHARACTERS for sign in self.signs)


def pieces_of(blocks: Iterable[dict[str, Any]], codes: Codes) -> list[Piece]:
    """The upright lines of a page, cut at wide gaps; those in letters of one width are listings, and left out."""
    pieces: list[Piece] = []
    for block in blocks:
        for line in block.get("lines", ()):
            if line["dir"][0] > 0.9 and not _is_typewritten(line):
                pieces += _pieces_of_line(line, codes)
    for piece in pieces:
        _place_accents(piece.signs)
    _mark_limits(pieces)
    return pieces


def _place_accents(signs: Sequence[Sign]) -> None:
    """Put accents without a width over the letters that follow: the text layer has them at the end of those before."""
    for accent, sign in pairwise(signs):
        x0, _, x1, _ = accent.box
        if accent.kind is Kind.ACCENT and accent.sure and x1 - x0 < 0.01 and sign.box[0] - x0 < 0.5 * sign.size:
            left, top, right, _ = sign.box
            accent.box = (left, top - 0.2 * sign.size, right, top - 0.05 * sign.size)
            accent.base, accent.size = sign.base, sign.size


def _mark_limits(pieces: Sequence[Piece]) -> None:
    """Mark the small pieces right over and under the signs of sums: their words are none of a text."""
    sums = [sign for piece in pieces for sign in piece.signs if sign.kind is Kind.BIG]
    if not sums:
        return
    for piece in pieces:
        if piece.words:
            x0, y0, x1, y1 = piece.box
            piece.is_limit = any(
                piece.size < _SMALL * sign.size
                and x0 - 1 < sign.x < x1 + 1
                and max(y0 - sign.box[3], sign.box[1] - y1) < _LIMIT_GAP * sign.size
                for sign in sums
            )


def _is_typewritten(line: dict[str, Any]) -> bool:
    """Whether most characters of a line are set in letters of one width; the signs of logic often are not."""
    counts = {True: 0, False: 0}
    for span in line["spans"]:
        counts[bool(span["flags"] & _MONO) or is_typewriter_font(span["font"])] += len(span["chars"])
    return counts[True] > counts[False]


def _pieces_of_line(line: dict[str, Any], codes: Codes) -> list[Piece]:
    pieces: list[Piece] = []
    word: list[Sign] = []
    for span in line["spans"]:
        for char in span["chars"]:
            if char["c"].isspace():
                word = _counted(pieces, word)
                if pieces:
                    pieces[-1].blanks.append(char)
                continue
            sign = sign_of(char, span, codes)
            if sign is None:
                if char["c"] in _VARIANTS and pieces:
                    pieces[-1].signs[-1].printed.append(char)
                continue
            if not pieces or sign.box[0] - pieces[-1].signs[-1].box[2] > _WIDE * sign.size:
                word = _counted(pieces, word)
                pieces.append(Piece([]))
            if word and not _continues(word[-1], sign):
                word = _counted(pieces, word, sign)
            pieces[-1].signs.append(sign)
            if sign.kind is Kind.LETTER and not sign.sure:
                word.append(sign)
    _counted(pieces, word)
    return pieces


def _continues(before: Sign, sign: Sign) -> bool:
    level = abs(before.base - sign.base) < 0.1 * sign.size
    return sign.kind is Kind.LETTER and not sign.sure and level and sign.box[0] - before.box[2] < 0.2 * sign.size


def _counted(pieces: list[Piece], word: list[Sign], after: Sign | None = None) -> list[Sign]:
    """Count a word that has ended, unless it is the name of a function; the next word."""
    text = "".join(sign.char for sign in word)
    if not is_word(word):
        return []
    wide = any(ord(char) >= 0x2E80 for char in text)
    named = text in FUNCTIONS or (after is not None and after.kind is Kind.OPEN and not wide)
    if not named:
        pieces[-1].words += len(text) if wide else 1
        pieces[-1].letters += len(text)
    return []


def is_word(letters: Sequence[Sign]) -> bool:
    """Whether letters side by side are a word of a language: ``dx`` and ``iπ`` are none."""
    text = "".join(letter.char for letter in letters)
    if any(ord(char) >= 0x2E80 for char in text):
        return True
    greek = sum("\u0370" <= char <= "\u03ff" for char in text)
    if greek:
        return len(text) > 3 and greek == len(text)
    return bool(text) and len(text) > (1 if letters[0].alphabet in ("mathrm", "mathbf") else 2)


def is_prose(piece: Piece) -> bool:
    """Whether a piece of a line is words of a language."""
    return (
        piece.words > 0 and not piece.is_limit and (piece.letters > _PROSE_SHARE * len(piece.signs) or piece.words > 2)
    )


def is_case(piece: Piece, braces: Sequence[Sign]) -> bool:
    """Whether words stand to the right of a tall brace: they say when a case holds."""
    x0, y0, _, y1 = piece.box
    y = (y0 + y1) / 2
    return any(
        b.height > 1.7 * piece.size and b.box[1] < y < b.box[3] and 0 < x0 - b.box[2] < 20 * piece.size for b in braces
    )


def sign_of(char: dict[str, Any], span: dict[str, Any], codes: Codes) -> Sign | None:
    """A printed character of a span as the sign of a formula; None where nobody sees it."""
    text = char["c"]
    if text in _UNSEEN:
        return None
    flags, font = span["flags"], span["font"]
    x, y = char["origin"]
    code = codes.get((round(x * 10), round(y * 10)), "") if text == "\ufffd" else text
    letter = letter_of(text, code, font, bool(flags & _BOLD), bool(flags & _ITALIC))
    kind = kind_of(letter.char)
    x0, y0, x1, y1 = char["bbox"]
    size = float(span["size"])
    sign = Sign(
        tex=PRINTED.get(letter.char, letter.char),
        kind=kind,
        box=(x0, y0, x1, y1),
        base=y,
        size=size,
        char=letter.char,
        alphabet=letter.alphabet,
        sure=letter.sure,
        printed=[char],
    )
    grows = kind in (Kind.OPEN, Kind.CLOSE, Kind.FENCE)
    if kind in (Kind.BIG, Kind.INTEGRAL, Kind.RADICAL) or (
        grows and (y1 - y0 > _TALL * size or is_extension_font(font))
    ):
        sign.axis = (y0 + y1) / 2
        sign.base = sign.axis + AXIS * size
    return sign


def may_hold_formulas(blocks: Iterable[dict[str, Any]]) -> bool:
    """Whether a page has a font or a character of formulas: only then it is looked at closely."""
    fonts: set[str] = set()
    chars: set[str] = set()
    for block in blocks:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                fonts.add(span["font"])
                chars.update(char["c"] for char in span["chars"])
    return any(map(is_math_font, fonts)) or not _TELLING.isdisjoint(chars)


_TELLING = (MATH_CHARACTERS - frozenset("→←−∗∘⋅")) | frozenset(map(chr, range(0x1D400, 0x1D800)))


def lacks_meanings(blocks: Iterable[dict[str, Any]]) -> bool:
    """Whether a character in a font of formulas has no meaning in the text layer."""
    return any(
        char["c"] == "\ufffd"
        for block in blocks
        for line in block.get("lines", ())
        for span in line["spans"]
        if is_math_font(span["font"])
        for char in span["chars"]
    )


def codes_of(blocks: Iterable[dict[str, Any]]) -> Codes:
    """The codes of characters by their places. ``blocks``: of a text layer that gives them for what is unknown."""
    codes: dict[tuple[int, int], str] = {}
    for block in blocks:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                if is_math_font(span["font"]):
                    for char in span["chars"]:
                        if char["c"] != " " or char["bbox"][3] - char["bbox"][1] > 1:  # code 32 may be a bracket
                            place = round(char["origin"][0] * 10), round(char["origin"][1] * 10)
                            codes.setdefault(place, char["c"])  # the first at one place: it has no width
    return codes


def rules_of(spans: Iterable[Box], width: float) -> list[Rule]:
    """The level lines among drawn boxes that may belong to formulas. ``width``: of the page, in points."""
    rules = {
        Rule(round(x0, 1), round(x1, 1), round((y0 + y1) / 2, 1))
        for x0, y0, x1, y1 in spans
        if y1 - y0 < 1.6 and 1.5 < x1 - x0 < _LONGEST_RULE * width
    }
    return sorted(rules)


def big_or_tall(sign: Sign) -> bool:
    """Whether a sign reaches over what stands above and below the row."""
    return (
        sign.char in BIG
        or sign.kind in (Kind.INTEGRAL, Kind.RADICAL, Kind.PIECE)
        or sign.char in "⏞⏟"
        or sign.axis is not None
    )


def signs_of(pieces: Sequence[Piece]) -> list[Sign]:
    """All signs of some pieces."""
    return [sign for piece in pieces for sign in piece.signs]
