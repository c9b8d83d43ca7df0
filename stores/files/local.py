"""The files of the knowledge bases on a local disk: originals by hash, page images, Markdown and JSON.

A file appears under its name complete or not at all: it is written beside it and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stores.contracts.files import FileKind, StoredFile
from stores.errors import InputError
from stores.files import stored
from stores.models import slug_of
from stores.owned_folders import translated_disk_errors
from stores.regular_files import copy_and_hash, hash_of, open_regular


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """Files below ``home``, one folder per knowledge base; implements ``stores.contracts.FileStore``."""

    home: Path

    @property
    def is_remote(self) -> bool:
        """False: a file is stored by a rename."""
        return False

    def probe(self) -> str:
        """Write, read and remove a file in the home; return its path."""
        path = self.home / f".part-{uuid.uuid4().hex}"
        with translated_disk_errors(self.home):
            try:
                path.write_bytes(b"probe")
                path.read_bytes()
            finally:
                path.unlink(missing_ok=True)
        return str(self.home)

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

    def send_original(self, knowledge_id: str, staged: Path, sha256: str) -> None:
        """Nothing: ``adopt_original`` is as quick."""

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

    def local_original(self, knowledge_id: str, sha256: str, folder: Path) -> Path:
        """Return the path of an original in the store itself. InputError ``original_missing`` where it is gone."""
        path = self._original(knowledge_id, sha256)
        if not path.is_file():
            raise InputError("its stored copy is gone: ingest the file again", code="original_missing")
        return path

    def _original(self, knowledge_id: str, sha256: str) -> Path:
        return self.folder(knowledge_id) / "files" / "originals" / sha256

    def original_link(self, knowledge_id: str, sha256: str, headers: Mapping[str, str], seconds: int) -> str:
        """Return "": a folder has no URLs."""
        return ""

    def has_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> bool:
        """Tell whether a page has an image."""
        return self._page_image(knowledge_id, document, generation, number).exists()

    def local_page_image(
        self, knowledge_id: str, document: str, generation: int, number: int, folder: Path
    ) -> Path | None:
        """Return the path of a page's image in the store itself, None where it has none."""
        path = self._page_image(knowledge_id, document, generation, number)
        return path if path.exists() else None

    def put_page_image(self, knowledge_id: str, document: str, generation: int, number: int, made: Path) -> Path:
        """Move the image of a page out of a workspace into the store; return its new path."""
        path = self._page_image(knowledge_id, document, generation, number)
        with translated_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            made.replace(path)
        return path

    def drop_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> None:
        """Remove the image of a page."""
        self._page_image(knowledge_id, document, generation, number).unlink(missing_ok=True)

    def _page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> Path:
        return self.folder(knowledge_id) / "files" / "pages" / document / str(generation) / f"{number}.png"

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
        files = self.folder(knowledge_id) / "files"
        for path in [*files.glob(f"markdown/*.{document[:12]}.md"), *files.glob(f"json/*.{document[:12]}.json")]:
            path.unlink(missing_ok=True)
        if sha256:
            self._original(knowledge_id, sha256).unlink(missing_ok=True)

    def drop_all(self, knowledge_id: str) -> None:
        """Remove every file of a knowledge base."""
        shutil.rmtree(self.folder(knowledge_id) / "files", ignore_errors=True)

    def drop_renamed(self, knowledge_id: str, document: str, name: str) -> None:
        """Remove Markdown and JSON files that a document left under an earlier name."""
        files = self.folder(knowledge_id) / "files"
        for folder, suffix in (("markdown", ".md"), ("json", ".json")):
            for path in (files / folder).glob(f"*.{document[:12]}{suffix}"):
                if path.name != f"{name}{suffix}":
                    path.unlink(missing_ok=True)

    def has_original(self, knowledge_id: str, sha256: str) -> bool:
        """Tell whether an original is there."""
        return self._original(knowledge_id, sha256).is_file()

    def stored_hash(self, knowledge_id: str, sha256: str) -> str | None:
        """Return the SHA-256 of an original's bytes, None where it is gone."""
        return hash_of(self._original(knowledge_id, sha256)) if self.has_original(knowledge_id, sha256) else None

    def stored(self, knowledge_id: str) -> Iterator[StoredFile]:
        """List the files of a knowledge base."""
        return stored.stored(self.folder(knowledge_id) / "files")

    def result(self, knowledge_id: str, kind: FileKind, document: str) -> str | None:
        """Return the text of a document's newest Markdown or JSON file, None where it has none."""
        for path in stored.results_of(self.folder(knowledge_id) / "files", kind, document)[:1]:
            with contextlib.suppress(OSError):
                return path.read_text(encoding="utf-8", errors="replace")
        return None

    def drop_stored(self, knowledge_id: str, file: StoredFile, unchanged_since: float) -> bool:
        """Remove a listed file, unless it was written after ``unchanged_since`` or is gone."""
        path = stored.path_of(self.folder(knowledge_id) / "files", file)
        with translated_disk_errors(path):
            if file.kind is not FileKind.PAGE_IMAGES:
                return stored.drop(path, unchanged_since)
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
            return not path.exists()

    def size_bytes(self, knowledge_id: str) -> int:
        """Return the bytes of a knowledge base's folder, its database included."""
        total = 0
        for folder, folders, files in os.walk(self.folder(knowledge_id)):  # what vanishes meanwhile counts nothing
            for name in (*folders, *files):
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - a path for each is slow
        return total
