"""A page that shows something and gave no text says so, and a page that ends its workers keeps what is known of it."""

from __future__ import annotations

import io
import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from ingest import serializers
from ingest.api.app import create_app
from pipeline import flow
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from stores.models import DocumentState, Fault, Stage, StepKey
from stores.sql.tables import step
from stores.views import DocumentView
from tests.in_process import KB, fake_document, fake_resources, ingest_now, run_until_done
from tests.office_files import word_file
from tests.waiting import GENEROUS_S

FAKES: dict[str, Any] = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake"}


def made(home: Path, folder: Path, *pages: str, **request: Any) -> DocumentView:
    fake_document(folder / "d.pdf", *pages)
    resources = fake_resources(home)
    ingest_now(resources, folder, **request)
    (view,) = resources.catalog.store(KB).document_queries.all()
    return view


def test_a_scan_that_gave_no_text_is_a_loss(home: Path, tmp_path: Path) -> None:
    view = made(home, tmp_path, "[scan]", "[scan] A walrus.")
    assert view.state is DocumentState.PARTIAL and view.error is not None
    assert view.error.message == "page 1: something is shown, but no text could be read"
    assert list(view.warnings) == [1] and not view.failed_pages


def test_a_document_without_any_text_is_not_done(home: Path, tmp_path: Path) -> None:
    view = made(home, tmp_path, "[scan]")
    assert view.state is DocumentState.PARTIAL and view.chunks == 0


def test_a_picture_among_pages_of_text_is_named_but_no_loss(home: Path, tmp_path: Path) -> None:
    view = made(home, tmp_path, "A walrus.", "[scan]", "An otter.")
    assert view.state is DocumentState.DONE and view.error is None
    assert list(view.warnings) == [2] and "no text was found" in view.warnings[2]


def test_blank_pages_say_nothing(home: Path, tmp_path: Path) -> None:
    view = made(home, tmp_path, "A walrus.", "[blank]")
    assert view.state is DocumentState.DONE and not view.warnings


def test_what_was_not_to_be_read_by_ocr_is_named(home: Path, tmp_path: Path) -> None:
    view = made(home, tmp_path, "A walrus.", "[scan] An otter.", "[blank]", options={"ocr": "never"})
    assert view.state is DocumentState.DONE and list(view.warnings) == [2]
    assert "OCR is switched off" in view.warnings[2]


def test_reading_again_forgets_the_remark(home: Path, tmp_path: Path) -> None:
    view = made(home, tmp_path, "A walrus.", "[scan] An otter.", options={"ocr": "never"})
    resources = fake_resources(home)
    ingest_now(resources, tmp_path)
    (again,) = resources.catalog.store(KB).document_queries.all()
    assert view.warnings and again.generation > view.generation and not again.warnings


def test_api_and_pages_show_pages_without_text(home: Path, tmp_path: Path) -> None:
    view = made(home, tmp_path / "docs", "A walrus.", "[scan]")
    said = view.warnings[2]
    assert serializers.document(view)["warnings"] == {"2": said}
    client = TestClient(create_app(Service(Settings(home=home, **FAKES))), "http://localhost")
    own = f"/api/v1/knowledge/{KB}/documents/{view.document}"
    assert client.get(own).json()["warnings"] == {"2": said}
    pages = client.get(f"{own}/pages").json()["items"]
    assert [(page["warning"], page["warning_code"]) for page in pages] == [(None, None), (said, "empty_page")]
    assert f"<!-- page 2 -->\n<!-- {said} -->" in client.get(f"{own}/markdown").text
    jobs = client.get("/api/v1/jobs").json()["items"]
    (of_job,) = client.get(f"/api/v1/jobs/{jobs[0]['job_id']}").json()["documents"]
    assert of_job["warnings"] == {"2": said} and of_job["state"] == "done"
    for address in (
        f"/knowledge/{KB}",
        f"/knowledge/{KB}/documents/{view.document}?page=2",
        f"/jobs/{jobs[0]['job_id']}",
    ):
        assert said in client.get(address, headers={"Accept": "text/html"}).text, address
    (written,) = (home / KB / "files" / "json").iterdir()
    assert json.loads(written.read_bytes())["pages"][1]["warning"] == said


@pytest.mark.parametrize("command", [["docs", "list"], ["docs", "show", "d.pdf"], ["jobs", "show"]])
def test_the_command_line_shows_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    from ingest.cli import app

    view = made(home, tmp_path / "docs", "A walrus.", "[scan]")
    for name, value in {**FAKES, "home": str(home)}.items():
        monkeypatch.setenv(f"INGOT_{name.upper()}", value)
    if command[0] == "jobs":
        command = [*command, fake_resources(home).catalog.store(KB).job_queries.slice(None, None, 5)[0].job]
    else:
        command = [*command, "-k", KB]
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setattr("sys.argv", ["ingot", *command])
    with pytest.raises(SystemExit):
        app.main()
    assert f"page 2: {view.warnings[2]}" in out.getvalue() + err.getvalue()


def die(resources: Any, key: StepKey, fault: Fault | None = None) -> None:
    """A worker claims a step, names its first page, and dies: of that page, or nobody knows of what."""
    store = resources.catalog.store(KB)
    claim = store.steps.claim(key, "dead", "dead")
    assert claim is not None
    store.steps.begin_page(claim, store.pages.unread(claim)[0].number)
    if fault:
        store.steps.release("dead", fault)
    with store.database.write() as connection:
        connection.execute(update(step).where(step.c.stage == key.stage).values(lease_until=0.0))


TOO_LONG = Fault(code="time_limit", message="it took longer than its time limit")


@pytest.mark.parametrize(
    ("deaths", "fault", "warned", "failed"),
    [
        (0, None, [], []),
        (1, None, [], []),  # a worker that was killed says nothing of its page
        (2, None, [1], []),
        (3, None, [], [1]),
        (1, TOO_LONG, [1], []),
        (2, TOO_LONG, [1], []),
        (3, TOO_LONG, [], [1]),
    ],
)
@pytest.mark.parametrize(("page", "stage"), [("A walrus.", Stage.PARSE), ("[scan] A walrus.", Stage.OCR)])
def test_what_ends_workers_is_read_without_what_is_optional(
    home: Path,
    tmp_path: Path,
    deaths: int,
    fault: Fault | None,
    warned: list[int],
    failed: list[int],
    page: str,
    stage: Stage,
) -> None:
    fake_document(tmp_path / "d.pdf", page, page.replace("walrus", "otter"))
    resources = fake_resources(home)
    ingest(resources, KB, IngestRequest(paths=(tmp_path,)))

    def before(key: StepKey) -> None:
        if key.stage is stage:
            for _ in range(deaths):
                die(resources, key, fault)

    run_until_done(resources, before)
    (view,) = resources.catalog.store(KB).document_queries.all()
    assert (list(view.warnings), list(view.failed_pages)) == (warned, failed)
    assert view.state is (DocumentState.PARTIAL if failed else DocumentState.DONE)
    text = "".join(page.markdown for page in resources.catalog.store(KB).pages.read(view.document, 1))
    assert ("walrus" in text) is not bool(failed) and "otter" in text


def test_a_layout_that_never_ends_costs_the_layout_alone(home: Path, tmp_path: Path) -> None:
    """In a process that dies of it: two children read the page, one after the other."""
    fake_document(tmp_path / "d.pdf", "A walrus. [layout crash]", "An otter.")
    resources = fake_resources(home)
    ingest(resources, KB, IngestRequest(paths=(tmp_path,)))
    store = resources.catalog.store(KB)
    died: list[StepKey] = []

    def before(key: StepKey) -> None:
        if key.stage is Stage.PARSE and not died:
            child = multiprocessing.get_context("spawn").Process(target=run_here, args=(home, key))
            child.start()
            child.join(GENEROUS_S)
            assert child.exitcode is not None and child.exitcode < 0
            died.append(key)
            store.steps.release("child", Fault(code="crash", message="a crash"))

    run_until_done(resources, before)
    (view,) = store.document_queries.all()
    assert died and view.state is DocumentState.DONE and list(view.warnings) == [1]
    assert "walrus" in store.pages.read(view.document, 1)[0].markdown


def run_here(home: Path, key: StepKey) -> None:
    flow.run_stage(fake_resources(home), key, owner="child", worker="child")


def test_an_office_file_of_which_nothing_is_read_says_what_it_holds(home: Path, tmp_path: Path) -> None:
    word_file(tmp_path / "a.docx", more={"word/embeddings/one.bin": "x"})
    resources = fake_resources(home)
    ingest_now(resources, tmp_path)
    (view,) = resources.catalog.store(KB).document_queries.all()
    assert view.state is DocumentState.DONE and view.error is None
    assert view.warnings == {1: "not read: 1 embedded file"}
