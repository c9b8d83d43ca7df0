"""The file that carries a knowledge base: a tar of rows and originals that is written and read as a stream.

    ingot-export.json           the format, the version of the program and of the tables, the knowledge base's id
    rows/<table>/<n>.jsonl.gz   rows, one JSON object a line
    originals/<sha256>          the bytes of documents
    manifest.json               last: size and SHA-256 of every member before it, and the number of rows of each table

A file that was cut off has no manifest. Nothing in it names a path: members are known by their form, or refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from stores.errors import InputError

FORMAT = 1
HEADER, MANIFEST = "ingot-export.json", "manifest.json"
ROWS = re.compile(r"rows/([a-z_]{1,63})/(\d{1,9})\.jsonl\.gz")
ORIGINAL = re.compile(r"originals/([0-9a-f]{64})")
BLOCK = 1 << 20
_RECORD = 512  # members of a tar are filled up to a multiple of it
_MOST_ROW_BYTES = 256 << 20  # of one part, unpacked
_MOST_RATIO = 200  # rows pack 3 to 30 times; what packs better is made to fill a disk
_SMALL = 4 << 20  # that is not worth a ratio
_MOST_JSON_BYTES = 512 << 20
_MOST_HEADER_BYTES = 1 << 16
_CUT_OFF = "it is cut off: copy it again"


@dataclass(slots=True)
class ArchiveMember:
    """A member that was written or read."""

    name: str
    size_bytes: int
    sha256: str

    def as_json(self) -> list[Any]:
        return [self.name, self.size_bytes, self.sha256]


@dataclass(slots=True)
class ArchiveWriter:
    """Turns members into the blocks of a tar; it remembers what the manifest needs."""

    members: list[ArchiveMember] = field(default_factory=list)

    def small(self, name: str, content: bytes) -> Iterator[bytes]:
        """Yield a member whose content is at hand."""
        yield from self.large(name, io.BytesIO(content), len(content))

    def large(self, name: str, stream: IO[bytes], size_bytes: int) -> Iterator[bytes]:
        """Yield a member, a block at a time. Raises InputError where the stream has another size."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size_bytes, 0o600
        yield info.tobuf(tarfile.GNU_FORMAT)
        digest, left = hashlib.sha256(), size_bytes
        while left and (block := stream.read(min(BLOCK, left))):
            digest.update(block)
            left -= len(block)
            yield block
        if left:
            raise InputError(f"{name} became shorter while it was exported: export again", code="changed")
        yield b"\0" * (-size_bytes % _RECORD)
        self.members.append(ArchiveMember(name, size_bytes, digest.hexdigest()))

    def end(self, facts: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the manifest, and the end of the tar."""
        listed = {"members": [member.as_json() for member in self.members], **facts}
        yield from self.small(MANIFEST, json.dumps(listed).encode())
        yield b"\0" * (2 * _RECORD)


def packed_rows(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Pack rows as JSON lines; the same rows are always the same bytes."""
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return gzip.compress(text.encode("utf-8", "surrogatepass"), 5, mtime=0)


def unpacked_rows(content: bytes) -> list[Any]:
    """Unpack rows. Raises InputError for what is none, or would unpack to far more than rows do."""
    most = min(_MOST_ROW_BYTES, max(_SMALL, len(content) * _MOST_RATIO))
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        text = unpacker.decompress(content, most)
        if unpacker.unconsumed_tail:
            raise bad("its rows unpack to far more than rows do")
        return [json.loads(line) for line in text.decode("utf-8", "surrogatepass").splitlines() if line]
    except (zlib.error, ValueError, RecursionError) as error:
        raise bad("its rows cannot be read") from error


@dataclass(slots=True)
class ArchiveReader:
    """Reads an archive from front to back, once. Raises InputError with a sentence for whatever is no archive."""

    stream: IO[bytes]
    members: list[ArchiveMember] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield (name, content) of members; what is not read of one is skipped."""
        while (header := self._read(_RECORD)).strip(b"\0"):
            info = _described(header)
            content = _Content(self.stream, info.size)
            yield info.name, io.BufferedReader(content)
            if content.left:
                raise bad(_CUT_OFF)
            self._read(-info.size % _RECORD)

    def _read(self, size: int) -> bytes:
        content = self.stream.read(size)
        if len(content) < size:
            raise bad(_CUT_OFF)
        return content

    def object_of(self, name: str, content: IO[bytes]) -> dict[str, Any]:
        """Read a member that is a JSON object."""
        most = _MOST_HEADER_BYTES if name == HEADER else _MOST_JSON_BYTES
        try:
            value = json.loads(self.content_of(name, content, most))
        except (ValueError, RecursionError) as error:
            raise bad(f"{name} in it cannot be read") from error
        if not isinstance(value, dict):
            raise bad(f"{name} in it is no object")
        return value

    def content_of(self, name: str, content: IO[bytes], most: int = _MOST_ROW_BYTES) -> bytes:
        """Read a member into memory."""
        text = content.read(most + 1)
        if len(text) > most:
            raise bad(f"{name} in it is too large")
        self.members.append(ArchiveMember(name, len(text), hashlib.sha256(text).hexdigest()))
        return text

    def copy(self, name: str, content: IO[bytes], target: IO[bytes]) -> str:
        """Copy a member into a file, a block at a time; return its SHA-256."""
        digest, size = hashlib.sha256(), 0
        while block := content.read(BLOCK):
            digest.update(block)
            size += len(block)
            target.write(block)
        self.members.append(ArchiveMember(name, size, digest.hexdigest()))
        return digest.hexdigest()

    def verify(self, manifest: Mapping[str, Any]) -> None:
        """Compare what was read with the manifest, which is the last member."""
        if manifest.get("members") != [member.as_json() for member in self.members[:-1]]:
            raise bad("its members are not those that its manifest names: copy it again")


class _Content(io.RawIOBase):
    """The bytes of one member of a stream of members."""

    def __init__(self, stream: IO[bytes], size_bytes: int) -> None:
        self._stream, self.left = stream, size_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._stream.read(min(len(buffer), self.left))
        if self.left and not content:
            raise bad(_CUT_OFF)
        buffer[: len(content)] = content
        self.left -= len(content)
        return len(content)


def _described(header: bytes) -> tarfile.TarInfo:
    """What the header of a member says. Only plain files of known names are taken: no links, no extensions."""
    try:
        info = tarfile.TarInfo.frombuf(header, "ascii", "strict")
    except (tarfile.TarError, ValueError) as error:
        raise bad("it is no export of Ingot, or damaged") from error
    known = info.name in (HEADER, MANIFEST) or ROWS.fullmatch(info.name) or ORIGINAL.fullmatch(info.name)
    if info.type != tarfile.REGTYPE or not known or info.size < 0:
        raise bad(f"it holds {info.name[:100]!r}, which belongs into no export")
    return info


def bad(why: str) -> InputError:
    """An archive that is refused, and why."""
    return InputError(f"it cannot be imported: {why}", code="bad_archive")
