"""What is printed for people: cells, sizes, bars, speed and time left."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from ingest import quantities, spreadsheet
from ingest.cli import console, progress
from ingest.cli.progress import Lines, Live, Pace
from ingest.cli.watch import Obstacles
from stores.models import DocumentState, Fault, JobState, Outcome, Stage
from stores.views import JobDocumentView, JobView, StageProgress
from tests.unit.fake_service import job_document, job_view


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def stage(name: Stage, total: int, done: int, **counts: int) -> StageProgress:
    return StageProgress(
        stage=name, total=total, done=done, **{"waiting": total - done, "working": 0, "failed": 0, **counts}
    )


def running(*stages: StageProgress, documents: tuple[JobDocumentView, ...] = ()) -> JobView:
    facts: dict[str, Any] = {"job": "kb.1", "knowledge_id": "kb", "created_at": 0.0, "finished_at": None}
    return JobView(state=JobState.RUNNING, documents=documents, stages=stages, **facts)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ({"text": 3, "ocr": 1}, "text 3, ocr 1"),
        (["a", "b"], "a, b"),
        (1.25, "1.25"),
        ("two\nlines\tand \x1b[2Jmore", "two lines and �[2Jmore"),
        ("中文 名字", "中文 名字"),
        ("", ""),
    ],
)
def test_a_value_is_one_cell(value: object, cell: str) -> None:
    assert console.one_line(value) == cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("@x", "'@x"),
        (-3, "-3"),
        (-9.45, "-9.45"),
        (None, ""),
        (["=a", "b"], "'=a; b"),
        ([{"institution": "X"}], '[{"institution": "X"}]'),
    ],
)
def test_csv_cells_are_no_formulas(value: object, cell: object) -> None:
    assert spreadsheet.csv_cell(value) == cell


def test_numbers_for_people() -> None:
    assert [quantities.clock_duration(seconds) for seconds in (2.34, 65, 3723)] == ["2.3 s", "1:05", "1:02:03"]
    assert [quantities.size(count) for count in (0, 999, 1500, 2_500_000, 7_000_000_000_000)] == [
        "0 B",
        "999 B",
        "1.5 KB",
        "2.5 MB",
        "7.0 TB",
    ]
    assert (console.plural(1, "page"), console.plural(2, "page")) == ("1 page", "2 pages")


def test_speed_and_time_left_are_those_of_the_slowest_stage() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.see(running(stage(Stage.RENDER, 100, 0), stage(Stage.OCR, 100, 0)))
    assert pace.left_s(running(stage(Stage.OCR, 100, 0))) is None
    clock.now += 10
    now = running(stage(Stage.RENDER, 100, 50), stage(Stage.OCR, 100, 20))
    pace.see(now)
    assert pace.per_s(Stage.RENDER) == pytest.approx(5.0)
    assert pace.left_s(now) == pytest.approx(40.0)
    clock.now += 60
    pace.see(now)
    assert pace.per_s(Stage.OCR) is None, "standing still has no speed"


def test_a_line_per_finished_document_and_no_line_twice(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(clock)
    fault = Fault(code="x", message="page 2 is damaged:\nscan it again")
    view = job_view(
        job_document("a.pdf"),
        job_document("b.pdf", DocumentState.PARTIAL, fault),
        job_document("c.pdf", DocumentState.RUNNING),
    )
    lines.show(view)
    lines.show(view)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "done       a.pdf  3 pages  1.5 s",
        "partial    b.pdf  3 pages  1.5 s  - page 2 is damaged: scan it again",
    ]
    clock.now += 31
    lines.show(running(stage(Stage.OCR, 10, 4), documents=view.documents))
    assert capsys.readouterr().err == "... 2 of 3 documents, 1 partial; ocr 4/10\n"


def test_what_holds_up_a_job_is_said_once_and_again_when_it_changes() -> None:
    clock, said = Clock(), list[str]()
    obstacles = Obstacles(said.append, clock)

    def see(obstacle: str, seconds: int) -> None:
        for _ in range(seconds):
            obstacles.see(obstacle)
            clock.now += 1

    see("", 10)
    see("no cpu", 3)
    see("", 3)
    assert said == [], "workers that are just being started are not missed"
    see("no cpu", 60)
    see("no ocr", 60)
    assert said == ["waiting: no cpu", "waiting: no ocr"]
    see("", 5)
    see("no ocr", 60)
    assert said[2:] == ["somebody works on it now", "waiting: no ocr"]


def test_unchanged_documents_are_said_to_be() -> None:
    same = JobDocumentView(
        source="a.pdf", document="d", outcome=Outcome.SAME, state=DocumentState.DONE, pages=3, error=None
    )
    assert progress.document_line(same) == "done       a.pdf  (unchanged)"


def test_the_live_view_keeps_waiting_and_working_apart() -> None:
    busy = JobDocumentView(
        source="big.pdf",
        document="d",
        outcome=Outcome.NEW,
        state=DocumentState.RUNNING,
        pages=800,
        error=None,
        stage=Stage.OCR,
        page=613,
        silent_s=42.0,
    )
    view = running(stage(Stage.OCR, 800, 612, waiting=172, working=16), documents=(busy,))
    clock = Clock()
    target = io.StringIO()
    Console(file=target, width=100, color_system=None).print(progress.live_view(view, Pace(clock), 65.0))
    drawn = target.getvalue()
    for part in ("kb  0 of 1 document  1:05", "612/800", "172 waiting, 16 working", "big.pdf: ocr, page 613 of 800"):
        assert part in drawn
    assert "silent for 42 s" in drawn


def test_the_live_display_leaves_the_finished_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    target = io.StringIO()
    monkeypatch.setattr("sys.stderr", target)
    live = Live()
    live.show(job_view(job_document("a.pdf")))
    live.close()
    assert "done       a.pdf" in target.getvalue()
