"""Names, types and priorities of the queues at each kind of broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import broker_queues, tasks
from pipeline.settings import Settings

REDIS, RABBIT = "redis://host/0", "amqp://user:word@host//"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    tasks.configure(Settings(home=tmp_path))


def test_rabbitmq_has_quorum_queues_of_their_own_names() -> None:
    assert [queue.name for queue in broker_queues.declared(REDIS)] == list(broker_queues.NAMES)
    for queue, name in zip(broker_queues.declared(RABBIT), broker_queues.NAMES, strict=True):
        assert (queue.name, queue.alias, queue.exchange.name) == (f"ingot.{name}", name, "ingot")
        assert queue.queue_arguments == {"x-queue-type": "quorum", "x-delivery-limit": broker_queues.DELIVERIES}
        assert broker_queues.plain_name(queue.name) == name == broker_queues.plain_name(name)


def test_what_comes_first_has_the_largest_number_at_rabbitmq() -> None:
    assert [broker_queues.priority_at(REDIS, priority) for priority in (0, 9)] == [0, 9]
    assert [broker_queues.priority_at(RABBIT, priority) for priority in (0, 9)] == [9, 0]
    assert broker_queues.routes(REDIS)["ingot.publish"] == {"queue": "cpu", "priority": 0}
    assert broker_queues.routes(RABBIT)["ingot.publish"] == {"queue": "cpu", "priority": 9}


def test_a_process_may_go_from_one_kind_of_broker_to_the_other(home: Path) -> None:
    for url, name, priority in ((RABBIT, "ingot.ocr", 3), (REDIS, "ocr", 6), (RABBIT, "ingot.ocr", 3)):
        tasks.configure(Settings(broker_url=url, home=home))
        route = tasks.app.amqp.router.route({}, "ingot.ocr")
        assert (route["queue"].name, route["priority"]) == (name, priority)
        assert tasks.app.amqp.queues["ocr"].name == name
