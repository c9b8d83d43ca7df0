"""What a request for ingestion may say, in a form or in JSON, and how it becomes a submission."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, field_validator

from ingest.api.bodies import Body
from pipeline.commands.submission import Submission, Upload
from stores.errors import InputError
from stores.models import Options
from stores.outbox.events import MOST_METADATA_BYTES

_PAGES = re.compile(r"([1-9][0-9]{0,5}(-[1-9][0-9]{0,5})?)(,[1-9][0-9]{0,5}(-[1-9][0-9]{0,5})?)*|")
_LISTS = ("schemas", "passwords", "paths", "urls")
_JSON = ("metadata",)
Word = Annotated[str, Field(min_length=1, max_length=256)]


class IngestOptions(Body):
    """How the documents are made, and who is told of it."""

    schemas: list[Word] = Field([], max_length=64, description="extract these too, besides `document`")
    ocr: Literal["auto", "always", "never"] = Field("auto", description="when pages are read by OCR")
    pages: str = Field("", max_length=1000, description="only these pages, like `1-5,9`")
    force: bool = Field(False, description="make known documents anew")
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
    """RequestValidationError where it is not what is wanted."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the body is no JSON: {error}", code="bad_json") from error
    return _checked(found, "body")


def of_fields(fields: Mapping[str, Sequence[str]]) -> IngestRequestBody:
    """``options`` holds them all as JSON; a field of its own says the same of one."""
    found: dict[str, Any] = {}
    for text in fields.get("options", ()):
        options = _json_of("options", text)
        if not isinstance(options, dict):
            raise InputError("the field 'options' must hold a JSON object", code="bad_request")
        found |= options
    for name, values in fields.items():
        if name in _LISTS:
            found[name] = [part for value in values for part in _parts(name, value)]
        elif name in _JSON:
            found[name] = _json_of(name, values[-1]) if values[-1].strip() else None
        elif name != "options":
            found[name] = values[-1]
    return _checked(found, "form")


def _parts(name: str, value: str) -> list[str]:
    """Names of schemas may stand behind one another, by commas."""
    if name != "schemas":
        return [value] if value else []
    return [part.strip() for part in value.split(",") if part.strip()]


def _json_of(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the field {name!r} is no JSON: {error}", code="bad_json") from error


def _checked(found: Any, where: str) -> IngestRequestBody:
    try:
        return IngestRequestBody.model_validate(found)
    except ValidationError as error:
        wrong = [{**one, "loc": (where, *one["loc"]), "ctx": _plain(one)} for one in error.errors(include_input=False)]
        raise RequestValidationError(wrong) from error


def _plain(wrong: Any) -> dict[str, Any]:
    """What an error says of its names; an exception in it is left out."""
    facts = wrong.get("ctx", {})
    return {name: facts[name] for name in ("nearest", "expected") if name in facts}


def submission_of(asked: IngestRequestBody, uploads: tuple[Upload, ...], key: str, digest: str) -> Submission:
    return Submission(
        uploads=uploads,
        paths=tuple(Path(path) for path in asked.paths),
        urls=tuple(dict.fromkeys(asked.urls)),
        options=Options(
            ocr=asked.ocr, pages=asked.pages, schemas=tuple(dict.fromkeys(asked.schemas)), force=asked.force
        ),
        passwords=tuple(asked.passwords),
        priority=asked.priority,
        metadata=asked.metadata,
        callback_url=asked.callback_url,
        callback_each=asked.callback_each,
        replace=asked.replace,
        idempotency_key=key,
        digest=digest,
    )
