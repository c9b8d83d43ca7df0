"""Callbacks as both doors show them: a real server with its own workers, keys with a scope, and the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_document
from tests.receiver import Receiver, file_of

KEY, NARROW = "a-key-for-all-0123456789", "a-key-for-one-0123456789"
SETTINGS = {**FAKE, "allow_private_urls": True, "callback_retries_s": "0,0.2"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    keys = ",".join(f"sha256:{hashlib.sha256(key.encode()).hexdigest()}{scope}" for key, scope in
                    ((KEY, ""), (NARROW, "@mine+never-made")))  # fmt: skip
    with serving(**SETTINGS, api_keys=keys) as running:
        running.client.headers["Authorization"] = f"Bearer {KEY}"
        yield running


def by(server: Server, key: str, method: str, path: str, **parameters: str) -> Any:
    return server.client.request(method, path, params=parameters, headers={"Authorization": f"Bearer {key}"})


def ended(server: Server, job: str, state: str) -> dict[str, Any]:
    """The only callback of a job, once it is in that state."""

    def look() -> Any:
        callbacks = server.get("/callbacks", job=job)["items"]
        return callbacks and callbacks[0]["state"] == state and callbacks[0]

    return server.soon(look)


def test_delivered_shown_dead_and_replayed(server: Server, receiver: Receiver, tmp_path: Path) -> None:
    document = fake_document(tmp_path / "one.pdf", "One.")
    job = server.upload("mine", document, callback_url=receiver.on("/x", 500), metadata='{"order": 7}')
    shown = ended(server, job, "dead")
    assert (shown["attempt"], shown["status"], shown["type"]) == (2, 500, "job.finished") and shown["finished_at"]
    path = f"/callbacks/{shown['callback_id']}"
    detail = server.get(path)
    assert detail["body"]["data"]["metadata"] == {"order": 7} and "500" in detail["error"]
    assert server.get("/callbacks", state="dead", knowledge_id="mine")["items"] == [shown]
    assert not server.get("/callbacks", state="delivered", knowledge_id="mine")["items"]
    receiver.on("/x", 200)
    assert server.post(f"{path}/replay", status=202)["state"] == "pending"
    assert ended(server, job, "delivered")["attempt"] == 1
    (secret,) = server.ask("callbacks", "secret")["secrets"]
    for call in receiver.took("/x"):
        assert Webhook(secret).verify(call.body, call.headers) and call.id == shown["callback_id"]


def test_the_list_comes_in_parts(server: Server, receiver: Receiver, tmp_path: Path) -> None:
    url = receiver.on("/x", 200)
    jobs = [server.upload("parts", fake_document(tmp_path / f"{n}.pdf", str(n)), callback_url=url) for n in range(5)]
    for job in jobs:
        ended(server, job, "delivered")
    listed, cursor = [], None
    while True:
        part = server.get("/callbacks", knowledge_id="parts", limit=2, cursor=cursor)
        listed += [item["job_id"] for item in part["items"]]
        cursor = part["next_cursor"]
        if not cursor:
            break
    assert sorted(listed) == sorted(jobs) and len(listed) == 5
    assert server.client.get("/callbacks?cursor=nonsense").status_code == 422


def test_a_key_sees_and_replays_only_its_own(server: Server, receiver: Receiver, tmp_path: Path) -> None:
    url = receiver.on("/x", 410)
    mine = server.upload("mine", fake_document(tmp_path / "a.pdf", "A."), callback_url=url)
    other = server.upload("other", fake_document(tmp_path / "b.pdf", "B."), callback_url=url)
    ours, theirs = ended(server, mine, "dead"), ended(server, other, "dead")
    listed = by(server, NARROW, "GET", "/callbacks").json()["items"]
    assert {item["knowledge_id"] for item in listed} == {"mine"}
    assert by(server, NARROW, "GET", "/callbacks", knowledge_id="other").status_code == 403
    assert by(server, NARROW, "GET", f"/callbacks/{theirs['callback_id']}").status_code == 403
    assert by(server, NARROW, "POST", f"/callbacks/{theirs['callback_id']}/replay").status_code == 403
    assert by(server, NARROW, "POST", "/callbacks/replay").status_code == 403
    assert by(server, NARROW, "POST", "/callbacks/replay", knowledge_id="other").status_code == 403
    assert by(server, "wrong", "GET", "/callbacks").status_code == 401
    receiver.on("/x", 200)
    assert by(server, NARROW, "POST", "/callbacks/replay", knowledge_id="mine").json() == {"replayed": 1}
    ended(server, ours["job_id"], "delivered")
    assert ended(server, other, "dead")


def test_what_is_not_there(server: Server) -> None:
    for path in ("/callbacks/nonsense", "/callbacks/mine.01ARZ3NDEKTSV4RRFFQ69G5FAV", "/callbacks/gone.01ARZ3"):
        assert server.client.get(path).status_code == 404
        assert server.client.post(f"{path}/replay").status_code == 404


def test_urls_over_the_api(server: Server, receiver: Receiver, tmp_path: Path) -> None:
    good = receiver.on("/a.pdf", file_of(fake_document(tmp_path / "x.pdf", "Herons over the web.").read_bytes()))
    answer = server.post("/knowledge/web/ingest", {"urls": [good, receiver.on("/b.pdf", 404)]}, status=202)
    job = server.finished(answer["job_id"])
    assert job["counts"] == {"done": 1, "failed": 1}
    assert server.get("/knowledge/web/search", q="herons")["hits"][0]["source"] == good


@pytest.mark.parametrize("field", ["callback_url", "urls"])
@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://localhost:6379/", "file:///etc/passwd", "http://u:p@example.com/"]
)
def test_urls_of_private_addresses_are_refused_on_submission(field: str, url: str, strict: Server) -> None:
    asked: dict[str, Any] = {"urls": ["https://example.com/a.pdf"], field: [url] if field == "urls" else url}
    answer = strict.client.post("/knowledge/kb/ingest", json=asked)
    assert answer.status_code == 422 and answer.json()["code"] == "url_refused"
    assert not strict.get("/knowledge")["items"], "nothing was made"


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """A server that calls public addresses only."""
    with serving(**FAKE) as running:
        yield running


def test_the_command_line_shows_the_same(server: Server, receiver: Receiver, tmp_path: Path) -> None:
    url = receiver.on("/x", 410)
    job = server.upload("cli", fake_document(tmp_path / "c.pdf", "C."), callback_url=url)
    shown = ended(server, job, "dead")
    assert server.ask("callbacks", "list", "--job", job) == [shown]
    assert server.ask("callbacks", "list", "-k", "cli", "--state", "pending") == []
    assert server.ask("callbacks", "show", shown["callback_id"]) == server.get(f"/callbacks/{shown['callback_id']}")
    assert "410" in server.ingot("callbacks", "list", "-k", "cli")
    receiver.on("/x", 200)
    assert server.ask("callbacks", "replay", shown["callback_id"]) == {"replayed": 1}
    ended(server, job, "delivered")
    assert server.ask("callbacks", "replay", "--dead", "-k", "cli") == {"replayed": 0}
    server.ingot("callbacks", "show", "cli.01ARZ3NDEKTSV4RRFFQ69G5FAV", code=5)
    server.ingot("callbacks", "replay", code=2)
