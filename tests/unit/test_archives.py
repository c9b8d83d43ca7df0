"""ZIP archives are folders, within limits, and no name in them leads anywhere."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipeline import archives
from pipeline.archives import clean_member_name, is_archive, unpack, with_archives_unpacked
from pipeline.commands.content_detection import check_content, discover_documents
from pipeline.commands.uploaded_archives import with_uploads_unpacked
from pipeline.engines.containers import ZIP
from pipeline.engines.media import PDF
from pipeline.engines.text_kinds import HTML
from stores.errors import InputError
from stores.placement import StagedFile
from stores.regular_files import hash_of
from tests import office_files as files

LARGEST = 1 << 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "unpacked"
    made.mkdir()
    return made


def test_files_keep_their_names_below_the_archive_and_never_become_paths(tmp_path: Path, folder: Path) -> None:
    inner = files.packed({"deep.pdf": b"%PDF-1.7 deep"}, tmp_path / "inner.zip").read_bytes()
    names = {
        "../../etc/passwd.pdf": b"%PDF-1.7 a",
        "C:\\a\\b.pdf": b"%PDF-1.7 b",
        "sub/inner.zip": inner,
        "x.py": b"import os\n",
        "__MACOSX/._b.pdf": b"x",
        "empty.pdf": b"",
    }
    docs = tmp_path / "docs"
    docs.mkdir()
    files.packed(names, docs / "all.zip")
    discovered = with_archives_unpacked(discover_documents([docs], (), ()), folder, LARGEST, check=check_content)
    assert {file.name: bool(file.fault) for file in discovered.files} == {
        "all.zip/etc/passwd.pdf": False,
        "all.zip/a/b.pdf": False,
        "all.zip/sub/inner.zip/deep.pdf": False,
        "all.zip/empty.pdf": True,
    }
    assert {one.source for one in discovered.skipped} == {"all.zip/x.py", "all.zip/__MACOSX/._b.pdf"}
    assert all(file.path.parent == folder for file in discovered.files if not file.fault)
    assert {path.name for path in tmp_path.iterdir()} == {"docs", "inner.zip", "unpacked"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a/./b/../c.pdf", "a/b/c.pdf"), ("/abs.pdf", "abs.pdf"), ("..", "unnamed"), ("a\nb.pdf", "a\\x0ab.pdf")],
)
def test_names_are_cleaned(name: str, kept: str) -> None:
    assert clean_member_name(name) == kept


def test_chinese_names_of_old_archives_are_read(tmp_path: Path, folder: Path) -> None:
    raw = "合同.pdf".encode("gb18030").decode("cp437")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("x.pdf")
        archive.writestr(info, b"%PDF-1.7")
    data = (tmp_path / "a.zip").read_bytes()
    same = "合同.pdf".encode("gb18030")
    placeholder = b"x.pdf".rjust(len(same), b"x")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(placeholder.decode()), b"%PDF-1.7")
    data = (tmp_path / "b.zip").read_bytes().replace(placeholder, same)
    (tmp_path / "b.zip").write_bytes(data)
    (one,) = unpack(tmp_path / "b.zip", folder, LARGEST)
    assert one.name == "合同.pdf" and raw != one.name


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = files.packed({"a.txt": bytes(3 << 20)}, tmp_path / "a.zip")
    monkeypatch.setattr(archives, "_RATIO_FROM_BYTES", 1 << 20)
    with pytest.raises(InputError, match="200 times its size"):
        unpack(bomb, folder, LARGEST)
    monkeypatch.setattr(archives, "MOST_FILES", 2)
    with pytest.raises(InputError, match="more than 2 files"):
        unpack(files.packed({str(n): b"x" for n in range(3)}, tmp_path / "b.zip"), folder, LARGEST)


def test_a_file_that_is_too_large_or_too_deep_is_named(tmp_path: Path, folder: Path) -> None:
    large = files.packed({"a.txt": bytes(2 << 20), "b.txt": b"fine"}, tmp_path / "a.zip")
    faults = {one.name: one.fault.code if one.fault else "" for one in unpack(large, folder, 1 << 20)}
    assert faults == {"a.txt": "too_large", "b.txt": ""}
    nested = files.packed({"a.pdf": b"%PDF-1.7"}, tmp_path / "0.zip")
    for level in range(1, archives.DEEPEST + 1):
        nested = files.packed({f"{level}.zip": nested.read_bytes()}, tmp_path / f"n{level}.zip")
    (one,) = unpack(nested, folder, LARGEST)
    assert one.fault and one.fault.code == "too_deep"


def test_a_damaged_archive_and_an_encrypted_file_are_named(tmp_path: Path, folder: Path) -> None:
    path = files.packed({"a.pdf": b"%PDF-1.7", "b.pdf": b"%PDF-1.7 b"}, tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of encryption in the directory
    path.write_bytes(bytes(data))
    assert [one.fault.code if one.fault else "" for one in unpack(path, folder, LARGEST)] == ["encrypted", ""]
    (tmp_path / "b.zip").write_bytes(bytes(data[:40]))
    with pytest.raises(InputError, match="damaged"):
        unpack(tmp_path / "b.zip", folder, LARGEST)


def test_documents_that_are_packed_are_no_archives(tmp_path: Path) -> None:
    word = files.word_file(tmp_path / "a.docx", files.paragraph("x"))
    assert not is_archive(word)
    assert not is_archive(word.rename(tmp_path / "a"))
    assert is_archive(files.packed({"a": "x"}, tmp_path / "b.zip"))


def test_an_uploaded_archive_becomes_its_documents(tmp_path: Path, folder: Path) -> None:
    parts: dict[str, str | bytes] = {
        "a.pdf": b"%PDF-1.7 a", "b.html": "<html>b</html>", "c.py": "x = 1\n", "d.pdf": "<html>"
    }  # fmt: skip
    path = files.packed(parts, tmp_path / "1.part")
    upload = StagedFile.upload(path, "all.zip", path.stat().st_size, hash_of(path), ZIP)
    uploads, skipped = with_uploads_unpacked([upload], folder, LARGEST)
    assert {file.name: file.media_type for file in uploads} == {
        "all.zip/a.pdf": PDF,
        "all.zip/b.html": HTML,
        "all.zip/d.pdf": "",
    }
    assert [one.source for one in skipped] == ["all.zip/c.py"]
    assert not path.exists() and {file.path for file in uploads if file.sha256} == set(folder.iterdir())
