"""What every store of a home promises: schedules that are due once, under a lease; notices that do not repeat."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stores.catalog import Catalog
from stores.contracts import KnowledgeCatalog
from stores.contracts.schedules import ScheduleState
from stores.models import HOME
from stores.postgresql_catalog import PostgresCatalog
from stores.sql.postgresql_server import PostgresServer
from stores.views import CallbackFilter

NIGHTLY, HOURLY = {"cron": "0 3 * * *"}, {"cron": "0 * * * *"}
BODY = {"type": "notice", "data": {"cause": "jobs:kb"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[KnowledgeCatalog]:
    if request.param == "sqlite":
        yield Catalog(tmp_path, pooled=True)
        return
    server = PostgresServer(request.getfixturevalue("database_url"))
    yield PostgresCatalog(server, tmp_path)
    server.close()


def at_once(calls) -> list:
    """What calls return that begin at the same moment, each in a thread."""
    results: list = []
    start = threading.Barrier(len(calls))

    def call(one) -> None:
        start.wait()
        results.append(one())

    threads = [threading.Thread(target=call, args=(one,)) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_time_of_a_schedule_is_taken_once_and_its_run_is_told(catalog: KnowledgeCatalog) -> None:
    assert catalog.outboxes() == []
    schedules, now = catalog.home_store().schedules, catalog.now()
    assert (catalog.outboxes(), catalog.names()) == ([HOME], []), "it is no knowledge base"
    schedules.register({"nightly": NIGHTLY, "hourly": HOURLY})
    assert [(view.name, view.state) for view in schedules.views()] == [
        ("hourly", ScheduleState.WAITS),
        ("nightly", ScheduleState.WAITS),
    ]
    asked = at_once([lambda: schedules.make_due("nightly", now + 60)] * 4)
    assert sorted(asked) == [False, False, False, True], "several beats make it due once"
    assert (schedules.take(quiet=False), schedules.take(quiet=True)) == (["nightly"], []), "it is sent once"
    schedules.unsend(["nightly"])
    assert schedules.take(quiet=False) == ["nightly"]
    claims = at_once([lambda: schedules.claim("nightly", "ann/1", 60.0)] * 3)
    (claim,) = filter(None, claims)
    assert (claim.content, claim.attempt) == (NIGHTLY, 1) and schedules.beat(claim, 60.0)
    assert not schedules.make_due("nightly", now + 120), "its last run goes on"
    assert not schedules.request("nightly", NIGHTLY)
    assert schedules.are_open()
    assert schedules.finish(claim, {"new": 3}) and not schedules.finish(claim, {}), "it ends once"
    (view,) = [view for view in schedules.views() if view.name == "nightly"]
    assert (view.state, view.result, view.skipped) == (ScheduleState.DONE, {"new": 3}, 1)
    assert view.last_due_at == now + 120 and not schedules.are_open()
    schedules.register({"hourly": HOURLY})
    assert [view.name for view in schedules.views()] == ["hourly"], "what is not in the settings is forgotten"


def test_a_run_whose_worker_died_is_due_again(catalog: KnowledgeCatalog) -> None:
    schedules = catalog.home_store().schedules
    assert schedules.request("check", HOURLY), "also where no beat has registered it"
    assert not schedules.request("check", HOURLY)
    lost = schedules.claim("check", "ann/1", 0.0)
    assert lost and schedules.take(quiet=True) == ["check"]
    claim = schedules.claim("check", "bob/1", 60.0)
    assert claim and claim.attempt == 2
    assert not schedules.beat(lost, 60.0) and not schedules.finish(lost, {}), "who was thought dead writes nothing"
    assert schedules.release("bob/") == 1
    claim = schedules.claim("check", "cid/1", 60.0)
    assert claim and schedules.finish(claim, {}, "the folder /x is not there")
    (view,) = schedules.views()
    assert (view.state, view.error) == (ScheduleState.FAILED, "the folder /x is not there")


def test_a_cause_is_told_of_once_an_hour_to_each_receiver(catalog: KnowledgeCatalog) -> None:
    notices, urls = catalog.home_store().notices, ("https://example.org/x", "mailto:ann@example.org")
    told = at_once([lambda: notices.tell("jobs:kb", urls, BODY, 3600.0)] * 3)
    assert sorted(told) == [False, False, True]
    assert notices.tell("jobs:other", urls[:1], BODY, 3600.0), "another cause"
    assert notices.told_at("jobs:kb") > 0 and notices.told_at("never") == 0
    assert notices.tell("jobs:other", urls[:1], BODY, 0.0), "the time is over"
    waiting = catalog.store(HOME).callbacks.page(CallbackFilter(), None, 10)
    assert sorted(view.url for view in waiting) == sorted([*urls, urls[0], urls[0]])
    assert {(view.kind, view.state) for view in waiting} == {("notice", "pending")}
    claim = catalog.store(HOME).callbacks.claim(waiting[0].job, "ann", 60.0)
    assert claim and claim.body == BODY
    catalog.mark_outbound(HOME)
    assert catalog.outbound_tasks() == [HOME]
    catalog.rest_outbound(HOME)
    assert catalog.outbound_tasks() == []
