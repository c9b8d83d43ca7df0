"""An S3 bucket that documents are taken from; credentials, region and endpoint are AWS's own variables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stores.contracts.remote_sources import RemoteFile
from stores.errors import UnavailableError
from stores.files.file_system import Bucket, check_installed

_VERSION_BITS = 62  # it is kept where a file's time is, a whole number of 63 bits


@dataclass(frozen=True, slots=True)
class S3SourceBucket:
    """The objects below ``s3://bucket/prefix``; implements ``stores.contracts.remote_sources.RemoteSource``."""

    url: str
    system: Bucket

    @classmethod
    def at(cls, url: str) -> S3SourceBucket:
        """Return the bucket of an address; nothing is connected yet. InputError where packages are missing."""
        check_installed(url, "s3fs")
        address = url.rstrip("/")
        return cls(address, _Source(address, address.partition("://")[2]))

    def files(self, known: Mapping[int, str]) -> list[RemoteFile]:
        """List the objects."""
        return [
            RemoteFile(name=file.path, size_bytes=file.size_bytes, version=_number(file.etag or str(file.modified_at)))
            for file in self.system.listed("")
            if not (file.path.endswith("/") or not file.path)
        ]

    def download(self, name: str, target: Path, largest_bytes: int) -> None:
        """Copy an object to a local path; its size is that of the listing."""
        self.system.download(name, target)

    def close(self) -> None:
        """Do nothing: connections are shared."""


class _Source(Bucket):
    """A bucket that no setting names."""

    def _check_root(self) -> None:
        try:
            super()._check_root()
        except UnavailableError as error:
            raise UnavailableError(f"there is no bucket for {self.url}: correct the address, or create it") from error


def _number(etag: str) -> int:
    return int.from_bytes(hashlib.sha256(etag.encode()).digest()[:8]) >> (64 - _VERSION_BITS)
