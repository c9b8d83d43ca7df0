"""Years that are counted from an era: of the Republic of China (Taiwan), and of the emperors of Japan."""

from __future__ import annotations

_BEFORE_FIRST = {"民国": 1911, "令和": 2018, "平成": 1988, "昭和": 1925}
_REPUBLIC = "民国"

_NAME = r"(?:中[华華])?(民[国國]|令和|平成|昭和)"
_DAY = r"\s*(\d{1,2})\s*月\s*(?:(\d{1,2})\s*[日号號])?"
ERA_DATES = (
    rf"{_NAME}\s*(\d{{1,3}}|元)\s*年{_DAY}",
    rf"{_NAME}\s*(\d{{1,3}})[./-](\d{{1,2}})[./-](\d{{1,2}})(?!\d)",
    rf"(?<![\d.,])()(1[0-3]\d)\s*年{_DAY}",  # no year of three digits is of another count
)
"""Patterns of dates: era, year of it, month, day, of which the first and the last may be missing."""
ERA_YEAR = rf"{_NAME}\s*(\d{{1,3}}|元)\s*年"
"""The pattern of a year alone: era, year of it."""

_YEAR_OF_REPUBLIC = r"((?:1[0-2]|[89])\d)"
MONTH_OF_REPUBLIC = rf"{_YEAR_OF_REPUBLIC}\s?[./年]\s?(0?[1-9]|1[0-2])(?:\s?月)?"
"""The pattern of ``108.6`` in a curriculum vitae: year and month; only a period with another tells that it is one."""


def common_year(number: str, era: str = "") -> str:
    """The year of the common era for one of another; of the Republic of China where none is named."""
    name = era.replace("國", "国") or _REPUBLIC
    return str(_BEFORE_FIRST[name] + (1 if number == "元" else int(number)))
