"""A Web without a network, for tests: it answers from a table and records the requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.addresses import parse_address
from pipeline.contracts import Answer, Fetched
from stores.errors import InputError, UnavailableError


class FakeWeb:
    """A fake Web. ``answers`` maps a URL to its statuses in order, of which the last repeats; 0 means unreachable.

    ``files`` maps a URL to the bytes that it serves. A URL in neither table is unreachable.
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
        content = self._files.get(address.url)
        if content is None:
            raise UnavailableError(f"{address.host} cannot be reached", code="web_unreachable")
        if len(content) > largest_bytes:
            raise InputError("it is larger than is allowed", code="too_large")
        target.write_bytes(content)
        return Fetched(url=address.url, media_type="application/pdf", size_bytes=len(content))
