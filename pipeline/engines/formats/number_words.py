"""How office programs write a count: in letters, in Roman or Chinese numerals, in circles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_HAN = "〇一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_MOST = 9999
_CIRCLED = 20


def counted(count: int, form: str) -> str:
    """A count in a form as Word names it; decimal in one that has no rule, or where it is out of reach."""
    rule = _FORMS.get(form)
    if form in _WITH_ZERO and count >= 0:
        return _WITH_ZERO[form](count)
    return rule(count) if rule and 0 < count <= _MOST else "" if form == "none" else str(count)


def _roman(count: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (count // value)
        count %= value
    return text


def _letters(count: int) -> str:
    """A to z, then aa, bb."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def _han(count: int) -> str:
    """二十一, 一百零五."""
    text, gap = "", False
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = count // value % 10
        if digit:
            text += ("零" if gap else "") + _HAN[digit] + unit
        gap = bool(text) and not digit
    return text[1:] if text.startswith("一十") else text


def _circled(count: int) -> str:
    return chr(ord("①") + count - 1) if count <= _CIRCLED else str(count)


def _ordinal(count: int) -> str:
    teen = count % 100 // 10 == 1
    return f"{count}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th')}"


_WITH_ZERO: Mapping[str, Callable[[int], str]] = {"decimalZero": lambda count: f"{count:02}", "ordinal": _ordinal}
_FORMS: Mapping[str, Callable[[int], str]] = {
    "upperRoman": _roman,
    "lowerRoman": lambda count: _roman(count).lower(),
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerLetter": _letters,
    "chineseCounting": _han,
    "chineseCountingThousand": _han,
    "taiwaneseCounting": _han,
    "taiwaneseCountingThousand": _han,
    "japaneseCounting": _han,
    "koreanCounting": _han,
    "ideographDigital": lambda count: "".join(_HAN[int(digit)] for digit in str(count)),
    "ideographTraditional": lambda count: _STEMS[count - 1] if count <= len(_STEMS) else str(count),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
}
