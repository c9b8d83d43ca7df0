"""Formats that only the pages need: times, counts, names. The scripts in ``static/format.js`` format the same way."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from stores.models import DocumentState
from stores.suggestions import check

_LANGUAGES = {"zh": "Chinese", "en": "English", "de": "German", "fr": "French", "ja": "Japanese", "ko": "Korean"}


def roughly(seconds: float) -> str:
    """Format an estimate: ``a few seconds``, ``about 40 s``, ``about 3 min``, ``about 2 h 10 min``."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 95:
        return f"about {round(seconds / 10) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60 // 10 * 10} min"


def number(value: float) -> str:
    """Format a count with non-breaking thin spaces between thousands: ``12 345``."""
    return f"{value:,}".replace(",", "\u202f")


def plural(count: int, noun: str) -> str:
    """``1 page``, ``12 pages``."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(seconds: float) -> str:
    """Format a time as ``2026-11-20 07:00 UTC``; a script converts it to the reader's time zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def path_segment(text: str) -> str:
    """Escape a name, including its slashes, as one segment of a URL."""
    return quote(text, safe="")


def language(code: str) -> str:
    """Return the name of a language, ``Chinese`` for zh; the code itself where the name is not known."""
    return _LANGUAGES.get(code, code)


def kind(media_type: str) -> str:
    """Return the short name of a media type: ``PDF`` for application/pdf, ``PNG`` for image/png."""
    return media_type.rpartition("/")[2].removeprefix("x-").upper()


def document_state(word: str) -> DocumentState | None:
    """Parse the state in a query; None for an empty word. InputError for an unknown state."""
    return DocumentState(check("state", word, list(DocumentState), code="unknown_state")) if word else None
