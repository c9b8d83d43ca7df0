"""Every tool, called by the official client: of ``ingot mcp`` over the standard streams, and over HTTP."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from ingest.api.keys import new_entry
from tests.api_server import Server, serving
from tests.awaiting import awaited
from tests.e2e.command import COMMAND, ROOT, Home
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S

FAKES = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "workers": 1}
READING = {"list_knowledge_bases", "list_documents", "search", "ask", "read_page", "list_records"}


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """A home with one knowledge base, ``demo``."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))
    made = Home(folder, **FAKES)
    fake_document(folder / "docs" / "contract.pdf", "# Contract\nPayment is due within 45 days.", "# Annex\nBavaria.")
    fake_document(folder / "docs" / "more" / "note.pdf", "# Note\nA note about giraffes.")
    made.run("ingest", str(folder / "docs" / "contract.pdf"), "-k", "demo")
    yield made
    made.down()
    shutil.rmtree(folder, ignore_errors=True)


def with_server(home: Home, options: list[str], use: Callable[[Client], Awaitable[None]]) -> None:
    """Start ``ingot mcp`` as an assistant does, and use it."""
    command, *arguments = [*COMMAND, "mcp", *options]
    parameters = StdioServerParameters(command=command, args=arguments, env=home.environment, cwd=ROOT)

    async def used() -> None:
        with anyio.fail_after(GENEROUS_S):
            async with Client(stdio_client(parameters)) as client:
                await use(client)

    awaited(used())


async def called(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    text = result.content[0].text if result.content else ""
    assert not result.is_error, text
    given = result.structured_content
    return given.get("result", given) if given else json.loads(text)


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return result.content[0].text


async def call_every_tool_that_reads(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) >= READING
    assert all(tools[name].description and tools[name].annotations.read_only_hint for name in READING)
    bases = await called(client, "list_knowledge_bases")
    assert [(base["knowledge_id"], base["documents"]) for base in bases["items"]] == [("demo", 1)]
    documents = await called(client, "list_documents", knowledge_id="demo", text="contr", state="done")
    assert [one["source"] for one in documents["items"]] == ["contract.pdf"]
    hits = await called(client, "search", query="payment due", knowledge_id="demo", where="language = en")
    assert hits["items"][0]["source"] == "contract.pdf" and hits["items"][0]["first_page"] == 1
    assert hits["nothing_fits"] is False
    assert "there is no field 'langage'" in await refused(
        client, "search", query="payment due", knowledge_id="demo", where="langage = en"
    )
    none = await called(client, "search", query="payment", knowledge_id="demo", where="language in (zh, fr)")
    assert none["items"] == []
    answer = await called(client, "ask", question="When is payment due?", knowledge_ids=["demo"], where="language = en")
    assert answer["sentences"][0]["text"] == "Payment is due within 45 days."
    assert answer["sentences"][0]["citations"][0]["located"]
    page = await called(client, "read_page", knowledge_id="demo", document="contract.pdf", page=2)
    assert page.startswith("# Annex")
    records = await called(client, "list_records", knowledge_id="demo", where="language = en", contains="contract")
    assert records["items"][0]["fields"]["title"] == "Contract"
    assert records["items"][0]["evidence"]["title"]["quote"] == "Contract"
    none = await called(client, "list_records", knowledge_id="demo", where="language = zh")
    assert none == {"items": [], "more": False}


def test_every_tool_that_reads(home: Home) -> None:
    async def use(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == READING
        await call_every_tool_that_reads(client)

    with_server(home, [], use)


def test_errors_are_sentences_and_scopes_hold(home: Home) -> None:
    async def use(client: Client) -> None:
        assert "is not for the knowledge base 'demo'" in await refused(
            client, "search", query="payment", knowledge_id="demo"
        )
        assert (await called(client, "list_knowledge_bases"))["items"] == []
        assert "other" in await refused(client, "search", query="payment", knowledge_id="other")

    with_server(home, ["-k", "other"], use)


def test_ingest_is_a_tool_only_where_it_is_allowed(home: Home) -> None:
    async def use(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == READING | {"ingest", "get_job"}
        assert "is not below" in await refused(client, "ingest", knowledge_id="fresh", paths=["../contract.pdf"])
        report = await called(client, "ingest", knowledge_id="fresh", paths=["note.pdf"])
        while (await called(client, "get_job", job_id=report["job_id"]))["state"] != "done":
            await anyio.sleep(0.1)
        hits = await called(client, "search", query="giraffes", knowledge_id="fresh")
        assert hits["items"][0]["source"] == "note.pdf"

    with_server(home, ["--allow-ingest", str(home.folder / "docs" / "more")], use)


ALL, ALL_ENTRY = new_entry()
OTHER, OTHER_ENTRY = new_entry(["other"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with keys and one knowledge base, ``demo``, whose tools may ingest below a folder."""
    root = tmp_path_factory.mktemp("root")
    fake_document(root / "contract.pdf", "# Contract\nPayment is due within 45 days.", "# Annex\nBavaria.")
    fake_document(root / "note.pdf", "# Note\nA note about giraffes.")
    with serving(**FAKES, api_keys=f"{ALL_ENTRY},{OTHER_ENTRY}", ingest_root=root) as up:
        up.client.headers["Authorization"] = f"Bearer {ALL}"
        up.finished(up.upload("demo", root / "contract.pdf"))
        yield up


def over_http(server: Server, key: str, use: Callable[[Client], Awaitable[None]]) -> None:
    async def used() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with anyio.fail_after(GENEROUS_S):
            async with (
                httpx2.AsyncClient(headers=headers, timeout=GENEROUS_S) as http,
                Client(streamable_http_client(f"{server.address}/mcp", http_client=http)) as client,
            ):
                await use(client)

    awaited(used())


def test_every_tool_over_http(server: Server) -> None:
    async def use(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == READING | {"ingest", "get_job"}
        await call_every_tool_that_reads(client)
        assert "is not below" in await refused(client, "ingest", knowledge_id="other", paths=["../x.pdf"])
        report = await called(client, "ingest", knowledge_id="other", paths=["note.pdf"])
        while (await called(client, "get_job", job_id=report["job_id"]))["state"] != "done":
            await anyio.sleep(0.1)

    over_http(server, ALL, use)
    (entry,) = server.get("/audit", knowledge_id="other")["items"]
    assert (entry["action"], entry["door"], entry["detail"]) == ("ingest", "mcp", "note.pdf")


def test_a_key_for_some_knowledge_bases_sees_no_others_over_http(server: Server) -> None:
    async def use(client: Client) -> None:
        names = [base["knowledge_id"] for base in (await called(client, "list_knowledge_bases"))["items"]]
        assert "demo" not in names
        for tool, more in (("search", {"query": "payment"}), ("list_documents", {}), ("list_records", {})):
            told = await refused(client, tool, knowledge_id="demo", **more)
            assert "is not for the knowledge base 'demo'" in told

    over_http(server, OTHER, use)


def test_without_a_key_or_from_another_site_there_is_no_mcp(server: Server) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    answer = httpx2.post(f"{server.address}/mcp", json=body, headers=headers, timeout=GENEROUS_S)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    site = {**headers, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert httpx2.post(f"{server.address}/mcp", json=body, headers=site, timeout=GENEROUS_S).status_code == 403
    large = {**headers, "Authorization": f"Bearer {ALL}"}
    assert httpx2.post(f"{server.address}/mcp", content=b"x" * (1 << 20), headers=large).status_code == 413
