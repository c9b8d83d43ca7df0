"""The operation ids of the OpenAPI description are good method names of a generated client."""

from __future__ import annotations

import re

import pytest

from ingest.api.app import create_app
from pipeline.service import Service
from pipeline.settings import Settings

VERBS = (
    "ask|cancel|check|convert|create|delete|download|export|extract|get|import|ingest|list|preview|rename|replay|retry"
    "|revoke|run|search|stream"
)


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """``GET /api/v1/jobs`` -> its operation id."""
    description = create_app(Service(Settings(home=tmp_path_factory.mktemp("home")))).openapi()
    return {
        f"{method.upper()} {path}": operation["operationId"]
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_id_is_a_verb_and_a_noun(operations: dict[str, str]) -> None:
    assert [name for name in operations.values() if not re.fullmatch(rf"({VERBS})(_[a-z]+)+", name)] == []


def test_operation_ids_are_unique(operations: dict[str, str]) -> None:
    assert len(set(operations.values())) == len(operations)


def test_operations_are_called_what_users_expect(operations: dict[str, str]) -> None:
    documents = "/api/v1/knowledge/{knowledge_id}/documents"
    assert operations[f"GET {documents}"] == "list_documents"
    assert operations[f"GET {documents}/{{document}}/markdown"] == "get_document_markdown"
    assert operations["POST /api/v1/knowledge/{knowledge_id}/ingest"] == "ingest_documents"
    assert operations["GET /api/v1/jobs/{job_id}/events"] == "stream_job_events"
