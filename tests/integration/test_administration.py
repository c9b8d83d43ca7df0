"""Keys that a home keeps and its audit trail, over a real server and the command line beside it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ingest.api.keys import new_entry
from ingest.api.server import refuse_open_door
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import InputError
from tests.api_server import FAKE, Server, serving
from tests.waiting import GENEROUS_S

IN_ENVIRONMENT, ENTRY = new_entry(["theirs"])
SECRET = "heron-token"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that starts without any key of its home; one of the environment is for one knowledge base."""
    with serving(**FAKE, api_keys=ENTRY, allow_private_urls=True, fetch_retries_s="0") as up:
        up.admin = json.loads(up.ingot("keys", "new", "ops", "--json"))["key"]  # type: ignore[attr-defined]
        up.client.headers["Authorization"] = f"Bearer {up.admin}"  # type: ignore[attr-defined]
        yield up


def asked(server: Server, key: str, path: str = "/knowledge", method: str = "GET", **more: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.request(method, f"{server.address}/api/v1{path}", headers=headers, timeout=GENEROUS_S, **more)


def test_a_key_is_in_force_as_soon_as_it_is_made_and_none_once_it_is_revoked(server: Server) -> None:
    made = server.post("/keys", {"name": "reader", "knowledge": ["mine"]}, 201)
    assert made["knowledge"] == ["mine"] and made["created_by"] == "ops"
    assert asked(server, made["key"]).status_code == 200
    assert asked(server, made["key"], "/knowledge/theirs").json()["code"] == "forbidden"
    listed = {one["name"]: one for one in server.get("/keys")}
    assert listed["reader"] == {name: value for name, value in made.items() if name != "key"} | {
        "last_used_day": listed["reader"]["last_used_day"]
    }
    assert not any(made["key"] in file.read_bytes().decode("latin-1") for file in server.folder.glob("*.db*"))
    server.ingot("keys", "revoke", "reader")
    assert asked(server, made["key"]).status_code == 401
    assert server.get("/keys")[-2]["revoked_at"], "its name stays"
    assert server.post("/keys", {"name": "reader"}, 409)["code"] == "conflict"


def test_the_day_of_the_last_use_is_kept(server: Server) -> None:
    made = server.ask("keys", "new", "daily")
    assert made["last_used_day"] is None
    assert asked(server, made["key"]).status_code == 200

    def used() -> Any:
        return next(key["last_used_day"] for key in server.ask("keys", "list") if key["name"] == "daily")

    assert len(server.soon(used)) == len("2026-11-29")


def test_only_a_key_for_all_is_an_administrators(server: Server) -> None:
    limited = server.post("/keys", {"knowledge": ["mine"]}, 201)
    assert limited["name"] == "key-1"
    for key in (limited["key"], IN_ENVIRONMENT):
        for method, path in (("GET", "/keys"), ("POST", "/keys"), ("DELETE", "/keys/ops"), ("GET", "/audit")):
            answer = asked(server, key, path, method, **({"json": {}} if method == "POST" else {}))
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)
    environment = server.get("/keys")[-1]
    assert (environment["source"], environment["knowledge"]) == ("INGOT_API_KEYS", ["theirs"])
    assert server.delete(f"/keys/{environment['name']}", 409)["code"] == "conflict"
    assert server.delete("/keys/opps", 404)["nearest"] == ["ops"]


def test_who_changed_what_is_told(server: Server, tmp_path: Path) -> None:
    writer = server.post("/keys", {"name": "writer", "knowledge": ["mine"]}, 201)["key"]
    upload = {"files": [("files", ("report.pdf", b"%FAKE\n# Report\nAn otter."))]}
    job = asked(server, writer, "/knowledge/mine/ingest", "POST", **upload).json()["job_id"]
    server.finished(job)
    urls = [f"http://user:{SECRET}@127.0.0.1:9/a.pdf?token={SECRET}"]
    asked(server, writer, "/knowledge/mine/ingest", "POST", json={"urls": [urls[0].replace(f"user:{SECRET}@", "")]})
    correction = {"schema": "document", "path": "title", "value": SECRET}
    asked(server, writer, "/knowledge/mine/documents/report.pdf/corrections", "POST", json=correction)
    asked(server, writer, "/knowledge/mine/documents/report.pdf/retry", "POST", json={"from_stage": "embed"})
    server.ingot("docs", "delete", "report.pdf", "-k", "mine")
    server.delete("/knowledge/mine", 204)
    told = server.get("/audit", knowledge_id="mine")["items"]
    assert [(one["action"], one["actor"], one["door"]) for one in told][:2] == [
        ("delete_knowledge_base", "ops", "api"),
        ("delete_document", told[1]["actor"], "cli"),
    ]
    by_writer = [one for one in told if one["actor"] == "writer"]
    assert {one["action"] for one in by_writer} >= {"ingest", "correct"}
    assert any(one["subject"] == job and one["detail"] == "report.pdf" for one in by_writer)
    assert SECRET not in json.dumps(told) and writer not in json.dumps(told)
    assert [one["subject"] for one in server.get("/audit", action="create_key", limit=1)["items"]] == ["writer"]


def test_a_knowledge_base_is_renamed_over_api_and_command_line(server: Server) -> None:
    server.post("/knowledge", {"knowledge_id": "papers"}, 201)
    named = server.post("/knowledge", {"name": "Überweisungen 2026"}, 201)
    assert (named["knowledge_id"], named["name"]) == ("uberweisungen-2026", "Überweisungen 2026")
    assert server.post("/knowledge", {"name": "Überweisungen 2026"}, 201) == named
    assert server.post("/knowledge", {}, 422)["code"] == "bad_name"
    there = "/knowledge/papers"
    renamed = asked(server, server.admin, there, "PATCH", json={"name": " Verträge  2026 "}).json()  # type: ignore[attr-defined]
    assert (renamed["knowledge_id"], renamed["name"]) == ("papers", "Verträge 2026")
    server.ingot("kb", "rename", "papers", "合同")
    assert server.get(there)["name"] == "合同"
    assert asked(server, server.admin, there, "PATCH", json={"name": "\u202e" * 3}).status_code == 422  # type: ignore[attr-defined]
    assert asked(server, server.admin, there, "PATCH", json={"name": ""}).json()["name"] == "papers"  # type: ignore[attr-defined]
    entries = server.get("/audit", knowledge_id="papers", action="rename_knowledge_base")["items"]
    assert [(one["door"], one["detail"]) for one in entries][1:] == [("cli", "合同"), ("api", " Verträge  2026 ")]


def test_the_trail_is_listed_in_slices_and_since_a_moment(server: Server) -> None:
    everything = server.get("/audit", limit=1000)["items"]
    first = server.get("/audit", limit=2)
    rest = server.get("/audit", limit=1000, cursor=first["next_cursor"])
    assert [*first["items"], *rest["items"]] == everything
    assert server.ask("audit", "--since", "1h") == everything
    assert server.get("/audit", since="2999-01-01")["items"] == []
    assert server.get("/audit", 422, since="soon")["code"] == "bad_moment"


def test_other_machines_are_let_in_only_where_there_is_a_key(tmp_path: Path) -> None:
    open_to_all = Settings(home=tmp_path, api_host="0.0.0.0")
    with pytest.raises(InputError, match="without a key the API listens on loopback only"):
        refuse_open_door(open_to_all)
    with contextlib.closing(Service(open_to_all)) as service:
        service.access_keys.create("first")
    refuse_open_door(open_to_all)


def test_a_home_that_had_a_key_stays_closed() -> None:
    """Without any key the server answers on loopback; the first one closes it, and its end opens nothing."""
    with serving(**FAKE) as up:
        assert up.get("/knowledge")["items"] == []
        up.ingot("keys", "new", "first")
        assert up.get("/knowledge", 401)["code"] == "unauthorized"
        up.ingot("keys", "revoke", "first")
        assert up.get("/knowledge", 401)["code"] == "unauthorized"
