"""A cache of originals on the local disk of each host, for a file store elsewhere; it can be thrown away."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stores.models import slug_of
from stores.owned_folders import translated_disk_errors


@dataclass(frozen=True, slots=True)
class OriginalCache:
    """Files by their hash below ``folder``, one folder per knowledge base. The least recently used are dropped first.

    Who is given a file gets a link of its own to it, so that it stays when the cache drops it.
    """

    folder: Path
    most_bytes: int

    def linked(self, knowledge_id: str, sha256: str, target: Path) -> bool:
        """Link a cached file to ``target`` and note that it is used; False where it is not cached."""
        path = self._path(knowledge_id, sha256)
        with translated_disk_errors(target):
            try:
                link(path, target)
                os.utime(path)
            except FileNotFoundError:
                return target.exists()
        return True

    def part(self) -> Path:
        """Return a new path in the cache for a file that is still to be written and verified."""
        with translated_disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f".part-{uuid.uuid4().hex}"

    def keep(self, knowledge_id: str, sha256: str, verified: Path) -> None:
        """Move a file whose bytes have this hash into the cache, and drop the least recently used ones."""
        path = self._path(knowledge_id, sha256)
        with translated_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                verified.replace(path)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                verified.unlink()  # it is on another disk: the next reader downloads it
        self._make_room()

    @contextlib.contextmanager
    def one_at_a_time(self, sha256: str) -> Iterator[None]:
        """Let one process of this host fetch a file while the others wait for it."""
        locks = self.folder / ".locks"
        with translated_disk_errors(locks):
            locks.mkdir(parents=True, exist_ok=True)
            lock = (locks / sha256[:2]).open("a")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def drop(self, knowledge_id: str, sha256: str = "") -> None:
        """Remove a file, or all files of a knowledge base."""
        if sha256:
            self._path(knowledge_id, sha256).unlink(missing_ok=True)
        else:
            shutil.rmtree(self.folder / slug_of(knowledge_id), ignore_errors=True)

    def _make_room(self) -> None:
        total = 0
        for _, size_bytes, path in sorted(self._files(), reverse=True):
            total += size_bytes
            if total > self.most_bytes:
                path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Yield when each file was used last, its size and its path; what killed processes left is among them."""
        for path in [*self.folder.glob(".part-*"), *self.folder.glob("*/[0-9a-f]*")]:
            with contextlib.suppress(OSError):
                facts = path.lstat()
                if path.parent.name != ".locks":
                    yield facts.st_mtime, facts.st_size, path

    def _path(self, knowledge_id: str, sha256: str) -> Path:
        return self.folder / slug_of(knowledge_id) / sha256


def link(path: Path, target: Path) -> None:
    """Make ``target`` the same file as ``path``, or a copy where the disk has no such links."""
    try:
        target.hardlink_to(path)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        part = target.with_name(f".part-{uuid.uuid4().hex}")
        shutil.copyfile(path, part)
        part.replace(target)
