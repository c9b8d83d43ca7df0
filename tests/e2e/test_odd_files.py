"""Folders with names of any encoding, documents without an ending and much that is none, by the command line."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_server import SAMPLES
from tests.e2e.command import Home

LATIN = "caf\\xe9.pdf"
LIKE_IT = "caf\\x5cxe9.pdf"
SKIPPED = {
    "all.tar": "a tar archive",
    ".hidden": "hidden",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"), embedder="fake", workers=2)
    yield made
    made.down()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two names that look alike when they are printed, a PDF without an ending, a ZIP called a PDF, and more."""
    docs = tmp_path_factory.mktemp("docs") / os.fsdecode(b"Stra\xdfe")
    docs.mkdir()
    shutil.copy(SAMPLES / "invoice.pdf", docs / os.fsdecode(b"caf\xe9.pdf"))
    shutil.copy(SAMPLES / "resume_en.pdf", docs / "caf\\xe9.pdf")
    shutil.copy(SAMPLES / "paper.pdf", docs / "plain")
    for name in ("papers.zip", "letter.docx", "zip.pdf"):
        with zipfile.ZipFile(docs / name, "w", zipfile.ZIP_STORED) as archive:
            archive.write(SAMPLES / "invoice.pdf", "a.pdf")
    (docs / "mail.eml").write_text("From: a@b.example\nSubject: x\n\nHello")
    (docs / "all.tar").write_bytes(bytes(257) + b"ustar" + bytes(250))
    (docs / ".hidden").touch()
    return docs


def test_a_dry_run_says_what_would_be_read_and_what_not(home: Home, folder: Path) -> None:
    done = home.run("ingest", str(folder), "-k", "odd", "--dry-run")
    rows = {line.split("\t")[1]: line.split("\t") for line in done.stdout.splitlines()[1:]}
    new = {LATIN, LIKE_IT, "plain", "mail.eml", "papers.zip/a.pdf"}
    assert {name for name, row in rows.items() if row[0] == "new"} == new
    assert {name for name, row in rows.items() if row[0] == "skipped"} == set(SKIPPED)
    assert rows["zip.pdf"][0] == "failed" and "ZIP archive" in rows["zip.pdf"][5]
    assert rows["letter.docx"][0] == "failed" and "ZIP archive" in rows["letter.docx"][5]
    assert "5 new, 2 unreadable, 2 skipped" in done.stderr
    report = home.ask("ingest", str(folder), "-k", "odd", "--dry-run", code=3)
    assert {one["source"] for one in report["skipped"]} == set(SKIPPED)


@pytest.fixture(scope="module")
def read(home: Home, folder: Path) -> str:
    """What a run says on stderr."""
    return home.run("ingest", str(folder), "-k", "odd").stderr


def test_what_is_skipped_is_counted_and_named_with_its_reason(read: str) -> None:
    assert "4 new, 2 unreadable, 1 with the same content, 2 skipped" in read
    assert "5 done, 2 failed, 2 skipped in" in read
    for name, words in SKIPPED.items():
        assert any(line.startswith(f"skipped    {name}  - ") and words in line for line in read.splitlines()), name


def test_names_of_other_encodings_are_whole_documents(home: Home, folder: Path, read: str) -> None:
    listed = {one["source"]: one for one in home.ask("docs", "list", "-k", "odd")}
    assert {name: listed[name]["state"] for name in (LATIN, LIKE_IT, "plain")} == dict.fromkeys(
        (LATIN, LIKE_IT, "plain"), "done"
    )
    assert listed[LATIN]["document"] != listed[LIKE_IT]["document"]
    for name in (LATIN, os.fsdecode(b"caf\xe9.pdf")):  # as it is shown, and as a shell hands it over
        assert "Larkspur Paper Supply" in home.ingot("docs", "show", name, "-k", "odd")
    hits = home.ask(
        "search", "invoice", "-k", "odd", "--where", f"source={os.fsdecode(b'caf' + bytes([0xE9]) + b'.pdf')}"
    )["hits"]
    assert {hit["source"] for hit in hits} == {LATIN}
    home.ingot("search", os.fsdecode(b"caf\xe9 invoice"), "-k", "odd")


def test_they_are_known_again_and_gone_when_they_are(home: Home, folder: Path, read: str) -> None:
    again = home.ask("ingest", str(folder), "-k", "odd", code=3)
    assert again["job_id"] is None
    assert {one["source"]: one["outcome"] for one in again["files"]} == {
        **dict.fromkeys((LATIN, LIKE_IT, "plain", "mail.eml", "papers.zip/a.pdf"), "same"),
        **dict.fromkeys(("zip.pdf", "letter.docx"), "failed"),
    }
    kept = home.ask("ingest", str(folder), "-k", "odd", "--prune", "--exclude", "caf*", code=3)
    assert not [one for one in kept["files"] if one["outcome"] == "gone"]  # excluded, but there
    (folder / os.fsdecode(b"caf\xe9.pdf")).unlink()
    pruned = home.ask("ingest", str(folder), "-k", "odd", "--prune", code=3)
    assert [one["source"] for one in pruned["files"] if one["outcome"] == "gone"] == [LATIN]


def test_a_home_of_such_a_name_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """The vector index cannot live there."""
    done = Home(tmp_path / os.fsdecode(b"h\xe9")).run("kb", "list")
    assert done.returncode == 2 and "h\\xe9 has a name in another encoding than UTF-8" in done.stderr
    assert len(done.stderr.splitlines()) == 1
