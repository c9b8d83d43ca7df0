"""Multipart bodies in any pieces: the same files and fields, and nothing left where it went wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ingest.api.uploads import Form, FormLimits, clean_name, read_form
from stores.errors import InputError, UnavailableError
from tests.awaiting import awaited

TYPE = "multipart/form-data; boundary=edge"
PDF = b"%PDF-1.4\n"


def part(content: bytes, name: str, file: str | None = None) -> bytes:
    shown = f'; filename="{file}"' if file is not None else ""
    return f'--edge\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'.encode() + content + b"\r\n"


def read(body: bytes, staging: Path, sizes: list[int], files: int = 10, file_bytes: int = 1 << 22) -> Form:
    """The form of a body that comes in pieces of these sizes, again and again."""

    async def pieces() -> AsyncIterator[bytes]:
        at, turn = 0, 0
        while at < len(body):
            size = sizes[turn % len(sizes)]
            yield body[at : at + size]
            at, turn = at + size, turn + 1

    return awaited(read_form(TYPE, pieces(), staging, FormLimits(files=files, file_bytes=file_bytes)))


@pytest.mark.parametrize("sizes", [[1], [7, 1, 64], [1000], [65536], [1 << 20], [3, 100_000]])
def test_a_body_in_any_pieces_brings_the_same(tmp_path: Path, sizes: list[int]) -> None:
    noise = random.Random(7)
    length = 3000 if sizes == [1] else 700_000
    contents = [PDF + noise.randbytes(length) + b"\r\n--edg\r\n--edgy\r\n", PDF, PDF + b"\r\n" * 50]
    body = part(b"5", "priority") + b"".join(part(one, "files", f"{n}.pdf") for n, one in enumerate(contents))
    form = read(body + part("ü".encode(), "note") + b"--edge--\r\n", tmp_path, sizes)
    assert form.fields == {"priority": ["5"], "note": ["ü"]}
    uploads = form.uploads()
    assert [one.name for one in uploads] == ["0.pdf", "1.pdf", "2.pdf"]
    assert [one.sha256 for one in uploads] == [hashlib.sha256(one).hexdigest() for one in contents]
    assert [one.path.read_bytes() for one in uploads] == contents
    assert [one.size_bytes for one in uploads] == [len(one) for one in contents]
    form.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    body = part(PDF + b"x" * 900_000, "files", "large.pdf") + part(PDF, "files", "small.pdf") + b"--edge--"
    form = read(body, tmp_path, [65536], file_bytes=600_000)
    large, small = form.uploads()
    assert large.fault and large.fault.code == "too_large"
    assert (large.sha256, small.fault) == ("", None)
    form.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", ["full", "denied"])
def test_a_disk_that_refuses_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    number = errno.ENOSPC if broken == "full" else errno.EIO

    def write(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(UnavailableError) as refused:
        read(part(PDF, "files", "a.pdf") + b"--edge--", tmp_path, [100])
    assert (refused.value.code == "disk_full") == (broken == "full")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_writes_little_by_little_gets_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:1000]))
    form = read(part(PDF + b"y" * 5000, "files", "a.pdf") + b"--edge--", tmp_path, [65536])
    assert form.uploads()[0].path.stat().st_size == 5009
    form.discard()


@pytest.mark.parametrize(
    "body",
    [
        b"--edge\r\n",
        part(PDF, "files", "a.pdf"),
        part(b"x" * 70_000, "note") + b"--edge--",
        part(b"\xff\xfe", "note") + b"--edge--",
        b"".join(part(PDF, "files", f"{n}.pdf") for n in range(11)) + b"--edge--",
        b"".join(part(b"", f"f{n}") for n in range(1001)) + b"--edge--",
        b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--",
        b"--edge\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"--edge\r\nX: " + b"y" * 200_000,
    ],
)
def test_a_broken_form_leaves_nothing(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(InputError):
        read(body, tmp_path, [4096])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "raw, name",
    [
        (b"a.pdf", "a.pdf"),
        (b"../../a.pdf", "a.pdf"),
        (b"folder/sub/a.pdf", "folder/sub/a.pdf"),
        (b"/etc//./passwd", "etc/passwd"),
        (b"..", "unnamed"),
        (b"", "unnamed"),
        (b"a\x00b\x1b[31m.pdf", "ab[31m.pdf"),
        ("\u202eevil\u2066.pdf".encode(), "evil.pdf"),
        (b"caf\xe9.pdf", "café.pdf"),
        ("合同.pdf".encode(), "合同.pdf"),
        (("x" * 400).encode(), "x" * 255),
    ],
)
def test_names(raw: bytes, name: str) -> None:
    assert clean_name(raw) == name
