"""Notices: what a person is told of, at most once per cause and hour, through the outbox of the home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class NoticeStore(Protocol):
    """What was told to whom. A cause is a short name such as ``jobs:<knowledge base>``."""

    def tell(self, cause: str, urls: Sequence[str], body: Mapping[str, Any], every_s: float) -> bool:
        """Write a notice for each receiver, unless the cause was told of in the last ``every_s`` seconds.

        Returns whether it was written. One caller writes where several tell of the same cause at once.
        """

    def told_at(self, cause: str) -> float:
        """Return when a cause was last told of, in seconds since the epoch; 0 where it never was."""
