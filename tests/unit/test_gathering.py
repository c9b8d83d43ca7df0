"""Which files a request names, and under which names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.gathering import gather
from stores.errors import NotFoundError


def put(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(gathered) -> list[str]:
    return [file.name for file in gathered.files]


def test_folders_give_documents_of_known_types(tmp_path: Path) -> None:
    for name in ("a.pdf", "b/c.PNG", "b/notes.txt", ".hidden.pdf", ".git/x.pdf"):
        put(tmp_path / name)
    found = gather([tmp_path], (), ())
    assert names(found) == ["a.pdf", "b/c.PNG"]
    assert found.passed_over == 1


def test_globs_choose_and_excludes_win(tmp_path: Path) -> None:
    for name in ("a.pdf", "b/c.pdf", "b/d.txt", "old/e.pdf"):
        put(tmp_path / name)
    assert names(gather([tmp_path], ("*.txt",), ())) == ["b/d.txt"]
    assert names(gather([tmp_path], (), ("old",))) == ["a.pdf", "b/c.pdf"]
    assert names(gather([tmp_path], ("b/*",), ("*.pdf",))) == ["b/d.txt"]


def test_named_files_are_taken_whatever_their_name(tmp_path: Path) -> None:
    path = put(tmp_path / "scan.dat")
    assert names(gather([path], (), ())) == ["scan.dat"]


def test_quoted_patterns_are_expanded(tmp_path: Path) -> None:
    put(tmp_path / "a" / "one.pdf")
    put(tmp_path / "b" / "two.pdf")
    assert names(gather([tmp_path / "*" / "*.pdf"], (), ())) == ["one.pdf", "two.pdf"]


def test_a_file_in_a_known_folder_keeps_its_name_there(tmp_path: Path) -> None:
    path = put(tmp_path / "b" / "c.pdf")
    (file,) = gather([path], (), (), [str(tmp_path)]).files
    assert (file.root, file.name) == (str(tmp_path), "b/c.pdf")


def test_a_missing_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no file or folder"):
        gather([tmp_path / "nothing.pdf"], (), ())


def test_pipes_loops_and_empty_files_are_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "loop.pdf").symlink_to(tmp_path / "loop.pdf")
    (tmp_path / "lost.pdf").symlink_to(tmp_path / "nowhere.pdf")
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "folder.pdf").mkdir()
    put(tmp_path / "folder.pdf" / "inside.pdf")
    faults = {file.name: file.fault for file in gather([tmp_path], (), ()).files}
    assert faults.pop("folder.pdf/inside.pdf") is None
    assert set(faults) == {"pipe.pdf", "loop.pdf", "lost.pdf", "empty.pdf"}
    assert all(fault is not None and fault.message for fault in faults.values())


def test_links_to_files_are_followed(tmp_path: Path) -> None:
    target = put(tmp_path / "elsewhere" / "real.pdf")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "link.pdf").symlink_to(target)
    (file,) = gather([tmp_path / "docs"], (), ()).files
    assert file.name == "link.pdf" and file.fault is None and file.size_bytes == 1


def test_names_in_any_encoding_become_text(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf"))).write_text("x")
    put(tmp_path / "合同.pdf")
    found = gather([tmp_path], (), ())
    assert names(found) == ["caf\\xe9.pdf", "合同.pdf"]
    for file in found.files:
        file.name.encode("utf-8")
