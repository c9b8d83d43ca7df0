"""The files of the knowledge bases on a local disk: originals by hash, page images, Markdown, JSON, workspaces.

A file appears under its name complete or not at all: it is written beside it and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from stores.errors import InputError
from stores.models import slug_of
from stores.owned_folders import own_folder, owner_is_dead, translated_disk_errors
from stores.regular_files import copy_and_hash, open_regular

_UNSAFE = re.compile(r"[^\w.\-一-鿿]+")
_LONGEST_NAME = 80
_PICTURES_BYTES = 512 << 20
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """Files below ``home``, one folder per knowledge base."""

    home: Path
    _staged: list[IO[str]] = field(default_factory=list)  # the locked owner file of this process's staging folder

    def folder(self, knowledge_id: str) -> Path:
        return self.home / slug_of(knowledge_id)

    def put_original(self, knowledge_id: str, path: Path, largest_bytes: int) -> str:
        """Copy a regular file among the originals, safe against a power cut; the SHA-256 of its bytes."""
        originals = self.folder(knowledge_id) / "files" / "originals"
        with translated_disk_errors(originals):
            originals.mkdir(parents=True, exist_ok=True)
            part = originals / f".part-{uuid.uuid4().hex}"
            try:
                with open_regular(path) as stream, part.open("xb") as copy:
                    sha256 = copy_and_hash(stream, copy, largest_bytes)
                part.replace(originals / sha256)
            finally:
                part.unlink(missing_ok=True)
        return sha256

    def adopt_original(self, knowledge_id: str, staged: Path, sha256: str) -> None:
        """Move a staged file whose hash is known, and which is on disk, among the originals."""
        target = self._original(knowledge_id, sha256)
        with translated_disk_errors(target.parent):
            try:
                staged.replace(target)
            except FileNotFoundError:
                if staged.exists() or not target.exists():  # else it was moved already
                    target.parent.mkdir(parents=True, exist_ok=True)
                    staged.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self.put_original(knowledge_id, staged, staged.stat().st_size)

    def sync_originals(self, knowledge_id: str) -> None:
        """Let the names of adopted originals survive a power cut."""
        folder = self.folder(knowledge_id) / "files" / "originals"
        with translated_disk_errors(folder):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def staging(self) -> Path:
        """This process's folder for files that arrive; the folders of dead processes are removed when it is made."""
        with _LOCK:
            if not self._staged:
                self._staged.append(own_folder(self.home / "run" / "uploads"))
        return Path(self._staged[0].name).parent

    def original(self, knowledge_id: str, sha256: str) -> Path:
        """Return the path of an original. Raises InputError ``original_missing`` where it is gone."""
        path = self._original(knowledge_id, sha256)
        if not path.is_file():
            raise InputError("its stored copy is gone: ingest the file again", code="original_missing")
        return path

    def _original(self, knowledge_id: str, sha256: str) -> Path:
        return self.folder(knowledge_id) / "files" / "originals" / sha256

    def page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> Path | None:
        """Return the path of a page's image, None where it has none."""
        path = self._page_image(knowledge_id, document, generation, number)
        return path if path.exists() else None

    def put_page_image(self, knowledge_id: str, document: str, generation: int, number: int, made: Path) -> Path:
        """Move the image of a page out of a workspace into the store; return its new path."""
        path = self._page_image(knowledge_id, document, generation, number)
        self.keep(made, path)
        return path

    def drop_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> None:
        """Remove the image of a page."""
        self._page_image(knowledge_id, document, generation, number).unlink(missing_ok=True)

    def _page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> Path:
        return self.folder(knowledge_id) / "files" / "pages" / document / str(generation) / f"{number}.png"

    def picture(self, knowledge_id: str, document: str, name: str) -> Path:
        """Where a page's picture for people is kept: a cache of the home, beside its knowledge bases."""
        return self.home / "run" / "pictures" / slug_of(knowledge_id) / document / name

    @staticmethod
    def touch_picture(path: Path) -> bool:
        """Note that a picture is wanted; False where it is not there."""
        try:
            os.utime(path)
        except OSError:
            return False
        return True

    def room_for_pictures(self, wanted: Path, most_bytes: int = _PICTURES_BYTES) -> None:
        """Make the folder of a picture, and let those that nobody wanted for longest go beyond ``most_bytes``."""
        with translated_disk_errors(wanted):
            wanted.parent.mkdir(parents=True, exist_ok=True)
        kept = sorted((self.home / "run" / "pictures").glob("*/*/*.png"), key=_when_wanted, reverse=True)
        total = 0
        for path in kept:
            total += _size(path)
            if total > most_bytes:
                path.unlink(missing_ok=True)

    def drop_pictures(self, knowledge_id: str, document: str = "") -> None:
        """Remove the pictures of a document, or of a whole knowledge base."""
        folder = self.home / "run" / "pictures" / slug_of(knowledge_id)
        shutil.rmtree(folder / document if document else folder, ignore_errors=True)

    def keep(self, made: Path, target: Path) -> None:
        """Move a finished file to its place."""
        with translated_disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            made.replace(target)

    @staticmethod
    def name_of(source: str, document: str) -> str:
        """The name of a document's Markdown and JSON files, without suffix: readable, safe, and its own."""
        plain = _UNSAFE.sub("_", source)[-_LONGEST_NAME:].strip("._") or "document"
        return f"{plain}.{document[:12]}"

    def write_markdown(self, knowledge_id: str, name: str, text: str) -> None:
        self._write(self.folder(knowledge_id) / "files" / "markdown" / f"{name}.md", text)

    def write_json(self, knowledge_id: str, name: str, content: Mapping[str, Any]) -> None:
        text = json.dumps(content, ensure_ascii=False, indent=1)
        self._write(self.folder(knowledge_id) / "files" / "json" / f"{name}.json", text)

    def _write(self, target: Path, text: str) -> None:
        with translated_disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".part-{uuid.uuid4().hex}")
            part.write_text(text, encoding="utf-8")
            part.replace(target)

    def drop_page_images(self, knowledge_id: str, document: str, generation: int | None = None) -> None:
        """Remove the page images of a generation, or of all generations of a document."""
        folder = self.folder(knowledge_id) / "files" / "pages" / document
        shutil.rmtree(folder if generation is None else folder / str(generation), ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.rmdir()

    def drop_document(self, knowledge_id: str, document: str, sha256: str) -> None:
        """Remove every file of a document."""
        self.drop_page_images(knowledge_id, document)
        self.drop_pictures(knowledge_id, document)
        files = self.folder(knowledge_id) / "files"
        for path in [*files.glob(f"markdown/*.{document[:12]}.md"), *files.glob(f"json/*.{document[:12]}.json")]:
            path.unlink(missing_ok=True)
        if sha256:
            self._original(knowledge_id, sha256).unlink(missing_ok=True)

    def drop_renamed(self, knowledge_id: str, document: str, name: str) -> None:
        """Remove Markdown and JSON files that a document left under an earlier name."""
        files = self.folder(knowledge_id) / "files"
        for folder, suffix in (("markdown", ".md"), ("json", ".json")):
            for path in (files / folder).glob(f"*.{document[:12]}{suffix}"):
                if path.name != f"{name}{suffix}":
                    path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def workspace(self, knowledge_id: str, label: str) -> Iterator[Path]:
        """A temp directory of one task, removed at the end whatever happens; its owner file is locked until then."""
        folder = self.folder(knowledge_id) / "work" / f"{label}.{uuid.uuid4().hex[:8]}"
        with translated_disk_errors(folder):
            folder.mkdir(parents=True)
            owner = (folder / ".owner").open("w")
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            owner.close()

    def sweep(self, knowledge_id: str) -> int:
        """Remove workspaces whose owner is dead (its lock is free); how many."""
        swept = 0
        for folder in (self.folder(knowledge_id) / "work").glob("*"):
            if owner_is_dead(folder):
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def size_bytes(self, knowledge_id: str) -> int:
        """All bytes of a knowledge base's folder."""
        total = 0
        for path in self.folder(knowledge_id).rglob("*"):
            with contextlib.suppress(OSError):
                total += path.lstat().st_size
        return total


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.lstat().st_size
    return 0


def _when_wanted(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.lstat().st_mtime
    return 0.0
