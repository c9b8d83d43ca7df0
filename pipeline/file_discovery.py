"""File discovery: walk folders, expand globs, and name what is not ingested, with the reason."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from pipeline.engines.media import SUFFIXES
from stores.errors import NotFoundError
from stores.models import Fault
from stores.placement import SkippedFile, StagedFile
from stores.source_names import kept_name, path_of_name

_WILDCARDS = frozenset("*?[")

SkipReason = tuple[str, str]
"""The code and the sentence that say why a file is skipped."""
ContentCheck = Callable[[Path, str], SkipReason | None]
"""Judges a file whose suffix is none of a document's by its contents; None where it is ingested."""


def reject_by_suffix(_: Path, suffix: str) -> SkipReason | None:
    """Reject every file whose suffix is none of a document's, without opening it."""
    return "unsupported", f"{suffix or 'no ending'} is no ending of a document"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredFiles:
    """What a request names: files in the order of their names, the folders that were walked, and what is skipped."""

    files: tuple[StagedFile, ...]
    roots: frozenset[str]
    skipped: tuple[SkippedFile, ...] = ()


def discover_files(
    paths: Sequence[Path],
    globs: Sequence[str],
    excludes: Sequence[str],
    known_roots: Iterable[str] = (),
    check: ContentCheck = reject_by_suffix,
) -> DiscoveredFiles:
    """Find all files that ``paths`` name. NotFoundError where a path does not exist.

    A path that does not exist and holds ``*``, ``?`` or ``[`` is a glob (``**`` for folders at any depth, hidden files
    only where it names the dot), for patterns that no shell has expanded. In folders only documents are taken: by their
    suffixes, where these do not tell by a ``check`` of their contents; or those that ``globs`` match. A file that is
    named itself is always taken. A file inside a folder that was ingested before keeps its name in that folder.
    """
    files: dict[tuple[str, str], StagedFile] = {}
    skipped: dict[tuple[str, str], SkippedFile] = {}
    roots = set()
    for path in _expanded(paths):
        if path.is_dir():
            folder = Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps its own name
            root = kept_name(folder)
            roots.add(root)
            for file, reason in _walk(folder):
                name = kept_name(os.path.relpath(file, folder))
                reason = reason or skip_reason(file, name, globs, excludes, check)
                if reason:
                    skipped[root, name] = SkippedFile(source=name, code=reason[0], reason=reason[1])
                else:
                    files.setdefault((root, name), _staged(root, name, file))
        else:
            key = _root_and_name(path, known_roots)
            files.setdefault(key, _staged(*key, path))
    return DiscoveredFiles(
        files=tuple(files[key] for key in sorted(files)),
        roots=frozenset(roots),
        skipped=tuple(skipped[key] for key in sorted(skipped) if key not in files),
    )


def _expanded(paths: Sequence[Path]) -> Iterator[Path]:
    """Replace globs by what they match."""
    for path in paths:
        path = path.expanduser()
        if os.path.lexists(path):
            yield path
            continue
        matches = sorted(glob.glob(str(path), recursive=True)) if _WILDCARDS & set(str(path)) else []  # noqa: PTH207
        if not matches:
            raise NotFoundError(f"there is no file or folder {str(path)!r}")
        yield from map(Path, matches)


def _walk(root: Path) -> Iterator[tuple[Path, SkipReason | None]]:
    """Yield every file below a folder, and the folders that are not entered with the reason.

    Folders behind links are not entered, so the walk cannot loop.
    """
    unreadable: list[OSError] = []
    for folder, folders, names in os.walk(root, onerror=unreadable.append, followlinks=False):
        for name in sorted((*folders, *names)):
            path, is_folder = Path(folder) / name, name in folders
            if name.startswith("."):
                yield path, ("hidden", f"it is a hidden {'folder' if is_folder else 'file'}")
            elif is_folder and path.is_symlink() and path.suffix.lower() not in SUFFIXES:
                yield path, ("link", "it is a link to a folder, which is not followed: name it itself")
            elif not is_folder or path.is_symlink():
                yield path, None
        folders[:] = sorted(name for name in folders if not name.startswith("."))
    for error in unreadable:
        yield Path(error.filename), ("unreadable", f"the folder cannot be read: {error.strerror}")


def skip_reason(
    path: Path, name: str, globs: Sequence[str], excludes: Sequence[str], check: ContentCheck
) -> SkipReason | None:
    """Say why a file of a folder is skipped; None where it is ingested."""
    for pattern in excludes:
        if _matches(name, pattern):
            return "excluded", f"it matches --exclude {pattern!r}"
    if globs:
        return None if any(_matches(name, pattern) for pattern in globs) else ("excluded", "it matches no --glob")
    return None if PurePosixPath(name).suffix.lower() in SUFFIXES else check(path, PurePosixPath(name).suffix)


def is_hidden(name: str) -> bool:
    """Tell whether a file, or a folder on the way to it, is hidden by its name; also what macOS adds to archives."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _matches(name: str, pattern: str) -> bool:
    """Match a pattern with the whole relative path, its last part, or any folder on the way."""
    parts = PurePosixPath(name).parts
    return fnmatch(name, pattern) or any(fnmatch(part, pattern.rstrip("/")) for part in parts)


def _root_and_name(path: Path, known_roots: Iterable[str]) -> tuple[str, str]:
    """Choose the root of a single file: the deepest known folder that holds it, else its own folder."""
    full = Path(os.path.abspath(path))  # noqa: PTH100
    holders = [root for root in known_roots if full.is_relative_to(path_of_name(root))]
    root = max(holders, key=len, default=kept_name(full.parent))
    return root, kept_name(os.path.relpath(full, path_of_name(root)))


def _staged(root: str, name: str, path: Path) -> StagedFile:
    """Describe a file by its size and time, or by the reason why it cannot be ingested."""
    try:
        facts = path.stat()
    except OSError as error:
        reason = "it is a link that leads nowhere or in a circle" if path.is_symlink() else f"{error.strerror}"
        return _refused(root, name, path, "unreadable", f"{reason}: remove or repair it")
    if not stat.S_ISREG(facts.st_mode):
        return _refused(root, name, path, "not_a_file", "it is not a regular file (a pipe, socket, device or folder)")
    if facts.st_size == 0:
        return _refused(root, name, path, "empty", "it is empty: 0 bytes")
    return StagedFile(root=root, name=name, path=path, size_bytes=facts.st_size, modified_ns=facts.st_mtime_ns)


def _refused(root: str, name: str, path: Path, code: str, reason: str) -> StagedFile:
    return StagedFile(root=root, name=name, path=path, fault=Fault(code=code, message=reason))
