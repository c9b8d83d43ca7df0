"""Two homes on one broker: each gets its own work, and where they do not meet both sides say so at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.cli import doctor_checks
from ingest.cli.watch import watch_job
from ingest.runtime import processes, worker_spec
from pipeline import home_registry
from pipeline.broker import configuration, home_of
from pipeline.commands.ingest_request import IngestRequest
from pipeline.remote_control import workers_of_other_homes
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import UnavailableError
from stores.home_id import home_id
from stores.models import JobState
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S, eventually

ROOT = Path(__file__).resolve().parents[2]
FAKES = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake"}


class Broker:
    """A Redis that several homes share, and their workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        socket = folder / "redis.sock"
        command = [processes.redis_program(), "--port", "0", "--unixsocket", str(socket), "--save", ""]
        self.redis = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
        self.url = f"redis+socket://{socket}?virtual_host=0"
        self.workers: list[subprocess.Popen[bytes]] = []
        eventually(lambda: processes.redis_answers(socket))

    def settings(self, home: str) -> Settings:
        (self.folder / home).mkdir(exist_ok=True)
        chosen: dict[str, Any] = {**FAKES, "home": self.folder / home, "broker_url": self.url}
        return Settings(**chosen)

    def work(self, home: str) -> Path:
        """Start a worker for a home; its log."""
        member = worker_spec.WorkerSpec(kind="all", queues=worker_spec.KINDS["all"][1], concurrency=1)
        given = {**FAKES, "home": str(self.folder / home), "broker_url": self.url}
        environment = member.environment({**os.environ, **{f"INGOT_{k.upper()}": v for k, v in given.items()}})
        log = self.folder / f"{home}.log"
        with log.open("ab") as output:
            self.workers.append(
                subprocess.Popen(
                    member.command(f"{home}@here"),
                    env=environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )
        settings = self.settings(home)
        mine = home_id(settings.home)
        eventually(
            lambda: any(one.home == mine for one in home_registry.present(settings) if one.role == home_registry.WORKER)
        )
        return log

    def close(self) -> None:
        for process in self.workers:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.redis.terminate()
        self.redis.wait(GENEROUS_S)


@pytest.fixture
def broker(home: Path) -> Iterator[Broker]:
    started = Broker(home)
    yield started
    started.close()


def begun(settings: Settings, name: str) -> str:
    path = fake_document(settings.home.parent / "in" / f"{name}.pdf", f"One page of {name}")
    job = Service(settings).ingestion.ingest(name, IngestRequest(paths=(path,))).job
    assert job
    return job


def test_two_homes_share_a_broker_and_each_gets_its_own_work(broker: Broker) -> None:
    for home in ("one", "two"):
        broker.work(home)
    jobs = {home: begun(broker.settings(home), f"of-{home}") for home in ("one", "two")}
    for home, job in jobs.items():
        settings = broker.settings(home)
        view = watch_job(Service(settings), settings, job, timeout_s=GENEROUS_S)
        assert (view.state, [str(one.state) for one in view.documents]) == (JobState.DONE, ["done"])
    assert Service(broker.settings("one")).knowledge_bases.ids() == ["of-one"]
    assert Service(broker.settings("two")).knowledge_bases.ids() == ["of-two"]


def test_a_worker_with_another_home_is_told_of_on_both_sides(broker: Broker) -> None:
    log = broker.work("theirs")
    settings = broker.settings("mine")
    job = begun(settings, "note")
    with pytest.raises(UnavailableError) as refused:
        watch_job(Service(settings), settings, job, timeout_s=GENEROUS_S)
    message = refused.value.message
    assert str(broker.folder / "theirs") in message and str(broker.folder / "mine") in message
    assert "INGOT_HOME" in message and f"ingot jobs watch {job}" in message
    eventually(lambda: "than the one that this worker serves" in log.read_text())
    (line,) = [line for line in log.read_text().splitlines() if "asked for by another home" in line]
    assert "WARNING" in line and str(broker.folder / "mine") in line and str(broker.folder / "theirs") in line
    assert not (broker.folder / "theirs" / "note").exists(), "no folder of a knowledge base that is not its own"

    service = Service(settings)
    service.administration.workers()
    waiting = service.jobs.progress(job).waiting
    assert waiting and str(broker.folder / "theirs") in waiting.why
    (check,) = [check for check in service.administration.readiness() if check.name == "workers"]
    assert not check.ok and str(broker.folder / "theirs") in check.why
    (warning,) = [finding for finding in doctor_checks.examine(settings) if finding.what == "workers"]
    assert warning.level == "FAIL" and str(broker.folder / "theirs") in warning.words and "INGOT_HOME" in warning.remedy

    broker.work("mine")
    assert watch_job(Service(settings), settings, job, timeout_s=GENEROUS_S).state is JobState.DONE, "nothing was lost"


def test_the_command_line_ends_with_the_code_of_what_cannot_be_reached(broker: Broker) -> None:
    broker.work("theirs")
    path = fake_document(broker.folder / "in" / "note.pdf", "One page")
    given = {**FAKES, "home": str(broker.folder / "mine"), "broker_url": broker.url}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **{f"INGOT_{k.upper()}": v for k, v in given.items()}}
    command = [sys.executable, "-c", "from ingest.cli.app import main; main()", "ingest", str(path), "-k", "note"]
    run = subprocess.run(
        command, env=environment, cwd=broker.folder, capture_output=True, text=True, timeout=GENEROUS_S
    )
    assert run.returncode == 6, run.stderr
    assert "serve another home" in run.stderr and "Traceback" not in run.stderr


def test_a_worker_that_ends_is_not_counted_any_more(broker: Broker) -> None:
    broker.work("theirs")
    settings = broker.settings("mine")
    assert [str(one) for one in workers_of_other_homes(settings)] == [
        f"{broker.folder / 'theirs'} on {os.uname().nodename}"
    ]
    os.kill(broker.workers[0].pid, signal.SIGTERM)
    broker.workers[0].wait(GENEROUS_S)
    assert workers_of_other_homes(settings) == []


def test_a_home_is_known_by_its_id_whatever_its_path(tmp_path: Path) -> None:
    made = home_id(tmp_path / "home")
    (tmp_path / "other").symlink_to(tmp_path / "home")
    assert home_id(tmp_path / "home") == made == home_id(tmp_path / "other")
    assert home_id(tmp_path / "second") != made
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["home.id"]
    one = configuration(Settings(home=tmp_path / "home"))["broker_transport_options"]
    assert home_of(one) == made


def test_a_home_that_cannot_keep_its_id_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match="INGOT_HOME"):
        home_id(tmp_path / "file" / "home")


def test_where_all_homes_share_queues_a_foreign_message_is_left_to_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As on AMQP, which has no keys of its own for each home."""
    now = [1000.0]
    watcher = home_registry.Watcher(lambda: now[0])
    settings = Settings(home=tmp_path / "home")
    assert not watcher.foreign(settings, home_id(settings.home))
    assert not watcher.foreign(settings, ""), "of an older version: it is taken as ever"
    for _ in range(5):
        assert watcher.foreign(settings, "another")
    assert len(caplog.records) == 1
    now[0] += 61
    assert watcher.foreign(settings, "another")
    assert len(caplog.records) == 2


def test_messages_name_their_home(broker: Broker) -> None:
    settings = broker.settings("mine")
    begun(settings, "note")
    import redis

    client = redis.Redis(unix_socket_path=str(broker.folder / "redis.sock"))
    (key,) = [key for key in client.scan_iter() if b":cpu" in key]
    assert key.startswith(f"ingot:{home_id(settings.home)}:".encode())
    message = json.loads(client.lrange(key, 0, 0)[0])
    assert message["headers"]["ingot_home"] == home_id(settings.home)
    assert SimpleNamespace(**message["headers"]).ingot_home


def test_a_broker_that_is_away_tells_nothing_and_holds_nobody(broker: Broker) -> None:
    settings = broker.settings("mine")
    broker.redis.terminate()
    broker.redis.wait(GENEROUS_S)
    done = threading.Event()

    def ask() -> None:
        home_registry.announce(settings, home_registry.ASKER)
        assert home_registry.present(settings) == [] == workers_of_other_homes(settings)
        done.set()

    threading.Thread(target=ask, daemon=True).start()
    assert done.wait(GENEROUS_S), "it is asked once, not for ever"
