"""Schedules: what is due is done once, whoever looks at the clock; folders, buckets, URLs and checks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from ingest.cli.watch_source import Follower, folder_to_watch
from pipeline import beat, tasks, wiring
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.run_schedule import run_due
from pipeline.schedule_file import Schedule, read_schedules
from pipeline.service import Service
from pipeline.step_context import Resources
from pipeline.worker_process import this_process
from stores.contracts.schedules import ScheduleState, ScheduleView
from stores.errors import InputError
from stores.models import HOME
from stores.sql.home_tables import schedule
from tests.api_server import FAKE, serving
from tests.in_process import KB, fake_document, fake_resources, run_until_done, sql_store
from tests.receiver import Receiver
from tests.s3_server import client, environment, new_bucket, s3_server
from tests.waiting import eventually

EVERY_SECOND, NIGHTLY = "* * * * * *", "0 3 * * *"


@pytest.fixture
def resources(home: Path) -> Resources:
    return fake_resources(home)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)
    return new_bucket(endpoint)


def content(**given: Any) -> Mapping[str, Any]:
    return Schedule(name="x", **{"cron": NIGHTLY, "do": "ingest", "knowledge_id": KB, **given}).content


def ran(resources: Resources, **given: Any) -> ScheduleView:
    """Run a schedule now, as a worker does, and the documents that it submits."""
    schedules = resources.catalog.home_store().schedules
    assert schedules.request("x", content(**given))
    assert run_due(resources, "x", "test/1") and not run_due(resources, "x", "test/2"), "it is due once"
    if KB in resources.catalog.names():
        run_until_done(resources)
    (view,) = [view for view in schedules.views() if view.name == "x"]
    return view


def counts(view: ScheduleView) -> dict[str, int]:
    assert view.state is ScheduleState.DONE, view.error
    return (view.result or {})["counts"]


def names_known(resources: Resources) -> set[str]:
    sources = resources.catalog.store(KB).registration.sources()
    return {source.name for source in sources if source.document}


def test_a_folder_is_ingested_again_with_what_is_new_changed_and_gone(resources: Resources, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name in ("a.pdf", "b.pdf"):
        fake_document(folder / name, f"Text of {name}")
    view = ran(resources, source=str(folder))
    assert counts(view) == {"new": 2} and (view.result or {})["job"].startswith(f"{KB}.")
    assert view.started_at and view.finished_at and view.finished_at >= view.started_at
    fake_document(folder / "a.pdf", "Other text")
    (folder / "b.pdf").unlink()
    assert counts(ran(resources, source=f"file://{folder}")) == {"changed": 1, "gone": 1}
    assert names_known(resources) == {"a.pdf"}
    (folder / "a.pdf").unlink()
    assert counts(ran(resources, source=str(folder))) == {}, "an empty folder may be a disk that is not mounted"
    folder.rmdir()
    view = ran(resources, source=str(folder))
    assert view.state is ScheduleState.FAILED and "its documents stay" in view.error
    assert names_known(resources) == {"a.pdf"}


def test_only_what_is_gone_is_pruned(resources: Resources, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name in ("a.pdf", "b.pdf"):
        fake_document(folder / name, f"Text of {name}")
    assert counts(ran(resources, source=str(folder), keep=True)) == {"new": 2}
    (folder / "b.pdf").unlink()
    fake_document(folder / "c.pdf", "A third")
    assert counts(ran(resources, source=str(folder), keep=True)) == {"same": 1, "new": 1}
    (folder / "c.pdf").write_text("%FAKE\nChanged")
    assert counts(ran(resources, do="prune", source=str(folder))) == {"gone": 1}
    assert names_known(resources) == {"a.pdf", "c.pdf"}


def test_a_bucket_is_ingested_again_by_its_etags(resources: Resources, bucket: str, endpoint: str) -> None:
    there, source = client(endpoint), f"s3://{bucket}/in"
    for name in ("a.pdf", "sub/b.pdf", "notes.xyz", ".hidden.pdf", "all.zip"):
        there.pipe_file(f"{bucket}/in/{name}", f"%FAKE\nText of {name}".encode())
    there.pipe_file(f"{bucket}/elsewhere/c.pdf", b"%FAKE\nNot below the prefix")
    assert counts(ran(resources, source=source)) == {"new": 2}
    assert names_known(resources) == {"a.pdf", "sub/b.pdf"}
    there.pipe_file(f"{bucket}/in/a.pdf", b"%FAKE\nOther text")
    there.pipe_file(f"{bucket}/in/sub/b.pdf", b"%FAKE\nText of sub/b.pdf")  # another time, the same bytes
    assert counts(ran(resources, source=f"{source}/")) == {"changed": 1, "same": 1}
    there.rm_file(f"{bucket}/in/sub/b.pdf")
    assert counts(ran(resources, source=source)) == {"same": 1, "gone": 1}
    there.rm(f"{bucket}/in", recursive=True)
    assert counts(ran(resources, source=source)) == {}, "an empty bucket removes nothing"
    assert names_known(resources) == {"a.pdf"}
    view = ran(resources, source="s3://no-such-bucket/in")
    assert view.state is ScheduleState.RUNNING, "it is tried again: the bucket may come back"


def test_a_watched_bucket_is_followed(
    home: Path, bucket: str, endpoint: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resources, there = fake_resources(home), client(endpoint)
    monkeypatch.setattr(wiring, "build", lambda *_, **__: resources)
    follower = Follower(Service(resources.settings), KB, f"s3://{bucket}/in", IngestRequest(prune=True))
    for name in ("a.pdf", "b.pdf"):
        there.pipe_file(f"{bucket}/in/{name}", f"%FAKE\nText of {name}".encode())
    follower.tick(due=True)
    run_until_done(resources)
    there.rm_file(f"{bucket}/in/b.pdf")
    follower.tick(due=True)
    follower.tick(due=False)
    told = capfd.readouterr().err
    assert "done       a.pdf" in told and "gone       b.pdf" in told and names_known(resources) == {"a.pdf"}


@pytest.mark.parametrize("source", ["ftp://host/x", "https://example.org/x.pdf", "s3://No-Bucket/x"])
def test_what_cannot_be_watched_is_refused(source: str) -> None:
    with pytest.raises(InputError, match="cannot be watched: name a folder, or a bucket"):
        folder_to_watch(source)


def test_a_url_becomes_a_download_of_its_job(home: Path) -> None:
    resources = fake_resources(home, allow_private_urls=True)
    view = ran(resources, source="http://127.0.0.1:9999/a.pdf")
    assert counts(view) == {"new": 1}
    assert list(resources.catalog.store(KB).downloads.open_of((view.result or {})["job"])) == [
        "http://127.0.0.1:9999/a.pdf"
    ]


def test_a_check_of_all_fails_where_damage_is_left(resources: Resources, tmp_path: Path) -> None:
    fake_document(tmp_path / "folder" / "a.pdf", "Text")
    ran(resources, source=str(tmp_path / "folder"))
    view = ran(resources, do="check", knowledge_id="")
    assert (view.state, (view.result or {})["checked"]) == (ScheduleState.DONE, 1)
    next((resources.settings.home / KB / "files" / "originals").iterdir()).unlink()
    view = ran(resources, do="check", knowledge_id="")
    assert view.state is ScheduleState.FAILED and f"{KB}: original_missing" in view.error
    view = ran(resources, do="check", knowledge_id="nowhere")
    assert "there is no knowledge base 'nowhere'" in view.error


def scheduler(monkeypatch: pytest.MonkeyPatch, resources: Resources, sent: list[str]) -> beat.TableScheduler:
    """A beat of its own, whose messages are kept in a list."""
    monkeypatch.setattr(this_process, "resources", lambda: resources)
    monkeypatch.setattr(
        tasks, "send_schedules", lambda quiet: sent.extend(resources.catalog.home_store().schedules.take(quiet=quiet))
    )
    return beat.TableScheduler(tasks.app)


def test_two_beats_start_a_schedule_once_and_what_was_missed_once(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "schedules.toml"
    file.write_text(f"[[schedule]]\nname = 'x'\ncron = '{NIGHTLY}'\ndo = 'check'\n")
    resources, sent = fake_resources(home, schedules_file=file), list[str]()
    beats = [scheduler(monkeypatch, resources, sent) for _ in range(2)]
    waits = [one.tick() for one in beats]
    assert sent == [] and min(waits) > 0, "a new schedule waits for its time"
    schedules = resources.catalog.home_store().schedules
    behind = time.time() - 5 * 86400  # nobody looked for five days
    with sql_store(resources, HOME).database.write() as connection:
        connection.execute(update(schedule).values(last_due_at=behind))
    for one in beats:
        one.registered = False
        while one.tick() == 0:
            pass
    assert sent == ["x"] and resources.catalog.outbound_tasks() == [HOME]
    assert run_due(resources, "x", "test/1")
    late = scheduler(monkeypatch, resources, sent)
    while late.tick() == 0:
        pass
    assert sent == ["x"]
    (view,) = schedules.views()
    (wanted,) = read_schedules(file)
    assert (view.state, view.last_due_at) == (ScheduleState.DONE, wanted.last_until(time.time()))


def test_a_wrong_file_ends_a_beat_with_a_sentence(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "schedules.toml"
    file.write_text("[[schedule]]\nname = 'x'\ncron = 'never'\ndo = 'check'\n")
    with pytest.raises(SystemExit, match=r"ingot: schedule 'x' in .*wrong number of fields"):
        scheduler(monkeypatch, fake_resources(home, schedules_file=file), [])


def test_a_server_starts_what_is_due_and_tells_of_it(tmp_path: Path) -> None:
    file, folder = tmp_path / "schedules.toml", tmp_path / "folder"
    fake_document(folder / "a.pdf", "Text")
    table = f"[[schedule]]\nname = 'often'\ncron = '{EVERY_SECOND}'\ndo = 'ingest'\nknowledge_id = '{KB}'\n"
    table += f"source = '{folder}'\n[[schedule]]\nname = 'nightly'\ncron = '{NIGHTLY}'\ndo = 'check'\n"
    file.write_text(f"{table}knowledge_id = 'nowhere'\n")
    receiver = Receiver().start()
    url = receiver.on("/notices", 200)
    with serving(schedules_file=str(file), notify_url=url, **FAKE) as server:

        def seen(name: str) -> Any:
            return server.get(f"/schedules/{name}")

        assert eventually(lambda: seen("often")["state"] == "done")
        assert eventually(lambda: server.get(f"/knowledge/{KB}")["counts"].get("done") == 1)
        (nightly, often) = server.get("/schedules")["items"]
        assert (nightly["state"], often["do"], often["source"]) == ("waits", "ingest", str(folder))
        server.post("/schedules/nightly/run", status=202)
        assert eventually(lambda: seen("nightly")["state"] == "failed")
        assert "there is no knowledge base 'nowhere'" in seen("nightly")["error"]
        assert eventually(lambda: receiver.took("/notices")), "a worker tells of it"
        assert receiver.took("/notices")[0].event["data"]["cause"] == "schedule:nightly"
        server.post("/schedules/nothing/run", status=404)
    receiver.stop()
