"""What a real worker's log tells of its work: each step begins and ends, whatever becomes of its process."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.runtime import embedded, worker_spec
from pipeline import flow
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from stores.errors import UnavailableError
from stores.models import DocumentState, Stage
from tests.broker_servers import command, redis
from tests.e2e.faults import KB, Running, running
from tests.in_process import KB as TEST_KB
from tests.in_process import fake_document, fake_resources, run_until_done
from tests.waiting import GENEROUS_S, eventually

IDS = ("job", "knowledge_id", "document", "generation", "stage", "source", "task")
SECRET_TEXT = "confidential-words"


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Every line of a log must be a JSON object."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def first(path: Path, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first line that fits, once it is there; a line is complete when its end is."""

    def fitting() -> dict[str, Any] | None:
        whole = path.read_text().rpartition("\n")[0] if path.exists() else ""
        lines: list[dict[str, Any]] = [json.loads(line) for line in whole.splitlines()]
        return next((line for line in lines if fits(line)), None)

    line = eventually(fitting, told=path.read_text)
    assert line is not None
    return line


def begins(stage: str) -> Callable[[dict[str, Any]], bool]:
    return lambda line: (line.get("event"), line.get("stage")) == ("begin", stage)


@pytest.mark.timeout(180)
def test_json_lines_pair_up_though_children_are_killed(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    for number in range(3):
        fake_document(folder / f"slow {number}.pdf", f"# Report {number}\n{SECRET_TEXT} [slow 1.0]")
    fake_document(folder / "bad page.pdf", "good", "[crash]")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    with running(home, log_format="json", workers=1) as under_test:
        view = ingested(under_test, folder, home / "run" / "worker.log")
        embedded.down(under_test.settings)
    states = {document.source: document.state for document in view.documents}
    assert states["bad page.pdf"] is DocumentState.PARTIAL and states["broken.pdf"] is DocumentState.FAILED
    lines = lines_of(home / "run" / "worker.log")
    steps = [line for line in lines if line.get("event") in ("begin", "end")]
    events = Counter((line["event"], line["task"]) for line in steps)
    began = {task for event, task in events if event == "begin"}
    assert began and events == Counter({(event, task): 1 for event in ("begin", "end") for task in began})
    ends = [line for line in steps if line["event"] == "end"]
    outcomes = Counter(line["outcome"] for line in ends)
    assert outcomes["lost"] == 4, "three over the page that crashes, one that the test killed"
    assert {line["outcome"] for line in ends} == {"done", "failed", "lost"}
    for line in steps:
        assert {name for name in IDS if line.get(name) in (None, "")} <= (
            {"job"} if line.get("outcome") == "lost" else set()
        )
    for line in ends:
        assert line["outcome"] == "lost" or (line["seconds"] >= 0 and "cpu_s" in line), line
        assert line["level"] == {"failed": "ERROR", "lost": "WARNING"}.get(line["outcome"], "INFO")
    (given_up,) = [line for line in lines if "given up" in line["message"]]
    assert given_up["page"] == 2 and given_up["source"] == "bad page.pdf"
    (failed,) = [line for line in ends if line["outcome"] == "failed"]
    assert failed["source"] == "broken.pdf" and failed["reason"] in failed["message"]
    planned = next(line for line in ends if line["stage"] == "plan" and line["outcome"] == "done")
    assert planned["next"] == ["parse"]
    assert next(line["queues"] for line in lines if line.get("event") == "ready") == ["cpu", "embed", "extract", "ocr"]
    assert SECRET_TEXT not in (home / "run" / "worker.log").read_text()
    assert {"redis started", "worker stopped"} <= {
        " ".join(line["message"].split()[:2]) for line in lines_of(home / "run" / "supervisor.log")
    }


def ingested(under_test: Running, folder: Path, log: Path) -> Any:
    """Ingest the folder, and kill the process that begins to read the first document; the job's end."""
    report = under_test.service.ingestion.ingest(KB, IngestRequest(paths=(folder,)))
    assert report.job
    os.kill(first(log, begins("parse"))["process"], signal.SIGKILL)
    return under_test.wait(report.job)


def test_outcomes_that_are_no_end_of_the_work(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A step that is to be tried again says why and when; one that is cancelled meanwhile says so."""
    resources = fake_resources(tmp_path / "home")
    fake_document(tmp_path / "a.pdf", "One page.")
    report = ingest(resources, TEST_KB, IngestRequest(paths=(tmp_path / "a.pdf",)))
    store = resources.catalog.store(TEST_KB)
    real, failures = flow.RUN[Stage.PARSE], [UnavailableError("the disk is full"), None]

    def parse(work: Any) -> Any:
        if error := failures.pop(0):
            raise error
        store.job_control.cancel(report.job or "")
        return real(work)

    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.INFO, "ingot.steps"):
        patch.setitem(flow.RUN, Stage.PARSE, parse)
        patch.setattr(flow, "delay_s", lambda attempt: 0.0)
        run_until_done(resources)
    told = [getattr(record, "facts", {}) | {"text": record.message} for record in caplog.records]
    assert [(one["event"], one.get("outcome")) for one in told] == [
        ("begin", None),
        ("end", "done"),
        ("begin", None),
        ("end", "tried again"),
        ("begin", None),
        ("end", "cancelled"),
    ]
    again = told[3]
    assert (
        again["reason"] == "the disk is full" and "the disk is full" in again["text"] and again["code"] == "unavailable"
    )


@pytest.mark.timeout(120)
def test_a_broker_that_turns_a_worker_away_is_explained_in_its_log(home: Path) -> None:
    with redis() as port:
        url = f"redis://127.0.0.1:{port}/0"
        (member,) = worker_spec.worker_specs("notify", worker_spec.WorkerNeeds(workers=1), [])
        ours = {"INGOT_HOME": str(home), "INGOT_BROKER_URL": url, "INGOT_LOG_FORMAT": "json"}
        path = home / "log"
        with path.open("wb") as log:
            started = subprocess.Popen(
                member.command("test@here"), env=member.environment({**os.environ, **ours}), stdout=log, stderr=log
            )
        try:
            first(path, lambda line: line.get("event") == "ready")
            command(port, "CONFIG", "SET", "requirepass", "another")
            broken = socket.create_connection(("127.0.0.1", port))
            broken.sendall(b"AUTH another\r\nCLIENT KILL TYPE normal SKIPME yes\r\n")
            first(path, lambda line: "asks for a password: write it into INGOT_BROKER_URL" in line["message"])
            broken.close()
        finally:
            started.terminate()
            started.wait(GENEROUS_S)
        assert lines_of(path)[-1]["event"] == "stop"
