"""The files of the knowledge bases in a store that several hosts share: an S3 bucket or a mounted folder.

Every host reads originals through a cache on its own disk; a copy is compared with its SHA-256 when it enters that.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stores.contracts.files import FileKind, StoredFile
from stores.errors import InputError, TransientError, UnavailableError
from stores.files.file_system import PART, FileSystem, ListedFile, opened
from stores.files.original_cache import OriginalCache, link
from stores.models import slug_of
from stores.owned_folders import translated_disk_errors
from stores.regular_files import copy_and_hash, hash_of, open_regular

_RESULTS = {FileKind.MARKDOWN: ".md", FileKind.JSON: ".json"}
_ID_DIGITS = 12  # of a document's id, in the names of its results
_DOWNLOADS = 2  # of an original whose bytes are not those of its hash


class SharedFiles:
    """Files below the address of a file system; implements ``stores.contracts.FileStore``.

    Below ``<knowledge base>/files`` are ``originals/<sha256>``, ``pages/<document>/<generation>/<number>.png`` and
    ``markdown/<beginning of the document's id>/<name>.md``, so that one document's files are found by one listing.
    """

    is_remote = True

    def __init__(self, url: str, home: Path, cache_bytes: int) -> None:
        self.system: FileSystem = opened(url)
        self.cache = OriginalCache(home / "run" / "originals", cache_bytes)

    # Originals

    def put_original(self, knowledge_id: str, path: Path, largest_bytes: int) -> str:
        """Copy a regular file into the cache, and from there among the originals; the SHA-256 of its bytes."""
        part = self.cache.part()
        with translated_disk_errors(part):
            try:
                with open_regular(path) as stream, part.open("xb") as copy:
                    sha256 = copy_and_hash(stream, copy, largest_bytes)
                self.system.upload(part, _original(knowledge_id, sha256))
                self.cache.keep(knowledge_id, sha256, part)
            finally:
                part.unlink(missing_ok=True)
        return sha256

    def send_original(self, knowledge_id: str, staged: Path, sha256: str) -> None:
        """Upload a staged file whose hash is known, and move it into the cache."""
        if staged.exists() or not self.has_original(knowledge_id, sha256):  # else it was sent already
            with translated_disk_errors(staged):
                self.system.upload(staged, _original(knowledge_id, sha256))
                self.cache.keep(knowledge_id, sha256, staged)

    def adopt_original(self, knowledge_id: str, staged: Path, sha256: str) -> None:
        """Do as ``send_original``, unless that was called: then nothing is left to do, and nothing is asked."""
        if staged.exists():
            self.send_original(knowledge_id, staged, sha256)

    def sync_originals(self, knowledge_id: str) -> None:
        """Let the names of originals survive a power cut of a folder's host."""
        self.system.sync_folder(f"{_files(knowledge_id)}/originals")

    def local_original(self, knowledge_id: str, sha256: str, folder: Path) -> Path:
        """Return a link in ``folder`` to the cached copy; it is downloaded and verified where it is not cached.

        Raises InputError ``original_missing`` where it is gone, ``original_changed`` where it has other bytes.
        """
        target = folder / sha256
        if target.exists() or self.cache.linked(knowledge_id, sha256, target):
            return target
        with self.cache.one_at_a_time(sha256):
            if not self.cache.linked(knowledge_id, sha256, target):
                self._download(knowledge_id, sha256, target)
        return target

    def _download(self, knowledge_id: str, sha256: str, target: Path) -> None:
        part = self.cache.part()
        try:
            self._download_verified(knowledge_id, sha256, part)
            with translated_disk_errors(target):
                link(part, target)
            self.cache.keep(knowledge_id, sha256, part)
        finally:
            part.unlink(missing_ok=True)

    def _download_verified(self, knowledge_id: str, sha256: str, part: Path) -> None:
        for _ in range(_DOWNLOADS):
            try:
                self.system.download(_original(knowledge_id, sha256), part)
            except FileNotFoundError as error:
                self.system.check_not_empty()
                raise InputError(
                    f"its stored copy is gone from {self.system.url}: ingest the file again", code="original_missing"
                ) from error
            if hash_of(part) == sha256:
                return
        raise InputError(
            f"its stored copy in {self.system.url} has other bytes than were ingested: ingest the file again",
            code="original_changed",
        )

    def stored_hash(self, knowledge_id: str, sha256: str) -> str | None:
        """Read an original where it is stored, past the cache; the SHA-256 of its bytes, None where it is gone."""
        try:
            return self.system.sha256(_original(knowledge_id, sha256))
        except FileNotFoundError:
            return None

    def has_original(self, knowledge_id: str, sha256: str) -> bool:
        """Tell whether an original is there."""
        return self.system.facts(_original(knowledge_id, sha256)) is not None

    def original_link(self, knowledge_id: str, sha256: str, headers: Mapping[str, str], seconds: int) -> str:
        """Return a URL at S3 of an original, signed for so many seconds; a mounted folder has none."""
        return self.system.link(_original(knowledge_id, sha256), headers, seconds)

    # Page images

    def has_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> bool:
        """Tell whether a page has an image."""
        return self.system.facts(_page_image(knowledge_id, document, generation, number)) is not None

    def local_page_image(
        self, knowledge_id: str, document: str, generation: int, number: int, folder: Path
    ) -> Path | None:
        """Download the image of a page into ``folder``; None where it has none."""
        target = folder / f"{document}.{generation}.{number}.png"
        try:
            self.system.download(_page_image(knowledge_id, document, generation, number), target)
        except FileNotFoundError:
            return None
        return target

    def put_page_image(self, knowledge_id: str, document: str, generation: int, number: int, made: Path) -> Path:
        """Upload the image of a page; the path that it has already is a local one of it."""
        self.system.upload(made, _page_image(knowledge_id, document, generation, number))
        return made

    def drop_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> None:
        """Remove the image of a page."""
        self.system.remove([_page_image(knowledge_id, document, generation, number)])

    def drop_page_images(self, knowledge_id: str, document: str, generation: int | None = None) -> None:
        """Remove the page images of a generation, or of all generations of a document."""
        folder = f"{_files(knowledge_id)}/pages/{document}"
        self.system.remove_folder(folder if generation is None else f"{folder}/{generation}")

    # Results

    def write_markdown(self, knowledge_id: str, name: str, text: str) -> None:
        """Write the Markdown file ``name``."""
        self._write(knowledge_id, FileKind.MARKDOWN, name, text)

    def write_json(self, knowledge_id: str, name: str, content: Mapping[str, Any]) -> None:
        """Write the JSON file ``name``."""
        self._write(knowledge_id, FileKind.JSON, name, json.dumps(content, ensure_ascii=False, indent=1))

    def _write(self, knowledge_id: str, kind: FileKind, name: str, text: str) -> None:
        self.system.write(_result(knowledge_id, kind, name + _RESULTS[kind]), text.encode("utf-8"))

    def drop_renamed(self, knowledge_id: str, document: str, name: str) -> None:
        """Remove Markdown and JSON files that a document left under an earlier name."""
        kept = {_result(knowledge_id, kind, name + suffix) for kind, suffix in _RESULTS.items()}
        self.system.remove([file.path for file in self._results(knowledge_id, document) if file.path not in kept])

    def _results(self, knowledge_id: str, document: str, *kinds: FileKind) -> list[ListedFile]:
        return [
            file
            for kind in kinds or _RESULTS
            for file in self.system.listed(f"{_files(knowledge_id)}/{kind}/{document[:_ID_DIGITS]}")
            if not _name(file).startswith(PART)
        ]

    def result(self, knowledge_id: str, kind: FileKind, document: str) -> str | None:
        """Return the text of a document's newest Markdown or JSON file, None where it has none."""
        files = sorted(self._results(knowledge_id, document, kind), key=lambda file: file.modified_at, reverse=True)
        for file in files[:1]:
            with contextlib.suppress(FileNotFoundError):
                return self.system.read(file.path).decode("utf-8", "replace")
        return None

    # All of them

    def drop_document(self, knowledge_id: str, document: str, sha256: str) -> None:
        """Remove every file of a document."""
        self.drop_page_images(knowledge_id, document)
        self.system.remove([file.path for file in self._results(knowledge_id, document)])
        if sha256:
            self.system.remove([_original(knowledge_id, sha256)])
            self.cache.drop(knowledge_id, sha256)

    def drop_all(self, knowledge_id: str) -> None:
        """Remove every file of a knowledge base."""
        self.system.remove_folder(_files(knowledge_id))
        self.cache.drop(knowledge_id)

    def size_bytes(self, knowledge_id: str) -> int:
        """Return the bytes of a knowledge base's files; its database is elsewhere."""
        return sum(file.size_bytes for file in self.system.listed(_files(knowledge_id)))

    def stored(self, knowledge_id: str) -> Iterator[StoredFile]:
        """List the files of a knowledge base."""
        files = _files(knowledge_id)
        for kind in (FileKind.ORIGINAL, FileKind.MARKDOWN, FileKind.JSON):
            folder = f"{files}/{'originals' if kind is FileKind.ORIGINAL else kind}"
            for file in self.system.listed(folder):
                yield _described(file, files, kind)
        yield from self._image_folders(files)

    def _image_folders(self, files: str) -> Iterator[StoredFile]:
        folders: dict[str, tuple[int, float]] = {}
        for file in self.system.listed(f"{files}/pages"):
            folder = file.path.removeprefix(f"{files}/pages/").rpartition("/")[0]
            size_bytes, modified_at = folders.get(folder, (0, 0.0))
            folders[folder] = size_bytes + file.size_bytes, max(modified_at, file.modified_at)
        for name, (size_bytes, modified_at) in folders.items():
            yield StoredFile(kind=FileKind.PAGE_IMAGES, name=name, size_bytes=size_bytes, modified_at=modified_at)

    def drop_stored(self, knowledge_id: str, file: StoredFile, unchanged_since: float) -> bool:
        """Remove a listed file, unless it was written since it was listed or is gone.

        The times of a store are by its own clock, so that of the listing is what is compared with.
        """
        files = _files(knowledge_id)
        if file.kind is FileKind.PAGE_IMAGES:
            folder = f"{files}/pages/{file.name}"
            is_there = bool(self.system.listed(folder))
            self.system.remove_folder(folder)
            return is_there
        path = f"{files}/{file.name}" if file.kind is FileKind.PART else _path_of(knowledge_id, file)
        now = self.system.facts(path)
        if now is None or now.modified_at > min(file.modified_at, unchanged_since):
            return False
        self.system.remove([path])
        if file.kind is FileKind.ORIGINAL:
            self.cache.drop(knowledge_id, file.name)
        return True

    def probe(self) -> str:
        """Write, read and remove a file; return the address. Raises UnavailableError where that fails."""
        path, content = f".probe-{uuid.uuid4().hex}", uuid.uuid4().bytes
        try:
            self.system.write(path, content)
            if self.system.read(path) != content:
                raise UnavailableError(f"the file store {self.system.url} returns other bytes than were written to it")
            self.system.remove([path])
        except FileNotFoundError as error:
            raise TransientError(f"the file store {self.system.url} lost a file that was just written") from error
        return self.system.url


def _files(knowledge_id: str) -> str:
    return f"{slug_of(knowledge_id)}/files"


def _original(knowledge_id: str, sha256: str) -> str:
    return f"{_files(knowledge_id)}/originals/{sha256}"


def _page_image(knowledge_id: str, document: str, generation: int, number: int) -> str:
    return f"{_files(knowledge_id)}/pages/{document}/{generation}/{number}.png"


def _result(knowledge_id: str, kind: FileKind, file_name: str) -> str:
    beginning = file_name.rpartition(".")[0].rpartition(".")[2]
    return f"{_files(knowledge_id)}/{kind}/{beginning}/{file_name}"


def _path_of(knowledge_id: str, file: StoredFile) -> str:
    if file.kind is FileKind.ORIGINAL:
        return _original(knowledge_id, file.name)
    return _result(knowledge_id, file.kind, file.name)


def _name(file: ListedFile) -> str:
    return file.path.rpartition("/")[2]


def _described(file: ListedFile, files: str, kind: FileKind) -> StoredFile:
    name = _name(file)
    if name.startswith(PART):
        kind, name = FileKind.PART, file.path.removeprefix(f"{files}/")
    return StoredFile(kind=kind, name=name, size_bytes=file.size_bytes, modified_at=file.modified_at)
