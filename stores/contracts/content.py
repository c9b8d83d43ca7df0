"""What was made of documents: pages, records and chunks, and the profiles that they were made with.

``number`` is a generation unless a docstring says otherwise; pages count from 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stores.contracts.vectors import Scalar
from stores.effects import Claim
from stores.filters import Filter
from stores.models import Chunk, OutlineEntry, Page, Record, Schema
from stores.search_views import KeywordHits


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """A job that is not over, and a profile that documents of it are made with; None: older rows without one."""

    job: str
    profile: Mapping[str, Any] | None


class PageStore(Protocol):
    """The pages and chunks of the generations of one knowledge base, visible or not."""

    def read(self, document: str, number: int, numbers: Sequence[int] = (), *, blocks: bool = True) -> list[Page]:
        """Return the pages of a generation in order: all, or the page ``numbers``; with their blocks or without."""

    def part(self, document: str, number: int, after: int, limit: int) -> list[Page]:
        """Return at most ``limit`` pages behind page ``after``, without blocks."""

    def unread(self, claim: Claim) -> list[Page]:
        """Return the pages of a step that are neither read nor given up, in order."""

    def outline(self, document: str, number: int) -> tuple[OutlineEntry, ...]:
        """Return the bookmarks of a document, as plan read them."""

    def save_structure(self, claim: Claim, pages: Sequence[Page]) -> None:
        """Replace the Markdown of pages, and the labels, levels and offsets of their blocks. Raises LeaseLostError."""

    def chunks(self, document: str, number: int) -> list[Chunk]:
        """Return all chunks of a generation in order."""

    def chunk_rows(self, document: str, number: int, after: int, limit: int) -> list[tuple[int, Chunk]]:
        """Return (row id, chunk) of at most ``limit`` chunks whose ordinal is greater than ``after``."""

    def embedded(self, document: str, number: int) -> int:
        """Return how many chunks of a generation are stored."""

    def save_chunks(self, claim: Claim, chunks: Sequence[Chunk]) -> None:
        """Add embedded chunks, replacing those of the same ordinal. Raises LeaseLostError."""


class RecordTableStore(Protocol):
    """The records of one knowledge base, each also as rows of typed tables of its schema."""

    def prepare(self, schemas: Iterable[Schema]) -> list[str]:
        """Create the tables of schemas, and add the columns that a schema has gained. It may be repeated.

        Columns keep the type of their first definition: a sentence for each that is defined otherwise now.
        """

    def table_names(self, schema: Schema) -> list[str]:
        """Return the view of what answers now of a schema, then the tables of its lists, in the order of its fields."""

    def read(self, document: str, number: int) -> list[Record]:
        """Return the records of a generation with their evidence."""

    def visible_part(
        self, schema: str, after: str, limit: int, *, inapplicable: bool = False
    ) -> list[tuple[str, str, Record]]:
        """Return (document id, its first source name, record) of visible documents behind the id ``after``.

        ``inapplicable``: with those of documents that the schema does not apply to.
        """


class ChunkStore(Protocol):
    """The visible chunks of one knowledge base; ids are chunk ids."""

    def keyword_hits(self, query: str, limit: int, documents: Collection[str] | None) -> KeywordHits:
        """Return chunks by keyword; only of ``documents`` unless that is None."""

    def visible(self, ids: Sequence[str]) -> dict[str, str]:
        """Return those ids that are visible, in their order, each with the language of its document."""

    def languages(self) -> set[str]:
        """Return the languages of the visible documents; "" stands for an unknown one."""

    def read(self, ids: Sequence[str]) -> dict[str, tuple[Chunk, str]]:
        """Return id -> (chunk, source name); ids that are not visible are left out."""

    def any_visible(self, embedder: str) -> bool:
        """Tell whether a visible chunk has a vector of this embedder."""

    def newest_embedder(self) -> str | None:
        """Fingerprint of the embedder that the newest generation is made with; None where there is none."""

    def embedders(self) -> list[str]:
        """Return the fingerprints of the embedders of visible documents, that of most documents first."""

    def embedded_otherwise(self, embedder: str) -> list[str]:
        """Return the ids of visible documents at rest whose vectors another embedder made."""

    def vectors(self, embedder: str) -> Iterator[list[tuple[str, int, Chunk, dict[str, Scalar]]]]:
        """Yield (document, generation, chunk, metadata) of all visible chunks of an embedder, in parts."""

    def embedder(self, document_id: str, number: int) -> str:
        """Return the fingerprint of the embedder of a generation, "" where it has none."""

    def metadata(self, document_id: str, number: int) -> dict[str, Scalar]:
        """Return the metadata that all vectors of a generation share."""

    def fields_of_other_schemas(self, known: Collection[str]) -> set[str]:
        """Return the fields of records whose schema is not ``known``, with and without the name of the schema."""

    def filtered(self, where: Filter | None) -> set[str] | None:
        """Return the visible documents for which a filter holds; None without a filter."""


class ProfileStore(Protocol):
    """The settings and schemas that jobs travel with, by the hash of their content. A profile never changes."""

    def keep(self, profile_id: str, content: Mapping[str, Any]) -> None:
        """Keep a profile, before a job or generation names it. It may be repeated."""

    def read(self, ids: Collection[str] | None = None) -> dict[str, Mapping[str, Any]]:
        """Return profile id -> content, of ``ids`` or of all, the newest last."""

    def of_job(self, job_id: str) -> Mapping[str, Any] | None:
        """Return the content of a job's profile, None where it has none."""

    def of_open_jobs(self) -> list[OpenWork]:
        """Return each profile of the open jobs, with the first of the jobs that have it."""

    def of_open_work(self) -> list[OpenWork]:
        """Return each open job once for each profile that it or one of its open documents is made with."""
