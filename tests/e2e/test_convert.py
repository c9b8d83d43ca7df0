"""``ingot convert``: a document in, its Markdown out, nothing kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api_server import FAKE
from tests.e2e.command import Home
from tests.in_process import fake_document


@pytest.fixture
def user(tmp_path: Path) -> Home:
    """A user whose home is new, whose broker is away, and whose temporary files lie in a folder of their own."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "docs").mkdir()
    home = Home(tmp_path / "home", **FAKE, broker_url="redis://127.0.0.1:9/0")
    home.environment["TMPDIR"] = str(tmp_path / "tmp")
    return home


def test_a_document_is_printed_and_nothing_is_kept(user: Home, tmp_path: Path) -> None:
    path = fake_document(tmp_path / "docs" / "contract.pdf", "# Contract\nPayment is due.", "# Annex\nBavaria.")
    assert user.ingot("convert", str(path)) == "# Contract\n\nPayment is due.\n\n# Annex\n\nBavaria.\n"
    whole = json.loads(user.ingot("convert", str(path), "--as", "json", "--schema", "invoice", "--pages", "2"))
    assert [page["number"] for page in whole["pages"] if page["markdown"]] == [2]
    assert {record["schema"] for record in whole["records"]} == {"document", "invoice"}
    assert not user.folder.exists() and list((tmp_path / "tmp").iterdir()) == []


def test_what_cannot_be_read_is_said(user: Home, tmp_path: Path) -> None:
    path = tmp_path / "docs" / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")
    done = user.run("convert", str(path))
    assert (done.returncode, done.stdout) == (4, "")
    assert "broken.pdf" in done.stderr and "Traceback" not in done.stderr
    assert "name a file" in user.run("convert", str(tmp_path)).stderr
    assert user.run("convert", str(tmp_path / "none.pdf")).returncode == 5
    assert list((tmp_path / "tmp").iterdir()) == []
