"""What a language model reads and writes, counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCount:
    """Tokens that a language model has read and written."""

    read: int = 0
    written: int = 0

    def __add__(self, other: TokenCount) -> TokenCount:
        return TokenCount(read=self.read + other.read, written=self.written + other.written)
