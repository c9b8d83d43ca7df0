"""The developers' commands that compare how two revisions read: which pages differ, and what pages the bench reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pymupdf

from scripts.page_kinds import kinds

ROOT = Path(__file__).resolve().parent.parent.parent


def results(folder: Path, **pages: str) -> Path:
    folder.mkdir()
    pages_read = [{"number": int(number[1:]), "markdown": markdown} for number, markdown in pages.items()]
    (folder / "a.pdf.json").write_text(json.dumps({"pages": pages_read}), encoding="utf-8")
    return folder


def test_pages_that_differ_are_listed_worst_first(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.pdf").write_bytes(b"%PDF-")
    old = results(tmp_path / "old", p1="same", p2="one two three four", p3="one two", p4="lost")
    new = results(tmp_path / "new", p1="same", p2="one two three five", p3="six seven")
    command = [sys.executable, str(ROOT / "scripts" / "compare_reading"), str(old), str(new), str(documents)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line for line in lines if line[:1].isdigit() and "page " in line] == [
        "0.000  a.pdf, page 3",
        "0.000  a.pdf, page 4",
        "0.750  a.pdf, page 2",
    ]
    assert "       -one two three four" in lines and "       +one two three five" in lines
    assert lines[-1].startswith("3 of 4 pages differ")


def test_the_bench_has_pages_of_every_kind_without_the_corpora(tmp_path: Path) -> None:
    made = kinds(tmp_path / "nowhere", tmp_path / "made")
    assert [kind.name for kind in made] == ["10-K", "plain", "columns", "tables", "scan", "receipt", "Chinese"]
    assert all(path.stat().st_size for kind in made for path, _ in kind.documents)
    assert all(kind.documents and kind.note == "made here" for kind in made)


def test_a_folder_is_found_from_where_the_command_runs(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "The heron waits.")
        document.save(folder / "a.pdf")
    command = [
        sys.executable,
        str(ROOT / "scripts" / "compare_reading"),
        ".",
        str(results(tmp_path / "new")),
        "documents",
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "-The heron waits." in run.stdout
