"""Which files a request names, and under which names."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.commands.content_detection import discover_documents as discover_files
from pipeline.engines.containers import ZIP
from pipeline.engines.media import sniff, sniff_named
from stores.errors import InputError, NotFoundError
from stores.source_names import asked_name, kept_name, path_of_name


def put(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(discovered) -> list[str]:
    return [file.name for file in discovered.files]


def test_folders_give_documents_of_known_types(tmp_path: Path) -> None:
    for name in ("a.pdf", "b/c.PNG", "b/notes.log", ".hidden.pdf", ".git/x.pdf"):
        put(tmp_path / name)
    discovered = discover_files([tmp_path], (), ())
    assert names(discovered) == ["a.pdf", "b/c.PNG"]
    assert {one.source: one.code for one in discovered.skipped} == {
        ".git": "hidden",
        ".hidden.pdf": "hidden",
        "b/notes.log": "unsupported",
    }


def test_globs_choose_and_excludes_win(tmp_path: Path) -> None:
    for name in ("a.pdf", "b/c.pdf", "b/d.log", "old/e.pdf"):
        put(tmp_path / name)
    assert names(discover_files([tmp_path], ("*.log",), ())) == ["b/d.log"]
    assert names(discover_files([tmp_path], (), ("old",))) == ["a.pdf", "b/c.pdf"]
    assert names(discover_files([tmp_path], ("b/*",), ("*.pdf",))) == ["b/d.log"]


def test_named_files_are_taken_whatever_their_name(tmp_path: Path) -> None:
    path = put(tmp_path / "scan.dat")
    assert names(discover_files([path], (), ())) == ["scan.dat"]


def test_quoted_patterns_are_expanded(tmp_path: Path) -> None:
    put(tmp_path / "a" / "one.pdf")
    put(tmp_path / "b" / "two.pdf")
    assert names(discover_files([tmp_path / "*" / "*.pdf"], (), ())) == ["one.pdf", "two.pdf"]


def test_patterns_match_folders_at_any_depth_and_no_hidden_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.pdf", "b/c/d.pdf", ".hidden.pdf"):
        put(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert names(discover_files([Path("*.pdf")], (), ())) == ["a.pdf"]
    assert sorted(names(discover_files([Path("**/*.pdf")], (), ()))) == ["a.pdf", "d.pdf"]
    with pytest.raises(NotFoundError):
        discover_files([Path("*.png")], (), ())


def test_a_file_in_a_known_folder_keeps_its_name_there(tmp_path: Path) -> None:
    path = put(tmp_path / "b" / "c.pdf")
    (file,) = discover_files([path], (), (), [str(tmp_path)]).files
    assert (file.root, file.name) == (str(tmp_path), "b/c.pdf")


def test_a_missing_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no file or folder"):
        discover_files([tmp_path / "nothing.pdf"], (), ())


def test_pipes_loops_and_empty_files_are_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "loop.pdf").symlink_to(tmp_path / "loop.pdf")
    (tmp_path / "lost.pdf").symlink_to(tmp_path / "nowhere.pdf")
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "folder.pdf").mkdir()
    put(tmp_path / "folder.pdf" / "inside.pdf")
    discovered = discover_files([tmp_path], (), ())
    assert [(one.source, one.code) for one in discovered.skipped] == [("circle", "link")]
    faults = {file.name: file.fault for file in discovered.files}
    assert faults.pop("folder.pdf/inside.pdf") is None
    assert set(faults) == {"pipe.pdf", "loop.pdf", "lost.pdf", "empty.pdf"}
    assert all(fault is not None and fault.message for fault in faults.values())


def test_links_to_files_are_followed(tmp_path: Path) -> None:
    target = put(tmp_path / "elsewhere" / "real.pdf")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "link.pdf").symlink_to(target)
    (file,) = discover_files([tmp_path / "docs"], (), ()).files
    assert file.name == "link.pdf" and file.fault is None and file.size_bytes == 1


def test_names_in_any_encoding_become_text(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf"))).write_text("x")
    put(tmp_path / "合同.pdf")
    discovered = discover_files([tmp_path], (), ())
    assert names(discovered) == ["caf\\xe9.pdf", "合同.pdf"]
    for file in discovered.files:
        file.name.encode("utf-8")


def raw_path(folder: Path, name: bytes) -> Path:
    return folder / os.fsdecode(name)


def test_names_that_look_alike_when_escaped_stay_two(tmp_path: Path) -> None:
    for name in (
        b"caf\xe9.pdf",
        rb"caf\xe9.pdf",
        b"a\x85.pdf",
        "a\x85.pdf".encode(),
        rb"a\x85.pdf",
        b"a\nb.pdf",
        rb"a\x0ab.pdf",
    ):
        raw_path(tmp_path, name).write_text("x")
    discovered = discover_files([tmp_path], (), ())
    assert len(set(names(discovered))) == 7
    for file in discovered.files:
        assert Path(path_of_name(file.root), path_of_name(file.name)) == file.path
        file.name.encode()


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_every_name_comes_back_and_can_be_sent(name: bytes) -> None:
    kept = kept_name(os.fsdecode(name))
    assert os.fsencode(path_of_name(kept)) == name
    assert kept.encode()
    assert asked_name(kept) == kept
    assert asked_name(os.fsdecode(name)) in (kept, os.fsdecode(name))


def test_a_folder_with_such_a_name_is_known_again(tmp_path: Path) -> None:
    folder = raw_path(tmp_path, b"Stra\xdfe")
    put(folder / "a.pdf")
    (file,) = (discovered := discover_files([folder], (), ())).files
    file.root.encode()
    assert discovered.roots == {file.root}
    (again,) = discover_files([folder / "a.pdf"], (), (), discovered.roots).files
    assert (again.root, again.name) == (file.root, "a.pdf")


PDF = "%PDF-1.7\n"


def test_documents_without_an_ending_are_known_by_their_beginning(tmp_path: Path) -> None:
    put(tmp_path / "scan", PDF)
    put(tmp_path / "Invoice No. 12", PDF)
    put(tmp_path / "report.2024", PDF)
    (tmp_path / "photo").write_bytes(b"\x89PNG\r\n\x1a\n")
    put(tmp_path / "README", "about PDF")
    put(tmp_path / "NOTES", "about %PDF-1.7")
    put(tmp_path / "old.bak", PDF)
    discovered = discover_files([tmp_path], (), ())
    assert names(discovered) == ["Invoice No. 12", "photo", "report.2024", "scan"]
    reasons = {one.source: one.reason for one in discovered.skipped}
    assert reasons["README"].startswith("it looks like plain text, but has no ending that says so: name it itself")
    assert reasons["NOTES"].startswith("it looks like a PDF, but has no ending that says so: name it itself")
    assert reasons["old.bak"].startswith("it looks like a PDF, but ends in .bak: name it itself")


def zipped(method: int, name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def test_an_archive_is_never_the_document_in_it(tmp_path: Path) -> None:
    inside = PDF.encode() + b"x" * 2000
    archives = {
        "stored": zipped(zipfile.ZIP_STORED, "a.pdf", inside),
        "letter.docx": zipped(zipfile.ZIP_DEFLATED, "word/document.xml", b"<xml/>"),
        "book.epub": zipped(zipfile.ZIP_STORED, "mimetype", b"application/epub+zip %PDF-1.4"),
        "all.tar": tarred("a.pdf", inside),
        "some.gz": b"\x1f\x8b\x08\x00%PDF-1.7",
    }
    for name, content in archives.items():
        (tmp_path / name).write_bytes(content)
        if name == "stored":
            assert sniff(tmp_path / name) == ZIP
            continue
        with pytest.raises(InputError) as refused:
            sniff_named(tmp_path / name, name)
        assert refused.value.code == "unsupported_media_type", name
    discovered = discover_files([tmp_path], (), ())
    assert names(discovered) == ["book.epub", "letter.docx"], "they are refused by name"
    words = {one.source: one.reason for one in discovered.skipped}
    assert "a ZIP archive or an Office file" in words["stored"] and "a tar archive" in words["all.tar"]


def test_globs_and_excludes_are_reasons(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf", "c.txt"):
        put(tmp_path / name)
    chosen = discover_files([tmp_path], ("a*", "c*"), ("c*",))
    assert names(chosen) == ["a.pdf"]
    assert {one.source: one.reason for one in chosen.skipped} == {
        "b.pdf": "it matches no --glob",
        "c.txt": "it matches --exclude 'c*'",
    }


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "closed" / "a.pdf")
    put(tmp_path / "open" / "b.pdf")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    discovered = discover_files([tmp_path], (), ())
    assert names(discovered) == ["open/b.pdf"]
    assert [(one.source, one.code, one.reason) for one in discovered.skipped] == [
        ("closed", "unreadable", "the folder cannot be read: Permission denied")
    ]
