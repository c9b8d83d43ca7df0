"""What a step asks of its database, counted: the same on a busy machine as on a quiet one.

On PostgreSQL nearly every statement, BEGIN and COMMIT is a message there and back, so they are what a step costs.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import flow
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.stage_specs import FOLLOWED_BY
from pipeline.step_context import Resources
from stores.models import Stage, StepKey
from tests.counting import statements
from tests.in_process import KB, fake_document, fake_resources

pytestmark = pytest.mark.usefixtures("each_database")

BATCH = 8
PER_PAGE = 4  # on SQLite: the page in work and the page before, its blocks, and a commit
PER_PAGE_OVER_THE_NETWORK = 2  # on PostgreSQL: all of them as one statement, which commits itself
#: Beside its pages: the claim, what is to be read, the last page, the end.
MOST = {Stage.PLAN: 20, Stage.PARSE: 18, Stage.RENDER: 14, Stage.OCR: 18, Stage.EXTRACT: 37, Stage.EMBED: 22}


@pytest.fixture
def resources(home: Path, tmp_path: Path) -> Resources:
    pages = [f"A page about herons {at}" for at in range(2 * BATCH)]
    scans = [f"[scan] A page about otters {at}" for at in range(2 * BATCH)]
    fake_document(tmp_path / "d" / "one.pdf", *pages, *scans)
    made = fake_resources(home, batch_pages=BATCH)
    ingest(made, KB, IngestRequest(paths=(tmp_path / "d",)))
    return made


def steps(resources: Resources) -> Iterator[tuple[StepKey, list[str]]]:
    """Run all steps; each with its statements."""
    todo = resources.catalog.store(KB).dispatch.take(100, frozenset())
    while todo:
        key = todo.pop(0)
        with statements() as seen:
            result = flow.run_stage(resources, key, owner=uuid.uuid4().hex, worker="test")
        yield key, seen
        todo += [step for step in result.due if step not in todo]
        store = resources.catalog.store(KB)
        todo += [run.steps[1] for run in store.dispatch.runs([key], FOLLOWED_BY) if run.steps[1:]]


def test_a_step_asks_its_database_a_known_number_of_times(resources: Resources) -> None:
    counts: dict[Stage, list[int]] = {}
    for key, seen in steps(resources):
        counts.setdefault(key.stage, []).append(len(seen))
    per_page = PER_PAGE_OVER_THE_NETWORK if resources.settings.database_url else PER_PAGE
    for stage, most in MOST.items():
        pages = BATCH if stage in (Stage.PARSE, Stage.RENDER, Stage.OCR) else 0
        assert max(counts[stage]) <= most + pages * per_page, (stage, counts)
    assert len(counts[Stage.PARSE]) == 2


def test_many_batches_become_due_in_as_many_statements_as_few(home: Path, tmp_path: Path) -> None:
    needed = []
    for number, pages in enumerate((2, 40)):
        made = fake_resources(home, batch_pages=1)
        fake_document(tmp_path / f"{number}" / "one.pdf", *[f"Page {at} of {number}" for at in range(pages)])
        ingest(made, KB, IngestRequest(paths=(tmp_path / f"{number}",)))
        (key,) = made.catalog.store(KB).dispatch.take(100, frozenset())
        with statements() as seen:
            due = flow.run_stage(made, key, owner="planner", worker="test").due
        assert len(due) == pages
        needed.append(len([statement for statement in seen if not statement.startswith("BEGIN; SET LOCAL")]))
        for step in due:
            made.catalog.store(KB).steps.claim(step, "somebody", "test")
    assert needed[0] == needed[1]


def test_sending_many_steps_asks_no_more_than_sending_one(resources: Resources) -> None:
    store = resources.catalog.store(KB)
    (key,) = store.dispatch.take(100, frozenset())
    due = list(flow.run_stage(resources, key, owner="planner", worker="test").due)
    needed = []
    for keys in (due[:1], due):
        with statements() as seen:
            store.dispatch.runs(keys, FOLLOWED_BY)
        needed.append(len(seen))
    assert needed[0] == needed[1]
    with statements() as seen:
        assert store.steps.claim(due[0], "somebody", "test") is not None
    claimed = [statement for statement in seen if not statement.startswith("BEGIN") and statement != "COMMIT"]
    assert len(claimed) <= 2, "what it is, and that it is ours"
