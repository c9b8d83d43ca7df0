"""Tells what a text file is by its first bytes: a web page, a mail, a table, Markdown, or plain text. Pure."""

from __future__ import annotations

import re

HTML = "text/html"
MARKDOWN = "text/markdown"
CSV = "text/csv"
EML = "message/rfc822"
TEXT = "text/plain"

_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_MOSTLY, _HARDLY = 0.4, 0.05  # shares of NUL among the high and the low bytes of UTF-16 in Latin letters
_STRAY = 200  # bytes of a text to one stray control character; files of other kinds have more
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x0b\x1b") | {127}
_HTML = re.compile(
    r"<(!doctype\s+html|html|head|body|div|p|h[1-6]|table|meta|title|script|style|ul|ol|span|article|section|main"
    r"|center|font|a|br|b|i|strong|em|nav|header|footer|link|base)\b",
    re.IGNORECASE,
)
_XML = re.compile(r"<\?xml[^>]*\?>", re.IGNORECASE)
_COMMENTS = re.compile(r"(\s|<!--.*?-->)+", re.DOTALL)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40}):(?=\s|$)")
_MAIL_FIELDS = frozenset(
    (
        *("from", "to", "cc", "subject", "date", "received", "return-path", "delivered-to", "mime-version"),
        *("message-id", "reply-to", "content-type", "sender", "x-mailer", "dkim-signature", "in-reply-to"),
    )
)
_ENOUGH_FIELDS = 2
_MARKDOWN = re.compile(
    r"^(#{1,6} +\S|```|~~~|={3,} *$|-{3,} *$|\|.*\|.*\| *$|> +\S|[-*+] +\S|\d{1,3}\. +\S|\[[^\]]+\]: *\S)"
    r"|\]\([^)\s]+\)|\*\*\S",
    re.MULTILINE,
)
_SURE_MARKDOWN = re.compile(r"^(#{1,6} +\S|```|\|[ :|-]+\| *$)|!?\[[^\]\n]+\]\([^)\s]+\)", re.MULTILINE)
_ENOUGH_MARKS = 2
_SEPARATORS = ",;\t|"
_FEWEST_ROWS = 2


def kind_of_text(head: bytes) -> str:
    """The media type of a text file that begins with ``head``, "" where it is no text, or XML of another kind."""
    text = _text(head)
    if text is None or not text.strip():
        return ""
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return _of_markup(start)
    if _is_mail(start):
        return EML
    if separator_of(text):
        return CSV
    sure = len(_SURE_MARKDOWN.findall(text))
    return MARKDOWN if sure and len(_MARKDOWN.findall(text)) >= _ENOUGH_MARKS else TEXT


def _text(head: bytes) -> str | None:
    """The head as text; None where it is none. Letters of an unknown encoding are read as Latin-1."""
    if encoding := _MARKS.get(head[:2]) or utf16_of(head):
        return head[: len(head) // 2 * 2].decode(encoding, "replace").removeprefix("\ufeff")
    if 0 in head or sum(byte in _CONTROLS for byte in head) * _STRAY > len(head):
        return None
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        return head.decode("utf-8", "ignore") if error.start > len(head) - 4 else head.decode("latin-1")


def utf16_of(data: bytes) -> str:
    """The encoding of UTF-16 text without a byte order mark, mostly in Latin letters; "" for everything else."""
    pairs = len(data) // 2
    if not pairs or 0 not in data[:2000]:
        return ""
    first, second = (data[at : 2 * pairs : 2].count(0) / pairs for at in (0, 1))
    if max(first, second) < _MOSTLY or min(first, second) > _HARDLY:
        return ""
    encoding = "utf-16-be" if first > second else "utf-16-le"
    text = data[: 2 * pairs].decode(encoding, "replace")
    return "" if any(ord(char) in _CONTROLS for char in text) else encoding


def _of_markup(start: str) -> str:
    body = _XML.sub("", start, count=1)
    body = body[match.end() :] if (match := _COMMENTS.match(body)) else body
    if _HTML.match(body) or "<html" in start[:2000].lower():
        return HTML
    return "" if start.startswith("<?xml") else TEXT


def _is_mail(start: str) -> bool:
    """Whether it begins with header fields, enough of them those of mail."""
    names: list[str] = []
    for line in start.splitlines():
        if line[:1] in (" ", "\t") and names:
            continue
        field = _FIELD.match(line)
        if not field:
            break
        names.append(field[1].lower())
    own = _MAIL_FIELDS.intersection(names)
    return len(own) >= _ENOUGH_FIELDS and bool(own & {"from", "received", "message-id", "mime-version"})


def separator_of(text: str) -> str:
    """What separates the columns of a table written as text, "" where it is none.

    Its rows, the last of which may be cut off, have the same number of cells, at least two; prose never does.
    """
    for separator in sorted(_SEPARATORS, key=text.count, reverse=True):
        counts = [_count(row, separator) for row in _rows(text)]
        if len(counts) >= _FEWEST_ROWS and min(counts) > 0 and len(set(counts)) == 1 and _is_table(text, separator):
            return separator
    return ""


def _rows(text: str) -> list[str]:
    """Lines that are whole, those inside quotes joined."""
    rows: list[str] = []
    for line in text.splitlines():
        if rows and rows[-1].count('"') % 2:
            rows[-1] += "\n" + line
        else:
            rows.append(line)
    rows = rows[:-1] if len(rows) > _FEWEST_ROWS and not text.endswith("\n") else rows
    return [row for row in rows if row.strip()][:60]


def _count(row: str, separator: str) -> int:
    return re.sub(r'"[^"]*"', "", row).count(separator)


def _is_table(text: str, separator: str) -> bool:
    """Whether rows with so many commas are no prose, nor a table of Markdown."""
    rows = _rows(text)
    if separator == "|" and all(row.strip().startswith("|") for row in rows):
        return False
    if separator != ",":
        return True
    commas = sum(row.count(",") for row in rows)
    prose = 2 * sum(row.count(", ") + row.endswith(",") for row in rows) > commas
    return not prose or (len(rows) > _FEWEST_ROWS and commas > len(rows))
