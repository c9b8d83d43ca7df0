"""Text that every encoding, database and file format takes: what none of them can hold is replaced, once, on entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REPLACEMENT = "\ufffd"
_PLANES_ENDS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab and line breaks
    "\ud800-\udfff"  # halves of a pair: no encoding has them
    f"\ufdd0-\ufdef{_PLANES_ENDS}]"  # noncharacters
)


def clean(text: str) -> str:
    """The text with every character that cannot be stored everywhere replaced by one U+FFFD: offsets stay."""
    return _UNFIT.sub(REPLACEMENT, text) if _UNFIT.search(text) else text


def clean_value(value: Any) -> Any:
    """The same for all texts inside a JSON value, keys included."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean_value(key): clean_value(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean_value(inner) for inner in value]
    return tuple(map(clean_value, value)) if isinstance(value, tuple) else value


def clean_fields(record: Any, *names: str) -> None:
    """Make the texts of a record that is being made storable."""
    for name in names:
        value = getattr(record, name)
        fit = clean(value) if isinstance(value, str) else clean_value(value)
        if fit != value:
            object.__setattr__(record, name, fit)
