"""Why something waits is said as it is: a place in the queue, nobody who serves it, no broker, another try to come."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ingest import worker
from pipeline import flow
from pipeline.answers.roll_call import Member, Roll, RollCall
from pipeline.answers.viewing import Viewing
from pipeline.intake.ingesting import IngestRequest, ingest
from pipeline.priorities import ROLES
from pipeline.work import Tools
from stores.errors import InputError
from stores.models import Fault, Options, Stage, StepKey
from stores.records import RecordStore
from tests.in_process import KB, fake_document, fake_tools


class Told(RollCall):
    """A roll that a test has written."""

    def __init__(self, roll: Roll) -> None:
        self._written = roll

    def roll(self, wait_s: float = 0.0) -> Roll:
        return self._written

    def checked(self) -> Roll:
        return self._written


ALL = Member(queues=("cpu", "ocr", "extract", "embed", "notify"), pool="prefork", concurrency=2)
SERVED = Roll(broker=True, workers={"w@host": ALL}, messages={"cpu": 3})
NO_CPU = Roll(broker=True, workers={"w@host": Member(queues=("ocr", "embed"))})


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return fake_tools(tmp_path / "home")


def waiting_job(tools: Tools, folder: Path, *pages: str, knowledge_id: str = KB, count: int = 1) -> str:
    for number in range(count):
        fake_document(folder / knowledge_id / f"{number}.pdf", *(f"{page} {number} {knowledge_id}" for page in pages))
    report = ingest(tools, knowledge_id, IngestRequest(paths=(folder / knowledge_id,)))
    assert report.job
    return report.job


def store_of(tools: Tools) -> RecordStore:
    return tools.catalog.store(KB)


def why(tools: Tools, job: str, roll: Roll) -> str:
    waiting = Viewing(tools, Told(roll)).progress(store_of(tools), job).waiting
    assert waiting
    return waiting.why


def test_a_place_in_the_queue(tools: Tools, tmp_path: Path) -> None:
    first = waiting_job(tools, tmp_path, "text", knowledge_id="other", count=3)
    job = waiting_job(tools, tmp_path, "text", count=2)
    viewing = Viewing(tools, Told(SERVED))
    documents = viewing.job_documents(store_of(tools), job, (), None, 10).items
    assert {view.waiting.place for view in documents if view.waiting} == {4, 5}
    assert why(tools, job, SERVED) == "place 4 in the queue 'cpu'"
    other = viewing.progress(tools.catalog.store("other"), first).waiting
    assert other and other.why == "it is next in the queue 'cpu'"
    (cpu,) = [queue for queue in viewing.queues() if queue.queue == "cpu"]
    assert (cpu.waiting, cpu.working, cpu.messages, cpu.workers) == (5, 0, 3, ("w@host",))


def test_nobody_serves_the_queue(tools: Tools, tmp_path: Path) -> None:
    job = waiting_job(tools, tmp_path, "text")
    assert why(tools, job, NO_CPU).startswith("no worker serves the queues 'cpu' and 'extract': start one with `ingot")
    assert why(tools, job, Roll(broker=True)).startswith("no worker serves the queues 'cpu', 'embed' and 'extract': ")
    documents = Viewing(tools, Told(NO_CPU)).job_documents(store_of(tools), job, (), None, 10).items
    assert [view.waiting and view.waiting.why for view in documents] == [
        "no worker serves the queue 'cpu': start one with `ingot worker all`"
    ]
    assert why(tools, job, SERVED) == "it is next in the queue 'cpu'"
    (cpu,) = [queue for queue in Viewing(tools, Told(NO_CPU)).queues() if queue.queue == "cpu"]
    assert (cpu.waiting, cpu.workers) == (1, ())


def test_what_nobody_begins_is_an_obstacle(tools: Tools, tmp_path: Path) -> None:
    job, store = waiting_job(tools, tmp_path, "text", "[scan] text"), store_of(tools)

    def obstacle(*queues: str, broker: bool = True, trouble: str = "") -> str:
        roll = Roll(broker=broker, trouble=trouble, workers={"w@host": Member(queues=queues)})
        return Viewing(tools, Told(roll)).obstacle(store, job)

    assert obstacle("embed").startswith("no worker serves the queues 'cpu' and 'extract': ")
    assert obstacle("cpu") == "", "what nobody serves is said when its turn has come"
    starved = Roll(broker=True, complete=False, workers={"w@host": Member(queues=("embed",))})
    assert Viewing(tools, Told(starved)).obstacle(store, job) == "", "who had no time to answer is not missed"
    assert why(tools, job, starved) == "it is next in the queue 'cpu'"
    assert obstacle("cpu", broker=False, trouble="the broker is full").startswith("the broker is full; ")
    assert Viewing(tools, Told(Roll())).obstacle(store, job) == "", "nothing is claimed before anybody was asked"
    run_until_due(tools, Stage.OCR)
    assert obstacle("cpu", "extract") == (
        "no worker serves the queues 'embed' and 'ocr': start one with `ingot worker gpu` or `ingot worker all`"
    )
    due = [step for step in store.overview.due_steps() if step.stage is Stage.OCR]
    key = StepKey(knowledge_id=KB, document=due[0].document, generation=1, stage=Stage.OCR, batch=0)
    assert store.steps.claim(key, "me", "slow@host#1")
    assert obstacle("cpu", "extract") == "", "a queue of which somebody works is served, whoever answers"
    store.reopening.cancel(job)
    assert obstacle() == ""


def run_until_due(tools: Tools, stage: Stage) -> None:
    """Do what stands before a stage."""
    todo = store_of(tools).dispatch.take(100, frozenset(Stage))
    while todo:
        key = todo.pop(0)
        for step in store_of(tools).dispatch.straight_run(key, flow.STRAIGHT[key.stage]):
            if step.stage is not stage:
                todo += flow.run_stage(tools, step, owner="test", worker="test").due


def test_the_advice_names_roles_that_serve_the_queues() -> None:
    for role, queues in ROLES.items():
        served = {queue for kind in worker.ROLES[role] for queue in worker.KINDS[kind][1]}
        assert queues <= served


def test_no_broker(tools: Tools, tmp_path: Path) -> None:
    job = waiting_job(tools, tmp_path, "text")
    assert why(tools, job, Roll(broker=False)).startswith("the broker cannot be reached")
    (cpu,) = [queue for queue in Viewing(tools, Told(Roll(broker=False))).queues() if queue.queue == "cpu"]
    assert (cpu.messages, cpu.workers) == (None, None)
    assert why(tools, job, Roll()) == "it is next in the queue 'cpu'", "nothing is claimed before anybody was asked"


def test_another_try_is_to_come(tools: Tools, tmp_path: Path) -> None:
    job = waiting_job(tools, tmp_path, "text")
    store = store_of(tools)
    document = store.overview.find("0.pdf")
    key = StepKey(knowledge_id=KB, document=document, generation=1, stage=Stage.PLAN)
    claim = store.steps.claim(key, "me", "me@host#1")
    assert claim
    store.steps.retry_later(claim, Fault(code="unavailable", message="the disk is full"), 12.0)
    waiting = Viewing(tools, Told(SERVED)).progress(store, job).waiting
    assert waiting and waiting.why in [f"plan is tried again in {n} s: the disk is full" for n in (11, 12)]
    assert waiting.place is None
    assert waiting.again_at and 10 < waiting.again_at - time.time() < 13


def test_files_are_still_coming(tools: Tools) -> None:
    store = tools.catalog.create(KB)
    store.intake.open_job(f"{KB}.01", Options(), time.time())
    assert "still being added" in why(tools, f"{KB}.01", SERVED)


def test_what_is_in_hand_does_not_wait(tools: Tools, tmp_path: Path) -> None:
    job = waiting_job(tools, tmp_path, "text")
    store = store_of(tools)
    key = StepKey(knowledge_id=KB, document=store.overview.find("0.pdf"), generation=1, stage=Stage.PLAN)
    assert store.steps.claim(key, "me", "w@host#77")
    viewing = Viewing(tools, Told(SERVED))
    found = viewing.progress(store, job)
    assert found.waiting is None
    assert [(view.stage, view.state) for view in found.working] == [(Stage.PLAN, "running")]
    (worker,) = viewing.workers()
    assert (worker.name, worker.answers, worker.pool) == ("w@host", True, "prefork")
    assert [(step.source, step.stage) for step in worker.working] == [("0.pdf", Stage.PLAN)]
    (silent,) = Viewing(tools, Told(Roll(broker=False))).workers()
    assert (silent.name, silent.answers) == ("w@host", False), "who holds work is named though nobody answers"


def test_an_unknown_broker_is_not_asked(tools: Tools) -> None:
    assert RollCall(tools.settings).checked() == Roll()


def test_a_named_knowledge_base_must_be_there(tools: Tools) -> None:
    from stores.views import JobFilter

    with pytest.raises(InputError):
        Viewing(tools, Told(SERVED)).jobs_page(JobFilter(knowledge_ids=("nobody",)), None, 5)
