"""Lines of a log: what they are about stands on each, one record is one line, and JSON lines are JSON."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pipeline import log_format

log = logging.getLogger("ingot.test_logbook")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    yield io.StringIO()


def written(style: str, stream: io.StringIO, **ids: object) -> str:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log_format.formatter(style, role="test"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with log_format.about(**ids), log_format.about(page=3):
            log.info("read \x1b[31m%s", "a\nb", extra=log_format.facts(seconds=1.5, nothing=None))
        log.info("after")
    finally:
        log.removeHandler(handler)
    return stream.getvalue()


def test_text_names_what_a_line_is_about(stream: io.StringIO) -> None:
    first, after = written("text", stream, job="kb.01", source="x page=9.pdf").splitlines()
    assert first.endswith(r'INFO [test] read \x1b[31ma\nb job=kb.01 source="x page=9.pdf" page=3')
    assert after.endswith("INFO [test] after")


def test_json_has_a_field_for_each(stream: io.StringIO) -> None:
    first, after = map(json.loads, written("json", stream, job="kb.01", source="\udcff.pdf").splitlines())
    assert {name: first[name] for name in ("level", "logger", "message", "job", "source", "page", "seconds")} == {
        "level": "INFO",
        "logger": "ingot.test_logbook",
        "message": "read \x1b[31ma\nb",
        "job": "kb.01",
        "source": "\udcff.pdf",
        "page": 3,
        "seconds": 1.5,
    }
    assert first["time"].endswith("Z") and "nothing" not in first
    assert not {"job", "page"} & set(after)


def test_a_traceback_stays_in_its_line(stream: io.StringIO) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log_format.formatter("json"))
    log.addHandler(handler)
    try:
        raise ValueError("oh")
    except ValueError:
        log.exception("failed")
    finally:
        log.removeHandler(handler)
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["exception"].rstrip().endswith("ValueError: oh") and line["message"] == "failed"
