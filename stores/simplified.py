"""Chinese text in the simplified characters, so that all ways of writing a word compare equal. Pure.

Japanese forms of the characters (``単価`` for ``單價``) count as further ways.
"""

from __future__ import annotations

from functools import cache

_FIRST_HAN = 0x2E80  # no character before it has another form
_FURTHER = {"帳": "账", "帐": "账", "円": "円"}  # the yen is no yuan


class _Forms(dict[int, int]):
    """Character codes and those of their simplified forms, looked up once each."""

    def __missing__(self, code: int) -> int:
        self[code] = code if code < _FIRST_HAN else ord(_simplified_character(chr(code)))
        return self[code]


_forms = _Forms()


def simplified(text: str) -> str:
    """The text with each traditional or Japanese character replaced by its simplified form; as long as it was."""
    return text if text.isascii() else text.translate(_forms)


def _simplified_character(character: str) -> str:
    if character in _FURTHER:
        return _FURTHER[character]
    traditional = character if _is_simplified(character) else _converted("jp2t", character)
    return _converted("t2s", traditional)


def _is_simplified(character: str) -> bool:
    """Whether it is in the standard of the simplified characters, in whose text it stands for itself."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _converted(how: str, character: str) -> str:
    converted: str = _converter(how).convert(character)
    return converted if len(converted) == 1 else character


@cache
def _converter(how: str):  # type: ignore[no-untyped-def]  # the library has no types of its own
    from opencc import OpenCC

    return OpenCC(how)
