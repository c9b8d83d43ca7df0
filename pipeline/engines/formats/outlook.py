"""Outlook messages (MSG)."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

from pipeline.engines.formats.decoding import decoded
from pipeline.engines.formats.elements import Content
from pipeline.engines.formats.mail import Message, content_of_messages
from pipeline.engines.formats.packages import translated

_CODE_PAGE = 0x3FFD  # the property that names the code page of a message's strings
_HTML = 0x1013
_NARROW = 0x1E  # the type of strings that are not Unicode
_ASSUMED = "iso-8859-15"


def read_outlook(path: Path) -> Content:
    """Read a message; attached files are named, attached pictures read."""
    with translated("Outlook message"):
        return content_of_messages([outlook_message(path)])


def outlook_message(path: Path) -> Message:
    """What is written of a message, and the files attached to it."""
    import oxmsg

    codecs.register(_code_page)
    source = oxmsg.Message.load(str(path))
    headers = {name.lower(): value for name, value in (source.message_headers or {}).items()}
    sent = source.sent_date

    def shown(text: str | None) -> str:
        return as_stored(text or "", source)

    fields = [
        ("From", headers.get("from") or shown(source.sender)),
        ("To", headers.get("to") or shown("; ".join(_recipients(source)))),
        ("Cc", headers.get("cc") or ""),
        ("Date", headers.get("date") or (sent.isoformat(" ", "minutes") if sent else "")),
        ("Subject", shown(source.subject)),
    ]
    message = Message(fields=[(name, " ".join(text.split())) for name, text in fields])
    as_bytes = source.properties.binary_prop_value(_HTML)
    message.text, message.html = source.body or "", _html(source) if as_bytes else shown(_html(source))
    for attachment in source.attachments:
        name = " ".join((shown(attachment.file_name) or "a file without a name").split())[:80]
        message.attachments.append((name, attachment.mime_type or "", attachment.file_bytes or b""))
    return message


def as_stored(text: str, source: Any) -> str:
    """A text as it is stored: without a code page for all, the library takes the one of Western Europe."""
    properties = source.properties
    narrow = any(one.ptyp == _NARROW for one in properties)
    if text.isascii() or not narrow or properties.int_prop_value(_CODE_PAGE):
        return text
    return reread(text, properties.body_encoding)


def reread(text: str, encoding: str) -> str:
    """A text that was read as Latin-9 read in another encoding, unchanged where that is impossible."""
    try:
        return text.encode(_ASSUMED).decode(encoding)
    except (UnicodeError, LookupError):
        return text


def _code_page(name: str) -> codecs.CodecInfo | None:
    """Windows' names of the code pages for Chinese, Japanese and Korean, which Python has under others."""
    number = name.replace("_", "-").removeprefix("windows-")
    return codecs.lookup(f"cp{number}") if number in ("874", "932", "936", "949", "950") and number != name else None


def _recipients(source: Any) -> list[str]:
    return [" ".join(f"{one.name or ''} <{one.email_address or ''}>".split()) for one in source.recipients]


def _html(source: Any) -> str:
    html = source.html_body
    return decoded(html, markup=True) if isinstance(html, bytes) else html or ""
