"""Normalise recognised Chinese lines: no spaces inside, punctuation as wide as its neighbours. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

_FULL = {"，": ",", "；": ";", "：": ":", "？": "?", "！": "!", "（": "(", "）": ")", "％": "%", "　": " "}
_HALF = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_ASCII_OFFSET = 0xFEE0  # full-width forms lie this far above their ASCII characters


def is_cjk(char: str) -> bool:
    """Tell whether a character is printed without spaces: Chinese, Japanese, their punctuation, full-width forms."""
    code = ord(char)
    return 0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF or 0x20000 <= code < 0x40000


def is_ideograph(char: str) -> bool:
    """Tell whether a character is a Chinese one or kana, punctuation and full-width forms excluded."""
    return (is_cjk(char) and char.isalpha() and ord(char) < 0xFF00) or 0x20000 <= ord(char) < 0x40000


def tidied(text: Sequence[str], centres: Sequence[float]) -> tuple[str, tuple[float, ...]]:
    """Normalise the characters of a line, together with their places.

    Spaces between Chinese characters are removed, and double, leading and trailing ones. Full-width letters and digits
    become ASCII; punctuation is full-width between Chinese characters and ASCII in a line without any.
    """
    chars = [_plain_letter(char) for char in text]
    chinese = any(is_ideograph(char) for char in chars)
    signed = [_sign(chars, index, chinese) for index in range(len(chars))]
    kept = [index for index in range(len(signed)) if not _is_stray(signed, index)]
    return "".join(signed[index] for index in kept), tuple(centres[index] for index in kept)


def _plain_letter(char: str) -> str:
    code = ord(char) - _ASCII_OFFSET
    return chr(code) if 0x21 <= code <= 0x7E and chr(code).isalnum() else char


def _sign(chars: Sequence[str], index: int, chinese: bool) -> str:
    char = chars[index]
    if not chinese:
        return _FULL.get(char, char)
    before = chars[index - 1] if index else ""
    after = chars[index + 1] if index + 1 < len(chars) else ""
    if char in _HALF and before and is_ideograph(before) and (not after or is_ideograph(after)):
        return _HALF[char]
    return char


def _is_stray(chars: Sequence[str], index: int) -> bool:
    if not chars[index].isspace():
        return False
    before = chars[index - 1] if index else " "
    after = next((char for char in chars[index + 1 :] if not char.isspace()), " ")
    return before.isspace() or after.isspace() or (is_cjk(before) and is_cjk(after))
