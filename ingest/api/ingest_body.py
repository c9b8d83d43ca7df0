"""The body of a request to ingest, as a form or as JSON, and how it becomes a submission."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, field_validator

from ingest.api.bodies import Body
from pipeline import tracing
from pipeline.commands.submission import Submission
from stores.errors import InputError
from stores.models import Options
from stores.outbox.events import MOST_METADATA_BYTES
from stores.placement import StagedFile

_PAGES = re.compile(r"([1-9][0-9]{0,5}(-[1-9][0-9]{0,5})?)(,[1-9][0-9]{0,5}(-[1-9][0-9]{0,5})?)*|")
_LISTS = ("schemas", "passwords", "paths", "urls")
_JSON = ("metadata",)
B = TypeVar("B", bound=Body)
Word = Annotated[str, Field(min_length=1, max_length=256)]


class IngestOptions(Body):
    """How the documents are made, and who is told of it."""

    schemas: list[Word] = Field(
        [], max_length=64, description="extract these too, besides `document`; `auto`: what fits each document"
    )
    type: str = Field("", max_length=32, description="type of the documents; empty: found by itself")
    ocr: Literal["auto", "always", "never"] = Field("auto", description="when pages are read by OCR")
    pages: str = Field("", max_length=1000, description="only these pages, like `1-5,9`")
    force: bool = Field(False, description="make known documents anew")
    attachments: bool = Field(
        False, description="read files attached to mail messages and PDFs as documents of their own"
    )
    priority: int = Field(0, ge=-100, le=100, description="larger first among waiting documents")
    callback_url: str = Field("", max_length=2048, description="is told when the job has ended")
    callback_each: bool = Field(False, description="tell it the end of each document, too")
    metadata: dict[str, Any] | None = Field(None, description="handed back in the job and its callbacks")
    replace: bool = Field(False, description="an upload replaces the document that has its name")
    passwords: list[Annotated[str, Field(max_length=1024)]] = Field(
        [], max_length=32, description="for encrypted files"
    )

    @field_validator("pages")
    @classmethod
    def _of_pages(cls, value: str) -> str:
        text = value.replace(" ", "")
        if not _PAGES.fullmatch(text):
            raise ValueError("must be a list of pages like 1-5,9")
        return text

    @field_validator("metadata")
    @classmethod
    def _small(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
        except (ValueError, RecursionError) as error:
            raise ValueError("must be plain JSON in UTF-8") from error
        if size > MOST_METADATA_BYTES:
            raise ValueError(f"must not be longer than {MOST_METADATA_BYTES} bytes as JSON")
        return value


class IngestRequestBody(IngestOptions):
    """What is ingested without being sent along: files of the server, and URLs."""

    paths: list[Annotated[str, Field(min_length=1, max_length=4096)]] = Field(
        [], max_length=1000, description="files and folders below INGOT_INGEST_ROOT"
    )
    urls: list[Annotated[str, Field(min_length=1, max_length=2048)]] = Field(
        [], max_length=1000, description="are fetched; the job waits for them"
    )


def of_json(body: bytes) -> IngestRequestBody:
    """Parse a JSON body. RequestValidationError where it does not fit the model."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the body is no JSON: {error}", code="bad_json") from error
    return _checked(fields, "body", IngestRequestBody)


def of_fields(fields: Mapping[str, Sequence[str]]) -> IngestRequestBody:
    """Parse the fields of a form: ``options`` holds all as one JSON object, a field of its own holds one."""
    return options_of_fields(fields, IngestRequestBody)


def options_of_fields(fields: Mapping[str, Sequence[str]], model: type[B]) -> B:
    """Parse the fields of a form as a model. RequestValidationError where they do not fit it."""
    values_by_name: dict[str, Any] = {}
    for text in fields.get("options", ()):
        options = _json_of("options", text)
        if not isinstance(options, dict):
            raise InputError("the field 'options' must hold a JSON object", code="bad_request")
        values_by_name |= options
    for name, values in fields.items():
        if name in _LISTS:
            values_by_name[name] = [part for value in values for part in _parts(name, value)]
        elif name in _JSON:
            values_by_name[name] = _json_of(name, values[-1]) if values[-1].strip() else None
        elif name != "options":
            values_by_name[name] = values[-1]
    return _checked(values_by_name, "form", model)


def _parts(name: str, value: str) -> list[str]:
    """Split names of schemas at commas; other values are taken whole."""
    if name != "schemas":
        return [value] if value else []
    return [part.strip() for part in value.split(",") if part.strip()]


def _json_of(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the field {name!r} is no JSON: {error}", code="bad_json") from error


def _checked(fields: Any, where: str, model: type[B]) -> B:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        errors = [
            {**each, "loc": (where, *each["loc"]), "ctx": _plain(each)} for each in error.errors(include_input=False)
        ]
        raise RequestValidationError(errors) from error


def _plain(error: Any) -> dict[str, Any]:
    """Return the context of a validation error that can be written as JSON; an exception in it is left out."""
    facts = error.get("ctx", {})
    return {name: facts[name] for name in ("nearest", "expected") if name in facts}


def submission_of(body: IngestOptions, uploads: tuple[StagedFile, ...], key: str = "", digest: str = "") -> Submission:
    """Build the submission of a request. ``key``: its idempotency key; ``digest``: SHA-256 of what it asks for."""
    named = body if isinstance(body, IngestRequestBody) else IngestRequestBody()
    return Submission(
        uploads=uploads,
        paths=tuple(Path(path) for path in named.paths),
        urls=tuple(dict.fromkeys(named.urls)),
        options=Options(
            ocr=body.ocr,
            pages=body.pages,
            schemas=tuple(dict.fromkeys(body.schemas)),
            force=body.force,
            type=body.type,
        ),
        passwords=tuple(body.passwords),
        attachments=body.attachments,
        priority=body.priority,
        metadata=body.metadata,
        callback_url=body.callback_url,
        callback_each=body.callback_each,
        replace=body.replace,
        idempotency_key=key,
        trace=tracing.current(),
        digest=digest,
    )
