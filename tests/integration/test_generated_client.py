"""A client that a maintained generator makes of the OpenAPI description, used against a real server."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ingest.api.keys import new_entry
from tests.api_server import FAKE, Server, serving
from tests.waiting import GENEROUS_S, eventually

GENERATOR = "openapi-python-client>=0.29,<1"
KEY, ENTRY = new_entry()
_BYTES = ("application/zip", "application/x-tar", "application/gzip", "image/png", "*/*")
CONFIG = {"post_hooks": [], "content_type_overrides": dict.fromkeys(_BYTES, "application/octet-stream")}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(**FAKE, api_keys=ENTRY) as up:
        yield up


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generator in a folder of its own, as it needs another typer than ours."""
    folder = tmp_path_factory.mktemp("generator")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts"]
    installed = subprocess.run(
        [*command, "--retries", "1", "--target", str(folder), GENERATOR],
        capture_output=True,
        text=True,
        timeout=3 * GENEROUS_S,
    )
    if installed.returncode:
        pytest.skip(f"{GENERATOR} cannot be installed here, perhaps without a network: {installed.stderr[-200:]}")
    return folder


@pytest.fixture(scope="module")
def ingot_client(server: Server, generator: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the generated package, which can be imported."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(httpx2.get(f"{server.address}/openapi.json").text)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none"]
    made = subprocess.run(
        [*command, "--output-path", "generated_ingot", "--config", "config.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(generator)},
        capture_output=True,
        text=True,
        timeout=3 * GENEROUS_S,
    )
    assert made.returncode == 0 and "Warning" not in made.stdout, (
        f"no operation is left out\n{made.stdout}{made.stderr}"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        sys.path.append(str(generator))  # behind our own packages: only what we do not have comes from there
        yield "generated_ingot"
        sys.path.remove(str(generator))
        for name in [name for name in sys.modules if name.split(".")[0] == "generated_ingot"]:
            del sys.modules[name]


def test_it_lists_uploads_searches_and_asks(server: Server, ingot_client: str) -> None:
    def module(path: str) -> Any:
        return importlib.import_module(f"{ingot_client}.{path}")

    def call(operation: str, **arguments: Any) -> Any:
        return module(f"api.{operation}").sync(client=client, **arguments)

    client = module("client").AuthenticatedClient(base_url=server.address, token=KEY, timeout=GENEROUS_S)
    models, file = module("models"), module("types").File
    content = b"%FAKE\n# Contract\nPayment is due within 45 days."

    def upload() -> Any:
        return file(payload=io.BytesIO(content), file_name="contract.pdf")

    accepted = call(
        "ingest.ingest_documents", knowledge_id="demo", body=models.IngestDocumentsFilesBody(files=[upload()])
    )
    eventually(lambda: call("jobs.get_job", job_id=accepted.job_id, wait=10.0).state == "done")
    assert [base.knowledge_id for base in call("knowledge_bases.list_knowledge_bases").items] == ["demo"]
    (document,) = call("documents.list_documents", knowledge_id="demo").items
    assert (document.source, document.state) == ("contract.pdf", "done")
    asked = models.Question(query="payment")
    by_body = call("search.search_knowledge_base", knowledge_id="demo", body=asked)
    by_url = call("search.search_knowledge_base_by_url", knowledge_id="demo", query="payment", where="language = en")
    assert [hit.source for hit in by_body.hits] == [hit.source for hit in by_url.hits] == ["contract.pdf"]
    answer = call(
        "search.ask_knowledge_base", knowledge_id="demo", body=models.AskedQuestion(question="When is payment due?")
    )
    assert not hasattr(answer, "detail"), answer
    assert answer.sentences[0].text == "Payment is due within 45 days."
    converted = call("ingest.convert_document", body=models.ConvertDocumentBody(file=upload()))
    assert "45 days" in converted.pages[0].markdown
    assert [key.source for key in call("administration.list_keys")] == ["INGOT_API_KEYS"]
    refused = call("knowledge_bases.get_knowledge_base", knowledge_id="none")
    assert (refused.status, refused.code) == (404, "not_found")


def test_every_operation_can_be_called(ingot_client: str) -> None:
    """Each module of the client is imported: no operation has a name or a type that breaks it."""
    package = importlib.import_module(f"{ingot_client}.api")
    names = [path.relative_to(Path(package.__path__[0])) for path in Path(package.__path__[0]).rglob("*.py")]
    operations = [".".join(path.with_suffix("").parts) for path in names if path.name != "__init__.py"]
    assert len(operations) >= 40
    for name in operations:
        assert callable(importlib.import_module(f"{ingot_client}.api.{name}").sync_detailed)
