"""``POST /ask`` and ``ingot ask`` over a real server and a real model server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api_server import FAKE, Server, serving
from tests.e2e.command import Home
from tests.in_process import fake_document
from tests.model_server import ModelServer, completion, model_server, streamed

KEY, SCOPED = "a-key-for-the-test-0123456789", "a-key-for-demo-alone-0123456789"
ANSWER = json.dumps(
    {
        "sentences": [
            {"text": "Payment is due in 45 days.", "citations": [{"excerpt": 1, "quote": "due within 45 days"}]},
            {"text": "A penalty of 9 % applies.", "citations": [{"excerpt": 1, "quote": "a penalty of 9 %"}]},
        ]
    }
)


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with model_server(lambda request: ANSWER) as model:
        yield model


@pytest.fixture(scope="module")
def server(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("documents")
    given = {"llm_url": model.url, "llm_model": "m", "llm_api_key": "secret", "api_keys": f"{KEY},{SCOPED}@demo"}
    given["reranker"] = "http://127.0.0.1:9"
    with serving(**FAKE, **given) as running:
        running.client.headers["Authorization"] = f"Bearer {KEY}"
        text = "# Contract\nPayment is due within 45 days."
        for name in ("demo", "other"):
            running.finished(running.upload(name, fake_document(folder / "contract.pdf", text)))
        running.finished(running.upload("other", fake_document(folder / "b.pdf", "When payment is due is known.")))
        yield running


def events(text: str) -> list[tuple[str, Any]]:
    parts = [dict(line.split(": ", 1) for line in part.splitlines()) for part in text.strip().split("\n\n")]
    return [(part["event"], json.loads(part["data"])) for part in parts]


def test_an_answer_as_json(server: Server, model: ModelServer) -> None:
    given = server.post("/knowledge/demo/ask", {"question": "When is payment due?"})
    assert (given["outcome"], given["written_by"], given["complete"]) == ("answered", "model", True)
    assert [one["proved"] for one in given["sentences"]] == [True, False]
    citation = given["sentences"][0]["citations"][0]
    assert (citation["source"], citation["page"], citation["located"]) == ("contract.pdf", 1, True)
    assert citation["boxes"][0]["page"] == 1
    assert model.headers[-1]["authorization"] == "Bearer secret"


def test_an_answer_as_events(server: Server, model: ModelServer) -> None:
    asked = {"question": "When is payment due?", "stream": True, "records": False}
    answer = server.client.post("/knowledge/demo/ask", json=asked)
    assert answer.headers["content-type"].startswith("text/event-stream")
    kinds = events(answer.text)
    assert [kind for kind, _ in kinds] == ["sentence", "sentence", "answer"]
    assert kinds[0][1] == kinds[2][1]["sentences"][0]
    model.plan = [streamed(ANSWER, cut_after=150)]
    *_, (kind, last) = events(server.client.post("/knowledge/demo/ask", json=asked).text)
    assert (kind, last["complete"], len(last["sentences"])) == ("answer", False, 1) and last["error"]


def test_keys_hold_for_every_knowledge_base(server: Server) -> None:
    scoped = {"Authorization": f"Bearer {SCOPED}"}
    body = {"question": "When is payment due?", "also": ["other"]}
    assert server.client.post("/knowledge/demo/ask", json=body).status_code == 200
    refused = server.client.post("/knowledge/demo/ask", json=body, headers=scoped)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    unknown = server.client.post("/knowledge/nothing/ask", json={"question": "what?", "stream": True})
    assert unknown.status_code == 404


def test_the_command_prints_sources(server: Server, model: ModelServer, tmp_path: Path) -> None:
    home = Home(server.folder, **FAKE, llm_url=model.url, llm_model="m")
    printed = home.ingot("ask", "When is payment due?", "-k", "demo")
    assert printed == (
        "Payment is due in 45 days.\n"
        '   contract.pdf  p. 1  "due within 45 days"\n'
        "A penalty of 9 % applies.  [not proved]\n"
        '   contract.pdf  p. 1  "a penalty of 9 %"  (these words do not stand there)\n'
    )
    home = Home(server.folder, **FAKE)
    assert home.ask("ask", "When is payment due?", "-k", "demo", "-k", "other")["written_by"] == "quotes"
    assert home.run("ask", " ", "-k", "demo").returncode == 2


def test_records_answer_with_their_statement(server: Server, model: ModelServer) -> None:
    asked = json.dumps({"statement": "SELECT source, document FROM document_now"})
    told = json.dumps(
        {"sentences": [{"text": "There is one.", "citations": [{"excerpt": 1, "quote": "contract.pdf"}]}]}
    )
    model.plan = [completion(asked), streamed(told)]
    given = server.post("/knowledge/demo/ask", {"question": "Which documents are there?"})
    assert given["statement"] == "SELECT source, document FROM document_now" and not given["more_rows"]
    assert [row["values"]["source"] for row in given["rows"]] == ["contract.pdf"]
    assert given["sentences"][0]["proved"] and given["sentences"][0]["rows"] == [1]
    home = Home(server.folder, **FAKE, llm_url=model.url, llm_model="m")
    model.plan = [completion(asked), streamed(told)]
    run = home.run("ask", "Which documents are there?", "-k", "demo")
    assert (
        run.stdout == "There is one.\n   row 1 of the records\n"
        and "1 row: SELECT source, document FROM document_now\n" in run.stderr
    )
    model.plan = [completion(asked), streamed(told)]
    page = server.client.get(f"{server.address}/knowledge/demo/ask/answer", params={"q": "Which?"}).text
    assert "<code>SELECT source, document FROM document_now</code>" in page and ">contract.pdf</td>" in page


def test_a_reranker_that_is_away_is_a_remark(server: Server) -> None:
    result = server.get("/knowledge/other/search", q="When is payment due?")
    assert len(result["hits"]) == 2 and result["remark"].startswith("Not reranked: the reranker at 127.0.0.1")
    page = server.client.get(f"{server.address}/knowledge/other/search", params={"q": "When is payment due?"}).text
    assert result["remark"] in page
