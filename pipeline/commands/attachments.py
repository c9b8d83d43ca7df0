"""Files attached to mail messages and PDFs as sources of their own, named ``mail.eml/offer.pdf``, where asked for.

Archives among them are folders, and files attached to attached files count, too, within the limits of archives.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.archives import (
    DEEPEST,
    MOST_BYTES,
    MOST_FILES,
    ArchivedFile,
    clean_member_name,
    is_archive_file,
    staged_member,
    unpack,
    why_skipped,
)
from pipeline.commands.uploaded_archives import described
from pipeline.engines.media import CARRIERS, sniff
from pipeline.file_discovery import ContentCheck, DiscoveredFiles
from stores.errors import InputError
from stores.models import Fault
from stores.placement import SkippedFile, StagedFile

_NUMBERS = count(1)
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")  # of the environment, which may hold keys
_SOURCE = Path(__file__).resolve().parents[2]
_ENDED = "reading its attached files ended the process that read them"


@dataclass(slots=True)
class AttachmentReader:
    """Takes attached files out of files, in a child process; use it as a context."""

    folder: Path  # where they are written
    largest_bytes: int  # of one attached file
    passwords: Sequence[str] = ()
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _files_left: int = field(default=0, init=False)
    _bytes_left: int = field(default=0, init=False)

    def __enter__(self) -> AttachmentReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def attached_to(self, path: Path) -> list[ArchivedFile]:
        """The files attached to a file, and to those. A fault without a path says why one was not taken."""
        self._files_left, self._bytes_left = MOST_FILES, MOST_BYTES
        return list(self._attached(path, 1))

    def _attached(self, path: Path, depth: int) -> Iterator[ArchivedFile]:
        media_type = _carrier(path)
        if not media_type:
            return
        names: set[str] = set()
        for answered in self._answered(path, media_type):
            member = replace(answered, name=_free_name(answered.name, names))
            yield from self._with_inner(member, depth)

    def _with_inner(self, member: ArchivedFile, depth: int) -> Iterator[ArchivedFile]:
        """An attached file and what is attached to it, or the files of an archive in its place."""
        self._files_left -= 1
        self._bytes_left -= member.size_bytes
        if self._files_left < 0 or self._bytes_left < 0:
            fault = Fault(code="too_large", message=f"more than {MOST_FILES} files, or too large ones, are attached")
            yield replace(member, fault=fault)
            return
        if member.fault or not member.size_bytes:
            yield member
        elif is_archive_file(member):
            yield from self._unpacked(member, depth)
        else:
            yield member
            inner = self._attached(member.path, depth + 1) if depth < DEEPEST else ()
            yield from (replace(one, name=f"{member.name}/{one.name}") for one in inner)

    def _unpacked(self, member: ArchivedFile, depth: int) -> Iterator[ArchivedFile]:
        try:
            files = unpack(member.path, self.folder, self.largest_bytes) if depth < DEEPEST else []
        except InputError as error:
            yield replace(member, fault=Fault(code=error.code, message=error.message))
            return
        if depth >= DEEPEST:
            fault = Fault(code="too_deep", message=f"it is an archive inside {DEEPEST} others: unpack it")
            yield replace(member, fault=fault)
            return
        member.path.unlink(missing_ok=True)
        for file in files:
            yield from self._with_inner(replace(file, name=f"{member.name}/{file.name}"), depth + 1)

    def _answered(self, path: Path, media_type: str) -> Iterator[ArchivedFile]:
        order = {
            "path": str(path.absolute()),
            "media_type": media_type,
            "folder": str(self.folder.absolute()),
            "prefix": f"{next(_NUMBERS)}",
            "passwords": ["", *self.passwords],
            "largest_bytes": self.largest_bytes,
            "most_files": max(self._files_left, 0),
            "total_bytes": max(self._bytes_left, 0),
        }
        answer = self._ask(order)
        for file in answer["files"]:
            name = clean_member_name(file["name"])
            fault = Fault(code="too_large", message=file["error"]) if "error" in file else None
            written = Path(file["path"]) if "path" in file else Path()
            yield ArchivedFile(name=name, path=written, size_bytes=file.get("size_bytes", 0), fault=fault)
        if "error" in answer:
            fault = Fault(code="attachments", message=f"not all of its attached files were read: {answer['error']}")
            yield ArchivedFile(name="", fault=fault)

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        child = self._child = self._child or _started()
        assert child.stdin and child.stdout
        try:
            child.stdin.write(json.dumps(order).encode() + b"\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            self._end()
            return {"files": [], "error": _ENDED}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        self._child = None


def _started() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_SOURCE), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.engines.attachment_worker"],
        env=environment,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _carrier(path: Path) -> str:
    """The media type of a file that may hold attached files, "" for others."""
    try:
        media_type = sniff(path)
    except InputError:
        return ""
    return media_type if media_type in CARRIERS else ""


def _free_name(name: str, taken: set[str]) -> str:
    """The name, numbered where another file of the same message has it: ``offer (2).pdf``."""
    free, plain = name, PurePosixPath(name)
    for number in count(2):
        if not name or free not in taken:
            break
        free = str(plain.with_name(f"{plain.stem} ({number}){plain.suffix}"))
    taken.add(free)
    return free


def with_attachments(
    discovered: DiscoveredFiles,
    reader: AttachmentReader,
    *,
    check: ContentCheck,
    globs: Sequence[str] = (),
    excludes: Sequence[str] = (),
) -> DiscoveredFiles:
    """The discovered files and the files attached to them; what of these is not ingested is named."""
    files = {(file.root, file.name): file for file in discovered.files}
    skipped = list(discovered.skipped)
    for file in discovered.files:
        for member in () if file.fault else reader.attached_to(file.path):
            name = f"{file.name}/{member.name}"
            if reason := why_not_taken(member, name, globs, excludes, check):
                skipped.append(SkippedFile(source=name.rstrip("/"), code=reason[0], reason=reason[1]))
            else:
                files.setdefault((file.root, name), staged_member(file, name, member))
    return replace(discovered, files=tuple(files[key] for key in sorted(files)), skipped=tuple(skipped))


def uploads_with_attachments(
    uploads: Sequence[StagedFile], reader: AttachmentReader, check: ContentCheck
) -> tuple[tuple[StagedFile, ...], tuple[SkippedFile, ...]]:
    """Uploads and the files attached to them; (files, what of the attached files is skipped)."""
    files, skipped = list[StagedFile](), list[SkippedFile]()
    for upload in uploads:
        files.append(upload)
        for member in () if upload.fault or not upload.in_staging else reader.attached_to(upload.path):
            name = f"{upload.name}/{member.name}"
            if reason := why_not_taken(member, name, (), (), check):
                skipped.append(SkippedFile(source=name.rstrip("/"), code=reason[0], reason=reason[1]))
                if member.path.name:
                    member.path.unlink(missing_ok=True)
            else:
                files.append(described(name, member))
    return tuple(files), tuple(skipped)


def refuse_attachments_at(urls: Sequence[str]) -> None:
    """Raise InputError where attached files are asked for of a URL: files are fetched after the request has ended."""
    if urls:
        raise InputError(
            "attached files are read of files and uploads, not of URLs: download the file and ingest that, "
            "or ask without attachments",
            code="attachments_of_url",
        )


def why_not_taken(
    member: ArchivedFile, name: str, globs: Sequence[str], excludes: Sequence[str], check: ContentCheck
) -> tuple[str, str] | None:
    """Say why an attached file is skipped, or that some could not be taken at all."""
    if not member.name and member.fault:
        return member.fault.code, member.fault.message
    return why_skipped(member, name, globs, excludes, check)
