"""Formats log lines. Each names what it is about: job, document, stage, page.

``INGOT_LOG_FORMAT`` chooses between text for people and one JSON object per line. Secrets and text of documents
must not be logged; names of files may.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

TEXT, JSON = "text", "json"
_LONGEST_LINE = 4000
_PLAIN = re.compile(r"[^\s\"=]+")
_NOBODY: Mapping[str, object] = {}
_subject: ContextVar[Mapping[str, object]] = ContextVar("log_subject", default=_NOBODY)


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Add these ids to every line that is logged inside the block: job, document, stage, page, ..."""
    token = _subject.set({**_subject.get(), **ids})
    try:
        yield
    finally:
        _subject.reset(token)


def subject() -> Mapping[str, object]:
    """The ids that every line names which is logged here."""
    return _subject.get()


def facts(**values: object) -> dict[str, Any]:
    """The ``extra`` of a log call: values that become fields of their own in JSON lines."""
    return {"facts": values}


def prepare(style: str, level: str, *, role: str = "", stream: TextIO | None = None) -> logging.Handler:
    """Send all logs of this process to ``stream`` (stderr), written as ``style`` asks; ``role`` says who writes."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(style, role=role))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    return handler


def formatter(style: str, *, role: str = "") -> logging.Formatter:
    """Writes one record as one line; in text an exception's traceback follows it."""
    return JsonLines(role) if style == JSON else TextLines(role)


class TextLines(logging.Formatter):
    """``time LEVEL [who] message job=... document=...`` with control characters written as ``\\x0a``."""

    def __init__(self, role: str = "") -> None:
        super().__init__("%(asctime)s %(levelname)s [%(who)s] %(message)s")
        self._role = role

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        record.who = _request_of(record) or self._role or record.processName
        ids = " ".join(f"{name}={_word(value)}" for name, value in _subject.get().items() if value not in (None, ""))
        return one_line(f"{super().formatMessage(record)} {ids}".rstrip())


class JsonLines(logging.Formatter):
    """One JSON object per line: time (UTC), level, logger, process, message, ids and facts; ``exception`` if any."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "role": self._role or record.processName,
            "message": record.getMessage(),
            "request_id": _request_of(record).removeprefix("-"),
            **_subject.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        kept = {name: value for name, value in line.items() if value not in (None, "")}
        return json.dumps(kept, default=str)  # ASCII: what no encoding knows is written as an escape


def _word(value: object) -> str:
    """A value as one word: quoted where it contains blanks."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def one_line(text: str) -> str:
    """Escape line breaks and control characters, and limit the length."""
    line = text[:_LONGEST_LINE]
    if line.isprintable():
        return line
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line)


def _request_of(record: logging.LogRecord) -> str:
    """The id of the request that a line of the server is about; "-" outside of any in text."""
    return str(getattr(record, "request_id", ""))
