"""Files of a bucket or mailbox as a folder's are: listed, told apart by their versions, and downloaded to be read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.file_discovery import DiscoveredFiles, is_hidden, reject_by_suffix, skip_reason
from pipeline.step_context import Resources
from stores.contracts.registration import KnownSource
from stores.errors import InputError
from stores.models import Fault
from stores.placement import SkippedFile, StagedFile

if TYPE_CHECKING:
    from stores.contracts.remote_sources import RemoteFile, RemoteSource

SCHEMES = ("s3://", "imaps://", "imap://")
TOO_LARGE = "too_large"
_ARCHIVE = ".zip"


def is_remote(root: str) -> bool:
    """Tell whether files below this root lie on another machine."""
    return root.startswith(SCHEMES)


def discover_remote(
    source: RemoteSource, known: Iterable[KnownSource], globs: Sequence[str], excludes: Sequence[str]
) -> DiscoveredFiles:
    """List the documents of a source, told by their suffixes or by ``globs``. An archive in it is not unpacked."""
    mine = {one.name: one for one in known if one.root == source.url}
    files, skipped = [], []
    for remote in source.files({one.modified_ns: name for name, one in mine.items() if not _is_inside(name, mine)}):
        if reason := _skip_reason(remote.name, globs, excludes):
            skipped.append(SkippedFile(source=remote.name, code=reason[0], reason=reason[1]))
        else:
            files.append(_staged(source.url, remote, mine.get(remote.name)))
    return DiscoveredFiles(files=tuple(files), roots=frozenset([source.url]), skipped=tuple(skipped))


def _is_inside(name: str, names: dict[str, KnownSource]) -> bool:
    """Tell whether a source was attached to another, and is not listed by itself."""
    return any(str(parent) in names for parent in list(Path(name).parents)[:-1])


def _skip_reason(name: str, globs: Sequence[str], excludes: Sequence[str]) -> tuple[str, str] | None:
    if is_hidden(name):
        return "hidden", "it is hidden by its name"
    if name.lower().endswith(_ARCHIVE):
        return "unsupported", "an archive in a bucket is not unpacked: put the documents there"
    return skip_reason(Path(name), name, globs, excludes, reject_by_suffix)


def _staged(root: str, remote: RemoteFile, known: KnownSource | None) -> StagedFile:
    """Describe a file. Its version stands where a file has its time: both tell what changed.

    One of a known version has the size that it had on this host: mail servers do not count exactly.
    """
    is_known = known is not None and known.modified_ns == remote.version
    return StagedFile(
        root=root,
        name=remote.name,
        size_bytes=known.size_bytes if known and is_known else remote.size_bytes,
        modified_ns=remote.version,
        fault=None if remote.size_bytes else Fault(code="empty", message="it is empty: 0 bytes"),
    )


@contextmanager
def downloaded(
    resources: Resources, source: RemoteSource | None, knowledge_id: str, file: StagedFile
) -> Iterator[StagedFile]:
    """Yield a file with a local path of its bytes, good inside the block; one that has a path is yielded as it is.

    InputError where it is gone, or larger than a document may be.
    """
    if source is None or file.fault or file.path.name:
        yield file
        return
    largest_mb = resources.settings.max_file_mb
    if file.size_bytes > largest_mb << 20:
        raise InputError(f"it has {file.size_bytes >> 20} MB, more than INGOT_MAX_FILE_MB={largest_mb}", code=TOO_LARGE)
    with resources.workspaces.workspace(knowledge_id, "remote") as folder:
        path = folder / "file"
        try:
            source.download(file.name, path, largest_mb << 20)
        except FileNotFoundError as error:
            raise InputError("it was removed from there a moment ago", code="unreadable") from error
        with contextlib.suppress(OSError):
            file = replace(file, size_bytes=path.stat().st_size)
        yield replace(file, path=path)
