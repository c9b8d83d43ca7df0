"""Several documents selected in a list: what the forms do with them, without a browser."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from ingest.cli.watch_source import Follower
from ingest.web import selection
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from stores.models import DocumentState, Stage
from tests.in_process import KB, as_if_killed, fake_document, fake_resources, ingest_now


@pytest.fixture
def service(home: Path, tmp_path: Path) -> Iterator[Service]:
    """Three letters, one with a page that another try may read, and a file that could not be ingested."""
    for name in ("a", "b", "c"):
        fake_document(tmp_path / "docs" / f"{name} & co.pdf", f"# Letter {name}\nThe heron waits.")
    fake_document(tmp_path / "docs" / "half.pdf", "good", "[broken]")
    (tmp_path / "docs" / "torn.pdf").write_bytes(b"")
    ingest_now(fake_resources(home), tmp_path / "docs")
    as_if_killed(home)
    settings = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home}
    opened = Service(Settings(**settings))  # type: ignore[arg-type]
    yield opened
    opened.close()


@pytest.fixture
def client(service: Service) -> TestClient:
    return TestClient(create_app(service), "http://localhost", headers={"Accept": "text/html"})


def acted(client: TestClient, action: str, *documents: str, **fields: object) -> str:
    answer = client.post(f"/knowledge/{KB}/selection", data={"action": action, "document": list(documents), **fields})
    assert answer.status_code == 200, answer.text
    return answer.text


def names(service: Service) -> list[str]:
    return [view.source for view in service.documents.all(KB)]


def test_nothing_is_deleted_before_it_is_confirmed(client: TestClient, service: Service) -> None:
    asked = acted(client, "delete", "a & co.pdf", "torn.pdf")
    assert "Delete 2 documents?" in asked and "cannot be undone" in asked and "a &amp; co.pdf" in asked
    assert len(names(service)) == 5
    told = acted(client, "delete", documents='["a & co.pdf", "torn.pdf", "gone.pdf"]', confirmed="true")
    assert names(service) == ["b & co.pdf", "c & co.pdf", "half.pdf"]
    assert "2 of 3 deleted" in told and "gone.pdf" in told and "deleted meanwhile" in told


def test_all_that_the_filter_selects_are_meant_and_no_others(client: TestClient, service: Service) -> None:
    asked = acted(client, "delete", all="true", q="& co")
    assert "Delete 3 documents?" in asked and "half.pdf" not in asked
    assert "Delete 1 document?" in acted(client, "delete", all="true", state="partial")


def test_what_is_beyond_one_request_is_said(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MOST", 2)
    asked = acted(client, "delete", all="true")
    assert "Delete 2 documents?" in asked and "5 documents are selected; these are the first 2." in asked


def test_only_what_another_try_may_mend_is_retried(client: TestClient, service: Service) -> None:
    told = acted(client, "retry", "a & co.pdf", "half.pdf", "torn.pdf")
    assert "1 of 3 tried again" in told and "nothing of it failed" in told
    assert service.documents.get(KB, "half.pdf").state is DocumentState.QUEUED


def test_records_are_extracted_again_in_one_job(client: TestClient, service: Service) -> None:
    assert "Choose further schemas" in acted(client, "extract", "a & co.pdf", "b & co.pdf")
    told = acted(client, "extract", "a & co.pdf", "b & co.pdf", "torn.pdf", schemas="invoice", confirmed="true")
    assert "2 of 3 done" in told and told.count("extracted again") == 2
    again = acted(client, "extract", "c & co.pdf", confirmed="true")
    assert "nothing to do" in again


def test_a_selection_is_one_zip(client: TestClient) -> None:
    answer = client.post(
        f"/knowledge/{KB}/selection", data={"action": "download", "document": "b & co.pdf", "originals": "true"}
    )
    assert answer.headers["content-type"] == "application/zip"
    members = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {"markdown/b & co.pdf.md", "originals/b & co.pdf"} <= set(members)
    assert not [name for name in members if "half" in name]
    assert "No document is selected" in acted(client, "download")


@pytest.mark.parametrize("documents", ["[1]", "{", '"a"'])
def test_a_list_that_is_none_is_refused(client: TestClient, documents: str) -> None:
    answer = client.post(f"/knowledge/{KB}/selection", data={"action": "delete", "documents": documents})
    assert answer.status_code == 422 and "select them again" in answer.text


def test_a_knowledge_base_is_opened_by_a_name_in_any_script_and_renamed(client: TestClient, service: Service) -> None:
    opened = client.post("/create", data={"name": " 合同  2026 "})
    assert "<h1>合同 2026</h1>" in opened.text and "2026-" in str(opened.url)
    assert client.post("/create", data={"name": "合同 2026"}).url == opened.url
    assert client.post("/create", data={"name": KB}).url.path == f"/knowledge/{KB}"
    renamed = client.post(f"{opened.url.path}/rename", data={"name": "<b>Verträge</b>"})
    assert "<h1>&lt;b&gt;Verträge&lt;/b&gt;</h1>" in renamed.text
    assert "&lt;b&gt;Verträge&lt;/b&gt;" in client.get("/").text
    assert service.knowledge_bases.ids() == sorted([KB, opened.url.path.rpartition("/")[2]])
    assert client.post("/create", data={"name": " "}).status_code == 422


def test_what_waits_says_why_in_every_list(client: TestClient, service: Service) -> None:
    service.documents.retry(KB, "half.pdf")
    for path in ("/", f"/knowledge/{KB}", f"/knowledge/{KB}/jobs", "/queues"):
        assert "in the queue" in client.get(path).text, path


def test_a_document_shows_what_it_cost_and_that_no_older_version_is_kept(client: TestClient) -> None:
    shown = client.get(f"/knowledge/{KB}/making/a & co.pdf?page=1").text
    for stage in ("plan", "parse", "extract", "embed", "publish"):
        assert f'<th scope="row">{stage}<' in shown
    assert "Time of page 1 by stage" in shown and "There is nothing to compare" in shown
    assert (
        "No stage read page 9 alone: the document has 1 page"
        in client.get(f"/knowledge/{KB}/making/a & co.pdf?page=9").text
    )


def test_two_versions_stand_side_by_side(client: TestClient, service: Service, home: Path) -> None:
    service.documents.retry(KB, "a & co.pdf", Stage.PARSE)
    assert "not read again yet: 1" in client.get(f"/knowledge/{KB}/making/a & co.pdf").text
    with closing(sqlite3.connect(home / KB / "kb.db")) as base, base:
        base.execute("UPDATE page SET markdown = '# Letter <a>' WHERE generation = 2")
    shown = client.get(f"/knowledge/{KB}/making/a & co.pdf").text
    assert "version 1 and version 2: 1; equal: 0" in shown
    assert "<del># Letter a\n" in shown and "<ins># Letter &lt;a&gt;</ins>" in shown


def test_a_watched_folder_is_shown_with_its_state(client: TestClient, service: Service, tmp_path: Path) -> None:
    def shown() -> str:
        return client.get(f"/knowledge/{KB}").text.partition("Watched sources")[2].partition("</section>")[0]

    follower = Follower(service, KB, str(tmp_path / "docs"), IngestRequest(prune=True))
    (tmp_path / "docs" / "c & co.pdf").unlink()
    fake_document(tmp_path / "docs" / "d.pdf", "# Letter d")
    follower.tick(due=True)
    assert str(tmp_path / "docs") in shown() and "in step" in shown()
    ((watched, _),) = service.knowledge_bases.watched_sources(KB)
    assert (watched.submitted, watched.gone) == (1, 1)
    assert (watched.state(watched.heard_at), watched.state(watched.heard_at + 91)) == ("in step", "silent")
    (tmp_path / "docs").rename(tmp_path / "away")
    follower.tick(due=True)
    assert "waiting" in shown() and "is not there" in shown()
    follower.end()
    assert "its documents stay" in shown()


def test_the_settings_are_shown(client: TestClient) -> None:
    assert "No keys are set" in client.get("/settings").text
