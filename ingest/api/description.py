"""Additions to the OpenAPI description: the problems of every operation, and the key it needs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from ingest.api.problems import Problem

EVENTS = "text/event-stream"
PROBLEM = "application/problem+json"
_ANYWHERE = (401, 403, 422, 503)
OPEN = frozenset({"/livez", "/readyz", "/source", "/version"})
"""Paths that can be requested without a key."""
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Not Modified: `If-None-Match` names its ETag."}}
"""An entry of the ``responses`` of a route whose answer has an ETag."""
_METHODS = {"get", "post", "put", "patch", "delete"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return ``responses`` of a route that describe each of these statuses as a problem."""
    return {status: _problem(status) for status in statuses}


def content(media_type: str, status: int = 200, text: str = "") -> dict[int | str, dict[str, Any]]:
    """Return ``responses`` of a route whose answer is not JSON."""
    description = text or HTTPStatus(status).phrase
    return {status: {"description": description, "content": {media_type: _kind(media_type)}}}


def _kind(media_type: str) -> dict[str, Any]:
    if media_type == EVENTS:
        parts = {name: {"type": "string"} for name in ("event", "data", "id")}
        return {"itemSchema": {"type": "object", "properties": parts}}
    if media_type.startswith("text/"):
        return {"schema": {"type": "string"}}
    return {"schema": {"type": "string", "format": "binary"}}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": schema}}}


def install(app: FastAPI) -> None:
    """Add problems and keys to ``/openapi.json``."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain(), keyed=app.state.keyring.any)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _completed(description: dict[str, Any], *, keyed: bool) -> dict[str, Any]:
    parts = description.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                _complete(operation, is_open=path in OPEN, keyed=keyed)
    return description


def _complete(operation: dict[str, Any], *, is_open: bool, keyed: bool) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    responses.setdefault("422", _problem(422))
    if is_open:
        return
    for status in _ANYWHERE:
        responses.setdefault(str(status), _problem(status))
    if "requestBody" in operation:
        responses.setdefault("400", _problem(400))
    operation["security"] = [{"key": []}] if keyed else [{"key": []}, {}]
