"""Bad files and bad requests: one sentence with the file, the reason and what to do; the others finish."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from tests.e2e.command import Home
from tests.in_process import fake_document


def pdf(path: Path, text: str = "A good page.", **save: object) -> Path:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), text)
    document.save(path, **save)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good document among everything that goes wrong."""
    folder = tmp_path_factory.mktemp("bad")
    good = pdf(folder / "good.pdf").read_bytes()
    (folder / "truncated.pdf").write_bytes(good[: len(good) // 3])
    (folder / "empty.pdf").touch()
    (folder / "page.pdf").write_text("<html><body>hello</body></html>")
    (folder / "sheet.pdf").write_bytes(b"PK\x03\x04 not a pdf")
    (folder / "zero.pdf").write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"trailer<</Root 1 0 R>>"
    )
    pdf(folder / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="open", owner_pw="own")  # type: ignore[attr-defined]
    os.mkfifo(folder / "pipe.pdf")
    (folder / "loop.pdf").symlink_to(folder / "loop.pdf")
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    pdf(folder / "x", "Another name.").rename(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.pdf"))
    huge = pymupdf.open()
    huge.new_page(width=14400, height=14400)
    huge[0].insert_text((720, 720), "A very large page.", fontsize=300)
    huge.save(folder / "huge.pdf")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    import tempfile

    home = Home(Path(tempfile.mkdtemp(prefix="ingot-")), embedder="fake", workers=1)
    yield home
    home.down()


@pytest.fixture(scope="module")
def report(home: Home, folder: Path) -> dict[str, dict]:
    """What became of each file."""
    return {file["source"]: file for file in home.ask("ingest", str(folder), "-k", "bad", code=3)["files"]}


BAD = [
    "truncated.pdf",
    "empty.pdf",
    "page.pdf",
    "sheet.pdf",
    "zero.pdf",
    "locked.pdf",
    "pipe.pdf",
    "loop.pdf",
    "picture.png",
]


def test_each_bad_file_fails_alone_with_its_reason(report: dict[str, dict]) -> None:
    failed = {source for source, file in report.items() if file["state"] == "failed"}
    assert failed == set(BAD)
    assert {source for source, file in report.items() if file["state"] == "done"} == {
        "good.pdf",
        "huge.pdf",
        "caf\\xe9.pdf",
    }
    for source in BAD:
        message = report[source]["error"]
        assert 10 < len(message) < 300 and "\n" not in message and "Traceback" not in message, source


def test_messages_say_what_to_do(report: dict[str, dict]) -> None:
    for source, word in {
        "locked.pdf": "--password",
        "page.pdf": "rename it",
        "truncated.pdf": "again",
        "empty.pdf": "0 bytes",
    }.items():
        assert word in report[source]["error"], source


def test_nothing_is_left_behind(home: Home, report: dict[str, dict]) -> None:
    assert list((home.folder / "bad" / "work").glob("*")) == []
    assert list((home.folder / "bad" / "files" / "originals").glob(".part*")) == []


def test_the_same_again_is_known_in_a_moment(home: Home, folder: Path, report: dict[str, dict]) -> None:
    again = home.ask("ingest", str(folder), "-k", "bad", code=3)
    assert again["job_id"] is None
    assert {file["source"] for file in again["files"] if file["outcome"] == "failed"} == set(BAD)


def test_a_password_opens_the_locked_one(home: Home, folder: Path, report: dict[str, dict]) -> None:
    again = home.ask("ingest", str(folder / "locked.pdf"), "-k", "bad", "--password", "wrong", "--password", "open")
    assert [(file["source"], file["state"]) for file in again["files"]] == [("locked.pdf", "done")]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ingest", ".", "-k", "no/slash"], 2, "letters, digits"),
        (["ingest", "nowhere.pdf", "-k", "kb"], 5, "no file or folder"),
        (["ingest", ".", "-k", "kb", "--schema", "nonsense"], 5, "there is no schema"),
        (["ingest", ".", "-k", "kb", "--pages", "x"], 2, "1-5,9"),
        (["search", "x", "-k", "unknown"], 5, "no knowledge base"),
        (["docs", "show", "nobody", "-k", "bad"], 5, "no document"),
        (["jobs", "show", "bad.01"], 5, "no job"),
        (["search", "x", "-k", "bad", "--mode", "magic"], 2, "keyword"),
    ],
)
def test_bad_requests_get_one_sentence(
    home: Home, report: dict[str, dict], arguments: list[str], code: int, words: str
) -> None:
    done = home.run_here(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (home.folder / "kb").exists()


def test_a_full_disk_is_said_and_nothing_accepted_is_lost(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        folder = tmp_path / "docs"
        fake_document(folder / "small.pdf", "A page about herons.")
        fake_document(folder / "zz-large.pdf", "words " * 1_000_000)
        home = Home(place / "home", text_engine="fake", ocr_engine="fake", embedder="fake", workers=1)
        done = home.run("ingest", str(folder), "-k", "kb")
        assert done.returncode == 6, done.stderr
        assert "No space left" in done.stderr or "full" in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(place.rglob(".part*"))
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
