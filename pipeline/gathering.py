"""Finds the files of a request: folders walked, globs expanded, links and pipes handled, names made printable."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from stores.errors import InputError, NotFoundError
from stores.models import Fault

SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
_GLOB = set("*?[")
_TURNS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file to be ingested. ``name`` is the path relative to ``root``, an absolute folder."""

    root: str
    name: str
    path: Path
    size_bytes: int = 0
    modified_ns: int = 0
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a request names: files in the order of their names, folders that were walked whole, others passed over."""

    files: tuple[FoundFile, ...]
    roots: frozenset[str]
    passed_over: int


def gather(
    paths: Sequence[Path], globs: Sequence[str], excludes: Sequence[str], known_roots: Iterable[str] = ()
) -> Gathered:
    """All files that ``paths`` name. NotFoundError where a path does not exist.

    In folders only files of known types are taken, or those that ``globs`` match; a file that is named itself is
    always taken. A file inside a folder that was ingested before keeps its name in that folder.
    """
    found: dict[tuple[str, str], FoundFile] = {}
    roots, passed = set(), 0
    for path in _expanded(paths):
        if path.is_dir():
            root = Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps its own name
            roots.add(str(root))
            for file in _walk(root):
                name = _printable(os.path.relpath(file, root))
                if not _chosen(name, globs, excludes):
                    passed += 1
                    continue
                found.setdefault((str(root), name), _describe(str(root), name, file))
        else:
            root_of, name = _home_of(path, known_roots)
            found.setdefault((root_of, name), _describe(root_of, name, path))
    files = tuple(found[key] for key in sorted(found))
    return Gathered(files=files, roots=frozenset(roots), passed_over=passed)


def _expanded(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        path = path.expanduser()
        if os.path.lexists(path):
            yield path
            continue
        matches = sorted(glob.glob(str(path), recursive=True)) if _GLOB & set(str(path)) else []  # noqa: PTH207
        if not matches:
            raise NotFoundError(f"there is no file or folder {str(path)!r}")
        yield from map(Path, matches)


def _walk(root: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder; folders behind links are not entered, so no loop is."""
    for folder, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(folder) / name
        for name in folders:
            path = Path(folder) / name
            if path.is_symlink() and path.suffix.lower() in SUFFIXES:
                yield path


def _chosen(name: str, globs: Sequence[str], excludes: Sequence[str]) -> bool:
    if any(_matches(name, pattern) for pattern in excludes):
        return False
    if globs:
        return any(_matches(name, pattern) for pattern in globs)
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def _matches(name: str, pattern: str) -> bool:
    """Against the whole relative path, its last part, or any folder on the way."""
    parts = PurePosixPath(name).parts
    return fnmatch(name, pattern) or any(fnmatch(part, pattern.rstrip("/")) for part in parts)


def _home_of(path: Path, known_roots: Iterable[str]) -> tuple[str, str]:
    """(root, name) of a single file: in the deepest known folder that holds it, else in its own folder."""
    full = Path(os.path.abspath(path))  # noqa: PTH100
    holders = [root for root in known_roots if full.is_relative_to(root)]
    root = max(holders, key=len, default=str(full.parent))
    return root, _printable(os.path.relpath(full, root))


def _printable(name: str) -> str:
    """A file name in any encoding as text: bytes that are no UTF-8, ends of lines and
    what moves the cursor or turns the direction of writing are written as \\xNN."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return _TURNS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _describe(root: str, name: str, path: Path) -> FoundFile:
    try:
        facts = path.stat()
    except OSError as error:
        reason = "it is a link that leads nowhere or in a circle" if path.is_symlink() else f"{error.strerror}"
        return _refused(root, name, path, "unreadable", f"{reason}: remove or repair it")
    if not stat.S_ISREG(facts.st_mode):
        return _refused(root, name, path, "not_a_file", "it is not a regular file (a pipe, socket, device or folder)")
    if facts.st_size == 0:
        return _refused(root, name, path, "empty", "it is empty: 0 bytes")
    return FoundFile(root=root, name=name, path=path, size_bytes=facts.st_size, modified_ns=facts.st_mtime_ns)


def _refused(root: str, name: str, path: Path, code: str, reason: str) -> FoundFile:
    return FoundFile(root=root, name=name, path=path, fault=Fault(code=code, message=reason))


def fault_of(error: InputError) -> Fault:
    return Fault(code=error.code, message=error.message)
