"""A cache of page images for people, on the local disk of each machine; it can be thrown away."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from stores.models import slug_of
from stores.owned_folders import translated_disk_errors

_MOST_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class ImageCache:
    """PNG files below ``home``, beside the knowledge bases. The least recently used are dropped first."""

    home: Path

    def path_of(self, knowledge_id: str, document: str, name: str) -> Path:
        """Return the path where an image is, or will be."""
        return self._folder(knowledge_id) / document / name

    @staticmethod
    def touch(path: Path) -> bool:
        """Note that an image is used; False where it is not there."""
        try:
            os.utime(path)
        except OSError:
            return False
        return True

    def make_room(self, path: Path, most_bytes: int = _MOST_BYTES) -> None:
        """Create the folder of an image, and remove the least recently used ones beyond ``most_bytes``."""
        with translated_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        kept = sorted((self.home / "run" / "pictures").glob("*/*/*.png"), key=_used_at, reverse=True)
        total = 0
        for image in kept:
            total += _size(image)
            if total > most_bytes:
                image.unlink(missing_ok=True)

    @staticmethod
    def keep(made: Path, path: Path) -> None:
        """Move a finished image to its path."""
        with translated_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            made.replace(path)

    def drop(self, knowledge_id: str, document: str = "") -> None:
        """Remove the images of a document, or of a whole knowledge base."""
        folder = self._folder(knowledge_id)
        shutil.rmtree(folder / document if document else folder, ignore_errors=True)

    def _folder(self, knowledge_id: str) -> Path:
        return self.home / "run" / "pictures" / slug_of(knowledge_id)


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.lstat().st_size
    return 0


def _used_at(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.lstat().st_mtime
    return 0.0
