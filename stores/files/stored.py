"""What lies in the folder of a knowledge base, listed for a check: kind, name, and when it was written."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from stores.contracts.files import FileKind, StoredFile

_FOLDERS = {FileKind.ORIGINAL: "originals", FileKind.MARKDOWN: "markdown", FileKind.JSON: "json"}
_SUFFIXES = {FileKind.ORIGINAL: "", FileKind.MARKDOWN: ".md", FileKind.JSON: ".json"}


def stored(files: Path) -> Iterator[StoredFile]:
    """List originals, results, page images by generation, and parts that were never finished."""
    for kind, folder in _FOLDERS.items():
        yield from _flat(files / folder, kind)
    for document in _entries(files / "pages"):
        for number in _entries(files / "pages" / document.name):
            yield _described(FileKind.PAGE_IMAGES, number, f"{document.name}/{number.name}")


def path_of(files: Path, file: StoredFile) -> Path:
    """Return where a listed file is."""
    if file.kind is FileKind.PAGE_IMAGES:
        return files / "pages" / file.name
    return files / file.name if file.kind is FileKind.PART else files / _FOLDERS[file.kind] / file.name


def results_of(files: Path, kind: FileKind, document: str) -> list[Path]:
    """Return the Markdown or JSON files of a document, the newest first."""
    paths = (files / _FOLDERS[kind]).glob(f"*.{document[:12]}{_SUFFIXES[kind]}")
    return sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)


def drop(path: Path, unchanged_since: float) -> bool:
    """Remove a file unless it was written after ``unchanged_since``, even while somebody writes it anew."""
    aside = path.with_name(f".part-{uuid.uuid4().hex}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime > unchanged_since:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(aside)
        aside.unlink()
        return False
    aside.unlink()
    return True


def _flat(folder: Path, kind: FileKind) -> Iterator[StoredFile]:
    for entry in _entries(folder):
        if entry.name.startswith(".part-"):
            yield _described(FileKind.PART, entry, f"{folder.name}/{entry.name}")
        else:
            yield _described(kind, entry, entry.name)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        yield from entries


def _described(kind: FileKind, entry: os.DirEntry[str], name: str) -> StoredFile:
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # it went while the folder was listed
        return StoredFile(kind=kind, name=name, size_bytes=0, modified_at=float("inf"))
    return StoredFile(kind=kind, name=name, size_bytes=facts.st_size, modified_at=facts.st_mtime)
