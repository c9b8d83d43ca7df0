"""Check, export and import beside a running server: over HTTP, and by commands of the same home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_document


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("documents")
    with serving(**FAKE) as running:
        first, second = fake_document(folder / "a.pdf", "words of giraffes"), fake_document(folder / "b.pdf", "otters")
        running.finished(running.upload("kba", first, second))
        yield running


def test_a_check_finds_and_repairs_over_http(server: Server) -> None:
    assert server.post("/knowledge/kba/check")["findings"] == []
    markdown = next((server.folder / "kba" / "files" / "markdown").glob("a.pdf*"))
    text = markdown.read_text()
    markdown.unlink()
    report = server.post("/knowledge/kba/check", {"deep": True})
    assert [finding["code"] for finding in report["findings"]] == ["markdown_missing"] and not report["healthy"]
    report = server.post("/knowledge/kba/check", {"repair": True})
    assert report["healthy"] and report["findings"][0]["left"] == 0
    assert markdown.read_text() == text
    server.post("/knowledge/none/check", status=404)


def test_what_is_downloaded_comes_in_by_the_command(server: Server, tmp_path: Path) -> None:
    answer = server.client.get("/knowledge/kba/export")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-tar"
    file = tmp_path / "kb.tar"
    file.write_bytes(answer.content)
    report = server.ask("kb", "import", str(file), "--as", "copy")
    assert (report["knowledge_id"], report["documents"]) == ("copy", 2)
    hits = [server.get(f"/knowledge/{name}/search", q="giraffes", limit=1)["hits"][0] for name in ("kba", "copy")]
    assert [hit["source"] for hit in hits] == ["a.pdf", "a.pdf"]
    server.ingot("kb", "check", "copy", "--deep")
    again = server.run("kb", "import", str(file), "--as", "copy")
    assert again.returncode == 2 and "there is a knowledge base 'copy' already" in again.stderr
    file.write_bytes(answer.content[:5000])
    torn = server.run("kb", "import", str(file), "--as", "torn")
    assert torn.returncode == 2 and "cut off" in torn.stderr and torn.stderr.count("\n") == 1


def test_the_command_writes_the_same_file(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "kb.tar"
    server.ingot("kb", "export", "kba", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes() == server.client.get("/knowledge/kba/export").content
    server.ingot("kb", "export", "nobody", str(file), code=5)
    assert [path.name for path in tmp_path.iterdir()] == ["kb.tar"]
