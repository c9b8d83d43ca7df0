"""Finds the files of a request: folders walked, globs expanded, links and pipes handled, the rest named and why."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from stores.errors import InputError, NotFoundError
from stores.models import Fault, SkippedFile
from stores.source_names import kept_name, path_of_name

SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
_GLOB = set("*?[")


Why = tuple[str, str]
"""The code and the sentence of a reason."""
Look = Callable[[Path, str], Why | None]
"""Looks into a file with such an ending that is none of a document's: why it is skipped, None where it is taken."""


def not_looked_at(_: Path, suffix: str) -> Why | None:
    """For who may not open files: endings tell all."""
    return "unsupported", f"{suffix or 'no ending'} is no ending of a PDF or an image"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file to be ingested. ``name`` is the path relative to ``root``, an absolute folder; both as they are kept."""

    root: str
    name: str
    path: Path
    size_bytes: int = 0
    modified_ns: int = 0
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredFiles:
    """What a request names: files in the order of their names, folders that were walked whole, and what is skipped."""

    files: tuple[FoundFile, ...]
    roots: frozenset[str]
    skipped: tuple[SkippedFile, ...] = ()


def discover_files(
    paths: Sequence[Path],
    globs: Sequence[str],
    excludes: Sequence[str],
    known_roots: Iterable[str] = (),
    look: Look = not_looked_at,
) -> DiscoveredFiles:
    """All files that ``paths`` name. NotFoundError where a path does not exist.

    In folders only documents are taken: by their endings, where these do not tell by a ``look`` at their contents; or
    those that ``globs`` match. A file that is named itself is always taken. A file inside a folder that was ingested
    before keeps its name in that folder.
    """
    found: dict[tuple[str, str], FoundFile] = {}
    skipped: dict[tuple[str, str], SkippedFile] = {}
    roots = set()
    for path in _expanded(paths):
        if path.is_dir():
            folder = Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps its own name
            root = kept_name(folder)
            roots.add(root)
            for file, why in _walk(folder):
                name = kept_name(os.path.relpath(file, folder))
                why = why or _why_not(file, name, globs, excludes, look)
                if why:
                    skipped[root, name] = SkippedFile(source=name, code=why[0], reason=why[1])
                else:
                    found.setdefault((root, name), _describe(root, name, file))
        else:
            key = _home_of(path, known_roots)
            found.setdefault(key, _describe(*key, path))
    return DiscoveredFiles(
        files=tuple(found[key] for key in sorted(found)),
        roots=frozenset(roots),
        skipped=tuple(skipped[key] for key in sorted(skipped) if key not in found),
    )


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


def _walk(root: Path) -> Iterator[tuple[Path, Why | None]]:
    """Everything below a folder that is no folder, and folders that are not entered, with the reason.

    Folders behind links are not entered, so no loop is.
    """
    closed: list[OSError] = []
    for folder, folders, names in os.walk(root, onerror=closed.append, followlinks=False):
        for name in sorted((*folders, *names)):
            path, is_folder = Path(folder) / name, name in folders
            if name.startswith("."):
                yield path, ("hidden", f"it is a hidden {'folder' if is_folder else 'file'}")
            elif is_folder and path.is_symlink() and path.suffix.lower() not in SUFFIXES:
                yield path, ("link", "it is a link to a folder, which is not followed: name it itself")
            elif not is_folder or path.is_symlink():
                yield path, None
        folders[:] = sorted(name for name in folders if not name.startswith("."))
    for error in closed:
        yield Path(error.filename), ("unreadable", f"the folder cannot be read: {error.strerror}")


def _why_not(path: Path, name: str, globs: Sequence[str], excludes: Sequence[str], look: Look) -> Why | None:
    """Why a file of a folder is skipped; None where it is taken."""
    for pattern in excludes:
        if _matches(name, pattern):
            return "excluded", f"it matches --exclude {pattern!r}"
    if globs:
        return None if any(_matches(name, pattern) for pattern in globs) else ("excluded", "it matches no --glob")
    return None if PurePosixPath(name).suffix.lower() in SUFFIXES else look(path, PurePosixPath(name).suffix)


def _matches(name: str, pattern: str) -> bool:
    """Against the whole relative path, its last part, or any folder on the way."""
    parts = PurePosixPath(name).parts
    return fnmatch(name, pattern) or any(fnmatch(part, pattern.rstrip("/")) for part in parts)


def _home_of(path: Path, known_roots: Iterable[str]) -> tuple[str, str]:
    """(root, name) of a single file: in the deepest known folder that holds it, else in its own folder."""
    full = Path(os.path.abspath(path))  # noqa: PTH100
    holders = [root for root in known_roots if full.is_relative_to(path_of_name(root))]
    root = max(holders, key=len, default=kept_name(full.parent))
    return root, kept_name(os.path.relpath(full, path_of_name(root)))


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
