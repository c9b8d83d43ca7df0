"""One knowledge base with documents and jobs in every state: all who count them come to the same numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from ingest.cli import app, progress
from ingest.cli.ingest import outcome_words, summary
from pipeline.commands import reprocess
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.removal import remove_document
from pipeline.service import Service
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import DocumentState, JobState, Stage, StepKey
from stores.placement import IngestReport
from tests.in_process import KB, fake_document, fake_resources, run_chain, run_until_done, sql_store

HTML = {"Accept": "text/html"}
FAKE = {"INGOT_TEXT_ENGINE": "fake", "INGOT_OCR_ENGINE": "fake", "INGOT_EMBEDDER": "fake"}
DOCUMENTS = [
    ("again.pdf", "partial"),
    ("changed.pdf", "done"),
    ("failed.pdf", "failed"),
    ("good.pdf", "done"),  # under two names
    ("older.pdf", "done"),  # it answers while its new content waits
    ("older.pdf", "queued"),
    ("partial.pdf", "partial"),
    ("planned.pdf", "running"),
    ("queued.pdf", "queued"),
    ("refused.pdf", "failed"),  # a file that is no document
    ("running.pdf", "running"),
    ("stopped.pdf", "cancelled"),
    ("unbegun.pdf", "cancelled"),
]
"""What the list holds in the end."""
STATES = {"queued": 2, "running": 2, "done": 3, "partial": 2, "failed": 2, "cancelled": 2}
ANSWERING = {"pages": 10, "chunks": 5}
"""Of again, changed, good, older and partial: 2 + 2 + 3 + 1 + 2 pages."""


@dataclass
class Matrix:
    """The home, its jobs by what was asked for, and what each must count."""

    home: Path
    resources: Resources
    jobs: dict[str, str] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    reports: dict[str, IngestReport] = field(default_factory=dict)

    @property
    def store(self) -> SqlKnowledgeStore:
        return sql_store(self.resources, KB)

    def ask(self, name: str, folder: Path, **counts: int) -> None:
        """Hand a folder over; nobody works on it yet."""
        self.reports[name] = ingest(self.resources, KB, IngestRequest(paths=(folder,)))
        assert self.reports[name].job
        self.jobs[name], self.counts[name] = str(self.reports[name].job), counts


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    filled = Matrix(home, fake_resources(home, batch_pages=1))
    _first(filled, folder / "first")
    _again(filled, folder / "first")
    _cancelled(filled, folder / "cancelled")
    _open(filled, folder / "open", folder / "first")
    return filled


def _first(matrix: Matrix, folder: Path) -> None:
    """All that can come of documents at once: twins, failures, a file that is none, one that is deleted later."""
    for name in ("good.pdf", "twin/good.pdf"):
        fake_document(folder / name, "# Good\nwords a@b.example", "[scan] more words", "[blank]")
    fake_document(folder / "partial.pdf", "fine", "[broken] not")
    fake_document(folder / "again.pdf", "fine as well", "[broken] for ever")
    fake_document(folder / "failed.pdf", "[broken] from the first page on")
    fake_document(folder / "changed.pdf", "what stood here before")
    fake_document(folder / "older.pdf", "what answers")
    fake_document(folder / "deleted.pdf", "what will be gone")
    (folder / "refused.pdf").write_bytes(b"no document at all")
    matrix.ask("first", folder, done=5, partial=2, failed=2)
    run_until_done(matrix.resources)


def _again(matrix: Matrix, folder: Path) -> None:
    """One retried alone, one replaced, one deleted."""
    again = reprocess.retry_document(
        matrix.resources, matrix.store, matrix.store.document_queries.find("again.pdf"), None
    )
    matrix.jobs["again"], matrix.counts["again"] = again, {"partial": 1}
    run_until_done(matrix.resources)
    fake_document(folder / "changed.pdf", "what stands here now", "on two pages")
    matrix.ask("changed", folder, done=1)
    run_until_done(matrix.resources)
    remove_document(matrix.resources, matrix.store, matrix.store.document_queries.find("deleted.pdf"))
    (folder / "deleted.pdf").unlink()


def _cancelled(matrix: Matrix, folder: Path) -> None:
    fake_document(folder / "stopped.pdf", *(f"page {number}" for number in range(4)))
    fake_document(folder / "unbegun.pdf", "never looked at")
    matrix.ask("cancelled", folder, cancelled=2)
    run_chain(matrix.resources, _key(matrix.store, "stopped.pdf", Stage.PLAN))
    run_chain(matrix.resources, _key(matrix.store, "stopped.pdf", Stage.PARSE))
    matrix.store.job_control.cancel(matrix.jobs["cancelled"])


def _open(matrix: Matrix, folder: Path, first: Path) -> None:
    """Queued, planned and running ones; a changed one beside its older version; and a request that joins them."""
    fake_document(folder / "queued.pdf", "nobody has looked yet")
    fake_document(folder / "planned.pdf", "one", "[scan] two", "three")
    fake_document(folder / "running.pdf", "one and only")
    matrix.ask("open", folder, queued=1, running=2)
    run_chain(matrix.resources, _key(matrix.store, "planned.pdf", Stage.PLAN))
    assert matrix.store.steps.claim(_key(matrix.store, "running.pdf", Stage.PLAN), "me", "me@host#1")
    fake_document(first / "older.pdf", "what will answer")
    matrix.ask("later", first, queued=1)
    matrix.ask("joined", folder, queued=1, running=2)


def _key(store: SqlKnowledgeStore, name: str, stage: Stage) -> StepKey:
    return StepKey(knowledge_id=KB, document=store.document_queries.find(name), generation=1, stage=stage)


@pytest.fixture
def ingot(
    matrix: Matrix, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """A command's exit code, and what it prints."""
    for name, value in {**FAKE, "INGOT_HOME": str(matrix.home)}.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str]:
        code = app.run(words)
        return code, capsys.readouterr().out

    return run


@pytest.fixture(scope="module")
def web(matrix: Matrix) -> TestClient:
    """API and pages."""
    return TestClient(create_app(Service(matrix.resources.settings)), "http://localhost")


def listed(web: TestClient, path: str, **asked: Any) -> list[dict[str, Any]]:
    """A whole list of the API, in parts of two."""
    items, cursor = [], None
    while True:
        part = web.get(f"/api/v1{path}", params={"limit": 2, **asked, **({"cursor": cursor} if cursor else {})}).json()
        items += part["items"]
        cursor = part["next_cursor"]
        if cursor is None:
            return items


def rows_of(printed: str) -> list[dict[str, str]]:
    """What a command prints where nobody looks: tab-separated, the columns' names first."""
    header, *rows = (line.split("\t") for line in printed.splitlines())
    return [dict(zip(header, row, strict=True)) for row in rows]


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def states_of(rows: list[Any]) -> list[tuple[str, str]]:
    return sorted((row["source"], row["state"]) for row in rows)


def counted(text: str) -> dict[str, int]:
    """``{"done": 3}`` of ``done 3, failed 1`` or ``3 done``."""
    names = "|".join(DocumentState)
    pairs = [(name, count) for name, count in re.findall(rf"\b({names}) (\d+)", text)]
    pairs += [(name, count) for count, name in re.findall(rf"(\d+) ({names})\b", text)] if not pairs else []
    return {name: int(count) for name, count in pairs}


def test_every_list_of_documents_holds_the_same(ingot: Callable[..., Any], web: TestClient) -> None:
    assert Counter(state for _, state in DOCUMENTS) == STATES
    as_json = json.loads(ingot("docs", "list", "-k", KB, "--json")[1])
    assert states_of(as_json) == DOCUMENTS
    assert states_of(rows_of(ingot("docs", "list", "-k", KB)[1])) == DOCUMENTS
    assert states_of(listed(web, f"/knowledge/{KB}/documents")) == DOCUMENTS
    page = web.get(f"/knowledge/{KB}", headers=HTML).text
    rows = re.findall(r'<td class="pick">.*?</td>\s*<th scope="row" class="name">(.*?)</tr>', page, re.DOTALL)
    shown = [(words(row).split()[0], re.findall(r'class="state state-(\w+)"', row)[0]) for row in rows]
    assert sorted(shown) == DOCUMENTS


@pytest.mark.parametrize("state", list(DocumentState))
def test_every_list_of_a_state_is_as_long_as_its_count(ingot: Callable[..., Any], web: TestClient, state: str) -> None:
    wanted = [pair for pair in DOCUMENTS if pair[1] == state]
    assert states_of(json.loads(ingot("docs", "list", "-k", KB, "--state", state, "--json")[1])) == wanted
    assert states_of(listed(web, f"/knowledge/{KB}/documents", state=state)) == wanted
    page = web.get(f"/knowledge/{KB}?state={state}", headers=HTML).text
    assert page.count('<td class="pick">') == len(wanted)


def test_every_count_of_a_knowledge_base_is_that_of_its_list(ingot: Callable[..., Any], web: TestClient) -> None:
    wanted = {"documents": len(DOCUMENTS), "counts": STATES, **ANSWERING}
    wanted |= {"failed": STATES["failed"], "running": STATES["running"]}
    shown = [json.loads(ingot("kb", "show", KB, "--json")[1]), *json.loads(ingot("kb", "list", "--json")[1])]
    shown += [web.get(f"/api/v1/knowledge/{KB}").json(), *web.get("/api/v1/knowledge").json()["items"]]
    assert len(shown) == 4
    for one in shown:
        assert {name: one[name] for name in wanted} == wanted
    (row,) = rows_of(ingot("kb", "list")[1])
    assert (int(row["documents"]), counted(row["counts"])) == (len(DOCUMENTS), STATES)
    printed = dict(line.split(maxsplit=1) for line in ingot("kb", "show", KB)[1].splitlines() if line.count(" "))
    assert (int(printed["documents"]), counted(printed["states"])) == (len(DOCUMENTS), STATES)
    of_visible = [one for one in json.loads(ingot("docs", "list", "-k", KB, "--json")[1]) if one["visible"]]
    assert {name: sum(one[name] for one in of_visible) for name in ANSWERING} == ANSWERING


def test_pages_and_metrics_count_alike_and_call_nothing_ready_that_is_not(web: TestClient) -> None:
    figures = re.search(
        r'<dl class="figures" id="figures">(.*?)</dl>', web.get(f"/knowledge/{KB}", headers=HTML).text, re.DOTALL
    )
    assert figures
    told = dict(re.findall(r"<dt>(\w+)</dt><dd>(?:<a[^>]*>)?(\d+)", figures[1]))
    assert told["documents"] == str(len(DOCUMENTS))
    open_or_bad = {state: str(count) for state, count in STATES.items() if state != "done"}
    assert {state: told[state] for state in open_or_bad} == open_or_bad
    row = re.search(rf'<th scope="row"><a href="/knowledge/{KB}">.*?</tr>', web.get("/", headers=HTML).text, re.DOTALL)
    assert row
    tags = re.findall(r'class="state state-(\w+)">([^<]*)<', row[0])
    assert tags == [(state, f"{count} {state}") for state, count in STATES.items() if state != "done"]
    assert f'data-label="Documents">{len(DOCUMENTS)}<' in row[0]
    metrics = web.get("/metrics").text
    samples = re.findall(rf'^ingot_documents{{knowledge_id="{KB}",state="(\w+)"}} (\d+)', metrics, re.MULTILINE)
    assert {state: int(count) for state, count in samples} == STATES


def test_every_count_of_a_job_is_the_same(matrix: Matrix, ingot: Callable[..., Any], web: TestClient) -> None:
    by_api = {one["job_id"]: one for one in listed(web, "/jobs")}
    by_command = {one["job_id"]: one for one in json.loads(ingot("jobs", "list", "--json")[1])}
    by_table = {row["job_id"]: counted(row["counts"]) for row in rows_of(ingot("jobs", "list")[1])}
    assert set(by_api) == set(by_command) == set(by_table) == set(matrix.jobs.values())
    table = web.get(f"/knowledge/{KB}/jobs", headers=HTML).text
    for name, job in matrix.jobs.items():
        wanted = matrix.counts[name]
        whole = json.loads(ingot("jobs", "show", job, "--json")[1])
        part = web.get(f"/api/v1/jobs/{job}").json()
        for counts in (
            by_api[job]["counts"],
            by_command[job]["counts"],
            by_table[job],
            whole["counts"],
            part["counts"],
        ):
            assert counts == wanted, name
        assert states_of(whole["documents"]) == states_of(part["documents"])
        assert Counter(one["state"] for one in whole["documents"]) == wanted
        headline = ingot("jobs", "show", job)[1].splitlines()[0]
        assert headline.startswith(f"{job}  {whole['state']}  {_headline(wanted)}"), name
        page = web.get(f"/jobs/{job}", headers=HTML).text
        assert _tags(page) == wanted, name
        assert f'id="all">{sum(wanted.values())}<' in page
        row = re.search(rf'href="/jobs/{job}">.*?</tr>', table, re.DOTALL)
        badges = re.findall(r'class="state state-(\w+)">(\d+) \w+<', row[0] if row else "")
        assert {state: int(count) for state, count in badges} == wanted, name
        for field_name in ("work_s", "waited_s", "finished_at"):
            assert by_api[job][field_name] == by_command[job][field_name] == whole[field_name] == part[field_name]


def _headline(counts: Mapping[str, int]) -> str:
    final = sum(count for state, count in counts.items() if DocumentState(state).final)
    bad = [f"{counts[state]} {state}" for state in ("partial", "failed", "cancelled") if state in counts]
    all_of_them = sum(counts.values())
    return ", ".join([f"{final} of {all_of_them} document{'s' if all_of_them > 1 else ''}", *bad])


def _tags(page: str) -> dict[str, int]:
    """Documents by state as the page of a job shows them above its table; what is hidden counts nothing."""
    tags = re.findall(r'data-count="(\w+)"[^>]*?( hidden)?><span class="num">(\d+)<', page)
    return {state: int(count) for state, hidden, count in tags if not hidden}


def test_every_stage_is_told_alike_and_nothing_stands_in_two_places(
    matrix: Matrix, ingot: Callable[..., Any], web: TestClient
) -> None:
    for name, job in matrix.jobs.items():
        stages = web.get(f"/api/v1/jobs/{job}").json()["stages"]
        assert json.loads(ingot("jobs", "show", job, "--json")[1])["stages"] == stages
        lines, page = ingot("jobs", "show", job)[1].splitlines(), web.get(f"/jobs/{job}", headers=HTML).text
        for one in stages:
            parts = [one[part] for part in ("done", "waiting", "working", "failed", "cancelled")]
            assert sum(parts) == one["total"] and min(parts) >= 0, (name, one)
            assert one["unit"] == ("document" if one["stage"] == "plan" else "page")
            if not one["total"]:
                continue
            done = f"{one['done']} of {one['total']} {one['unit']}{'' if one['total'] == 1 else 's'}"
            rest = {word: one[word] for word in ("waiting", "working", "failed", "cancelled") if one[word]}
            (line,) = [line for line in lines if line.startswith(f"  {one['stage']} ")]
            told = ", ".join(f"{count} {word}" for word, count in rest.items())
            assert line.split(maxsplit=1)[1] == f"{done}  {told}".rstrip()
            row = re.search(rf'<tr data-stage="{one["stage"]}".*?</tr>', page, re.DOTALL)
            assert row and done in words(row[0])
            assert all(f"{count} {word.replace('working', 'in work')}" in words(row[0]) for word, count in rest.items())


def test_what_was_cancelled_did_not_fail(matrix: Matrix, web: TestClient) -> None:
    stages = {one["stage"]: one for one in web.get(f"/api/v1/jobs/{matrix.jobs['cancelled']}").json()["stages"]}
    assert {one["failed"] for one in stages.values()} == {0}
    assert (stages["parse"]["done"], stages["parse"]["cancelled"]) == (1, 3)
    assert stages["publish"]["cancelled"] == 4
    badge = re.search(
        r'id="job-state"><span class="state state-(\w+)">',
        web.get(f"/jobs/{matrix.jobs['cancelled']}", headers=HTML).text,
    )
    assert badge and badge[1] == "cancelled"


def test_a_page_that_could_not_be_read_failed_in_its_stage(matrix: Matrix, web: TestClient) -> None:
    stages = {one["stage"]: one for one in web.get(f"/api/v1/jobs/{matrix.jobs['again']}").json()["stages"]}
    assert (stages["ocr"]["total"], stages["ocr"]["done"], stages["ocr"]["failed"]) == (1, 0, 1)
    badge = re.search(
        r'id="job-state"><span class="state state-(\w+)">', web.get(f"/jobs/{matrix.jobs['again']}", headers=HTML).text
    )
    assert badge and badge[1] == "partial", "a job that lost something is not green"


def test_the_summary_of_a_request_counts_what_its_job_and_the_list_count(matrix: Matrix) -> None:
    store = matrix.store
    for name in ("first", "cancelled", "open", "later", "joined"):
        report, job = matrix.reports[name], store.job_queries.get(matrix.jobs[name])
        told = counted(summary(report, job, 0.0))
        if name == "later":  # the others of that folder are as they were: a partial one is not done
            assert told == {"queued": 1, "done": 3, "partial": 2, "failed": 2}
        else:
            assert told == matrix.counts[name], name
            assert progress.headline(job) == _headline(matrix.counts[name])
    assert outcome_words(matrix.reports["joined"]) == "3 in work already"
    assert outcome_words(matrix.reports["later"]) == "5 unchanged, 2 unreadable, 1 changed"


def test_a_job_that_is_over_keeps_its_counts_when_a_document_is_tried_again(tmp_path: Path) -> None:
    resources = fake_resources(tmp_path / "home")
    fake_document(tmp_path / "docs" / "a.pdf", "good", "[broken]")
    first = str(ingest(resources, KB, IngestRequest(paths=(tmp_path / "docs",))).job)
    run_until_done(resources)
    store = resources.catalog.store(KB)
    again = reprocess.retry_document(resources, store, store.document_queries.find("a.pdf"), None)
    assert store.job_queries.summary(first).counts == {DocumentState.PARTIAL: 1}, "it is over"
    assert store.job_queries.summary(again).counts == {DocumentState.QUEUED: 1}
    run_until_done(resources)
    store.job_control.retry(first, NEEDS)
    summary = store.job_queries.summary(first)
    assert (summary.state, summary.counts) == (JobState.DONE, {DocumentState.PARTIAL: 1}), (
        "another job has taken it over"
    )
    store.job_control.retry(again, NEEDS)
    summary = store.job_queries.summary(again)
    assert (summary.state, summary.counts) == (JobState.RUNNING, {DocumentState.QUEUED: 1})
    run_until_done(resources)
    assert store.job_queries.summary(again).counts == {DocumentState.PARTIAL: 1}


def test_files_of_one_name_are_counted_each_for_itself(tmp_path: Path) -> None:
    resources = fake_resources(tmp_path / "home")
    fake_document(tmp_path / "one" / "a.pdf", "good")
    fake_document(tmp_path / "two" / "a.pdf", "[broken]")
    report = ingest(resources, KB, IngestRequest(paths=(tmp_path / "one", tmp_path / "two")))
    run_until_done(resources)
    job = resources.catalog.store(KB).job_queries.get(str(report.job))
    assert counted(summary(report, job, 0.0)) == {"done": 1, "failed": 1}
