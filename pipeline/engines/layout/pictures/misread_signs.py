"""Signs that a font of symbols says are letters or other signs: ``$50%`` for ``≥50%``, ``b-adrenergic`` for ``β``.

Publishers set them in fonts of their own (those of Advent 3B2, the Pi fonts), whose codes mean what the font draws and
nothing else. Such a font never sets words. OCR says what the page shows, and that takes their place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from pipeline.engines.layout.lines.symbols import folded
from pipeline.engines.layout.pictures.line_readings import LineReadings, level_lines
from stores.errors import PageError, UnavailableError

_FONTS = re.compile(r"Adv|.*Pi(?![a-z])")
_WORD = re.compile(r"[A-Za-z0-9]{2}")
_PLAIN = frozenset("+<=>≤≥±×÷≈°©®§∞µ")  # that OCR takes for nothing else; a raised minus looks like a tilde to it
_THIN = frozenset("|'′*/•·[](){}")  # that OCR may take for one another
_PRIMES = str.maketrans("'", "′")
_ALIKE = 0.9  # of a line, as the text layer and as OCR has it
_FIRST = 3  # lines that are read for each sign
_LATIN_1_END, _NOTHING = "\u0100", "\ufffd"  # characters behind the former are meant as such

_Placed = tuple[dict[str, Any], dict[str, Any]]  # a character and its line


def put_signs_right(blocks: Sequence[dict[str, Any]], readings: LineReadings) -> None:
    """Replace what fonts of symbols say wrongly in the text blocks of a page."""
    lines = list(level_lines(blocks))
    with suppress(PageError, UnavailableError):  # then the text stays as its layer has it
        for (font, char), places in _doubts(lines).items():
            _put_right(font.lower(), char, places, readings)


def _doubts(lines: Sequence[dict[str, Any]]) -> Mapping[tuple[str, str], list[_Placed]]:
    """The places of each printed character of a font of symbols, by font and character."""
    spans = [(span, line) for line in lines for span in line["spans"] if _FONTS.match(span["font"])]
    of_words = {span["font"] for span, _ in spans if _WORD.search("".join(char["c"] for char in span["chars"]))}
    doubts = defaultdict(list)
    for span, line in spans:
        for char in span["chars"] if span["font"] not in of_words else ():
            if char["c"].strip() and _may_lie(char["c"], span["font"].lower()):
                doubts[span["font"], char["c"]].append((char, line))
    return doubts


def _may_lie(char: str, font: str) -> bool:
    """Whether a character may mean something else: it is none that the font's own table decodes."""
    return (char < _LATIN_1_END or char == _NOTHING) and folded(char, font) == char


def _put_right(font: str, char: str, places: Sequence[_Placed], readings: LineReadings) -> None:
    """Put the sign that most readings say into all places; where the layer says nothing, each reading into its own."""
    lines = sorted((line for _, line in places), key=lambda line: line["bbox"][0] - line["bbox"][2])  # long ones first
    chars = [place for place, _ in places]
    nothing = char == _NOTHING
    said = readings.at(lines if nothing else lines[:_FIRST], chars, _ALIKE)
    if not nothing and len(set(said.values())) > 1:
        said |= readings.at(lines[_FIRST : 2 * _FIRST], chars, _ALIKE)
    common = _most_said(list(said.values()))
    for place in chars:
        sign = said.get(id(place), "") if nothing else common
        if _may_be(sign, char, len(said)) and folded(sign, font) == sign:  # it is decoded by the font's table later
            place["c"] = sign.translate(_PRIMES)


def _most_said(texts: Sequence[str]) -> str:
    """What two thirds of the readings say; "" where they say different things."""
    text, count = max(Counter(texts).items(), key=lambda item: item[1], default=("", 0))
    return text if 3 * count >= 2 * len(texts) else ""


def _may_be(sign: str, char: str, count: int) -> bool:
    """Whether a reading is a sign that OCR knows; two readings must say one that is easily mistaken."""
    sure = _is_greek(sign) or sign in _PLAIN or (sign in _THIN and count > 1)
    return len(sign) == 1 and sign != char and sure


def _is_greek(text: str) -> bool:
    return "\u0391" <= text <= "\u03f6"
