"""The command line over a fake service: what it prints where, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.cli import app, context, exit_codes
from ingest.cli.exit_codes import Exit
from ingest.cli.watch import pause_s
from ingest.runtime import embedded
from stores.errors import (
    CancelledError,
    EncryptedError,
    IngotError,
    InputError,
    LeaseLostError,
    NotFoundError,
    UnavailableError,
)
from stores.filters import Condition
from stores.models import (
    DocumentState,
    Fault,
    Hit,
    JobState,
    Outcome,
    PlacedBox,
    Route,
)
from stores.placement import IngestReport, IngestResult
from tests.unit.fake_service import ID, FakeService, job_document, job_view


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakeService]:
    """A fresh fake in the place of the service, in an empty folder, and nothing of the caller's environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("INGOT_BROKER_URL", "INGOT_HOME", "INGOT_KNOWLEDGE", "INGOT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INGOT_BROKER_URL", "memory://")  # so that no runtime is started
    used = tmp_path / "ingot-data" / "kb"  # so that nothing is said of a home that was never used
    used.mkdir(parents=True)
    (used / "kb.db").touch()
    fresh = type("Fresh", (FakeService,), {})
    monkeypatch.setattr("pipeline.service.Service", fresh)
    return fresh


def files(**outcomes: Outcome) -> tuple[IngestResult, ...]:
    return tuple(IngestResult(source=f"{name}.pdf", outcome=outcome) for name, outcome in outcomes.items())


def test_unchanged_files_are_well(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    fake.report = IngestReport(knowledge_id="kb", job=None, files=files(a=Outcome.SAME, b=Outcome.SAME))
    assert app.run(["ingest", "folder", "-k", "kb"]) == Exit.WELL
    said = capsys.readouterr()
    assert "2 unchanged" in said.err
    assert said.out == ""


def test_a_bare_path_is_ingested_with_the_options_given(fake: type[FakeService]) -> None:
    words = ["./x.pdf", "-k", "kb", "--schema", "resume", "--ocr", "never", "--pages", "1-3", "--password", "p"]
    assert app.run([*words, "--force", "--prune", "--glob", "*.pdf"]) == Exit.WELL
    request = fake.asked["request"]
    assert request.paths == (Path("x.pdf"),)
    assert request.options.schemas == ("resume",)
    assert (request.options.ocr, request.options.pages, request.options.force) == ("never", "1-3", True)
    assert (request.passwords, request.prune, request.globs) == (("p",), True, ("*.pdf",))


def test_a_watched_job_ends_with_its_documents(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    broken = Fault(code="truncated", message="b.pdf ends too early: send it again")
    over = job_view(job_document("a.pdf"), job_document("b.pdf", DocumentState.FAILED, broken))
    fake.report = IngestReport(knowledge_id="kb", job="kb.01", files=files(a=Outcome.NEW, b=Outcome.NEW))
    fake.views = (job_view(job_document("a.pdf", DocumentState.RUNNING), state=JobState.RUNNING), over)
    assert app.run(["ingest", ".", "-k", "kb", "--json"]) == Exit.SOME_FAILED
    said = capsys.readouterr()
    assert "ends too early" in said.err
    report = json.loads(said.out)
    assert [file["state"] for file in report["files"]] == ["done", "failed"]
    assert report["counts"] == {"done": 1, "failed": 1}


def test_a_job_as_json_lines(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    fake.report = IngestReport(knowledge_id="kb", job="kb.01", files=files(a=Outcome.NEW))
    fake.views = (job_view(job_document("a.pdf")),)
    assert app.run(["ingest", ".", "--nl"]) == Exit.WELL
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["a.pdf"]


def test_waiting_ends_when_time_is_up(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    fake.report = IngestReport(knowledge_id="kb", job="kb.01", files=files(a=Outcome.NEW))
    fake.views = (job_view(job_document("a.pdf", DocumentState.RUNNING), state=JobState.RUNNING),)
    assert app.run(["ingest", ".", "--timeout", "0.01"]) == Exit.TIMED_OUT
    assert "ingot jobs watch kb.01" in capsys.readouterr().err


def test_ctrl_c_leaves_the_job_and_twice_cancels_it(
    fake: type[FakeService], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.report = IngestReport(knowledge_id="kb", job="kb.01", files=files(a=Outcome.NEW))
    fake.views = (job_view(job_document("a.pdf", DocumentState.RUNNING), state=JobState.RUNNING),)
    presses = [KeyboardInterrupt, None]

    def sleep(_: float) -> None:
        press = presses.pop(0)
        if press:
            raise press

    monkeypatch.setattr("ingest.cli.watch.time.sleep", sleep)
    assert app.run(["ingest", "."]) == Exit.INTERRUPTED
    assert "ingot jobs watch kb.01" in capsys.readouterr().err
    assert "cancelled" not in fake.asked
    presses = [KeyboardInterrupt, KeyboardInterrupt]
    assert app.run(["ingest", "."]) == Exit.INTERRUPTED
    assert fake.asked["cancelled"] == "kb.01"


def test_a_job_that_nobody_works_on_ends_the_watching(
    fake: type[FakeService], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.report = IngestReport(knowledge_id="kb", job="kb.01", files=files(a=Outcome.NEW))
    fake.views = (job_view(job_document("a.pdf", DocumentState.QUEUED), state=JobState.RUNNING),)
    monkeypatch.setenv("INGOT_BROKER_URL", "redis://:secret@127.0.0.1:1/0")
    monkeypatch.setattr("ingest.cli.watch._QUIET_S", 0.0)
    assert app.run(["ingest", "."]) == Exit.UNREACHABLE
    said = capsys.readouterr().err
    assert "refuses connections" in said
    assert "ingot jobs watch kb.01" in said
    assert "secret" not in said


@pytest.mark.parametrize("form", [[], ["--json"], ["--nl"], ["--quiet"]])
def test_a_queue_that_nobody_serves_is_said_once(
    form: list[str], fake: type[FakeService], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.report = IngestReport(knowledge_id="kb", job="kb.01", files=files(a=Outcome.NEW))
    waiting = job_view(job_document("a.pdf", DocumentState.QUEUED), state=JobState.RUNNING)
    fake.views = (waiting,) * 6 + (job_view(job_document("a.pdf")),)
    fake.obstacle = "no worker serves the queue 'embed': start one"
    for name in ("_OBSTACLE_S", "_REVIVE_S", "_POLL_S"):
        monkeypatch.setattr(f"ingest.cli.watch.{name}", 0.0)
    assert app.run(["ingest", ".", *form]) == Exit.WELL
    told = capsys.readouterr()
    assert told.err.count("waiting: no worker serves the queue 'embed': start one") == 1
    assert "embed" not in told.out


def test_a_job_of_minutes_is_looked_at_once_a_second() -> None:
    watched_s, looks = 0.0, 0
    while watched_s < 600.0:
        pause = pause_s(watched_s)
        assert 0.25 <= pause <= max(0.25, 0.05 * watched_s) and pause <= 1.0
        watched_s, looks = watched_s + pause, looks + 1
    assert looks < 660


def test_no_wait_says_how_to_follow(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    fake.report = IngestReport(knowledge_id="kb", job="kb.01", files=files(a=Outcome.NEW))
    fake.views = (job_view(job_document("a.pdf", DocumentState.QUEUED), state=JobState.RUNNING),)
    assert app.run(["ingest", ".", "--no-wait"]) == Exit.WELL
    assert "ingot jobs watch kb.01" in capsys.readouterr().err


def test_files_refused_on_submission_count_as_failed(
    fake: type[FakeService], capsys: pytest.CaptureFixture[str]
) -> None:
    bad = IngestResult(source="x", outcome=Outcome.FAILED, error=Fault(code="empty", message="x is empty"))
    fake.report = IngestReport(knowledge_id="kb", job=None, files=(bad,))
    assert app.run(["ingest", "."]) == Exit.ALL_FAILED
    assert "x is empty" in capsys.readouterr().err


def test_dry_run_prints_a_plan(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    plan = IngestResult(source="a.pdf", outcome=Outcome.NEW, pages=4, routes={Route.OCR: 4}, estimate_s=8.0)
    fake.report = IngestReport(knowledge_id="kb", job=None, files=(plan,))
    assert app.run(["ingest", ".", "--dry-run"]) == Exit.WELL
    said = capsys.readouterr()
    assert said.out.splitlines()[1].split("\t")[:4] == ["new", "a.pdf", "4", "ocr 4"]
    assert "8.0 s" in said.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("no such job"), Exit.NOT_FOUND),
        (EncryptedError("locked"), Exit.USAGE),
        (InputError("bad"), Exit.USAGE),
        (UnavailableError("no broker"), Exit.UNREACHABLE),
        (CancelledError("stopped"), Exit.INTERRUPTED),
        (LeaseLostError("lost"), Exit.BUG),
        (IngotError("?"), Exit.BUG),
    ],
)
def test_errors_are_one_sentence_and_a_code(
    fake: type[FakeService], capsys: pytest.CaptureFixture[str], error: IngotError, code: Exit
) -> None:
    fake.error = error
    assert app.run(["docs", "list", "-k", "kb"]) == code
    assert capsys.readouterr().err == f"ingot: {error.message}\n"


def test_a_bug_keeps_its_traceback_in_a_file(
    fake: type[FakeService], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "ingot-data" / "run").mkdir()
    fake.error = ZeroDivisionError("oh")
    assert app.run(["docs", "list"]) == Exit.BUG
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "ingot-errors.log" in said
    assert "ZeroDivisionError: oh" in (tmp_path / "ingot-data" / "run" / "ingot-errors.log").read_text()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["serach", "x"], "Did you mean 'search'"),
        (["docs", "list", "-k", "a/b"], "1 to 128 of letters"),
        (["docs", "show", "x", "--pages", "3-1"], "write it like 1-5,9"),
        (["search", "x", "--where", "language"], "write it like language=en"),
        (["search", " "], "the query is empty"),
        (["search", "x", "-n", "0"], "--limit"),
        (["ingest"], "PATH"),
        (["worker", "gpus"], "all, cpu, gpu"),
        (["down"], "INGOT_BROKER_URL is set"),
        (["kb", "delete", "kb"], "--yes"),
    ],
)
def test_wrong_use_is_explained(
    fake: type[FakeService], capsys: pytest.CaptureFixture[str], words: list[str], part: str
) -> None:
    assert app.run(words) == Exit.USAGE
    said = capsys.readouterr().err
    assert part in said
    assert len(said.splitlines()) == 1


def test_a_wrong_setting_is_explained(
    fake: type[FakeService], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGOT_DPI", "many")
    assert app.run(["docs", "list"]) == Exit.USAGE
    assert "INGOT_DPI" in capsys.readouterr().err


def test_common_options_stand_anywhere(fake: type[FakeService], tmp_path: Path) -> None:
    for words in (["--home", "h", "docs", "list"], ["docs", "list", "--home", "h"], ["docs", "--home=h", "list"]):
        assert app.run(words) == Exit.WELL
        assert fake.asked["home"] == tmp_path / "h"


def test_search_prints_hits(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    placed = PlacedBox(page=2, box=(1.0, 2.0, 3.0, 4.0))
    places: dict[str, Any] = {"first_page": 2, "last_page": 3, "heading": "Terms > Payment", "boxes": (placed,)}
    hit = Hit(chunk="c", document=ID, source="a.pdf", text="net\n30 \x1b[31mdays", score=0.5, keyword_rank=1, **places)
    fake.hits = (hit,)
    assert app.run(["search", "pay", "-k", "kb", "--json", "-n", "3", "--where", "language=en"]) == Exit.WELL
    result = json.loads(capsys.readouterr().out)
    hits = result["hits"]
    assert fake.asked["search"] == (["kb"], "pay", 3, "hybrid", Condition("language", "=", ("en",)))
    assert result["nothing_fits"] is False and hits[0]["more_on_page"] == 0
    assert hits[0]["boxes"] == [{"page": 2, "box": [1.0, 2.0, 3.0, 4.0]}]
    assert set(hits[0]) >= {"document", "source", "first_page", "last_page", "heading", "text", "score"}
    assert (hits[0]["keyword_rank"], hits[0]["vector_rank"]) == (1, None)
    app.run(["search", "pay"])
    said = capsys.readouterr().out
    assert said.startswith("1. a.pdf  pp. 2-3  Terms > Payment\n   net 30")
    assert "\x1b" not in said
    fake.nothing_fits = True
    assert app.run(["search", "pay", "-k", "kb"]) == Exit.WELL
    printed = capsys.readouterr()
    assert printed.err == "Nothing in kb fits; the nearest were:\n" and printed.out == said
    app.run(["search", "pay", "--json"])
    assert json.loads(capsys.readouterr().out)["nothing_fits"] is True


def test_documents_are_listed(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    app.run(["docs", "list", "--json"])
    first, second = json.loads(capsys.readouterr().out)
    assert first["routes"] == {"text": 2, "ocr": 1}
    assert first["created_at"] == "2023-11-14T22:13:20Z"
    assert (first["error"], second["error"]) == (None, "b.pdf is encrypted")
    app.run(["docs", "list", "--state", "failed"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["source", "b.pdf"]


def test_documents_are_filtered_by_state(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["docs", "list", "--state", "failed", "--json"]) == Exit.WELL
    assert [row["source"] for row in json.loads(capsys.readouterr().out)] == ["b.pdf"]
    assert app.run(["docs", "list", "--state", "lost"]) == Exit.USAGE


def test_a_document_is_made_again_and_watched(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    fake.views = [job_view(job_document("a.pdf"))]
    assert app.run(["docs", "retry", "a.pdf", "-k", "kb", "--from", "ocr", "--json"]) == Exit.WELL
    assert fake.redone == ("kb", "a.pdf", "ocr")
    assert json.loads(capsys.readouterr().out)["job_id"] == "kb.01"
    assert app.run(["docs", "retry", "a.pdf", "--from", "nonsense"]) == Exit.USAGE


def test_a_document_is_shown(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    app.run(["docs", "show", "a.pdf", "--as", "json", "--pages", "2-4,9"])
    document = json.loads(capsys.readouterr().out)
    assert fake.asked["numbers"] == (2, 3, 4, 9)
    assert (document["document"], document["source"], document["page_count"]) == (ID, "a.pdf", 3)
    page = document["pages"][0]
    assert {"number", "width_pt", "height_pt", "route", "reason", "engine", "confidence", "markdown"} <= set(page)
    assert page["blocks"] == [
        {"label": "title", "box": [1.0, 2.0, 3.0, 4.0], "text": "Hello", "level": 1, "confidence": None}
    ]
    app.run(["docs", "show", "a.pdf"])
    said = capsys.readouterr()
    assert said.out.strip() == "# Hello"
    assert "page 2 could not be read: the page is damaged" in said.err


def test_records_guard_spreadsheets(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    app.run(["records", "--csv"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "document,source,title,emails,amount,corrected_fields"
    assert lines[1] == f"{ID},a.pdf,'=cmd(),a@b.c; d@e.f,-3.5,"
    app.run(["records", "--json"])
    assert json.loads(capsys.readouterr().out)[0]["fields"]["amount"] == -3.5


def test_the_version_needs_no_command(fake: type[FakeService], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--version"]) == Exit.WELL
    assert capsys.readouterr().out.startswith("ingot ")


def test_kb_delete_with_yes(fake: type[FakeService]) -> None:
    assert app.run(["kb", "delete", "kb", "--yes"]) == Exit.WELL
    assert fake.asked["deleted"] == "kb"


def test_a_worker_needs_a_broker(
    fake: type[FakeService], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGOT_BROKER_URL", "")
    assert app.run(["worker", "cpu"]) == Exit.UNREACHABLE
    assert "set INGOT_BROKER_URL" in capsys.readouterr().err


def test_states_lead_to_exit_codes() -> None:
    done, partial, failed = DocumentState.DONE, DocumentState.PARTIAL, DocumentState.FAILED
    assert exit_codes.of_states([]) is Exit.WELL
    assert exit_codes.of_states([done, done]) is Exit.WELL
    assert exit_codes.of_states([partial]) is Exit.SOME_FAILED
    assert exit_codes.of_states([done, failed]) is Exit.SOME_FAILED
    assert exit_codes.of_states([failed, failed]) is Exit.ALL_FAILED


def test_status_with_a_broker_starts_nothing(fake: type[FakeService], tmp_path: Path) -> None:
    settings = context.load_settings()
    assert embedded.status(settings).mode == "broker"
    with embedded.session(settings) as connected:
        assert connected is settings
    assert not (tmp_path / "ingot-data" / "run").exists()
