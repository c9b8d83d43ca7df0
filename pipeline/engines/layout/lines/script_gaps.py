"""Gaps between Chinese and other letters: those that typesetting adds are no blanks. Pure."""

from __future__ import annotations

import re

_SETTING_EM = 0.5  # Word and TeX part the two scripts by a quarter of an em; letters have some room beside them
_SECTION = re.compile(r"(?:附?[图圖表]\s?)?(?:[A-Z]|\d{1,3})(?:[-.．]\d{1,3})*[.．]?")
_COUNTED = "年月日时分秒个元"


def is_cjk(char: str) -> bool:
    """Chinese or Japanese characters and their punctuation and full-width forms: set without spaces."""
    code = ord(char)
    return (
        0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF or 0x20000 <= code <= 0x3FFFF
    )


def is_setting(before: str, after: str, gap: float) -> bool:
    """Whether a gap (in em) between what a line says so far and its next character only parts Chinese from Latin.

    The gap behind the number of a section, a table or a figure is a blank however narrow it is.
    """
    if not before or gap >= _SETTING_EM or is_cjk(before[-1]) == is_cjk(after[0]):
        return False
    latin = after[0] if is_cjk(before[-1]) else before[-1]
    if not latin.isalnum() and latin not in "+#%":
        return False
    counted = after[0] in _COUNTED and before.isdigit()  # "9.6 分层" is a section, "6 分" a number of minutes
    return counted or not _SECTION.fullmatch(before)
