"""What a check of a knowledge base asks of its database, and how what contradicts there is mended.

Faults are named by a code and an item: a document id, ``<document>:<generation>``, a job id, a row id as text. Every
answer is a part that fits into memory, whatever the size of the knowledge base.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from stores.contracts.vectors import Scalar
from stores.effects import Order
from stores.models import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleDocument:
    """A document that answers. ``source``: the first of its names, by which its files are called."""

    document: str
    generation: int
    source: str
    title: str
    language: str


class ConsistencyStore(Protocol):
    """The rows of one knowledge base, compared with each other."""

    def damage(self, *, deep: bool) -> dict[str, list[str]]:
        """Return code -> what the database says of itself that is wrong. ``deep``: the index of keywords, too."""

    def contradictions(self, most: int) -> dict[str, list[str]]:
        """Return code -> items of rows that contradict each other, at most ``most`` items a code."""

    def mend(self, code: str, items: Sequence[str], order: Order) -> int:
        """Mend items of a code that ``mends`` names, unless they are in order by now; return how many were written."""

    def mends(self) -> frozenset[str]:
        """Return the codes that ``mend`` knows; the others need more than the database."""

    def begin_again(self, document: str, fingerprints: Mapping[str, str], job: str) -> bool:
        """Open a first generation for a document that has none, and a job; False where it has one by now."""

    def in_work(self) -> set[str]:
        """Return the documents a generation of which is not final: what differs there is under way."""

    def hashes(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Return (id, SHA-256) of documents that have a name, behind the id ``after``."""

    def known_hashes(self, hashes: Collection[str]) -> set[str]:
        """Return those hashes of originals that documents have."""

    def visible(self, after: str, limit: int) -> list[VisibleDocument]:
        """Return visible documents behind the id ``after``."""

    def visible_generations(self, documents: Collection[str]) -> dict[str, int]:
        """Return document -> visible generation of those of ``documents`` that answer."""

    def needs_page_images(self, document: str, generation: int) -> bool:
        """Tell whether a generation is open, or can be retried."""

    def places(self, document: str) -> list[tuple[str, str]]:
        """Return (root, name) of the sources of a document."""

    def source_names(self, documents: Collection[str]) -> dict[str, str]:
        """Return document -> its first source name."""

    def keyword_faults(self, after: int, limit: int) -> tuple[list[tuple[str, str]], int | None]:
        """Return (code, chunk id) of faults in the next keywords of visible chunks, and the row id to go on after."""

    def stray_keywords(self, after: int, limit: int) -> tuple[list[int], int | None]:
        """Return the row ids of keywords without a chunk among the next, and the row id to go on after."""

    def mend_keywords(self, after: int, limit: int) -> tuple[int, int | None]:
        """Write the next keywords of visible chunks that differ; return how many, and the row id to go on after."""

    def drop_keywords(self, rowids: Sequence[int]) -> int:
        """Remove keywords that still have no chunk; return how many."""

    def rebuild_keywords(self) -> None:
        """Empty the keyword index; ``mend_keywords`` fills it again."""

    def existing_chunks(self, ids: Sequence[str]) -> set[str]:
        """Return those chunk ids that are visible, or belong to a generation that is not final."""

    def chunk_part(
        self, embedder: str, after: int, limit: int
    ) -> tuple[list[tuple[str, int, Chunk, dict[str, Scalar]]], int | None]:
        """Return (document, generation, chunk, metadata) of the next visible chunks, and the row id to go on after."""

    def sample(self, embedder: str, count: int) -> dict[str, bytes]:
        """Return chunk id -> embedding of visible chunks, spread evenly over all; those of length 0 are left out."""
