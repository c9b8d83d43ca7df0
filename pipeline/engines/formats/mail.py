"""Mail messages (EML): header fields, the body, messages inside; attachments are named, attached pictures read."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from pipeline.engines.formats.decoding import LARGEST_BYTES, decoded
from pipeline.engines.formats.elements import Content, Element, PictureList, Section, numbered
from pipeline.engines.formats.markup import unread_words
from pipeline.engines.formats.packages import translated
from pipeline.engines.formats.web import elements_of_html
from pipeline.engines.text_kinds import utf16_of
from stores.errors import InputError
from stores.models import Label

FIELDS = ("From", "To", "Cc", "Date", "Subject")
_MOST_MESSAGES, _MOST_PARTS, _MOST_NAMED = 50, 2000, 10
_DECORATION = re.compile(r"^>[> ]*", re.MULTILINE)


@dataclass(slots=True)
class Message:
    """What is written of one message, whatever format it came in."""

    fields: Sequence[tuple[str, str]]
    html: str = ""
    text: str = ""
    inline: dict[str, bytes] = field(default_factory=dict)  # pictures by their content id
    attachments: list[tuple[str, str, bytes]] = field(default_factory=list)  # name, media type, bytes

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Names and bytes of the attached files that are not read with the message, as its pictures are."""
        return ((name, data) for name, kind, data in self.attachments if not kind.startswith("image/") and data)


def read_mail(path: Path) -> Content:
    """Read a message and those that are attached to it. Nothing is fetched."""
    with translated("mail message"):
        return content_of_messages(mail_messages(path))


def mail_messages(path: Path) -> list[Message]:
    """A message and those that are attached to it, the outermost first."""
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"The message is larger than {LARGEST_BYTES >> 20} MB.", code="too_large")
    data = path.read_bytes()
    data = decoded(data).encode() if utf16_of(data) else data
    root = BytesParser(policy=policy.default).parsebytes(data)
    return list(_messages(root))


def content_of_messages(messages: Sequence[Message]) -> Content:
    """Write messages as sections, the outermost first."""
    pictures, lost, named = PictureList(), dict[str, int](), list[str]()
    sections = []
    for message in messages:
        elements = list(_elements(message, pictures, lost, named))
        sections.append(Section(elements=tuple(numbered(elements)), title=elements[0].text if elements else ""))
    title = dict(messages[0].fields).get("Subject", "") if messages else ""
    files = [_attached(named)] if named else []
    return Content(
        sections=tuple(sections),
        title=title[:300],
        pictures=tuple(pictures.pictures),
        unread=(*files, *unread_words(lost)),
    )


def _attached(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED]) + (" and others" if len(names) > _MOST_NAMED else "")
    return f"{len(names)} attached file{'s' * (len(names) != 1)} ({shown})"


def _elements(message: Message, pictures: PictureList, lost: dict[str, int], named: list[str]) -> Iterator[Element]:
    fields = dict(message.fields)
    if subject := fields.get("Subject", ""):
        yield Element(label=Label.HEADING, level=1, text=subject)
    lines = [f"{name}: {text}" for name, text in message.fields if name != "Subject" and text]
    if lines:
        yield Element(label=Label.TEXT, text="\n".join(lines))
    yield from _body(message, pictures, lost)
    for name, media_type, data in message.attachments:
        if media_type.startswith("image/"):
            yield Element(label=Label.FIGURE, text=name, picture=pictures.add(data, name))
        else:
            named.append(name)


def _body(message: Message, pictures: PictureList, lost: dict[str, int]) -> list[Element]:
    """The body by its HTML, which has tables and lists; by its plain text where that says more."""

    def inline(address: str) -> bytes | None:
        return message.inline.get(address[4:]) if address.lower().startswith("cid:") else None

    by_html: list[Element] = []
    html_lost: dict[str, int] = {}
    if message.html.strip():
        by_html, _ = elements_of_html(message.html, pictures, html_lost, inline)
    letters = sum(len(element.text) + sum(len(cell.text) for cell in element.cells) for element in by_html)
    if by_html and letters * 2 >= len("".join(message.text.split())):
        for words, count in html_lost.items():
            lost[words] = lost.get(words, 0) + count
        return by_html
    return [
        Element(label=Label.TEXT, text="\n".join(line.strip() for line in paragraph.split("\n")))
        for paragraph in re.split(r"\n\s*\n", _DECORATION.sub("", message.text))
        if paragraph.strip()
    ]


def _messages(root: EmailMessage) -> Iterator[Message]:
    waiting = [root]
    for _ in range(_MOST_MESSAGES):
        if not waiting:
            return
        message = waiting.pop(0)
        yield _message(message, waiting)


def _message(source: Any, inner: list[Any]) -> Message:
    message = Message(fields=[(name, _field(source, name)) for name in FIELDS])
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in _parts(source):
        kind = part.get_content_type()
        name = _file_name(part)
        if kind == "message/rfc822":
            payload = part.get_payload() if part.is_multipart() else []
            inner += [_unpacked(one) for one in payload if isinstance(one, MIMEPart)]
        elif kind in texts and part.get_content_disposition() != "attachment":
            texts[kind].append(_text(part))
        else:
            _keep(message, part, name or kind)
    message.text, message.html = "\n\n".join(texts["text/plain"]), "\n".join(texts["text/html"])
    return message


def _unpacked(inner: Any) -> Any:
    """A message inside another one; where it was encoded as a whole, which no standard has, what is in it."""
    text = inner.get_payload()
    if inner.keys() or not isinstance(text, str):
        return inner
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return inner
    unpacked = BytesParser(policy=policy.default).parsebytes(data)
    return unpacked if unpacked.keys() else inner


def _parts(source: Any) -> Iterator[Any]:
    """The leaves of a message; those of messages inside it are not entered."""
    waiting, seen = [source], 0
    while waiting and seen < _MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting = [one for one in part.get_payload() if isinstance(one, MIMEPart)] + waiting
        else:
            yield part


def _keep(message: Message, part: Any, name: str) -> None:
    data = part.get_payload(decode=True) or b""
    content_id = str(part.get("Content-ID") or "").strip().strip("<>")
    if content_id and part.get_content_maintype() == "image" and f"cid:{content_id}":
        message.inline[content_id] = data
        if part.get_content_disposition() != "attachment":
            return
    if part.get_content_type() in ("application/pgp-signature", "application/pkcs7-signature"):
        return
    message.attachments.append((name, part.get_content_type(), data))


def _text(part: Any) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(part.get_payload())
    declared = part.get_content_charset() or ""
    return decoded(data, declared=declared, markup=part.get_content_type() == "text/html")


def _field(source: Any, name: str) -> str:
    try:
        values = [str(value) for value in source.get_all(name, [])]
    except Exception:  # the parser of addresses gives up on some in ways of its own
        values = [str(value) for key, value in source.raw_items() if key.lower() == name.lower()]
    return " ".join("; ".join(values).split())


def _file_name(part: Any) -> str:
    try:
        name = part.get_filename() or ""
    except Exception:
        name = ""
    return " ".join(str(name).split())[:80]
