"""Buckets that documents are taken from: what is listed there, and how it comes to this host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketObject:
    """One object. ``name``: its key below the address; ``version``: another number for other bytes, from its ETag."""

    name: str
    size_bytes: int
    version: int


class SourceBucket(Protocol):
    """The objects below one address, for reading. UnavailableError or TransientError where it cannot be reached."""

    @property
    def url(self) -> str: ...

    def objects(self) -> list[BucketObject]:
        """List all objects by name; folders, which some programs mark by an empty object, are left out."""

    def download(self, name: str, target: Path) -> None:
        """Copy an object to a local path. Raises FileNotFoundError where it is gone."""
