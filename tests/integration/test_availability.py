"""What is not made is never handed out as if it were empty: not by the API, the command line, or the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from ingest.cli import app
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.step_context import Resources
from stores.models import Stage, StepKey
from tests.in_process import KB, fake_document, fake_resources, run_chain, run_until_done

FAKE = {"INGOT_TEXT_ENGINE": "fake", "INGOT_OCR_ENGINE": "fake", "INGOT_EMBEDDER": "fake"}
PARTS = ("markdown", "json", "pages", "pages/1", "chunks", "records")
OPEN = {"queued.pdf": "queued", "running.pdf": "running"}
LOST = {
    "failed.pdf": ("document_failed", "failed", "says that it is broken"),
    "refused.pdf": ("document_failed", "failed", "plain text"),
    "cancelled.pdf": ("document_cancelled", "cancelled", "docs retry"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents in every state that shows nothing, one that lost a page, and two that are made anew."""
    home, docs = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    resources = fake_resources(home, batch_pages=1)
    fake_document(docs / "1" / "partial.pdf", "fine words a@b.example", "[broken] page", "[blank]")
    fake_document(docs / "1" / "failed.pdf", "[broken] from the first page on")
    fake_document(docs / "1" / "changed.pdf", "what answers")
    fake_document(docs / "1" / "again.pdf", "made again")
    (docs / "1" / "refused.pdf").write_bytes(b"no document at all")
    _ask(resources, docs / "1")
    run_until_done(resources)
    fake_document(docs / "2" / "cancelled.pdf", "never read")
    resources.catalog.store(KB).job_control.cancel(_ask(resources, docs / "2"))
    fake_document(docs / "1" / "changed.pdf", "what will answer")
    _ask(resources, docs / "1")
    Service(resources.settings).documents.retry(KB, "again.pdf", Stage.PLAN)
    fake_document(docs / "3" / "queued.pdf", "not looked at")
    fake_document(docs / "3" / "running.pdf", "the first page is read", "[scan] the second is not")
    _ask(resources, docs / "3")
    for stage in (Stage.PLAN, Stage.PARSE):
        document = resources.catalog.store(KB).document_queries.find("running.pdf")
        run_chain(resources, StepKey(knowledge_id=KB, document=document, generation=1, stage=stage))
    return home


def _ask(resources: Resources, folder: Path) -> str:
    return str(ingest(resources, KB, IngestRequest(paths=(folder,))).job)


@pytest.fixture(scope="module")
def web(home: Path) -> TestClient:
    return TestClient(create_app(Service(fake_resources(home).settings)), "http://localhost")


@pytest.fixture
def ingot(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """A command's exit code, what it prints, and what it says."""
    for name, value in {**FAKE, "INGOT_HOME": str(home), "INGOT_KNOWLEDGE": KB}.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str, str]:
        code = app.run([*words, "-k", KB])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def address(document: str, part: str) -> str:
    return f"/api/v1/knowledge/{KB}/documents/{document}/{part}"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("document", OPEN)
def test_a_document_that_is_being_made_asks_to_come_again(web: TestClient, document: str, part: str) -> None:
    answer = web.get(address(document, part))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    problem = answer.json()
    assert (problem["code"], problem["state"]) == ("not_ready", OPEN[document])
    assert document in problem["detail"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("document", LOST)
def test_a_document_that_will_never_be_there_says_why(web: TestClient, document: str, part: str) -> None:
    answer = web.get(address(document, part))
    assert answer.status_code == 409
    assert "retry-after" not in answer.headers, "coming again does not help"
    code, state, why = LOST[document]
    assert (answer.json()["code"], answer.json()["state"]) == (code, state)
    assert why in answer.json()["detail"]


def test_what_is_there_so_far_is_told_to_be_that(web: TestClient) -> None:
    for part in PARTS:
        answer = web.get(address("running.pdf", part), params={"so_far": "true"})
        assert answer.status_code == 200, part
        told = answer.headers["ingot-document-state"], answer.headers["ingot-shown"]
        assert told == ("running", "so-far"), part
    text = web.get(address("running.pdf", "markdown"), params={"so_far": "true"}).text
    assert text == "<!-- page 1 -->\n\nthe first page is read\n\n<!-- page 2 -->\n<!-- not read yet -->\n"
    marks = web.get(address("running.pdf", "pages"), params={"so_far": "true"}).json()["items"]
    assert [mark["read"] for mark in marks] == [True, False]
    whole = web.get(address("running.pdf", "json"), params={"so_far": "true"}).json()
    assert (whole["state"], whole["visible"], len(whole["pages"])) == ("running", False, 2)


def test_a_page_that_is_not_read_yet_is_no_empty_page(web: TestClient) -> None:
    assert web.get(address("running.pdf", "pages/2")).status_code == 409
    assert web.get(address("running.pdf", "pages/2"), params={"so_far": "true"}).json()["markdown"] == ""
    assert web.get(address("running.pdf", "pages/9"), params={"so_far": "true"}).status_code == 404


def test_a_page_that_failed_says_why(web: TestClient) -> None:
    answer = web.get(address("partial.pdf", "pages/2"))
    assert answer.status_code == 409 and "retry-after" not in answer.headers
    assert (answer.json()["code"], answer.json()["state"]) == ("page_failed", "failed")
    assert "it says that it is broken" in answer.json()["detail"]
    kept = web.get(address("partial.pdf", "pages/2"), params={"so_far": "true"}).json()
    assert "broken" in kept["error"]
    blank = web.get(address("partial.pdf", "pages/3"))
    assert (blank.status_code, blank.json()["markdown"]) == (200, ""), "nothing is written there, and that is known"


def test_markdown_says_which_page_is_missing_and_why(web: TestClient, home: Path) -> None:
    answer = web.get(address("partial.pdf", "markdown"))
    assert (answer.headers["ingot-document-state"], answer.headers["ingot-shown"]) == ("partial", "current")
    assert "<!-- page 2 -->\n<!-- not read: Page 2 cannot be read: it says that it is broken. -->" in answer.text
    (exported,) = home.glob(f"{KB}/files/markdown/partial*.md")
    assert exported.read_text() == answer.text


@pytest.mark.parametrize("document", ["changed.pdf", "again.pdf"])
def test_an_older_version_answers_and_says_that_another_is_made(web: TestClient, document: str) -> None:
    for part in PARTS:
        answer = web.get(address(document, part))
        assert answer.status_code == 200, part
        assert (answer.headers["ingot-document-state"], answer.headers["ingot-shown"]) == ("queued", "older"), part
    page = web.get(f"/knowledge/{KB}/documents/{document}", headers={"Accept": "text/html"}).text
    assert "the older version is shown, the newer one is queued" in page


def test_the_command_line_never_prints_an_unfinished_document_as_empty(
    ingot: Callable[..., tuple[int, str, str]],
) -> None:
    for document, state in OPEN.items():
        code, printed, said = ingot("docs", "show", document)
        assert (code, printed) == (7, "") and f"'{document}' is {state}" in said
    for document, (_, _, why) in LOST.items():
        code, printed, said = ingot("docs", "show", document)
        assert (code, printed) == (4, "") and why in said
    code, printed, said = ingot("docs", "show", "running.pdf", "--so-far")
    assert (code, printed.strip()) == (0, "the first page is read")
    assert "running.pdf is running: this is what is there so far" in said and "page 2 is not read yet" in said
    code, printed, said = ingot("docs", "show", "partial.pdf")
    assert (code, "fine words" in printed, "page 2 could not be read" in said) == (3, True, True)
    code, printed, said = ingot("docs", "show", "partial.pdf", "--pages", "2")
    assert (code, printed.strip()) == (4, "")
    code, printed, said = ingot("docs", "show", "again.pdf")
    assert (code, printed.strip()) == (0, "made again")
    assert "this is the older version, the newer one is queued" in said


def test_a_list_of_records_says_that_more_will_come(ingot: Callable[..., tuple[int, str, str]]) -> None:
    code, printed, said = ingot("records", "--json")
    assert code == 0
    assert {one["source"] for one in json.loads(printed)} == {"again.pdf", "changed.pdf", "partial.pdf"}
    assert "4 documents still in work" in said


def test_pages_say_that_nothing_is_there_yet(web: TestClient) -> None:
    running = web.get(f"/knowledge/{KB}/documents/running.pdf", headers={"Accept": "text/html"}).text
    assert "Nothing is extracted yet: the document is running." in running
    assert '/markdown"' not in running, "a link to a refusal helps nobody"
    second = web.get(f"/knowledge/{KB}/documents/running.pdf?page=2", headers={"Accept": "text/html"}).text
    assert "This page is not read yet." in second and "There are no passages yet" in second


def test_the_description_tells_of_all_this(web: TestClient) -> None:
    paths = web.get("/openapi.json").json()["paths"]
    one = "/api/v1/knowledge/{knowledge_id}/documents/{document}"
    for part in ("markdown", "json", "chunks", "records", "pages", "pages/{number}"):
        told = paths[f"{one}/{part}"]["get"]
        assert "409" in told["responses"], part
        assert {"Ingot-Document-State", "Ingot-Shown"} <= set(told["responses"]["200"]["headers"]), part
        assert [given["name"] for given in told["parameters"]].count("so_far") == 1, part
