"""A client of a Chroma server's REST API, version 2: only what the vector index needs, on the standard library.

Chroma's own client waits without limit, follows proxy settings to loopback, and takes half a second to import. Every
call here may be sent twice, so one that met a closed connection is sent again. A connection belongs to one thread of
one process: nothing is shared over a fork.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from stores.chroma.errors import ChromaRefusal, NoCollection
from stores.contracts import Scalar, VectorRow
from stores.errors import UnavailableError

_DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"
_CONNECT_TIMEOUT_S = 5.0


class ChromaHttp:
    """The collections of a server at ``url`` (``http://host:port``). Nothing is sent before the first call."""

    def __init__(self, url: str, timeout_s: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UnavailableError(f"{url!r} is no address of a Chroma server; write http://host:port", code="bad_url")
        self._url = url
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if self._secure else 8000)
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._here = threading.local()
        self._ids: dict[str, str] = {}

    def alive(self) -> bool:
        """Tell whether the server answers."""
        try:
            self._send("GET", "/api/v2/heartbeat", None)
        except (UnavailableError, ChromaRefusal):
            return False
        return True

    def metadata(self, name: str) -> dict[str, Scalar]:
        """What was written at ``create``. Raises NoCollection."""
        answer = self._send("GET", f"{_DATABASE}/collections/{quote(name)}", None)
        self._ids[name] = answer["id"]
        return dict(answer["metadata"] or {})

    def create(self, name: str, metadata: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Make the collection unless it is there; answers the metadata that it has."""
        body = {"name": name, "metadata": dict(metadata), "get_or_create": True}
        answer = self._send("POST", f"{_DATABASE}/collections", body)
        self._ids[name] = answer["id"]
        return dict(answer["metadata"] or {})

    def upsert(self, name: str, rows: Sequence[VectorRow]) -> None:
        body = {
            "ids": [row.id for row in rows],
            "embeddings": [base64.b64encode(row.embedding).decode() for row in rows],
            "documents": [row.text for row in rows],
            "metadatas": [dict(row.metadata) for row in rows],
        }
        self._call(name, "upsert", body)

    def query(
        self, name: str, vector: Sequence[float], limit: int, where: Mapping[str, Any] | None
    ) -> list[tuple[str, float]]:
        """(id, distance), nearest first."""
        body = {"query_embeddings": [list(vector)], "n_results": limit, "include": ["distances"], "where": where}
        answer = self._call(name, "query", body)
        return list(zip(answer["ids"][0], answer["distances"][0], strict=True))

    def ids(
        self,
        name: str,
        where: Mapping[str, Any] | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[str]:
        """Return the ids that meet the conditions; a part of them where ``limit`` is given."""
        wanted = {"ids": None if ids is None else list(ids), "limit": limit, "offset": offset}
        answer = self._call(name, "get", {"include": [], "where": where, **wanted})
        return list(answer["ids"])

    def delete(self, name: str, ids: Sequence[str]) -> None:
        self._call(name, "delete", {"ids": list(ids)})

    def drop(self, name: str) -> None:
        self._ids.pop(name, None)
        self._send("DELETE", f"{_DATABASE}/collections/{quote(name)}", None)

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        connection = getattr(self._here, "connection", None)
        if connection is not None:
            connection.close()
        self._here.connection = None

    def _call(self, name: str, action: str, body: Mapping[str, Any]) -> Any:
        """One action on a collection; its id is looked up again when somebody has made it anew."""
        known = name in self._ids
        if not known:
            self.metadata(name)
        try:
            return self._send("POST", f"{_DATABASE}/collections/{self._ids[name]}/{action}", body)
        except NoCollection:
            if not known:
                raise
            self.metadata(name)
            return self._send("POST", f"{_DATABASE}/collections/{self._ids[name]}/{action}", body)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        payload = None if body is None else json.dumps(body).encode()
        try:
            status, answer = self._exchange(method, self._prefix + path, payload)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise UnavailableError(
                f"The vector index at {self._url} does not answer ({error or type(error).__name__}); "
                "start it, or correct INGOT_CHROMA_URL",
                code="vectors_unreachable",
            ) from error
        if status < 300:
            return json.loads(answer) if answer else None
        raise _refusal(status, answer)

    def _exchange(self, method: str, path: str, payload: bytes | None) -> tuple[int, bytes]:
        connection, fresh = self._connection()
        try:
            return self._answer(connection, method, path, payload)
        except (ConnectionError, http.client.HTTPException):
            if fresh:
                raise
            self.close()  # a server may close a connection that was idle
            return self._answer(self._connection()[0], method, path, payload)

    def _answer(
        self, connection: http.client.HTTPConnection, method: str, path: str, payload: bytes | None
    ) -> tuple[int, bytes]:
        connection.request(method, path, payload, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        """This thread's connection in this process, and whether it is new."""
        connection = getattr(self._here, "connection", None)
        if connection is not None and self._here.process == os.getpid():
            return connection, False
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=_CONNECT_TIMEOUT_S)
        connection.connect()
        connection.sock.settimeout(self._timeout_s)
        self._here.connection, self._here.process = connection, os.getpid()
        return connection, True


def _refusal(status: int, answer: bytes) -> Exception:
    try:
        body = json.loads(answer)
        kind, message = str(body.get("error", "")), str(body.get("message", ""))
    except (ValueError, AttributeError):
        kind, message = "", answer[:300].decode("utf-8", "replace")
    if status == 404 and kind in ("NotFoundError", "InvalidCollection", ""):
        return NoCollection(message)
    return ChromaRefusal(f"{kind or status}: {message}", status)
