"""The OpenAPI description against a real server with real documents: no 500, and no answer that it does not tell of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ingest.api.description import OPEN
from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S


def no_bug(ctx: Any, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """503 is a fair answer, with ``Retry-After``; 500 is a bug."""
    assert response.status_code != 500, response.text


CHECKS = (
    no_bug,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
KEY = "a-key-for-the-test-0123456789"
EXAMPLES = {"keyed": 8, "open": 3}
"""Requests per operation. With a key given, a server that wants one answers as one that wants none."""
schemathesis.serializer.alias("application/x-tar", "application/octet-stream")
STREAM_S = 1.0  # how long the events of a job that does not end are listened to


@pytest.fixture(scope="module", params=["open", "keyed"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with documents of every state; without keys, and with one."""
    keys = {"api_keys": KEY} if request.param == "keyed" else {}
    folder = tmp_path_factory.mktemp("documents")
    with serving(**FAKE, **keys) as running:
        if keys:
            running.client.headers["Authorization"] = f"Bearer {KEY}"
        good = fake_document(folder / "good.pdf", "# Title\nwords a@b.example", "[scan] 中文 words")
        part = fake_document(folder / "part.pdf", "fine", "[broken] not")
        lost = fake_document(folder / "lost.pdf", "secret", password="x")
        running.finished(running.upload("demo", good, part, lost))
        yield running


def real_ids(server: Server) -> dict[str, Any]:
    job = server.get("/jobs")["items"][0]
    return {
        "knowledge_id": "demo",
        "document": "good.pdf",
        "job_id": job["job_id"],
        "number": 1,
        "schema": "document",
    }


def test_every_answer_is_described(server: Server, request: pytest.FixtureRequest) -> None:
    description = httpx2.get(f"{server.address}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(description)
    known = real_ids(server)
    for described in schema.get_all_operations():
        operation = described.ok()
        if operation.path == "/api/v1/keys" and "authorization" not in server.client.headers:
            continue  # it would close the server to all further requests
        ask(operation, known, server, EXAMPLES[request.node.callspec.params["server"]])


def ask(operation: Any, known: dict[str, Any], server: Server, examples: int) -> None:
    """Ask for one operation in many ways, right and wrong ones, of real things and of invented ones."""
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode))
    key = server.client.headers.get("authorization")

    @given(case=cases, real=st.booleans(), keyed=st.sampled_from([True, True, True, False]))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers_as_described(case: schemathesis.Case, real: bool, keyed: bool) -> None:
        given_ids = case.path_parameters or {}
        if real and case.method != "DELETE":
            case.path_parameters = {**given_ids, **{name: known[name] for name in known if name in given_ids}}
        if key and keyed:
            case.headers["Authorization"] = key
        if "wait" in (case.query or {}):
            case.query = {**case.query, "wait": 0.1 if case.query["wait"] else 0}
        read_s = STREAM_S if operation.path.endswith("/events") else GENEROUS_S
        response = case.call(base_url=server.address, timeout=(GENEROUS_S, read_s))
        case.validate_response(response, checks=CHECKS)
        if key and not keyed and operation.path not in OPEN:
            nowhere = (404, 405)  # an id of two dots makes another path of it
            assert response.status_code in (401, *nowhere), operation.path

    answers_as_described()


def test_the_description_is_complete(server: Server) -> None:
    """Every operation says what it is for, what it answers, and which problems it knows."""
    description = httpx2.get(f"{server.address}/openapi.json").json()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            name = f"{method} {path}"
            assert operation["description"].strip(), name
            good = [status for status in operation["responses"] if status.startswith("2")]
            assert good, name
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert set(response["content"]) == {"application/problem+json"}, (name, status)
            for parameter in operation.get("parameters", []):
                assert parameter["in"] != "query" or bounded(parameter["schema"]), (name, parameter["name"])


def bounded(schema: dict[str, Any]) -> bool:
    """Does a parameter say what it may be: a choice, a range, a longest text?"""
    if "anyOf" in schema:
        return all(bounded(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return "maxItems" in schema and bounded(schema["items"])
    if "$ref" in schema or "enum" in schema or "const" in schema or schema.get("type") in ("boolean", "null"):
        return True
    return "maximum" in schema or "maxLength" in schema
