"""Vectors in a dictionary: the promises of the contract without an index. For tests and for a look without Chroma."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from math import sqrt

from stores.chroma.vectors import refuse_other_embedder
from stores.contracts import Scalar, VectorRow, Where


class MemoryVectors:
    """A VectorStore that lives as long as the object; distances are exact."""

    def __init__(self) -> None:
        self._embedders: dict[str, str] = {}
        self._rows: dict[str, dict[str, VectorRow]] = {}

    def upsert(self, knowledge_id: str, embedder: str, rows: Sequence[VectorRow]) -> None:
        if rows:
            refuse_other_embedder(knowledge_id, self._embedders.setdefault(knowledge_id, embedder), embedder)
            self._rows.setdefault(knowledge_id, {}).update((row.id, row) for row in rows)

    def query(
        self, knowledge_id: str, embedder: str, vector: bytes, limit: int, where: Where
    ) -> list[tuple[str, float]]:
        """(chunk id, cosine distance), nearest first."""
        if knowledge_id not in self._rows:
            return []
        refuse_other_embedder(knowledge_id, self._embedders[knowledge_id], embedder)
        near = [
            (_distance(vector, row.embedding), row.id)
            for row in self._rows[knowledge_id].values()
            if all(_meets(row.metadata.get(key), wanted) for key, wanted in where.items())
        ]
        return [(id, distance) for distance, id in sorted(near)[:limit]]

    def delete(self, knowledge_id: str, document: str, keep_generation: int | None = None) -> None:
        rows = self._rows.get(knowledge_id, {})
        for row in list(rows.values()):
            if row.metadata["document"] == document and row.metadata["generation"] != keep_generation:
                del rows[row.id]

    def ids(self, knowledge_id: str) -> set[str]:
        return set(self._rows.get(knowledge_id, {}))

    def id_slices(self, knowledge_id: str) -> Iterator[list[str]]:
        yield sorted(self.ids(knowledge_id))

    def existing(self, knowledge_id: str, ids: Sequence[str]) -> set[str]:
        return self.ids(knowledge_id).intersection(ids)

    def delete_ids(self, knowledge_id: str, ids: Sequence[str]) -> None:
        for id in ids:
            self._rows.get(knowledge_id, {}).pop(id, None)

    def drop(self, knowledge_id: str) -> None:
        self._rows.pop(knowledge_id, None)
        self._embedders.pop(knowledge_id, None)

    def close(self) -> None:
        """Nothing is open."""


def _meets(value: Scalar | None, wanted: Scalar | Sequence[str]) -> bool:
    return value == wanted if isinstance(wanted, str) or not isinstance(wanted, Sequence) else value in wanted


def _distance(left: bytes, right: bytes) -> float:
    one, other = array("f", left), array("f", right)
    product = sum(a * b for a, b in zip(one, other, strict=True))
    length = sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return 1.0 - product / length if length else 1.0
