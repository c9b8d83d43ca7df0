"""ZIP archives as folders: their files become sources of their own, named ``archive.zip/inner/file.pdf``.

Names inside an archive are data and never paths: every file is written under a number. Sizes are counted while files
are unpacked, whatever the archive says of them.
"""

from __future__ import annotations

import itertools
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipeline.engines.containers import ZIP, check_directory
from pipeline.engines.media import SUFFIXES, head_of, sniff
from pipeline.file_discovery import ContentCheck, DiscoveredFiles, is_hidden, skip_reason
from stores.errors import InputError
from stores.models import Fault
from stores.placement import SkippedFile, StagedFile
from stores.source_names import kept_name

MOST_FILES = 5000
MOST_BYTES = 4 << 30  # of all files of one archive
DEEPEST = 3  # archives inside archives
_MOST_RATIO = 200  # unpacked to packed
_RATIO_FROM_BYTES = 50 << 20  # a small file may be packed as tightly as it likes
_BLOCK = 1 << 20
_LONGEST_NAME = 255
_DRIVE = re.compile(r"^[A-Za-z]:")
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file of an archive: its cleaned name, where its bytes were written, or why it was not unpacked."""

    name: str
    path: Path = Path()
    size_bytes: int = 0
    fault: Fault | None = None
    link: bool = False


@dataclass(slots=True)
class _Room:
    """What may still be unpacked of an archive, with all archives inside it."""

    files: int
    size_bytes: int


def is_archive(path: Path) -> bool:
    """Tell whether a file is a ZIP archive and not a document that is packed like one."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES and suffix != ".zip":
        return False
    try:
        return head_of(path).startswith(b"PK") and sniff(path) == ZIP
    except InputError:
        return False


def unpack(path: Path, folder: Path, largest_bytes: int) -> list[ArchivedFile]:
    """Unpack the files of an archive, and of archives inside it, into ``folder``, each under a number.

    Raises InputError for an archive that is damaged, holds too much, or would unpack to many times its size.
    ``largest_bytes``: of one file; a larger one is named with the reason, and the others go on.
    """
    return list(_unpacked(path, folder, largest_bytes, _Room(MOST_FILES, MOST_BYTES), 1))


def _unpacked(path: Path, folder: Path, largest_bytes: int, room: _Room, depth: int) -> Iterator[ArchivedFile]:
    try:
        check_directory(path)
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            room.files -= len(infos)
            if room.files < 0:
                raise InputError(f"the archive holds more than {MOST_FILES} files: unpack it", code="too_large")
            for info in infos:
                member = _extracted(archive, info, folder, largest_bytes, room)
                inner = _inside(member, folder, largest_bytes, room, depth)
                yield from inner if inner is not None else [member]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
        raise InputError(f"the archive is damaged ({_reason(error)}): pack or download it again", code="damaged") from (
            error
        )


def _inside(
    member: ArchivedFile, folder: Path, largest_bytes: int, room: _Room, depth: int
) -> list[ArchivedFile] | None:
    """The files of an archive inside an archive; None for a file that is none."""
    if member.fault or member.link or not is_archive_file(member):
        return None
    if depth >= DEEPEST:
        fault = Fault(code="too_deep", message=f"it is an archive inside {DEEPEST} others: unpack it")
        return [replace(member, fault=fault)]
    try:
        files = list(_unpacked(member.path, folder, largest_bytes, room, depth + 1))
    except InputError as error:
        if error.code == "too_large":
            raise
        return [replace(member, fault=Fault(code=error.code, message=error.message))]
    finally:
        member.path.unlink(missing_ok=True)
    return [replace(file, name=f"{member.name}/{file.name}") for file in files]


def is_archive_file(member: ArchivedFile) -> bool:
    """Tell whether an unpacked file is an archive itself."""
    suffix = PurePosixPath(member.name).suffix.lower()
    return (suffix == ".zip" or suffix not in SUFFIXES) and is_archive(member.path)


def _extracted(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, largest_bytes: int, room: _Room
) -> ArchivedFile:
    name = clean_member_name(_decoded_name(info))
    if stat.S_ISLNK(info.external_attr >> 16):
        return ArchivedFile(name=name, link=True)
    if info.flag_bits & _ENCRYPTED:
        return ArchivedFile(
            name=name, fault=Fault(code="encrypted", message="it is encrypted in the archive: unpack it")
        )
    if info.file_size > largest_bytes:
        message = f"it is larger than {largest_bytes >> 20} MB: raise INGOT_MAX_FILE_MB to take it"
        return ArchivedFile(name=name, fault=Fault(code="too_large", message=message))
    target = folder / f"{next(_NUMBERS)}.member"
    try:
        size = _copied(archive, info, target, min(room.size_bytes, largest_bytes))
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        target.unlink(missing_ok=True)
        fault = Fault(code="damaged", message=f"it cannot be unpacked ({_reason(error)}): pack it again")
        return ArchivedFile(name=name, fault=fault)
    room.size_bytes -= size
    return ArchivedFile(name=name, path=target, size_bytes=size)


def _copied(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Unpack one file, counting its bytes; InputError where they are too many."""
    size = 0
    with archive.open(info) as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > most:
                raise InputError(f"the archive unpacks to more than {MOST_BYTES >> 20} MB: refused", code="too_large")
            if size > _RATIO_FROM_BYTES and size > _MOST_RATIO * max(1, info.compress_size):
                raise InputError(
                    f"the archive is refused: it unpacks to more than {_MOST_RATIO} times its size", code="too_large"
                )
            file.write(block)
    return size


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """The name of a file; where the archive does not say that it is UTF-8, it may be, or be Chinese."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or any("\u4e00" <= letter <= "\u9fff" for letter in name):
            return name
    return info.filename


def clean_member_name(name: str) -> str:
    """A name that stays inside its archive: no drive, no ``..``, ``/`` between its parts."""
    parts = [part.strip() for part in _DRIVE.sub("", name.replace("\\", "/")).split("/")]
    kept = "/".join(part for part in parts if part.strip(". "))
    return kept_name(kept[-_LONGEST_NAME:].lstrip("/") or "unnamed")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def with_archives_unpacked(
    discovered: DiscoveredFiles,
    folder: Path,
    largest_bytes: int,
    *,
    check: ContentCheck,
    globs: Sequence[str] = (),
    excludes: Sequence[str] = (),
) -> DiscoveredFiles:
    """The discovered files, each archive replaced by the documents in it; what of it is not ingested is named."""
    files: dict[tuple[str, str], StagedFile] = {}
    skipped = list(discovered.skipped)
    for file in discovered.files:
        if file.fault or not is_archive(file.path):
            files[file.root, file.name] = file
            continue
        try:
            members = unpack(file.path, folder, largest_bytes)
        except InputError as error:
            fault = Fault(code=error.code, message=error.message)
            files[file.root, file.name] = replace(file, fault=fault)
            continue
        if not members:
            skipped.append(SkippedFile(source=file.name, code="empty", reason="it is an archive without any files"))
        for member in members:
            name = f"{file.name}/{member.name}"
            reason = why_skipped(member, name, globs, excludes, check)
            if reason:
                skipped.append(SkippedFile(source=name, code=reason[0], reason=reason[1]))
            else:
                files[file.root, name] = staged_member(file, name, member)
    return replace(discovered, files=tuple(files[key] for key in sorted(files)), skipped=tuple(skipped))


def why_skipped(
    member: ArchivedFile, name: str, globs: Sequence[str], excludes: Sequence[str], check: ContentCheck
) -> tuple[str, str] | None:
    """Say why a file of an archive is skipped, as in a folder; None where it is ingested or refused by name."""
    if member.link:
        return "link", "it is a link inside an archive"
    if is_hidden(member.name):
        return "hidden", "it is a hidden file"
    if member.fault:
        return None
    return skip_reason(member.path, name, [f"*{glob}" for glob in globs], excludes, check)


def staged_member(archive: StagedFile, name: str, member: ArchivedFile) -> StagedFile:
    """A file of an archive as if it lay in a folder; its time is the archive's."""
    fault = member.fault
    if not fault and not member.size_bytes:
        fault = Fault(code="empty", message="it is empty: 0 bytes")
    return replace(archive, name=name, path=member.path, size_bytes=member.size_bytes, fault=fault)
