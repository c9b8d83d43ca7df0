"""Chroma opened inside this process. Only one process may: two writers on one path break every collection unseen."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from stores.chroma.errors import ChromaRefusal, NoCollection
from stores.contracts import Scalar, VectorRow
from stores.errors import UnavailableError

_SEGMENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINKS_PER_DATA = 10  # a torn file of links claims many times the size of its data


class IndexLock:
    """The right to open a Chroma path, held by one process until ``release`` or its end; a fork does not inherit it."""

    def __init__(self, path: Path) -> None:
        self._file = path / "ingot.lock"
        self._held: IO[str] | None = None
        self._process = 0

    @property
    def held(self) -> bool:
        return self._held is not None and self._process == os.getpid()

    def acquire(self) -> None:
        """Take the lock at once. Raises UnavailableError when another process has it."""
        if self.held:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        file = self._file.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            owner = file.read(20).strip() or "unknown"
            file.close()
            raise UnavailableError(
                f"The vector index in {self._file.parent} is in use by process {owner}; "
                "try again when it is done, or set INGOT_CHROMA_URL to a Chroma server for both",
                code="vectors_locked",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._held, self._process = file, os.getpid()

    def release(self) -> None:
        if self._held is not None:
            self._held.close()
        self._held = None


def torn_collections(path: Path) -> set[str]:
    """Names of collections whose index files were cut off by a crash; read from the files, Chroma stays closed.

    Opening such a collection raises at best; at worst it writes a file of terabytes.
    """
    return {name for segment, name in _vector_segments(path) if _torn(path / segment)}


def disarm(path: Path) -> None:
    """Empty the description of every torn index, before a server opens the path.

    The server then answers each call with an error that is known as damage (tried), instead of reading what is torn.
    """
    for segment, _ in _vector_segments(path):
        description = path / segment / "index_metadata.pickle"
        if _torn(path / segment) and description.is_file():
            os.truncate(description, 0)


def sweep_dropped(path: Path) -> int:
    """Remove the index files of collections that were dropped, which Chroma leaves behind; how many folders.

    Only while no process has the path open.
    """
    database = path / "chroma.sqlite3"
    if not database.is_file():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        used = {str(row[0]) for row in connection.execute("SELECT id FROM segments")}
    dropped = [folder for folder in path.iterdir() if _SEGMENT.fullmatch(folder.name) and folder.name not in used]
    for folder in dropped:
        shutil.rmtree(folder, ignore_errors=True)
    return len(dropped)


def _vector_segments(path: Path) -> list[tuple[str, str]]:
    """(folder, collection) of every vector index."""
    database = path / "chroma.sqlite3"
    if not database.is_file():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        rows = connection.execute(
            "SELECT segments.id, collections.name"
            " FROM segments JOIN collections ON collections.id = segments.collection"
            " WHERE segments.scope = 'VECTOR'"
        ).fetchall()
    return [(str(segment), str(name)) for segment, name in rows]


def _torn(folder: Path) -> bool:
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()} if folder.is_dir() else {}
    links, data = sizes.get("link_lists.bin", 0), sizes.get("data_level0.bin", 0)
    return sizes.get("index_metadata.pickle", 1) == 0 or links > max(data, 1 << 20) * _LINKS_PER_DATA


class ChromaPath:
    """The collections under ``path``, locked from the first call until ``close``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = IndexLock(path)
        self._client: Any = None
        self._torn: set[str] = set()

    def metadata(self, name: str) -> dict[str, Scalar]:
        """What was written at ``create``. Raises NoCollection."""
        return dict(self._collection(name).metadata or {})

    def create(self, name: str, metadata: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Make the collection unless it is there; answers the metadata that it has."""
        opened = self._open()
        collection = self._asked(
            opened.get_or_create_collection, name, metadata=dict(metadata), embedding_function=None
        )
        return dict(collection.metadata or {})

    def upsert(self, name: str, rows: Sequence[VectorRow]) -> None:
        import numpy as np

        self._asked(
            self._collection(name).upsert,
            ids=[row.id for row in rows],
            embeddings=np.frombuffer(b"".join(row.embedding for row in rows), "<f4").reshape(len(rows), -1),
            documents=[row.text for row in rows],
            metadatas=[dict(row.metadata) for row in rows],
        )

    def query(
        self, name: str, vector: Sequence[float], limit: int, where: Mapping[str, Any] | None
    ) -> list[tuple[str, float]]:
        """(id, distance), nearest first."""
        collection = self._collection(name)
        nearest = self._asked(
            collection.query, query_embeddings=[list(vector)], n_results=limit, where=where, include=["distances"]
        )
        return list(zip(nearest["ids"][0], nearest["distances"][0], strict=True))

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
        return list(self._asked(self._collection(name).get, where=where, include=[], **wanted)["ids"])

    def delete(self, name: str, ids: Sequence[str]) -> None:
        self._asked(self._collection(name).delete, ids=list(ids))

    def drop(self, name: str) -> None:
        self._asked(self._open().delete_collection, name)
        self._torn.discard(name)

    def close(self) -> None:
        """Let go of the files and of the lock."""
        if self._client is not None:
            self._client.close()
        self._client = None
        self._lock.release()

    def _collection(self, name: str) -> Any:
        opened = self._open()
        if name in self._torn:
            raise ChromaRefusal("hnsw files were cut off by a crash")
        return self._asked(opened.get_collection, name, embedding_function=None)

    def _open(self) -> Any:
        """The client of this process; one from before a fork is left alone, it would hang."""
        if self._client is None or not self._lock.held:
            self._lock.acquire()
            self._torn = torn_collections(self._path)
            import chromadb
            from chromadb.config import Settings

            settings = Settings(anonymized_telemetry=False)
            self._client = self._asked(chromadb.PersistentClient, str(self._path), settings)
        return self._client

    def _asked(self, call: Any, *arguments: Any, **named: Any) -> Any:
        from chromadb.errors import ChromaError, NotFoundError

        try:
            return call(*arguments, **named)
        except NotFoundError as error:
            raise NoCollection(str(error)) from error
        except (ChromaError, ValueError, OSError, RuntimeError) as error:
            raise ChromaRefusal(f"{type(error).__name__}: {error}") from error
