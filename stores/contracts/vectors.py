"""What the stores promise. RecordTableStore is the truth; vectors and keywords can be rebuilt from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Scalar = str | int | float | bool
Where = Mapping[str, Scalar | Sequence[str]]  # metadata that must be equal, or one of several


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorRow:
    """One vector: ``id`` is the chunk id ``<document>:<generation>:<ordinal>``, ``embedding`` float32 little endian."""

    id: str
    text: str
    embedding: bytes
    metadata: Mapping[str, Scalar]  # document, generation, name, first_page, last_page, language, extracted scalars


class VectorStore(Protocol):
    """Vectors of all knowledge bases, one collection each. Every call may be repeated; the second changes nothing.

    Raises UnavailableError when the index cannot be reached, InputError when ``embedder`` is not the one that made
    the collection. A damaged collection raises DamagedIndexError and is rebuilt by the caller from the chunk rows.
    """

    def upsert(self, knowledge_id: str, embedder: str, rows: Sequence[VectorRow]) -> None: ...

    def query(
        self, knowledge_id: str, embedder: str, vector: bytes, limit: int, where: Where
    ) -> list[tuple[str, float]]:
        """(chunk id, cosine distance), nearest first; chunks of generations that are not visible may be among them."""

    def delete(self, knowledge_id: str, document: str, keep_generation: int | None = None) -> None:
        """Remove every vector of a document, except those of ``keep_generation``."""

    def ids(self, knowledge_id: str) -> set[str]: ...

    def id_slices(self, knowledge_id: str) -> Iterator[list[str]]:
        """Yield all ids, some thousands at a time; what is written meanwhile may be left out or come twice."""

    def existing(self, knowledge_id: str, ids: Sequence[str]) -> set[str]:
        """Return those ids that have a vector."""

    def delete_ids(self, knowledge_id: str, ids: Sequence[str]) -> None:
        """Remove vectors by id; unknown ones are ignored."""

    def drop(self, knowledge_id: str) -> None:
        """Remove the collection, and its files."""

    def close(self) -> None:
        """Release connections, files and locks; the next call takes them again."""


def metadata_of(fields: Sequence[Mapping[str, Any]], own: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """What a filter in Chroma may ask for: every scalar that was extracted, then what the document is."""
    scalars: dict[str, Scalar] = {}
    for one in fields:
        for name, value in one.items():
            if isinstance(value, str | int | float | bool):
                scalars.setdefault(name, value)
    return scalars | dict(own)
