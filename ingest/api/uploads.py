"""Multipart bodies, streamed: each file is written to a ``.part`` file as it arrives, hashed and counted.

Never is more than a block of a file in memory; form fields are. A file's name is data: it is cleaned and kept, and
never used as a path.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import itertools
import os
import unicodedata
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pipeline.engines.media import HEAD_BYTES, sniff_named
from stores.errors import InputError, UnavailableError
from stores.models import Fault
from stores.placement import StagedFile

_BLOCK = 1 << 18
_LONGEST_NAME = 255
_FIELD_BYTES = 64 << 10
_FORM_TEXT_BYTES = 4 << 20
_MOST_FIELDS = 1000
_NEVER_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # Unicode categories
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NUMBERS = itertools.count(1)
_WRITERS = ThreadPoolExecutor(8, "ingot-upload")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLimits:
    """The limits of one form."""

    files: int
    file_bytes: int


@dataclass(slots=True)
class Form:
    """A form that arrived whole. Its files stay in the staging folder until they are ingested or discarded."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[FileWriter] = field(default_factory=list)

    def uploads(self) -> tuple[StagedFile, ...]:
        return tuple(file.staged() for file in self.files)

    def discard(self) -> None:
        """Delete the files that are still in the staging folder. May be called at any time."""
        for file in self.files:
            file.close()
            file.path.unlink(missing_ok=True)


class FileWriter:
    """Writes one file of a form to the staging folder; ``ended`` once all of it has arrived."""

    def __init__(self, path: Path, name: str, largest_bytes: int) -> None:
        self.path, self.name, self.size_bytes = path, name, 0
        self.fault: Fault | None = None
        self.media_type = ""
        self._largest_bytes = largest_bytes
        self._digest = hashlib.sha256()
        self._block, self._head = bytearray(), b""
        self._descriptor = -1
        self._finished = False
        self.ended = False

    def add(self, data: bytes) -> None:
        """Take some bytes; those beyond the limit are counted and thrown away."""
        self.size_bytes += len(data)
        if self.size_bytes > self._largest_bytes and self.fault is None:
            self.fault = Fault(
                code="too_large",
                message=f"it is larger than {self._largest_bytes >> 20} MB: raise INGOT_MAX_FILE_MB to take it",
            )
            self._block.clear()
        if self.fault is None:
            self._block += data

    def settle(self) -> None:
        """Write the bytes taken so far, and finish the file where it has ended. Blocks: call it in a thread."""
        if self.ended:
            self.finish()
        elif self.fault is None:
            self.write()

    def write(self) -> None:
        """Append the bytes taken so far to the file, and hash them."""
        if len(self._head) < HEAD_BYTES:
            self._head += self._block[: HEAD_BYTES - len(self._head)]
        with _disk(self.path):
            if self._descriptor < 0:
                self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._digest.update(self._block)
            view = memoryview(self._block)
            while view:
                view = view[os.write(self._descriptor, view) :]
            view.release()
        self._block = bytearray()

    def finish(self) -> None:
        """Write the rest, detect the media type, and sync the file to disk."""
        if self._finished:
            return
        self._finished = True
        if self.fault is None:
            self.write()
            try:
                self.media_type = sniff_named(self.path, self.name, self._head)
            except InputError as error:
                self.fault = Fault(code=error.code, message=error.message)
            else:
                with _disk(self.path):
                    os.fsync(self._descriptor)
        self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def staged(self) -> StagedFile:
        """Describe the finished file."""
        return StagedFile.upload(
            path=self.path,
            name=self.name,
            size_bytes=self.size_bytes,
            sha256="" if self.fault else self._digest.hexdigest(),
            media_type=self.media_type,
            fault=self.fault,
        )


async def read_form(content_type: str, body: AsyncIterator[bytes], staging: Path, limits: FormLimits) -> Form:
    """Read a multipart body. InputError where it is malformed or over a limit; no file is left behind then."""
    _, parameters = parse_options_header(content_type)
    if not parameters.get(b"boundary"):
        raise InputError("the multipart body has no boundary in its Content-Type", code="bad_multipart")
    form = Form()
    reader = _FormReader(form, staging, limits)
    loop = asyncio.get_running_loop()
    try:
        parser = MultipartParser(parameters[b"boundary"], reader.callbacks())
        async for chunk in body:
            parser.write(chunk)
            if reader.unwritten_bytes >= _BLOCK:
                await loop.run_in_executor(_WRITERS, _settle, reader.to_write())
        parser.finalize()
        reader.refuse_unfinished()
        await loop.run_in_executor(_WRITERS, _settle, reader.to_write())
    except FormParserError as error:
        form.discard()
        raise InputError(f"the multipart body cannot be understood: {error}", code="bad_multipart") from error
    except BaseException:
        form.discard()
        raise
    return form


@contextlib.asynccontextmanager
async def save_body(body: AsyncIterator[bytes], staging: Path) -> AsyncIterator[Path]:
    """Write a body of one file to the staging folder as it arrives; it is removed at the end of the block."""
    path = staging / f"{next(_NUMBERS)}.part"
    loop, waiting = asyncio.get_running_loop(), bytearray()
    try:
        with _disk(path):
            path.touch(0o600, exist_ok=False)
        async for chunk in body:
            waiting += chunk
            if len(waiting) >= _BLOCK:
                await loop.run_in_executor(_WRITERS, _append, path, bytes(waiting))
                waiting.clear()
        await loop.run_in_executor(_WRITERS, _append, path, bytes(waiting))
        yield path
    finally:
        path.unlink(missing_ok=True)


def _append(path: Path, block: bytes) -> None:
    with _disk(path), path.open("ab") as target:
        target.write(block)


def _settle(files: list[FileWriter]) -> None:
    for file in files:
        file.settle()


class _FormReader:
    """The callbacks of the parser: they begin files and fields, and fill them."""

    def __init__(self, form: Form, staging: Path, limits: FormLimits) -> None:
        self._form, self._staging, self._limits = form, staging, limits
        self._name, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._file: FileWriter | None = None
        self._field, self._text = "", bytearray()
        self._fields, self._ended, self._text_bytes = 0, False, 0
        self._unwritten: list[FileWriter] = []
        self.unwritten_bytes = 0

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begin,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_end": self._end,
        }

    def to_write(self) -> list[FileWriter]:
        """Return the files that have unwritten bytes; from now on these count as written."""
        files, self._unwritten = self._unwritten, []
        if self._file is not None and not self._file.ended:
            self._unwritten.append(self._file)
        self.unwritten_bytes = 0
        return files

    def refuse_unfinished(self) -> None:
        """Raise InputError where the body ended early."""
        if not self._ended:
            raise InputError("the multipart body ends in the middle: send it again", code="bad_multipart")

    def _part_begin(self) -> None:
        self._disposition, self._file, self._text = b"", None, bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" in options:
            self._begin_file(options[b"filename"])
        elif b"name" in options:
            self._begin_field(options[b"name"])
        else:
            raise InputError("a part of the multipart body has no name", code="bad_multipart")

    def _begin_file(self, name: bytes) -> None:
        if len(self._form.files) >= self._limits.files:
            raise InputError(
                f"more than {self._limits.files} files in one request: send several, or raise INGOT_MAX_REQUEST_FILES",
                code="too_large",
            )
        path = self._staging / f"{next(_NUMBERS)}.part"  # the folder is this process's own
        self._file = FileWriter(path, clean_name(name), self._limits.file_bytes)
        self._form.files.append(self._file)
        self._unwritten.append(self._file)

    def _begin_field(self, name: bytes) -> None:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise InputError(f"more than {_MOST_FIELDS} fields in one request", code="too_large")
        self._field = name.decode("utf-8", "replace")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.add(data[start:end])
            self.unwritten_bytes += end - start
            return
        self._text += data[start:end]
        self._text_bytes += end - start
        if self._text_bytes > _FORM_TEXT_BYTES:
            raise InputError(f"the fields are longer than {_FORM_TEXT_BYTES >> 20} MB in all", code="too_large")
        if len(self._text) > _FIELD_BYTES:
            raise InputError(f"the field {self._field!r} is longer than {_FIELD_BYTES >> 10} KB", code="too_large")

    def _part_end(self) -> None:
        if self._file is not None:
            self._file.ended = True
        else:
            try:
                text = self._text.decode("utf-8")
            except UnicodeDecodeError as error:
                raise InputError(f"the field {self._field!r} is no UTF-8 text", code="bad_request") from error
            self._form.fields.setdefault(self._field, []).append(text)

    def _end(self) -> None:
        self._ended = True


def clean_name(raw: bytes) -> str:
    """Clean a file name: NFC, no control or direction characters, no ``..``, 255 characters at most."""
    text = unicodedata.normalize("NFC", _decoded(raw))
    shown = "".join(character for character in text if unicodedata.category(character) not in _NEVER_IN_NAMES)
    parts = [part.strip() for part in shown.replace("\\", "/").split("/")]
    name = "/".join(part for part in parts if part.strip(". "))
    if len(name) > _LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        kept = f"{dot}{suffix}" if dot and len(suffix) < 16 else ""
        name = name[: _LONGEST_NAME - len(kept)] + kept if stem else name[:_LONGEST_NAME]
    return name or "unnamed"


def _decoded(raw: bytes) -> str:
    """Decode UTF-8, as browsers send it; else Latin-1, as old clients do."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@contextlib.contextmanager
def _disk(path: Path) -> Any:
    """Translate errors of writing ``path`` into UnavailableError."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise UnavailableError(
                f"the disk of {path.parent} is full: free some space and send it again", code="disk_full"
            ) from error
        raise UnavailableError(f"{path.parent} cannot be written: {error.strerror}") from error
