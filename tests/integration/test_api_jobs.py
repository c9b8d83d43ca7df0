"""Jobs over a real server with real workers and fake, sometimes slow, documents: followed, cancelled, tried again."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(**FAKE, batch_pages=16, page_timeout_s=GENEROUS_S) as running:
        yield running


def slow(path: Path, pages: int, seconds: float) -> Path:
    """A document that takes ``seconds`` to read on each page."""
    return fake_document(
        path, *(f"# Page {n}\nwords of page {n} in {path.name} [slow {seconds}]" for n in range(1, pages + 1))
    )


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that is not there before the test makes it; pages wait for it."""
    path = tmp_path / "gate"
    yield path
    path.touch()


def held(path: Path, gate: Path, pages: int = 1, at: int = 1, scan: str = "") -> Path:
    """A document whose reading stands still at one page until the gate is there."""
    waits = [f" [until {gate}]" if number == at else "" for number in range(1, pages + 1)]
    return fake_document(path, *(f"{scan}words of page {n} in {path.name}{wait}" for n, wait in enumerate(waits, 1)))


def events(
    server: Server, job: str, last: str | bytes = "", most: int = 10_000, begun: list[str] | None = None
) -> list[dict[str, Any]]:
    """The events of a job until its end, or the first ``most``; ``begun`` gets the job's id with the first."""
    headers = {"Last-Event-ID": last} if last else {}
    received: list[dict[str, Any]] = []
    with server.client.stream("GET", f"/jobs/{job}/events", headers=headers) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        event: dict[str, Any] = {}
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name in ("event", "id"):
                event[name] = value
            elif name == "data":
                event["data"] = json.loads(value)
            elif not line and event:
                received.append(event)
                event = {}
                if begun is not None and len(received) == 1:
                    begun.append(job)
                if len(received) >= most:
                    break
    return received


def rows(server: Server, knowledge_id: str, sql: str) -> list[Any]:
    connection = sqlite3.connect(f"file:{server.folder / knowledge_id / 'kb.db'}?mode=ro", uri=True, timeout=GENEROUS_S)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_a_job_is_followed_by_events_to_its_end(server: Server, tmp_path: Path) -> None:
    files = [fake_document(tmp_path / f"{n}.pdf", f"text {n}", f"[scan] more {n}") for n in range(3)]
    broken = fake_document(tmp_path / "broken.pdf", "[broken] one")
    job = server.upload("follow", *files, broken)
    seen = events(server, job)
    ends = [event["data"] for event in seen if event["event"] == "document"]
    assert sorted((end["source"], end["state"]) for end in ends) == [
        *((f"{n}.pdf", "done") for n in range(3)),
        ("broken.pdf", "failed"),
    ]
    assert next(end["error"] for end in ends if end["source"] == "broken.pdf")
    assert seen[-1]["event"] == "job"
    assert seen[-1]["data"]["state"] == "done"
    assert seen[-1]["data"]["counts"] == {"done": 3, "failed": 1}
    assert all(event["id"] for event in seen)


def test_what_was_missed_is_told_again_and_nothing_twice(server: Server, tmp_path: Path) -> None:
    files = [slow(tmp_path / f"{n}.pdf", 1, 0.4) for n in range(5)]
    job = server.upload("resume", *files)
    first: list[dict[str, Any]] = []
    with server.client.stream("GET", f"/jobs/{job}/events") as stream:
        event: dict[str, Any] = {}
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            event |= {name: value} if name in ("event", "id", "data") else {}
            if not line and event:
                first.append(event)
                event = {}
                if sum(one["event"] == "document" for one in first) == 2:
                    break
    server.finished(job)
    rest = events(server, job, last=first[-1]["id"])
    told = [json.loads(one["data"])["source"] for one in first if one["event"] == "document"]
    told += [one["data"]["source"] for one in rest if one["event"] == "document"]
    assert sorted(told) == [f"{n}.pdf" for n in range(5)]
    assert rest[-1]["event"] == "job"
    end = server.client.get(f"/jobs/{job}/events", headers={"Last-Event-ID": rest[-1]["id"]})
    assert end.status_code == 204


def test_an_id_of_another_process_brings_rather_more_than_less(server: Server, tmp_path: Path) -> None:
    job = server.upload("other", *(fake_document(tmp_path / f"{n}.pdf", f"text {n}") for n in range(3)))
    server.finished(job)
    old = events(server, job)[0]["id"].partition("-")[2]
    again = events(server, job, last=f"deadbeef-{old}")
    assert len([one for one in again if one["event"] == "document"]) == 3 - int(old.partition("-")[0])
    number, _, latest = old.partition("-")
    doubtful = events(server, job, last=f"deadbeef-{int(number) + 1}-{latest}")
    assert len([one for one in doubtful if one["event"] == "document"]) in (3 - int(number) - 1, 3)
    for nonsense in ("x", "deadbeef-99-1", "a-b-c", "1-99999999999999999999999-5", b"\xff-1"):
        assert events(server, job, last=nonsense)[-1]["event"] == "job"


def test_events_go_on_after_the_server_was_killed(tmp_path: Path) -> None:
    with serving(**FAKE) as first:
        job = first.upload("killed", *(slow(tmp_path / f"{n}.pdf", 1, 0.5) for n in range(6)))
        seen = events(first, job, most=8)
        first.process.kill()
        second = Server(first.folder, **FAKE)
        try:
            rest = events(second, job, last=seen[-1]["id"])
        finally:
            second.client.close()
            second.process.terminate()
            second.process.wait(GENEROUS_S)
    told = [event["data"]["source"] for event in (*seen, *rest) if event["event"] == "document"]
    assert sorted(told) == [f"{n}.pdf" for n in range(6)]
    assert rest[-1]["data"]["counts"] == {"done": 6}


def test_unknown_jobs_are_problems(server: Server) -> None:
    for path in ("/jobs/none.x", "/jobs/x", "/jobs/none.x/events", "/jobs/follow.NOPE"):
        answer = server.client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"
    assert server.post("/jobs/none.x/cancel", status=404)["code"] == "not_found"


def test_waiting_for_a_job_returns_when_it_has_ended(server: Server, tmp_path: Path, gate: Path) -> None:
    job = server.upload("poll", held(tmp_path / "a.pdf", gate))
    never = server.upload("poll", held(tmp_path / "b.pdf", tmp_path / "never"))
    with ThreadPoolExecutor(2) as pool:
        longer, asked = (pool.submit(server.get, f"/jobs/{one}", wait=60) for one in (never, job))
        server.soon(lambda: server.get(f"/jobs/{job}")["working"])
        assert not asked.done()
        gate.touch()
        assert asked.result()["state"] == "done"
        assert server.get(f"/jobs/{job}", wait=60)["state"] == "done"
        assert not longer.done(), "a job that is over changes no more: nobody waits for it"
        server.post(f"/jobs/{never}/cancel")
        (tmp_path / "never").touch()


def test_a_wait_ends_after_its_time(server: Server, tmp_path: Path, gate: Path) -> None:
    job = server.upload("patience", held(tmp_path / "a.pdf", gate))
    server.soon(lambda: server.get(f"/jobs/{job}")["working"])
    began = time.monotonic()
    assert server.get(f"/jobs/{job}", wait=1.5)["state"] == "running"
    assert time.monotonic() - began > 1.2
    server.post(f"/jobs/{job}/cancel")


def test_what_is_worked_on_and_what_waits_are_told_apart(server: Server, tmp_path: Path, gate: Path) -> None:
    first = server.upload("line", held(tmp_path / "a.pdf", gate, pages=4, at=3))
    working = server.soon(lambda: server.get(f"/jobs/{first}")["working"])
    second = server.upload("line", *(slow(tmp_path / f"b{n}.pdf", 1, 0.1) for n in range(3)))
    assert working[0]["source"] == "a.pdf"
    document = server.soon(
        lambda: next((one for one in server.get(f"/jobs/{first}")["documents"] if one["page"]), None)
    )
    assert (document["stage"], document["pages"]) == ("parse", 4)
    assert 1 <= document["page"] <= 3
    assert document["silent_s"] is not None
    waiting = server.soon(lambda: (server.get(f"/jobs/{second}"))["waiting"])
    assert waiting["queue"] == "cpu"
    assert waiting["place"] >= 1

    def places() -> list[int]:
        """Of the documents that wait, once each has one of its own: the queue is looked at now and then."""
        waiting = [one["waiting"]["place"] for one in server.get(f"/jobs/{second}")["documents"] if one["waiting"]]
        return waiting if len(set(waiting)) == len(waiting) else []

    waits = server.soon(places)
    queue = next(one for one in server.get("/queues") if one["queue"] == "cpu")
    assert queue["waiting"] >= len(waits) > 0
    server.soon(lambda: next(one for one in server.get("/queues") if one["queue"] == "cpu")["workers"])
    worker = next(one for one in server.get("/workers") if one["working"])
    assert worker["working"][0]["source"] == "a.pdf"
    assert worker["working"][0]["stage"] == "parse"
    gate.touch()
    for job in (first, second):
        assert server.finished(job)["counts"] == {"done": {first: 1, second: 3}[job]}
    stages = {stage["stage"]: stage for stage in server.get(f"/jobs/{first}")["stages"]}
    assert stages["plan"]["started_at"] <= stages["parse"]["started_at"] <= stages["publish"]["finished_at"]


def test_time_left_is_told_when_it_is_known(server: Server, tmp_path: Path) -> None:
    server.finished(server.upload("left", slow(tmp_path / "known.pdf", 4, 0.5)))
    job = server.upload("left", slow(tmp_path / "long.pdf", 12, 0.5))
    left = server.soon(lambda: server.get(f"/jobs/{job}")["left_s"])
    assert left > 0
    done = server.finished(job)
    assert done["left_s"] is None


def test_documents_of_a_job_come_in_parts(server: Server, tmp_path: Path) -> None:
    files = [fake_document(tmp_path / f"{n}.pdf", "[broken] x" if n == 3 else f"text of {n}") for n in range(7)]
    job = server.upload("parts", *files)
    server.finished(job)
    sources, cursor, answers = [], None, 0
    while True:
        part = server.get(f"/jobs/{job}", limit=3, cursor=cursor)
        sources += [one["source"] for one in part["documents"]]
        cursor, answers = part["next_cursor"], answers + 1
        if cursor is None:
            break
    assert (sources, answers) == ([f"{n}.pdf" for n in range(7)], 3)
    assert [one["source"] for one in server.get(f"/jobs/{job}", documents="failed")["documents"]] == ["3.pdf"]
    assert server.get(f"/jobs/{job}", documents="none")["documents"] == []
    assert server.get(f"/jobs/{job}", 422, cursor="bm9uZQ")["code"] == "bad_cursor"


def test_jobs_are_listed_over_all_knowledge_bases(server: Server, tmp_path: Path) -> None:
    jobs = []
    for n in range(4):
        jobs.append(server.upload(f"list-{n % 2}", fake_document(tmp_path / f"{n}.pdf", f"text {n}")))
        server.finished(jobs[-1])
    listed, cursor = [], None
    while True:
        part = server.get("/jobs", limit=3, cursor=cursor)
        listed += [one["job_id"] for one in part["items"]]
        cursor = part["next_cursor"]
        if cursor is None:
            break
    assert [job for job in listed if job in jobs] == jobs[::-1]
    assert len(set(listed)) == len(listed)
    mine = server.get("/jobs", knowledge_id="list-1")["items"]
    assert [one["job_id"] for one in mine] == [jobs[3], jobs[1]]
    assert server.get("/knowledge/list-1/jobs")["items"] == mine
    assert server.get("/knowledge/list-1/jobs", state="running")["items"] == []
    server.get("/jobs", 404, knowledge_id="nobody")


def test_cancel_stops_ocr_within_the_page(server: Server, tmp_path: Path, gate: Path) -> None:
    job = server.upload("scans", held(tmp_path / "a.pdf", gate, pages=16, at=2, scan="[scan] "))
    server.soon(
        lambda: any(one["stage"] == "ocr" and one["page"] == 2 for one in server.get(f"/jobs/{job}")["working"])
    )
    server.post(f"/jobs/{job}/cancel")
    read = rows(server, "scans", "SELECT count(*) FROM page WHERE markdown IS NOT NULL")[0][0]
    gate.touch()
    other = server.upload("scans", fake_document(tmp_path / "b.pdf", "quick"))
    assert server.finished(other)["state"] == "done"
    assert rows(server, "scans", "SELECT count(*) FROM page WHERE markdown IS NOT NULL")[0][0] == read + 1 < 5


def test_cancel_stops_within_the_page_and_stays(server: Server, tmp_path: Path, gate: Path) -> None:
    job = server.upload("cancel", held(tmp_path / "a.pdf", gate, pages=20, at=2))
    server.soon(lambda: any(one["page"] == 2 for one in server.get(f"/jobs/{job}")["working"]))
    assert server.post(f"/jobs/{job}/cancel")["state"] == "cancelled"
    pages = "SELECT count(*) FROM page WHERE markdown IS NOT NULL"
    read = rows(server, "cancel", pages)[0][0]
    gate.touch()
    other = server.upload("cancel", fake_document(tmp_path / "b.pdf", "quick"))
    assert server.finished(other)["state"] == "done", "its worker is free"
    mine = f"{pages} AND document = (SELECT document FROM job_document WHERE job = '{job}')"
    assert rows(server, "cancel", mine)[0][0] == read, "the page that was under way is thrown away"
    assert read < 4
    view = server.get(f"/jobs/{job}")
    assert (view["state"], view["counts"]) == ("cancelled", {"cancelled": 1})
    assert {state for (state,) in rows(server, "cancel", "SELECT DISTINCT state FROM step WHERE stage = 'parse'")} <= {
        "cancelled",
        "done",
    }
    assert server.post(f"/jobs/{job}/cancel")["state"] == "cancelled", "twice does no harm"
    assert events(server, job)[-1]["data"]["state"] == "cancelled"


def test_retry_after_cancel_reads_only_the_rest(server: Server, tmp_path: Path, gate: Path) -> None:
    """The first page could not be read a second time: what it waits for is gone by then."""
    once = tmp_path / "once"
    once.touch()
    pages = [f"words of page {n} [until {once if n == 1 else gate if n == 3 else tmp_path}]" for n in range(1, 7)]
    job = server.upload("again", fake_document(tmp_path / "a.pdf", *pages))
    server.soon(lambda: any((one["page"] or 0) >= 3 for one in server.get(f"/jobs/{job}")["working"]))
    server.post(f"/jobs/{job}/cancel")
    read = rows(server, "again", "SELECT number FROM page WHERE markdown IS NOT NULL")
    assert (1,) in read and len(read) < 6
    once.unlink()
    gate.touch()
    assert server.post(f"/jobs/{job}/retry")["state"] == "running"
    assert server.finished(job)["counts"] == {"done": 1}
    assert len(server.get("/knowledge/again/documents/a.pdf/pages")["items"]) == 6


def test_cancel_of_a_job_that_is_over_changes_nothing(server: Server, tmp_path: Path) -> None:
    job = server.upload("over", fake_document(tmp_path / "a.pdf", "text"))
    server.finished(job)
    assert server.post(f"/jobs/{job}/cancel")["state"] == "done"
    assert server.get("/knowledge/over/documents/a.pdf")["state"] == "done"


def test_one_slow_watcher_does_not_hold_up_two_hundred_others(server: Server, tmp_path: Path, gate: Path) -> None:
    job = server.upload("crowd", *(held(tmp_path / f"{n}.pdf", gate, 2, at=1 + n % 2) for n in range(8)))
    asleep = httpx2.Client(base_url=server.client.base_url, timeout=GENEROUS_S)
    begun: list[str] = []
    with asleep.stream("GET", f"/jobs/{job}/events") as sleeper:
        assert sleeper.status_code == 200
        with ThreadPoolExecutor(200) as crowd:
            watchers = [crowd.submit(events, server_client(server), job, begun=begun) for _ in range(200)]
            server.soon(lambda: len(begun) == 200)
            for _ in range(10):
                assert server.get("/schemas"), "others are answered meanwhile"
            assert not any(one.done() for one in watchers)
            gate.touch()
            streams = [one.result() for one in watchers]
    asleep.close()
    assert all(sum(event["event"] == "document" for event in seen) == 8 for seen in streams)
    assert all(seen[-1]["event"] == "job" for seen in streams)


class server_client:  # noqa: N801
    """A server seen by a client of its own."""

    def __init__(self, server: Server) -> None:
        self.client = httpx2.Client(base_url=server.client.base_url, timeout=GENEROUS_S)


def test_watchers_that_go_are_noticed(server: Server, tmp_path: Path) -> None:
    job = server.upload("gone", slow(tmp_path / "a.pdf", 8, 0.4))
    stop = threading.Event()
    for _ in range(20):
        with server.client.stream("GET", f"/jobs/{job}/events") as stream:
            next(stream.iter_lines())
    stop.set()
    assert server.finished(job)["state"] == "done"
    assert events(server, job)[-1]["event"] == "job"


def test_a_knowledge_base_deleted_at_work_stops_and_may_be_made_again(server: Server, tmp_path: Path) -> None:
    job = server.upload("brief", slow(tmp_path / "a.pdf", 10, 0.5))
    server.soon(lambda: server.get(f"/jobs/{job}")["working"])
    server.delete("/knowledge/brief", 204)
    for path in ("/knowledge/brief", f"/jobs/{job}", f"/jobs/{job}/events", "/knowledge/brief/documents"):
        server.get(path, 404)
    assert not (server.folder / "brief").exists()
    again = server.upload("brief", fake_document(tmp_path / "b.pdf", "another one"))
    assert server.finished(again)["counts"] == {"done": 1}
    assert [one["source"] for one in server.get("/knowledge/brief/documents")["items"]] == ["b.pdf"]


def test_a_document_deleted_at_work_is_gone(server: Server, tmp_path: Path) -> None:
    job = server.upload("dropped", slow(tmp_path / "a.pdf", 10, 0.5))
    server.soon(lambda: server.get(f"/jobs/{job}")["working"])
    server.delete("/knowledge/dropped/documents/a.pdf")
    server.get("/knowledge/dropped/documents/a.pdf", 404)
    assert server.finished(job)["counts"] == {"cancelled": 1}
    server.finished(server.upload("after", fake_document(tmp_path / "b.pdf", "by the same worker")))
    assert server.get("/knowledge/dropped/documents")["items"] == []
    assert rows(server, "dropped", "SELECT count(*) FROM step")[0][0] == 0


def test_a_document_is_made_again_from_a_stage(server: Server, tmp_path: Path) -> None:
    server.finished(server.upload("anew", fake_document(tmp_path / "a.pdf", "text", "[scan] scanned")))
    address = "/knowledge/anew/documents/a.pdf"
    job = server.post(f"{address}/retry", {"from_stage": "ocr"}, 202)
    assert server.finished(job["job_id"])["counts"] == {"done": 1}
    again = server.get(address)
    assert (again["generation"], again["state"]) == (2, "done")
    assert "parse" not in {stage["stage"] for stage in again["stages"]}
    assert server.post(f"{address}/retry", {}, 409)["code"] == "conflict"
    server.post(f"{address}/retry", {"from_stage": "nonsense"}, 422)
    server.post("/knowledge/anew/documents/none/retry", {"from_stage": "plan"}, 404)
