"""Which Celery workers make a role, on which machine."""

from __future__ import annotations

import pytest

from ingest.runtime.worker_spec import (
    KINDS,
    SOURCE,
    WorkerNeeds,
    WorkerSpec,
    cards,
    chosen_queues,
    split_node_name,
    worker_specs,
)
from stores.errors import InputError

PLAIN = WorkerNeeds(workers=4)
GOT = WorkerNeeds(workers=4, ocr_engine="got")
SENTENCES = WorkerNeeds(workers=4, embedder="sentence-transformers")


def shape(found: list[WorkerSpec]) -> list[tuple[str, tuple[str, ...], str]]:
    return [(KINDS[member.kind][0], member.queues, member.suffix) for member in found]


NOTIFY = ("threads", ("notify",), "notify")
CASES = {
    "one machine": ("all", PLAIN, [], [("prefork", ("cpu", "ocr", "extract", "embed"), ""), NOTIFY]),
    "a card without use": ("all", PLAIN, ["0"], [("prefork", ("cpu", "ocr", "extract", "embed"), ""), NOTIFY]),
    "got on one machine": (
        "all",
        GOT,
        [],
        [("prefork", ("cpu", "extract", "embed"), ""), ("threads", ("ocr",), "gpu"), NOTIFY],
    ),
    "sentences without a card": ("all", SENTENCES, [], [("prefork", ("cpu", "ocr", "extract", "embed"), ""), NOTIFY]),
    "sentences on a card": (
        "all",
        SENTENCES,
        ["0"],
        [("prefork", ("cpu", "ocr", "extract"), ""), ("threads", ("embed",), "gpu"), NOTIFY],
    ),
    "both, without a card": (
        "all",
        WorkerNeeds(workers=4, ocr_engine="got", embedder="sentence-transformers"),
        [],
        [("prefork", ("cpu", "extract"), ""), ("threads", ("ocr", "embed"), "gpu"), NOTIFY],
    ),
    "no model": ("cpu", GOT, [], [("prefork", ("cpu", "extract"), ""), NOTIFY]),
    "gpu host": ("gpu", GOT, ["0"], [("threads", ("ocr", "embed"), "")]),
    "gpu host of two": (
        "gpu",
        GOT,
        ["0", "GPU-1f"],
        [("threads", ("ocr", "embed"), "0"), ("threads", ("ocr", "embed"), "1")],
    ),
    "network alone": ("notify", GOT, [], [("threads", ("notify",), "")]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_roles(case: tuple[str, WorkerNeeds, list[str], list[tuple[str, tuple[str, ...], str]]]) -> None:
    role, needs, found_cards, expected = case
    members = worker_specs(role, needs, found_cards)
    assert shape(members) == expected
    nodes = [member.node("a@h") for member in members]
    assert len(set(nodes)) == len(nodes) and nodes[0].startswith("a")
    served = [queue for member in members for queue in member.queues]
    assert role != "all" or sorted(served) == ["cpu", "embed", "extract", "notify", "ocr"]


def test_each_card_has_its_process_and_its_name() -> None:
    first, second = worker_specs("gpu", GOT, ["0", "GPU-1f"])
    assert [member.environment({})["CUDA_VISIBLE_DEVICES"] for member in (first, second)] == ["0", "GPU-1f"]
    assert [member.node("gpu@%h") for member in (first, second)] == ["gpu-0@%h", "gpu-1@%h"]
    (alone,) = worker_specs("gpu", GOT, ["0"])
    assert "CUDA_VISIBLE_DEVICES" not in alone.environment({})


def test_more_pages_are_at_hand_than_the_reader_has_slots() -> None:
    (worker,) = worker_specs("gpu", WorkerNeeds(workers=2, ocr_engine="got", ocr_slots=64), ["0"])
    assert 64 < worker.concurrency < 128
    assert worker_specs("gpu", PLAIN, [])[0].concurrency == 4
    assert worker_specs("all", PLAIN, [])[0].concurrency == 4


def test_one_thread_per_process_of_the_cpu() -> None:
    prefork, card, _ = worker_specs("all", GOT, [])
    assert prefork.environment({})["OMP_NUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in card.environment({})


def test_needs_are_read_as_a_worker_reads_them() -> None:
    environment = {"INGOT_WORKERS": "3", "INGOT_OCR_ENGINE": "got", "INGOT_OCR_SLOTS": "8"}
    assert WorkerNeeds.of(environment) == WorkerNeeds(workers=3, ocr_engine="got", ocr_slots=8)
    assert WorkerNeeds.of({"INGOT_WORKERS": "1"}) == WorkerNeeds(workers=1)


@pytest.mark.parametrize(
    ("arguments", "name", "rest"),
    [
        ([], "gpu@%h", []),
        (["-n", "mine@here", "-l", "INFO"], "mine@here", ["-l", "INFO"]),
        (["--hostname=mine@here"], "mine@here", []),
        (["--concurrency", "2", "--hostname", "mine@here"], "mine@here", ["--concurrency", "2"]),
    ],
)
def test_a_name_given_to_celery_is_that_of_the_role(arguments: list[str], name: str, rest: list[str]) -> None:
    assert split_node_name(arguments, "gpu@%h") == (name, rest)


@pytest.mark.parametrize(("given", "found"), [("0,1", ["0", "1"]), ("", []), ("-1", []), ("GPU-1f", ["GPU-1f"])])
def test_the_cards_that_this_process_may_use(given: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert cards() == found


def test_workers_find_the_celery_application() -> None:
    assert (SOURCE / "celery_app.py").is_file()


@pytest.mark.parametrize(
    ("role", "queues", "expected"),
    [
        ("all", "ocr", [("prefork", ("ocr",), "")]),
        ("all", "extract, cpu", [("prefork", ("cpu", "extract"), "")]),
        ("all", "notify", [NOTIFY]),
        ("cpu", "", [("prefork", ("cpu", "extract"), ""), NOTIFY]),
    ],
)
def test_a_worker_serves_only_the_queues_that_are_asked_for(
    role: str, queues: str, expected: list[tuple[str, tuple[str, ...], str]]
) -> None:
    assert shape(worker_specs(role, PLAIN, [], chosen_queues(role, queues))) == expected


def test_a_queue_that_the_role_does_not_serve_is_refused() -> None:
    with pytest.raises(InputError, match="role gpu does not serve the queue 'cpu': it serves ocr, embed"):
        chosen_queues("gpu", "cpu")
