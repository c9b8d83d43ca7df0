"""The vector index: Chroma, on a server or under a path. An index, not the truth: it is rebuilt from the chunk rows."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from stores.chroma.errors import ChromaRefusal, NoCollection, meaning
from stores.chroma.http import ChromaHttp
from stores.chroma.path import ChromaPath
from stores.contracts import Scalar, VectorRow, Where
from stores.errors import InputError
from stores.models import slug_of

# Rows that Chroma keeps in its log before it writes its index files. Every write reads the log again (14 ms for each
# 1,000 rows in it), every file write is a moment at which SIGKILL can tear a large index: this is the measured middle.
SYNC_THRESHOLD = 2000
_BATCH_ROWS = 250
_IDS = 5000  # of one listing
_EMBEDDER, _DIMENSION = "embedder", "dimension"

Answer = TypeVar("Answer")


class ChromaVectors:
    """A VectorStore on Chroma: the server at ``url``, or ``path`` opened by this process alone where ``url`` is None.

    One collection per knowledge base, ``kb-<slug>``, cosine distance. Its metadata hold the embedder's fingerprint and
    the dimension. Open to any other Chroma client; make the object after a fork, or use it first there.
    """

    def __init__(self, url: str | None, path: Path) -> None:
        self._chroma = ChromaHttp(url) if url else ChromaPath(path)
        self._known: dict[str, str] = {}

    def upsert(self, knowledge_id: str, embedder: str, rows: Sequence[VectorRow]) -> None:
        """Add or replace vectors; a collection that is missing is made."""
        if not rows:
            return
        name = _name(knowledge_id)
        self._check(knowledge_id, embedder, len(rows[0].embedding) // 4)
        for start in range(0, len(rows), _BATCH_ROWS):
            batch = rows[start : start + _BATCH_ROWS]
            try:
                self._asked(knowledge_id, self._chroma.upsert, name, batch)
            except NoCollection:  # dropped since it was last seen
                self._known.pop(knowledge_id, None)
                self._check(knowledge_id, embedder, len(rows[0].embedding) // 4)
                self._asked(knowledge_id, self._chroma.upsert, name, batch)

    def query(
        self, knowledge_id: str, embedder: str, vector: bytes, limit: int, where: Where
    ) -> list[tuple[str, float]]:
        """(chunk id, cosine distance), nearest first; nothing where there is no collection yet."""
        name, values = _name(knowledge_id), array("f", vector).tolist()
        for known in (knowledge_id in self._known, False):
            try:
                if self._known.get(knowledge_id) != embedder:
                    self._remember(knowledge_id, embedder, self._asked(knowledge_id, self._chroma.metadata, name))
                return self._asked(knowledge_id, self._chroma.query, name, values, limit, _where(where))
            except NoCollection:  # where it was known, another may stand in its place, with another embedder's vectors
                self._known.pop(knowledge_id, None)
            if not known:
                break
        return []

    def delete(self, knowledge_id: str, document: str, keep_generation: int | None = None) -> None:
        """Remove a document's vectors; the generation to keep is told from the ids."""
        name = _name(knowledge_id)
        kept = f"{document}:{keep_generation}:"
        try:
            ids = self._asked(knowledge_id, self._chroma.ids, name, {"document": document})
            # A deletion costs Chroma fifty times a look: none is sent when nothing is to go.
            gone = [id for id in ids if keep_generation is None or not id.startswith(kept)]
            for start in range(0, len(gone), _BATCH_ROWS):
                self._asked(knowledge_id, self._chroma.delete, name, gone[start : start + _BATCH_ROWS])
        except NoCollection:
            self._known.pop(knowledge_id, None)

    def ids(self, knowledge_id: str) -> set[str]:
        """All chunk ids in the index."""
        try:
            return set(self._asked(knowledge_id, self._chroma.ids, _name(knowledge_id)))
        except NoCollection:
            return set()

    def id_slices(self, knowledge_id: str) -> Iterator[list[str]]:
        """Yield all chunk ids in the index, some thousands at a time."""
        offset = 0
        while True:
            try:
                ids = self._asked(knowledge_id, self._chroma.ids, _name(knowledge_id), None, None, _IDS, offset)
            except NoCollection:
                return
            if ids:
                yield ids
            if len(ids) < _IDS:
                return
            offset += len(ids)

    def existing(self, knowledge_id: str, ids: Sequence[str]) -> set[str]:
        """Return those ids that have a vector."""
        try:
            return set(self._asked(knowledge_id, self._chroma.ids, _name(knowledge_id), None, ids)) if ids else set()
        except NoCollection:
            return set()

    def delete_ids(self, knowledge_id: str, ids: Sequence[str]) -> None:
        """Remove vectors by id; unknown ones are ignored."""
        gone = sorted(self.existing(knowledge_id, ids))
        for start in range(0, len(gone), _BATCH_ROWS):
            self._asked(knowledge_id, self._chroma.delete, _name(knowledge_id), gone[start : start + _BATCH_ROWS])

    def drop(self, knowledge_id: str) -> None:
        """Remove the collection and its files, damaged or not."""
        self._known.pop(knowledge_id, None)
        try:
            self._asked(knowledge_id, self._chroma.drop, _name(knowledge_id))
        except NoCollection:
            return

    def close(self) -> None:
        """Let go of connections, files and lock; the next call takes them again."""
        self._chroma.close()

    def _check(self, knowledge_id: str, embedder: str, dimension: int) -> None:
        if self._known.get(knowledge_id) != embedder:
            wanted: dict[str, Scalar] = {
                "hnsw:space": "cosine",
                "hnsw:sync_threshold": SYNC_THRESHOLD,
                "knowledge_id": knowledge_id,
                _EMBEDDER: embedder,
                _DIMENSION: dimension,
            }
            metadata = self._asked(knowledge_id, self._chroma.create, _name(knowledge_id), wanted)
            self._remember(knowledge_id, embedder, metadata)

    def _remember(self, knowledge_id: str, embedder: str, metadata: Mapping[str, Scalar]) -> None:
        refuse_other_embedder(knowledge_id, str(metadata.get(_EMBEDDER, "")), embedder)
        self._known[knowledge_id] = embedder

    def _asked(self, knowledge_id: str, call: Callable[..., Answer], *arguments: Any) -> Answer:
        try:
            return call(*arguments)
        except ChromaRefusal as refusal:
            raise meaning(refusal, knowledge_id) from refusal


def refuse_other_embedder(knowledge_id: str, made_by: str, embedder: str) -> None:
    """Raise InputError when vectors of one embedder meet those of another: their distances mean nothing."""
    if made_by != embedder:
        raise InputError(
            f"The vectors of {knowledge_id} were made by {made_by or 'another program'}, not by {embedder}: "
            "choose that embedder again (INGOT_EMBEDDER, INGOT_EMBEDDER_MODEL), or embed all documents anew with "
            f"'ingot kb embed {knowledge_id}', which reads no page again",
            code="other_embedder",
        )


def _name(knowledge_id: str) -> str:
    return f"kb-{slug_of(knowledge_id)}"


def _where(wanted: Where) -> dict[str, Any] | None:
    """Chroma's filter: all conditions hold."""
    conditions = [
        {key: value if isinstance(value, str | int | float) else {"$in": list(value)}} for key, value in wanted.items()
    ]
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None
