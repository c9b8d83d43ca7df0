"""A web without a network, for tests: answers by table, and remembers what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.addresses import parse_address
from pipeline.contracts import Answer, Fetched
from stores.errors import InputError, UnavailableError


class FakeWeb:
    """Implements ``Web``. ``answers``: URL -> statuses, one after the other, the last for ever; 0: unreachable.

    ``files``: URL -> the bytes that stand there. A URL that no table knows cannot be reached.
    """

    def __init__(self, answers: Mapping[str, Sequence[int]], files: Mapping[str, bytes] | None = None) -> None:
        self.sent: list[tuple[str, dict[str, str], bytes]] = []
        self._answers = {url: list(statuses) for url, statuses in answers.items()}
        self._files = dict(files or {})
        self._lock = threading.Lock()

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Answer:
        address = parse_address(url)
        with self._lock:
            self.sent.append((address.url, dict(headers), body))
            statuses = self._answers.get(address.url, [0])
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        if not status:
            raise UnavailableError(f"{address.host} cannot be reached", code="web_unreachable")
        return Answer(status=status)

    def fetch(
        self, url: str, target: Path, largest_bytes: int, timeout_s: float, beat: Callable[[], bool] = lambda: True
    ) -> Fetched:
        address = parse_address(url)
        found = self._files.get(address.url)
        if found is None:
            raise UnavailableError(f"{address.host} cannot be reached", code="web_unreachable")
        if len(found) > largest_bytes:
            raise InputError("it is larger than is allowed", code="too_large")
        target.write_bytes(found)
        return Fetched(url=address.url, media_type="application/pdf", size_bytes=len(found))
