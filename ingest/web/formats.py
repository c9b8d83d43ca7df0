"""Values as a page prints them: sizes, durations, times, counts. The scripts in static/format.js say the same."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from stores.models import DocumentState
from stores.suggestions import check

_UNITS = ("B", "KB", "MB", "GB", "TB")
_LANGUAGES = {"zh": "Chinese", "en": "English", "de": "German", "fr": "French", "ja": "Japanese", "ko": "Korean"}


def size(count: int) -> str:
    """Bytes as ``1.4 MB``; thousands are decimal."""
    amount, unit = float(count), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 or amount >= 99.5 else f"{amount:.1f} {_UNITS[unit]}"


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``; empty for None."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def roughly(seconds: float) -> str:
    """An estimate, no finer than it can be: ``a few seconds``, ``about 40 s``, ``about 3 min``, ``about 2 h 10 min``"""
    if seconds < 10:
        return "a few seconds"
    if seconds < 95:
        return f"about {round(seconds / 10) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60 // 10 * 10} min"


def number(value: float) -> str:
    """``12 345``: thousands apart by a thin space that does not break."""
    return f"{value:,}".replace(",", "\u202f")


def plural(count: int, noun: str) -> str:
    """``1 page``, ``12 pages``."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(seconds: float) -> str:
    """``2026-11-20 07:00 UTC``; a script shows it in the reader's own time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def path_segment(text: str) -> str:
    """A name as one segment of a URL: also slashes are escaped."""
    return quote(text, safe="")


def language(code: str) -> str:
    """``Chinese`` for zh; the code itself where no name is known."""
    return _LANGUAGES.get(code, code)


def kind(media_type: str) -> str:
    """``PDF`` for application/pdf, ``PNG`` for image/png."""
    return media_type.rpartition("/")[2].removeprefix("x-").upper()


def document_state(word: str) -> DocumentState | None:
    """The state that a query names, None for none; InputError where there is no such state."""
    return DocumentState(check("state", word, list(DocumentState), code="unknown_state")) if word else None
