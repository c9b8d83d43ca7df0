"""Archives among uploads: their files take their place in the staging folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.archives import ArchivedFile, unpack, why_skipped
from pipeline.commands.content_detection import check_content
from pipeline.engines.containers import ZIP
from pipeline.engines.media import sniff_named
from stores.errors import InputError
from stores.models import Fault
from stores.placement import SkippedFile, StagedFile
from stores.regular_files import hash_of


def has_archives(uploads: Sequence[StagedFile]) -> bool:
    """Tell whether any upload is an archive."""
    return any(upload.media_type == ZIP and not upload.fault for upload in uploads)


def with_uploads_unpacked(
    uploads: Sequence[StagedFile], staging: Path, largest_bytes: int
) -> tuple[tuple[StagedFile, ...], tuple[SkippedFile, ...]]:
    """Replace archives by the documents in them; (uploads, what of the archives is skipped). Archives are removed."""
    files: list[StagedFile] = []
    skipped: list[SkippedFile] = []
    for upload in uploads:
        if upload.fault or upload.media_type != ZIP:
            files.append(upload)
            continue
        try:
            members = unpack(upload.path, staging, largest_bytes)
        except InputError as error:
            files.append(_refused(upload, Fault(code=error.code, message=error.message)))
            continue
        before = len(files)
        files += _of_archive(upload, members, skipped)
        if len(files) == before:
            fault = Fault(code="empty", message="the archive holds no document: PDF, image, Office, web, mail or text")
            files.append(_refused(upload, fault))
        else:
            upload.path.unlink(missing_ok=True)
    return tuple(files), tuple(skipped)


def _of_archive(
    upload: StagedFile, members: Sequence[ArchivedFile], skipped: list[SkippedFile]
) -> Iterator[StagedFile]:
    for member in members:
        name = f"{upload.name}/{member.name}"
        if reason := why_skipped(member, name, (), (), check_content):
            skipped.append(SkippedFile(source=name, code=reason[0], reason=reason[1]))
            if member.path.name:
                member.path.unlink(missing_ok=True)
        else:
            yield described(name, member)


def described(name: str, member: ArchivedFile) -> StagedFile:
    """A file of an archive as if it had been uploaded itself."""
    fault, media_type, sha256 = member.fault, "", ""
    if not fault:
        try:
            media_type, sha256 = sniff_named(member.path, member.name), hash_of(member.path)
        except InputError as error:
            fault = Fault(code=error.code, message=error.message)
            member.path.unlink(missing_ok=True)
    return StagedFile.upload(
        path=member.path, name=name, size_bytes=member.size_bytes, sha256=sha256, media_type=media_type, fault=fault
    )


def _refused(upload: StagedFile, fault: Fault) -> StagedFile:
    return replace(upload, sha256="", media_type="", fault=fault)
