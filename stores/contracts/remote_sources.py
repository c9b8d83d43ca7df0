"""Sources of documents on other machines, buckets and mailboxes: what is listed there, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One object of a bucket, or one mail. ``name``: its key below the address, or a name made for the mail.

    ``version``: another number for other bytes, of 63 bits: from an ETag, or of the UID of a mail.
    """

    name: str
    size_bytes: int
    version: int


class RemoteSource(Protocol):
    """The files below one address, for reading. UnavailableError or TransientError where it cannot be reached."""

    @property
    def url(self) -> str:
        """The address, without a password."""

    def files(self, known: Mapping[int, str]) -> list[RemoteFile]:
        """List all files; folders, which some programs mark by an empty object, are left out.

        ``known``: the names of files that were listed earlier, by their versions: they keep their names.
        """

    def download(self, name: str, target: Path, largest_bytes: int) -> None:
        """Copy a listed file to a local path.

        Raises FileNotFoundError where it is gone, InputError where it is larger than ``largest_bytes``.
        """

    def close(self) -> None:
        """End the connection."""
