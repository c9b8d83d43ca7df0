"""The mail server of INGOT_NOTIFY_MAIL and the two ends of its messages, in one URL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from stores.errors import InputError

_PORTS = {"smtp": 587, "smtps": 465}
_EXAMPLE = "smtp[s]://user:password@host[:port]/?from=a@example.org&to=b@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAddress:
    """A mail server and the two ends of a message. ``user`` "": no login; ``tls``: from the first byte on."""

    host: str
    port: int
    tls: bool
    user: str
    password: str
    sender: str
    to: tuple[str, ...]


def address_of(url: str) -> MailAddress:
    """Read INGOT_NOTIFY_MAIL. InputError where it is none; what may be a password is not repeated."""
    try:
        parts = urlsplit(url)
        port, query = parts.port, parse_qs(parts.query, strict_parsing=True)
    except ValueError:
        raise _bad() from None
    sender, to = query.pop("from", []), [one for part in query.pop("to", []) for one in part.split(",") if one]
    known = parts.scheme in _PORTS and parts.hostname and parts.path in ("", "/") and not query
    if not known or len(sender) != 1 or not to or not all(map(_is_address, [*sender, *to])):
        raise _bad()
    return MailAddress(
        host=parts.hostname or "",
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=sender[0],
        to=tuple(to),
    )


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and text.isprintable() and not set(text) & set(" <>,;\"'")


def _bad() -> InputError:
    return InputError(f"it is no mail server with the two ends of a message: write it like {_EXAMPLE}")
