"""Fairness: a large job makes no other job wait for all of it, nor one knowledge base another; priorities hold.

Workers and engines are left out: steps are claimed and finished here, in the order of the messages. What is asserted is
the order in which steps are begun.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.priorities import PRIORITIES, WINDOWS
from pipeline.stage_specs import NEEDS, STAGES, stages_of
from stores.contracts import KnowledgeStore
from stores.contracts.registration import NewJob
from stores.effects import Batch, Claim, Effect, Extracted, Nothing, Planned, Published
from stores.models import Options, Outcome, PagePlan, Route, Stage, StepKey
from stores.placement import PlacementDecision, StagedFile
from tests.in_process import fake_resources

pytestmark = pytest.mark.usefixtures("each_database")

MakeStore = Callable[[str], KnowledgeStore]
_BATCH_PAGES = 16


@pytest.fixture
def make_store(home: Path) -> MakeStore:
    return fake_resources(home).catalog.create


def submit(store: KnowledgeStore, name: str, documents: int, priority: int = 0) -> str:
    """Open a job for so many new documents; the id of the job."""
    job = f"{store.knowledge_id}.{name}"
    with store.registration.together(time.time()) as unit:
        unit.open_jobs([NewJob(job=job, options=Options(), accepting=True, priority=priority)])
        unit.register([(job, _decision(f"{name}-{at}")) for at in range(documents)], NEEDS)
        unit.seal_job(job)
    return job


def _decision(name: str) -> PlacementDecision:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    file = StagedFile(root="/docs", name=name, size_bytes=9, sha256=sha256, media_type="application/pdf")
    return PlacementDecision(file=file, outcome=Outcome.NEW, options=Options(), fingerprints={})


@dataclass
class Broker:
    """Messages in their order, and some workers that begin one step each and end it in turn."""

    workers: int
    pages: Callable[[str], int]  # of a document, by its name
    route: Route = Route.TEXT
    messages: list[StepKey] = field(default_factory=list)
    working: deque[tuple[KnowledgeStore, Claim]] = field(default_factory=deque)
    begun: list[tuple[str, Stage, str]] = field(default_factory=list)  # (knowledge base, stage, source)
    most_waiting: int = 0

    def send(self, store: KnowledgeStore) -> None:
        self.messages += store.dispatch.take(200, frozenset(), WINDOWS)
        self.most_waiting = max(self.most_waiting, len(self.messages))

    def work(self, *stores: KnowledgeStore) -> None:
        """Run until nothing is left to do."""
        by_name = {store.knowledge_id: store for store in stores}
        for store in stores:
            self.send(store)
        while self.messages or self.working:
            while self.messages and len(self.working) < self.workers:
                self._begin(by_name)
            self._end(*self.working.popleft())

    def _begin(self, stores: dict[str, KnowledgeStore]) -> None:
        key = min(self.messages, key=lambda key: PRIORITIES[key.stage])  # the first of equal ones
        self.messages.remove(key)
        store = stores[key.knowledge_id]
        claim = store.steps.claim(key, uuid.uuid4().hex, "worker")
        assert claim is not None
        self.begun.append((key.knowledge_id, key.stage, claim.source))
        self.working.append((store, claim))
        if claim.backlog:
            self.send(store)

    def _end(self, store: KnowledgeStore, claim: Claim) -> None:
        followed_by = STAGES[claim.key.stage].followed_by
        due = store.steps.finish(claim, self._effect(claim), NEEDS, 0.0, followed_by)
        self.messages += [key for key in due if key.stage in followed_by]
        if any(key.stage not in followed_by for key in due):
            self.send(store)

    def _effect(self, claim: Claim) -> Effect:
        if claim.key.stage is Stage.PLAN:
            return _planned(self.pages(claim.source), self.route)
        if claim.key.stage is Stage.EXTRACT:
            return Extracted(records=(), title="", language="")
        return Published() if claim.key.stage is Stage.PUBLISH else Nothing()

    def order(self, stage: Stage = Stage.PARSE) -> list[str]:
        return [source for _, begun, source in self.begun if begun is stage]


def _planned(pages: int, route: Route) -> Planned:
    plans = [PagePlan(number=at, width_pt=1.0, height_pt=1.0, route=route, reason="") for at in range(1, pages + 1)]
    firsts = range(1, pages + 1, _BATCH_PAGES)
    batches = [
        Batch(stage=stage, number=at, first=n, last=n, pages=1)
        for at, n in enumerate(firsts)
        for stage in stages_of(route)
    ]
    return Planned(password="", pages=tuple(plans), batches=tuple(batches))


def pages_of(name: str) -> int:
    return 24 * _BATCH_PAGES if name.startswith("large") else 1


def last_of(order: list[str], prefix: str) -> int:
    return max(at for at, source in enumerate(order) if source.startswith(prefix))


def test_small_documents_do_not_wait_for_a_large_one_of_another_job(make_store: MakeStore) -> None:
    store, broker = make_store("one"), Broker(workers=3, pages=pages_of)
    submit(store, "large", 1)
    submit(store, "small", 8)
    broker.work(store)
    order = broker.order()
    assert len(order) == 32
    assert last_of(order, "small") < 2 * 8 + 8, order
    assert last_of(order, "large") == 31
    assert broker.most_waiting <= 8, "the others wait where their turn can still change"


def test_a_job_of_many_documents_does_not_hold_up_another(make_store: MakeStore) -> None:
    store, broker = make_store("one"), Broker(workers=3, pages=pages_of)
    submit(store, "many", 16)
    submit(store, "small", 3)
    broker.work(store)
    assert last_of(broker.order(Stage.PLAN), "small") < 2 * 3 + 5
    assert last_of(broker.order(Stage.PUBLISH), "small") < 2 * 3 + 5


def test_one_knowledge_base_does_not_starve_another(make_store: MakeStore) -> None:
    large, small = make_store("large"), make_store("small")
    broker = Broker(workers=3, pages=pages_of)
    submit(large, "large", 1)
    submit(large, "many", 12)
    submit(small, "small", 4)
    broker.work(large, small)
    begun = [source for _, _, source in broker.begun]
    assert last_of(begun, "small") < len(begun) / 2, "it has half of the work at most, while both have some"


def test_within_a_job_the_first_batches_of_all_come_first(make_store: MakeStore) -> None:
    store, broker = (
        make_store("one"),
        Broker(workers=1, pages=lambda name: _BATCH_PAGES * (3 if name[-1] in "01" else 1)),
    )
    submit(store, "job", 6)
    broker.work(store)
    assert set(broker.order()[-2:]) == {"job-0", "job-1"}


def test_a_job_of_larger_priority_overtakes_and_one_of_smaller_waits(make_store: MakeStore) -> None:
    store, broker = make_store("one"), Broker(workers=1, pages=pages_of)
    submit(store, "later", 3, priority=-5)
    submit(store, "usual", 3)
    submit(store, "urgent", 3, priority=1)
    broker.work(store)
    assert [source.partition("-")[0] for source in broker.order(Stage.PLAN)] == 3 * ["urgent"] + 3 * ["usual"] + 3 * [
        "later"
    ]


def test_a_document_that_an_urgent_job_asks_for_too_moves_up(make_store: MakeStore) -> None:
    store, broker = make_store("one"), Broker(workers=1, pages=pages_of)
    submit(store, "usual", 9)
    broker.send(store)
    asked = _decision("usual-8")
    with store.registration.together(time.time()) as unit:
        unit.open_jobs([NewJob(job="one.urgent", options=Options(), accepting=True, priority=9)])
        unit.register([("one.urgent", asked)], NEEDS)
        unit.seal_job("one.urgent")
    sent = len(broker.messages)
    broker.work(store)
    assert "usual-8" in broker.order(Stage.PLAN)[: sent + 1]


def test_what_a_job_has_in_progress_counts_in_all_stages_of_a_chain(make_store: MakeStore) -> None:
    store, broker = make_store("one"), Broker(workers=3, pages=pages_of, route=Route.OCR)
    submit(store, "large", 1)
    submit(store, "small", 6)
    broker.work(store)
    assert last_of(broker.order(Stage.OCR), "small") < 2 * 6 + 8


def test_a_message_that_was_lost_takes_no_room_for_ever(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store("one")
    submit(store, "many", 9)
    lost = store.dispatch.take(200, frozenset(), WINDOWS)
    assert 0 < len(lost) < 9 and store.dispatch.take(200, frozenset(), WINDOWS) == []
    monkeypatch.setattr("stores.sql.database.Database.now", lambda _: 4e9)
    assert set(store.dispatch.take(200, frozenset(Stage), WINDOWS)) == set(lost)
