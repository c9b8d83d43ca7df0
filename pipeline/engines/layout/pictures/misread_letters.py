"""Ligatures that a text layer misreads: OCR says what the page shows, and that takes their place.

A font may say a bracket, another script's letter or nothing for its glyph of ``ti`` or ``ft``: ``So[ware``. No word
holds such characters, so lines that hold one are read. What all of them say is put into every line, font by font; where
they differ, as where an old OCR wrote ``?`` for whatever was joined, only into its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pipeline.engines.layout.lines.styles import style_of
from pipeline.engines.layout.pictures.line_readings import LineReadings, level_lines
from stores.errors import PageError, UnavailableError

_NOTHING = "\ufffd"
_UNKNOWN = "?"  # what OCR wrote for all that it did not know
_SIGNS = frozenset('[]{}<>?!&$%^\\|"¢£¤¥¦§©ª«¬®¯°±²³µ¶¹º»¼½¾¿')  # that stand at words, not in them
_SIGNS_OF_CODE = _SIGNS - {_UNKNOWN}
_OTHER_LETTERS = ((0x180, 0x1C0), (0x530, 0x1D00))  # rare Latin ones; those between Cyrillic and phonetic signs
_AFRICAN = frozenset("ƁƊƑƒƓƘƙƠơƯưƳƴ")  # letters of living languages among the rare Latin ones
_WORDS_OWN = "\U000f0000"  # from here on Word puts glyphs that have no character
_JOINED_EM = 0.25  # between letters of one word at most
_ALIKE = 0.75  # of a line, as the text layer and as OCR has it
_FIRST = 3  # lines that are read for each at first
_LONGEST = 3  # letters of a ligature

_Placed = tuple[dict[str, Any], dict[str, Any]]  # a character and its span


@dataclass(slots=True)
class _Doubt:
    """A character of a font that stands inside of words; ``lines``: those of the text layer that hold it."""

    char: str
    places: list[dict[str, Any]] = field(default_factory=list)  # MuPDF's characters
    lines: list[dict[str, Any]] = field(default_factory=list)
    inside: bool = False  # between two small letters at least once
    apart: bool = False  # beside none at least once: a sign of its own


def put_right(blocks: Sequence[dict[str, Any]], readings: LineReadings | None) -> None:
    """Replace misread ligatures in the text blocks of a page; Word's, where nobody can read them, become U+FFFD."""
    doubts = _doubts(list(level_lines(blocks)))
    if readings is not None:
        with suppress(PageError, UnavailableError):  # then the text stays as its layer has it
            _read(doubts, readings)
    for char in [char for doubt in doubts for char in doubt.places if char["c"] >= _WORDS_OWN]:
        char["c"] = _NOTHING


def _doubts(lines: Sequence[dict[str, Any]]) -> list[_Doubt]:
    """The characters that no word holds but some do, each with all its places."""
    strange = {text for text in _characters(lines) if _is_strange(text)}
    held: dict[tuple[Any, ...], _Doubt] = {}
    for line in lines if strange else ():
        chars = [(char, span) for span in line["spans"] for char in span["chars"]]
        for at, (char, span) in enumerate(chars):
            if char["c"] in strange and not (char["c"] in _SIGNS_OF_CODE and style_of(span, raised=False).mono):
                width = (char["bbox"][2] - char["bbox"][0]) / max(span["size"], 1.0)
                key = span["font"], char["c"], round(width, 2)  # of two glyphs without a meaning one may be wider
                _add(held.setdefault(key, _Doubt(char["c"])), line, chars, at)
    return [one for one in held.values() if one.inside and not (one.apart and one.char in _SIGNS_OF_CODE)]


def _characters(lines: Sequence[dict[str, Any]]) -> set[str]:
    return {char["c"] for line in lines for span in line["spans"] for char in span["chars"]}


def _is_strange(text: str) -> bool:
    """Whether no word of Latin letters holds such a character."""
    code = ord(text[0]) if text else 0
    if code < 0x80:
        return text in _SIGNS
    if text in _SIGNS or text == _NOTHING or 0xE000 <= code < 0xF900 or text >= _WORDS_OWN:
        return True
    return text.isalpha() and text not in _AFRICAN and any(low <= code < high for low, high in _OTHER_LETTERS)


def _add(doubt: _Doubt, line: dict[str, Any], chars: Sequence[_Placed], at: int) -> None:
    beside = [_is_letter_beside(chars, at, step) for step in (-1, 1)]
    doubt.places.append(chars[at][0])
    if not doubt.lines or doubt.lines[-1] is not line:
        doubt.lines.append(line)
    doubt.inside = doubt.inside or all(beside)
    doubt.apart = doubt.apart or not any(beside)


def _is_letter_beside(chars: Sequence[_Placed], at: int, step: int) -> bool:
    """Whether a small Latin letter touches a character on one side."""
    if not 0 <= at + step < len(chars):
        return False
    (left, _), (right, _) = sorted((chars[at], chars[at + step]), key=lambda placed: placed[0]["bbox"][0])
    text, size = chars[at + step][0]["c"], chars[at][1]["size"]
    is_near = right["bbox"][0] - left["bbox"][2] < _JOINED_EM * size
    return bool(is_near and text.islower() and text < "\u0250")


def _read(doubts: Sequence[_Doubt], readings: LineReadings) -> None:
    """Put in what OCR reads."""
    for doubt in doubts:
        said = _said(doubt, doubt.lines[:_FIRST], readings)
        common = _common(doubt, said)
        if not common:
            said |= _said(doubt, doubt.lines[_FIRST:], readings)
        for char in doubt.places:
            text = common or said.get(id(char), "")
            if text and (common or text.isalpha()):
                char["c"] = text


def _said(doubt: _Doubt, lines: Sequence[dict[str, Any]], readings: LineReadings) -> dict[int, str]:
    """By the id of a place: the letters that OCR reads there."""
    said = readings.at(lines, doubt.places, _ALIKE)
    return {place: text for place, text in said.items() if _are_of_ligature(text, doubt.char)}


def _common(doubt: _Doubt, said: Mapping[int, str]) -> str:
    """What all places that were read say; of a sign there must be two, and of ``?`` nothing is said in common."""
    texts = set(said.values())
    if len(texts) != 1 or doubt.char == _UNKNOWN:
        return ""
    text = texts.pop()
    return text if text.isalpha() or len(said) > 1 else ""


def _are_of_ligature(letters: str, char: str) -> bool:
    """Whether letters may be what a character stands for. OCR takes a bracket for an l, a rare letter for another."""
    if char == _NOTHING and len(letters) == 1:
        return True
    least = 1 if char == _UNKNOWN else 2
    return least <= len(letters) <= _LONGEST and letters.isalpha() and letters.islower()
