"""Fixtures of the tests that send something out of the house."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.receiver import Receiver

_numbers = itertools.count(1)


@pytest.fixture
def kb() -> str:
    """A knowledge base of one's own."""
    return f"kb{next(_numbers):03}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server on loopback that keeps what it is sent."""
    server = Receiver().start()
    yield server
    server.stop()
