"""What a ``KnowledgeBase`` asks of a home or of a server. Everything is plain JSON, as the HTTP API answers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Json = dict[str, Any]
Mode = Literal["hybrid", "keyword", "vector"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """How documents are made: which schemas are extracted, when pages are read by OCR, and whether anew.

    ``attachments``: files attached to mail messages and PDFs are documents of their own.
    """

    schemas: tuple[str, ...] = ()
    ocr: Literal["auto", "always", "never"] = "auto"
    pages: str = ""
    force: bool = False
    attachments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of files: their jobs, and what was skipped or refused at once."""

    jobs: tuple[str, ...]
    refused: tuple[Json, ...] = ()
    skipped: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCorrection:
    """What a person says of a value of a document.

    ``path``: ``total``, ``authors[1]`` or ``lines[3].amount``; ``schema`` may be empty where one record has such a
    field. ``box`` (x0, y0, x1, y1 in points on ``page``) or ``quote`` say where it stands. ``author``: "" for the user
    of this system; a server names the API key instead.
    """

    document: str
    path: str
    verdict: Literal["corrected", "confirmed", "rejected"]
    schema: str = ""
    value: Any = None
    page: int = 0
    box: tuple[float, float, float, float] | None = None
    quote: str = ""
    author: str = ""


class Connection(Protocol):
    """The requests about one knowledge base. They raise IngotError only: NotFoundError where a name is unknown."""

    def ingest(self, paths: Sequence[str], options: IngestOptions) -> Submitted:
        """Submit files, folders, globs and URLs; return once they are on disk."""

    def wait(self, job_id: str, timeout_s: float) -> Json | None:
        """Wait for the end of a job and return it with its documents; None where the time runs out before."""

    def search(self, query: str, limit: int, mode: Mode, where: str) -> Json:
        """Return ``nothing_fits`` and ``hits``."""

    def ask(self, question: str, chunks: int, where: str) -> Json:
        """Return an answer with its sentences and their citations."""

    def documents(self) -> Iterator[Json]:
        """Yield the documents by name."""

    def markdown(self, document: str) -> str:
        """Return the Markdown of all pages of a document."""

    def records(self, schema: str, where: str, proved: bool) -> Iterator[Json]:
        """Yield the records of a schema."""

    def say(self, given: GivenCorrection) -> Json:
        """Keep what a person says of a value; return the correction."""

    def withdraw(self, document: str, number: int, author: str) -> Json:
        """Let a correction count no more; return it."""

    def corrections(self, document: str) -> list[Json]:
        """Return what people said of the values of a document, the oldest first, withdrawn corrections included."""

    def to_check(self, schema: str, document: str, limit: int) -> list[Json]:
        """Return the values that should be checked, the most doubtful first."""

    def delete(self, document: str) -> Json:
        """Delete a document; return what it was."""

    def close(self) -> None:
        """Release what the connection holds."""
