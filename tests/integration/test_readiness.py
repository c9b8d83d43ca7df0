"""Whether work can be taken and done: each thing that is missing is named, with what to do."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

from starlette.testclient import TestClient

from ingest.api.app import create_app
from pipeline.queries.readiness import Readiness
from pipeline.queries.worker_status import WorkerAnswer, WorkerAnswers, WorkerStatus
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.step_context import Resources
from tests.in_process import fake_resources


class Told(WorkerStatus):
    """A roll that a test has written."""

    def __init__(self, roll: WorkerAnswers) -> None:
        self._written = roll

    def checked(self) -> WorkerAnswers:
        return self._written


READY = WorkerAnswers(broker=True, workers={"w@host": WorkerAnswer(queues=("cpu",))})


def missing(resources: Resources, roll: WorkerAnswers = READY) -> dict[str, str]:
    return {check.name: check.why for check in Readiness(resources, Told(roll)).checks() if not check.ok}


def test_nothing_is_missing_from_a_whole_service(tmp_path: Path) -> None:
    assert missing(fake_resources(tmp_path)) == {}


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    resources = fake_resources(tmp_path)
    assert set(missing(resources, WorkerAnswers(broker=True))) == {"workers"}
    nothing = missing(resources, WorkerAnswers(broker=False))
    assert set(nothing) == {"broker", "workers"}
    assert "INGOT_BROKER_URL" in nothing["broker"]


def test_an_index_that_does_not_listen(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    resources = fake_resources(tmp_path, chroma_url=url)
    assert set(missing(resources)) == {"index"}
    assert set(missing(fake_resources(tmp_path, chroma_url="http://nowhere:notaport"))) == {"index"}


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    resources = fake_resources(tmp_path / "home")
    settings = resources.settings.model_copy(update={"home": tmp_path / "file" / "home"})
    why = missing(dataclasses.replace(resources, settings=settings))
    assert set(why) == {"home"}
    assert str(tmp_path / "file") in why["home"]


def test_the_answer_is_a_problem_with_every_reason(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, embedder="fake", broker_url="redis://127.0.0.1:1/0")
    client = TestClient(create_app(Service(settings)), base_url="http://localhost")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert {one["where"] for one in answer.json()["errors"]} == {"broker", "workers"}
    assert client.get("/livez").status_code == 200
    queues = {one["queue"]: one for one in client.get("/api/v1/queues").json()}
    assert (queues["cpu"]["messages"], queues["cpu"]["workers"]) == (None, None)
