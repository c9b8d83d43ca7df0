"""Numbers and dates of spreadsheet cells as a person sees them there. Pure."""

from __future__ import annotations

import datetime
import re

_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*)?")
_SCIENTIFIC = re.compile(r"[eE][+-]")


def shown(value: object, number_format: str = "General") -> str:
    """A cell's value in its format: 0.125 with ``0.0%`` as 12.5%, 1234.5 with ``#,##0.00 €`` as 1,234.50 €."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        if _is_of_day(number_format):
            return value.time().isoformat("minutes" if not value.second else "seconds")
        whole_day = not (value.hour or value.minute or value.second)
        return (
            value.date().isoformat()
            if whole_day
            else value.isoformat(" ", "minutes" if not value.second else "seconds")
        )
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, number_format)
    return str(value)


def _is_of_day(number_format: str) -> bool:
    """Whether a format shows the time of day alone."""
    letters = _BRACKETS.sub("", re.sub(r'"[^"]*"', "", number_format)).lower()
    return "h" in letters and not set(letters) & set("yd")


def _number(value: float, number_format: str) -> str:
    sections = number_format.split(";")
    pattern = sections[1] if value < 0 and len(sections) > 1 and _DIGITS.search(sections[1]) else sections[0]
    pattern = _BRACKETS.sub("", _CURRENCY.sub(r'"\1"', pattern))
    digits = _DIGITS.search(pattern)
    if number_format in ("General", "@", "") or not digits or "/" in pattern or _SCIENTIFIC.search(pattern):
        return _plain(value)
    before, after = _literal(pattern[: digits.start()]), _literal(pattern[digits.end() :])
    percent = "%" in before + after
    places = len(digits[0].partition(".")[2])
    needed = len(re.sub(r"[^0]", "", digits[0].partition(".")[2]))
    size = abs(value) * (100 if percent else 1)
    text = f"{size:,.{places}f}" if "," in digits[0] else f"{size:.{places}f}"
    if needed < places:
        whole, dot, fraction = text.partition(".")
        fraction = fraction[:needed] + fraction[needed:].rstrip("0")
        text = whole + (dot + fraction if fraction else "")
    zeros = digits[0].partition(".")[0].count("0")
    if "," not in digits[0] and zeros > 1:  # part numbers and postcodes: 00000
        whole, dot, fraction = text.partition(".")
        text = whole.zfill(zeros) + dot + fraction
    own_sign = value < 0 and len(sections) > 1 and pattern != sections[0] and any(c in before for c in "-(")
    sign = "-" if value < 0 and not own_sign else ""
    return f"{sign}{before}{text}{after}".strip()


def _literal(text: str) -> str:
    """What is printed beside the digits: symbols and quoted words; blanks as wide as a letter are blanks."""
    text = re.sub(r'"([^"]*)"', r"\1", text)
    text = re.sub(r"_.", " ", text)
    text = re.sub(r"\*.", "", text)
    return re.sub(r" {2,}", " ", text.replace("\\", ""))


def _plain(value: float) -> str:
    """A number without needless digits: 0.1 + 0.2 is 0.3."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.12g}"
    return text if "e" not in text else repr(value)
