"""What the relay sees of a real Redis: a step whose queue is not empty waits there and is not sent again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.runtime import processes
from pipeline import tasks
from pipeline.settings import Settings
from stores.models import Stage, StepKey
from tests.waiting import GENEROUS_S, eventually


@pytest.fixture
def broker_url(home: Path) -> Iterator[str]:
    socket = home / "redis.sock"
    server = subprocess.Popen(
        [processes.redis_program(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(home)],
        stdout=subprocess.DEVNULL,
    )
    eventually(socket.exists)
    before = dict(tasks.app.conf.changes)
    url = f"redis+socket://{socket}?virtual_host=0"
    tasks.configure(Settings(broker_url=url))
    yield url
    tasks.app.conf.update(before)
    server.terminate()
    server.wait(GENEROUS_S)


def test_messages_of_every_priority_are_counted(broker_url: str) -> None:
    assert tasks.quiet_stages() == frozenset(Stage)
    key = StepKey(knowledge_id="kb", document="d", generation=1, stage=Stage.PARSE)
    with tasks.app.connection_for_write(broker_url) as connection:
        for stage in (Stage.PARSE, Stage.PUBLISH, Stage.OCR):
            tasks.TASKS[stage].si(*tasks.ids_of(key)).apply_async(connection=connection)
    assert tasks.quiet_stages() == {Stage.EXTRACT, Stage.EMBED}
