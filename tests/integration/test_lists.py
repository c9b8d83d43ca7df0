"""Lists of documents and jobs in parts: nothing twice, nothing missing, whatever the order and whatever is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.step_context import Resources
from stores.contracts.queries import DocumentQueries
from stores.errors import InputError, NotFoundError
from stores.models import DocumentState
from stores.queries.documents import SORTS
from stores.views import CallbackFilter, DocumentFilter, DocumentView, JobFilter, JobSummary
from tests.in_process import KB, fake_document, fake_resources, ingest_now

EVERY_SORT = [sign + sort for sort in SORTS for sign in ("", "-")]


def made(folder: Path, database_url: str = "") -> Resources:
    """Twelve documents, one of them under two names, and one refused file, below ``folder``."""
    for number in range(12):
        fake_document(folder / "in" / f"f{number % 4}" / f"{number:02}.pdf", f"# Title {number}\n" + "word " * number)
    fake_document(folder / "in" / "copy.pdf", "# Title 3\n" + "word " * 3)
    (folder / "in" / "bad.pdf").write_text("no document")
    resources = fake_resources(folder / "home", database_url=database_url)
    ingest_now(resources, folder / "in")
    return resources


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def resources(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Resources:
    url = request.getfixturevalue("postgres").url() if request.param == "postgresql" else ""
    return made(tmp_path_factory.mktemp("lists"), url)


def test_a_store_that_is_held_says_that_its_knowledge_base_was_removed(resources: Resources) -> None:
    held = resources.catalog.create("removed")
    resources.catalog.remove("removed")
    with pytest.raises(NotFoundError, match="was removed"):
        held.get_meta("colour")
    with pytest.raises(NotFoundError, match="was removed"):
        held.set_meta("colour", "red")


def test_what_is_deleted_meanwhile_is_left_out(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    service, there = Service(resources.settings), resources.catalog.names()
    for listing in ("names", "busy", "outboxes", "outbound_tasks"):
        monkeypatch.setattr(type(resources.catalog), listing, lambda _: ["gone", *there])
    assert [view.knowledge_id for view in service.knowledge_bases.all()] == there
    assert len(service.jobs.slice(JobFilter()).items) == 1
    assert service.callbacks.slice(CallbackFilter()).items == () and service.callbacks.replay_dead() == 0
    administration = service.administration
    assert not administration.unfinished() and administration.open_work() == [] and administration.queues()
    with pytest.raises(NotFoundError):
        service.jobs.slice(JobFilter(knowledge_ids=("gone",)))


def overview(resources: Resources) -> DocumentQueries:
    return resources.catalog.store(KB).document_queries


def in_parts(resources: Resources, limit: int, **wanted: Any) -> list[DocumentView]:
    views: list[DocumentView] = []
    cursor = None
    while True:
        part = overview(resources).slice(DocumentFilter(**wanted), cursor, limit)
        assert len(part.items) <= limit
        views += part.items
        cursor = part.next_cursor
        if cursor is None:
            return views


@pytest.mark.parametrize("sort", EVERY_SORT)
@pytest.mark.parametrize("limit", [1, 5, 100])
def test_parts_are_the_whole(resources: Resources, sort: str, limit: int) -> None:
    sources = [view.source for view in in_parts(resources, limit, sort=sort)]
    assert len(sources) == len(set(sources)) == 13
    assert set(sources) >= {"bad.pdf", "f0/00.pdf"}
    assert len({"copy.pdf", "f3/03.pdf"} & set(sources)) == 1, "a document stands under one of its names"
    back = [view.source for view in in_parts(resources, limit, sort=sort[1:] if sort.startswith("-") else f"-{sort}")]
    assert sources == back[::-1]


def test_orders_are_what_they_say(resources: Resources) -> None:
    names = [view.source for view in in_parts(resources, 4, sort="source")]
    assert names == sorted(names)
    sizes = [view.size_bytes for view in in_parts(resources, 4, sort="-size")]
    assert sizes == sorted(sizes, reverse=True)
    times = [view.updated_at for view in in_parts(resources, 4, sort="updated")]
    assert times == sorted(times)


def test_a_changed_file_shows_both_versions_until_the_new_one_answers(tmp_path: Path) -> None:
    resources = made(tmp_path)
    fake_document(tmp_path / "in" / "f0" / "00.pdf", "# Other title\nnew words")
    ingest(resources, KB, IngestRequest(paths=(tmp_path / "in",)))
    for sort in EVERY_SORT:
        views = in_parts(resources, 1, sort=sort)
        both = [view for view in views if view.source == "f0/00.pdf"]
        assert len(views) == 14
        assert sorted((view.state, view.visible) for view in both) == [
            (DocumentState.DONE, True),
            (DocumentState.QUEUED, False),
        ]


def test_filters(resources: Resources) -> None:
    assert [view.source for view in in_parts(resources, 5, state=DocumentState.FAILED)] == ["bad.pdf"]
    assert [view.source for view in in_parts(resources, 5, text="TITLE 7")] == ["f3/07.pdf"]
    assert {view.source for view in in_parts(resources, 2, text="f1/")} == {"f1/01.pdf", "f1/05.pdf", "f1/09.pdf"}
    by_second_name = in_parts(resources, 5, text="copy")
    assert len(by_second_name) == 1 and "copy.pdf" in by_second_name[0].sources
    assert in_parts(resources, 5, text="100%") == []
    assert in_parts(resources, 5, state=DocumentState.RUNNING) == []
    assert len(in_parts(resources, 5, state=DocumentState.DONE, text="0")) > 1


@pytest.mark.parametrize("cursor", ["x", "e30", "WzFd", "WyJhIl0", "W251bGwsMSwxXQ", "!", "WyJhIiwxLDFd" * 400])
def test_a_foreign_cursor_is_refused(resources: Resources, cursor: str) -> None:
    with pytest.raises(InputError) as refused:
        overview(resources).slice(DocumentFilter(sort="size"), cursor, 5)
    assert refused.value.code == "bad_cursor"


def test_an_unknown_sort_is_refused(resources: Resources) -> None:
    for sort in ("", "-", "colour", "--source"):
        with pytest.raises(InputError, match="sort order"):
            overview(resources).slice(DocumentFilter(sort=sort), None, 5)


def test_jobs_of_all_knowledge_bases_come_newest_first(resources: Resources, tmp_path: Path) -> None:
    for number in range(5):
        path = fake_document(tmp_path / "more" / f"{number}.pdf", f"more {number}")
        ingest(resources, f"kb-{number % 2}", IngestRequest(paths=(path,)))
    jobs = Service(resources.settings).jobs
    whole = [job.job for job in jobs.all()]
    assert len(whole) == 6  # and the one that made the documents
    listed: list[JobSummary] = []
    cursor = None
    while True:
        part = jobs.slice(JobFilter(), cursor, 2)
        listed += part.items
        cursor = part.next_cursor
        if cursor is None:
            break
    assert [job.job for job in listed] == whole
    assert [job.created_at for job in listed] == sorted((job.created_at for job in listed), reverse=True)
    assert {job.knowledge_id for job in jobs.all("kb-1")} == {"kb-1"}
    assert jobs.slice(JobFilter(knowledge_ids=())).items == ()


def test_the_first_documents_of_a_job_are_those_that_need_attention(tmp_path: Path) -> None:
    fake_document(tmp_path / "docs" / "b.pdf", "good")
    fake_document(tmp_path / "docs" / "a.pdf", "fine")
    fake_document(tmp_path / "docs" / "c.pdf", "good as well", "[broken] bad")
    resources = fake_resources(tmp_path / "home")
    job = ingest_now(resources, tmp_path / "docs").job
    order = (DocumentState.PARTIAL, DocumentState.DONE)
    queries = resources.catalog.store(KB).job_queries
    assert [view.source for view in queries.first_documents(job, order, 10)] == ["c.pdf", "a.pdf", "b.pdf"]
    assert [view.source for view in queries.first_documents(job, order, 2)] == ["c.pdf", "a.pdf"]
