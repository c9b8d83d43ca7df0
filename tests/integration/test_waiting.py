"""Why something waits is said as it is: a place in the queue, nobody who serves it, no broker, another try to come."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ingest.runtime import worker_spec
from pipeline import flow
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.priorities import ROLES
from pipeline.queries.answer_cache import AnswerCache
from pipeline.queries.jobs import JobQueries
from pipeline.queries.queues import QueueQueries
from pipeline.queries.waiting import WaitingReasons
from pipeline.queries.worker_status import WorkerAnswer, WorkerAnswers, WorkerStatus
from pipeline.stage_specs import FOLLOWED_BY
from pipeline.step_context import Resources
from stores.contracts.registration import NewJob
from stores.errors import InputError
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import Fault, Options, Stage, StepKey
from tests.in_process import KB, fake_document, fake_resources, sql_store


class Told(WorkerStatus):
    """A roll that a test has written."""

    def __init__(self, roll: WorkerAnswers) -> None:
        self._written = roll

    def newest(self, wait_s: float = 0.0) -> WorkerAnswers:
        return self._written

    def checked(self) -> WorkerAnswers:
        return self._written


ALL = WorkerAnswer(queues=("cpu", "ocr", "extract", "embed", "notify"), pool="prefork", concurrency=2)
SERVED = WorkerAnswers(broker=True, workers={"w@host": ALL}, messages={"cpu": 3})
NO_CPU = WorkerAnswers(broker=True, workers={"w@host": WorkerAnswer(queues=("ocr", "embed"))})


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    return fake_resources(tmp_path / "home")


def waiting_job(resources: Resources, folder: Path, *pages: str, knowledge_id: str = KB, count: int = 1) -> str:
    for number in range(count):
        fake_document(folder / knowledge_id / f"{number}.pdf", *(f"{page} {number} {knowledge_id}" for page in pages))
    report = ingest(resources, knowledge_id, IngestRequest(paths=(folder / knowledge_id,)))
    assert report.job
    return report.job


def store_of(resources: Resources) -> SqlKnowledgeStore:
    return sql_store(resources, KB)


def queue_queries(resources: Resources, answers: WorkerAnswers) -> QueueQueries:
    return QueueQueries(resources, Told(answers), AnswerCache())


def job_queries(resources: Resources, answers: WorkerAnswers) -> JobQueries:
    waiting = WaitingReasons(resources, Told(answers), queue_queries(resources, answers))
    return JobQueries(resources, waiting, AnswerCache())


def why(resources: Resources, job: str, roll: WorkerAnswers) -> str:
    waiting = job_queries(resources, roll).progress(job).waiting
    assert waiting
    return waiting.why


def test_a_place_in_the_queue(resources: Resources, tmp_path: Path) -> None:
    first = waiting_job(resources, tmp_path, "text", knowledge_id="other", count=3)
    job = waiting_job(resources, tmp_path, "text", count=2)
    queries = job_queries(resources, SERVED)
    documents = queries.documents(job).items
    assert {view.waiting.place for view in documents if view.waiting} == {2, 4}, "both knowledge bases take turns"
    assert why(resources, job, SERVED) == "place 2 in the queue 'cpu'"
    other = queries.progress(first).waiting
    assert other and other.why == "it is next in the queue 'cpu'"
    (cpu,) = [queue for queue in queue_queries(resources, SERVED).queues() if queue.queue == "cpu"]
    assert (cpu.waiting, cpu.working, cpu.messages, cpu.workers) == (5, 0, 3, ("w@host",))


def test_nobody_serves_the_queue(resources: Resources, tmp_path: Path) -> None:
    job = waiting_job(resources, tmp_path, "text")
    assert why(resources, job, NO_CPU).startswith(
        "no worker serves the queues 'cpu' and 'extract': start one with `ingot"
    )
    assert why(resources, job, WorkerAnswers(broker=True)).startswith(
        "no worker serves the queues 'cpu', 'embed' and 'extract': "
    )
    documents = job_queries(resources, NO_CPU).documents(job).items
    assert [view.waiting and view.waiting.why for view in documents] == [
        "no worker serves the queue 'cpu': start one with `ingot worker all`"
    ]
    assert why(resources, job, SERVED) == "it is next in the queue 'cpu'"
    (cpu,) = [queue for queue in queue_queries(resources, NO_CPU).queues() if queue.queue == "cpu"]
    assert (cpu.waiting, cpu.workers) == (1, ())


def test_what_nobody_begins_is_an_obstacle(resources: Resources, tmp_path: Path) -> None:
    job, store = waiting_job(resources, tmp_path, "text", "[scan] text"), store_of(resources)

    def obstacle(*queues: str, broker: bool = True, trouble: str = "") -> str:
        roll = WorkerAnswers(broker=broker, trouble=trouble, workers={"w@host": WorkerAnswer(queues=queues)})
        return job_queries(resources, roll).obstacle(job)

    assert obstacle("embed").startswith("no worker serves the queues 'cpu' and 'extract': ")
    assert obstacle("cpu") == "", "what nobody serves is said when its turn has come"
    starved = WorkerAnswers(broker=True, complete=False, workers={"w@host": WorkerAnswer(queues=("embed",))})
    assert job_queries(resources, starved).obstacle(job) == "", "who had no time to answer is not missed"
    assert why(resources, job, starved) == "it is next in the queue 'cpu'"
    assert obstacle("cpu", broker=False, trouble="the broker is full").startswith("the broker is full; ")
    assert job_queries(resources, WorkerAnswers()).obstacle(job) == "", "nothing is claimed before anybody was asked"
    run_until_due(resources, Stage.OCR)
    assert obstacle("cpu", "extract") == (
        "no worker serves the queues 'embed' and 'ocr': start one with `ingot worker gpu` or `ingot worker all`"
    )
    due = [step for step in store.work_queries.due_steps() if step.stage is Stage.OCR]
    key = StepKey(knowledge_id=KB, document=due[0].document, generation=1, stage=Stage.OCR, batch=0)
    assert store.steps.claim(key, "me", "slow@host#1")
    assert obstacle("cpu", "extract") == "", "a queue of which somebody works is served, whoever answers"
    store.job_control.cancel(job)
    assert obstacle() == ""


def run_until_due(resources: Resources, stage: Stage) -> None:
    """Do what stands before a stage."""
    todo = store_of(resources).dispatch.take(100, frozenset(Stage))
    while todo:
        key = todo.pop(0)
        for step in store_of(resources).dispatch.runs([key], FOLLOWED_BY)[0].steps:
            if step.stage is not stage:
                todo += flow.run_stage(resources, step, owner="test", worker="test").due


def test_the_advice_names_roles_that_serve_the_queues() -> None:
    for role, queues in ROLES.items():
        served = {queue for kind in worker_spec.ROLES[role] for queue in worker_spec.KINDS[kind][1]}
        assert queues <= served


def test_no_broker(resources: Resources, tmp_path: Path) -> None:
    job = waiting_job(resources, tmp_path, "text")
    assert why(resources, job, WorkerAnswers(broker=False)).startswith("the broker cannot be reached")
    (cpu,) = [queue for queue in queue_queries(resources, WorkerAnswers(broker=False)).queues() if queue.queue == "cpu"]
    assert (cpu.messages, cpu.workers) == (None, None)
    assert why(resources, job, WorkerAnswers()) == "it is next in the queue 'cpu'", (
        "nothing is claimed before anybody was asked"
    )


def test_another_try_is_to_come(resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    job = waiting_job(resources, tmp_path, "text")
    store = store_of(resources)
    document = store.document_queries.find("0.pdf")
    key = StepKey(knowledge_id=KB, document=document, generation=1, stage=Stage.PLAN)
    claim = store.steps.claim(key, "me", "me@host#1")
    assert claim
    store.steps.retry_later(claim, Fault(code="unavailable", message="the disk is full"), 12.0)
    waiting = job_queries(resources, SERVED).progress(job).waiting
    assert waiting and waiting.why in [f"plan is tried again in {n} s: the disk is full" for n in (11, 12)]
    assert waiting.place is None
    assert waiting.again_at and abs(waiting.again_at - now - 12.0) < 2.0


def test_files_are_still_coming(resources: Resources) -> None:
    store = resources.catalog.create(KB)
    with store.registration.together(time.time()) as unit:
        unit.open_jobs([NewJob(job=f"{KB}.01", options=Options(), accepting=True)])
    assert "still being added" in why(resources, f"{KB}.01", SERVED)


def test_what_is_in_hand_does_not_wait(resources: Resources, tmp_path: Path) -> None:
    job = waiting_job(resources, tmp_path, "text")
    store = store_of(resources)
    key = StepKey(knowledge_id=KB, document=store.document_queries.find("0.pdf"), generation=1, stage=Stage.PLAN)
    assert store.steps.claim(key, "me", "w@host#77")
    queries = job_queries(resources, SERVED)
    progress = queries.progress(job)
    assert progress.waiting is None
    assert [(view.stage, view.state) for view in progress.working] == [(Stage.PLAN, "running")]
    (worker,) = queue_queries(resources, SERVED).workers()
    assert (worker.name, worker.answers, worker.pool) == ("w@host", True, "prefork")
    assert [(step.source, step.stage) for step in worker.working] == [("0.pdf", Stage.PLAN)]
    (silent,) = queue_queries(resources, WorkerAnswers(broker=False)).workers()
    assert (silent.name, silent.answers) == ("w@host", False), "who holds work is named though nobody answers"


def test_an_unknown_broker_is_not_asked(resources: Resources) -> None:
    assert WorkerStatus(resources.settings).checked() == WorkerAnswers()


def test_a_named_knowledge_base_must_be_there(resources: Resources) -> None:
    from stores.views import JobFilter

    with pytest.raises(InputError):
        job_queries(resources, SERVED).slice(JobFilter(knowledge_ids=("nobody",)), None, 5)
