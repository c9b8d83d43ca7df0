"""Files of the local disk that are ingested: opened only where they are regular, read in blocks, hashed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from stores.errors import InputError

_BLOCK = 1 << 20


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a regular file's bytes. Raises InputError where it cannot be read."""
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        while block := _read(stream):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def open_regular(path: Path) -> Iterator[IO[bytes]]:
    """Open a regular file for reading. Raises InputError for folders, pipes, devices and what may not be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"it cannot be opened: {error.strerror}", code="unreadable") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError("it is no regular file", code="unreadable")
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


def copy_and_hash(stream: IO[bytes], copy: IO[bytes], largest_bytes: int) -> str:
    """Copy all blocks and flush them to disk; return their SHA-256. Raises InputError beyond ``largest_bytes``."""
    digest = hashlib.sha256()
    size = 0
    while block := _read(stream):
        size += len(block)
        if size > largest_bytes:
            raise InputError(
                f"it is larger than {largest_bytes >> 20} MB: raise INGOT_MAX_FILE_MB to take it", code="too_large"
            )
        digest.update(block)
        copy.write(block)
    copy.flush()
    os.fsync(copy.fileno())
    return digest.hexdigest()


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_BLOCK)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", code="unreadable") from error
