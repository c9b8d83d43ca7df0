"""A connection to ``ingot serve``, over its HTTP API."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from ingest import serializers
from ingest.client.connection import GivenCorrection, IngestOptions, Json, Mode, Submitted
from ingest.version import version
from pipeline.addresses import is_url
from pipeline.commands.content_detection import discover_documents
from stores.errors import IngotError, InputError, NotFoundError, NotReadyError, UnavailableError
from stores.placement import StagedFile

_FILES_AT_ONCE = 50  # of one request; a server's limit is 200, unless it is set otherwise
_BYTES_AT_ONCE = 256 << 20
_LONGEST_WAIT_S = 30.0
_TIMEOUT = httpx2.Timeout(60.0, read=300.0)
_LIST = 1000
_TOO_LARGE, _REFUSED_CALLERS = "too_large", ("unauthorized", "forbidden")


class ServerConnection:
    """A connection to one knowledge base of a server."""

    def __init__(self, url: str, knowledge_id: str, api_key: str = "") -> None:
        headers = {"User-Agent": f"ingot/{version()}"}
        headers |= {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx2.Client(base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=_TIMEOUT)
        self._url, self._base = url, f"/knowledge/{knowledge_id}"

    def ingest(self, paths: Sequence[str], options: IngestOptions) -> Submitted:
        urls = [path for path in paths if is_url(path)]
        discovered = discover_documents([Path(path) for path in paths if not is_url(path)], (), ())
        fields = _fields(options)
        jobs: list[str] = []
        refused = [_refused(file) for file in discovered.files if file.fault]
        for part in _parts([file for file in discovered.files if not file.fault]):
            for result in self._uploaded(part, fields):
                if isinstance(result, str):
                    jobs.append(result)
                else:
                    refused.append(result)
        if urls:
            jobs.append(self._json("POST", f"{self._base}/ingest", json={"urls": urls, **fields})["job_id"])
        skipped = [serializers.skipped_file(file) for file in discovered.skipped]
        return Submitted(jobs=tuple(jobs), refused=tuple(refused), skipped=tuple(skipped))

    def wait(self, job_id: str, timeout_s: float) -> Json | None:
        left = timeout_s
        while True:
            wait = min(left, _LONGEST_WAIT_S)
            job = self._json("GET", f"/jobs/{quote(job_id)}", params={"wait": wait, "documents": "none"})
            if job["state"] != "running":
                return {**job, "documents": list(self._listed(f"/jobs/{quote(job_id)}", "documents"))}
            left -= wait
            if left <= 0:
                return None

    def search(self, query: str, limit: int, mode: Mode, where: str) -> Json:
        question = {"query": query, "limit": limit, "mode": mode, "where": where}
        return self._json("POST", f"{self._base}/search", json=question)

    def ask(self, question: str, chunks: int, where: str) -> Json:
        return self._json("POST", f"{self._base}/ask", json={"question": question, "chunks": chunks, "where": where})

    def documents(self) -> Iterator[Json]:
        return self._listed(f"{self._base}/documents")

    def markdown(self, document: str) -> str:
        return self._answer("GET", f"{self._base}/documents/{quote(document)}/markdown").text

    def records(self, schema: str, where: str, proved: bool) -> Iterator[Json]:
        asked: dict[str, Any] = {"proved": proved, **({"where": where} if where else {})}
        return self._listed(f"{self._base}/records/{quote(schema)}", **asked)

    def say(self, given: GivenCorrection) -> Json:
        _check_author(given.author)
        body = {"schema": given.schema, "path": given.path, "verdict": given.verdict, "value": given.value}
        place = {"page": given.page, "box": list(given.box) if given.box else None, "quote": given.quote}
        return self._json("POST", self._corrections(given.document), json={**body, **place})

    def withdraw(self, document: str, number: int, author: str) -> Json:
        _check_author(author)
        return self._json("DELETE", f"{self._corrections(document)}/{number}")

    def corrections(self, document: str) -> list[Json]:
        made: list[Json] = self._answer("GET", self._corrections(document)).json()
        return made

    def to_check(self, schema: str, document: str, limit: int) -> list[Json]:
        asked = {"schema": schema, "document": document, "limit": limit}
        values: list[Json] = self._json("GET", f"{self._base}/doubtful", params=asked)["items"]
        return values

    def _corrections(self, document: str) -> str:
        return f"{self._base}/documents/{quote(document)}/corrections"

    def delete(self, document: str) -> Json:
        return self._json("DELETE", f"{self._base}/documents/{quote(document)}")

    def close(self) -> None:
        self._http.close()

    def _uploaded(self, files: Sequence[StagedFile], fields: Json) -> Iterator[str | Json]:
        """Upload files; yield the ids of jobs, and what a server refuses. A request over its limits is divided."""
        try:
            yield self._upload(files, fields)
        except InputError as error:
            if error.code in _REFUSED_CALLERS or (len(files) > 1 and error.code != _TOO_LARGE):
                raise
            if len(files) == 1:
                yield _fault(files[0].name, error)
                return
            middle = len(files) // 2
            yield from self._uploaded(files[:middle], fields)
            yield from self._uploaded(files[middle:], fields)

    def _upload(self, files: Sequence[StagedFile], fields: Json) -> str:
        with ExitStack() as opened:
            parts = [("files", (file.name, opened.enter_context(file.path.open("rb")))) for file in files]
            return str(self._json("POST", f"{self._base}/ingest", files=parts, data=fields)["job_id"])

    def _listed(self, path: str, key: str = "items", **asked: Any) -> Iterator[Json]:
        """Yield all items of a list, which the server answers in parts."""
        cursor: str | None = None
        for _ in count():
            page = {"limit": _LIST, **({"cursor": cursor} if cursor else {})}
            part = self._json("GET", path, params={**asked, **page})
            yield from part[key]
            cursor = part["next_cursor"]
            if cursor is None:
                return

    def _json(self, method: str, path: str, **request: Any) -> Json:
        answer: Json = self._answer(method, path, **request).json()
        return answer

    def _answer(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise UnavailableError(f"the server at {self._url} cannot be reached: {error}") from error
        except httpx2.InvalidURL as error:
            raise InputError(f"{self._url!r} is no URL of a server: {error}", code="bad_url") from error
        if response.is_success:
            return response
        raise _error(response)


def _check_author(author: str) -> None:
    if author:
        raise InputError("a server says itself who corrects: the name of the API key", code="usage")


def _fields(options: IngestOptions) -> Json:
    """Return the options as a form has them; a file replaces the document of its name, as in a folder."""
    given = {
        "schemas": list(options.schemas),
        "ocr": options.ocr,
        "pages": options.pages,
        "force": options.force,
        "attachments": options.attachments,
    }
    return {name: value for name, value in given.items() if value} | {"replace": True}


def _parts(files: Sequence[StagedFile]) -> Iterator[list[StagedFile]]:
    """Divide files among requests."""
    part: list[StagedFile] = []
    room: float = -math.inf
    for file in files:
        room -= file.size_bytes
        if len(part) == _FILES_AT_ONCE or room < 0:
            if part:
                yield part
            part, room = [], _BYTES_AT_ONCE - file.size_bytes
        part.append(file)
    if part:
        yield part


def _refused(file: StagedFile) -> Json:
    assert file.fault
    return _fault(file.name, InputError(file.fault.message, code=file.fault.code))


def _fault(source: str, error: IngotError) -> Json:
    return {"source": source, "outcome": "failed", "error": error.message, "error_code": error.code}


def _error(response: httpx2.Response) -> IngotError:
    """Return the error that a problem+json names, of the class that the same error has in a home."""
    try:
        problem = response.json()
        detail, code = str(problem["detail"]), str(problem["code"])
    except (ValueError, KeyError, TypeError):
        return UnavailableError(f"{response.url} answered {response.status_code} without an explanation")
    if response.status_code == httpx2.codes.NOT_FOUND:
        return NotFoundError(detail, code=code, nearest=tuple(problem.get("nearest", ())))
    if problem.get("state"):
        return NotReadyError(detail, state=problem["state"], code=code)
    if response.status_code >= 500 or response.status_code in (408, 429):
        return UnavailableError(detail, code=code)
    return InputError(detail, code=code, nearest=tuple(problem.get("nearest", ())))
