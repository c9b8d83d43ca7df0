"""Files of a bucket as a folder's are: listed, told apart by their ETags, and downloaded where they are to be read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.file_discovery import DiscoveredFiles, is_hidden, reject_by_suffix, skip_reason
from pipeline.step_context import Resources
from stores.errors import InputError
from stores.models import Fault
from stores.placement import SkippedFile, StagedFile

if TYPE_CHECKING:
    from stores.contracts.buckets import BucketObject, SourceBucket

SCHEME = "s3://"
_ARCHIVE = ".zip"


def discover_in_bucket(bucket: SourceBucket, globs: Sequence[str], excludes: Sequence[str]) -> DiscoveredFiles:
    """List the documents of a bucket, told by their suffixes or by ``globs``. An archive in it is not unpacked."""
    files, skipped = [], []
    for found_object in bucket.objects():
        name = found_object.name
        if reason := _skip_reason(name, globs, excludes):
            skipped.append(SkippedFile(source=name, code=reason[0], reason=reason[1]))
        else:
            files.append(_staged(bucket.url, found_object))
    return DiscoveredFiles(files=tuple(files), roots=frozenset([bucket.url]), skipped=tuple(skipped))


def _skip_reason(name: str, globs: Sequence[str], excludes: Sequence[str]) -> tuple[str, str] | None:
    if is_hidden(name):
        return "hidden", "it is hidden by its name"
    if name.lower().endswith(_ARCHIVE):
        return "unsupported", "an archive in a bucket is not unpacked: put the documents there"
    return skip_reason(Path(name), name, globs, excludes, reject_by_suffix)


def _staged(root: str, found_object: BucketObject) -> StagedFile:
    """Describe an object. The number of its ETag stands where a file has its time: both tell what changed."""
    empty = None if found_object.size_bytes else Fault(code="empty", message="it is empty: 0 bytes")
    return StagedFile(
        root=root,
        name=found_object.name,
        size_bytes=found_object.size_bytes,
        modified_ns=found_object.version,
        fault=empty,
    )


@contextmanager
def downloaded(resources: Resources, knowledge_id: str, file: StagedFile) -> Iterator[StagedFile]:
    """Yield a file with a local path of its bytes, good inside the block; one that has a path is yielded as it is.

    InputError where it is gone, or larger than a document may be.
    """
    if not file.root.startswith(SCHEME) or file.fault:
        yield file
        return
    largest_bytes = resources.settings.max_file_mb << 20
    if file.size_bytes > largest_bytes:
        raise InputError(
            f"it has {file.size_bytes >> 20} MB, more than INGOT_MAX_FILE_MB={resources.settings.max_file_mb}",
            code="too_large",
        )
    with resources.workspaces.workspace(knowledge_id, "bucket") as folder:
        path = folder / "object"
        try:
            resources.bucket(file.root).download(file.name, path)
        except FileNotFoundError as error:
            raise InputError("it was removed from the bucket a moment ago", code="unreadable") from error
        with contextlib.suppress(OSError):
            file = replace(file, size_bytes=path.stat().st_size)
        yield replace(file, path=path)
