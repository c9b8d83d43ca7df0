"""Files on their way into a knowledge base: what arrived, what is decided about it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stores.models import DocumentState, Fault, Options, Outcome, Route, Stage

UPLOAD_ROOT = "upload"
"""Root of uploads; a second document of one name has the root ``upload#2``."""
URL_ROOT = "url:"
"""Root of downloads; their name is the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFile:
    """A file to be ingested: an upload in the staging folder, a download, or a file that a path names.

    ``name`` is the path relative to ``root`` (an absolute folder, or a prefix of our own for uploads and downloads);
    an upload has no root until one is chosen for it. ``sha256`` and ``media_type`` are empty until the bytes are read.
    """

    root: str
    name: str
    path: Path = Path()  # of its bytes; empty for a URL that could not be fetched
    size_bytes: int = 0
    modified_ns: int = 0
    sha256: str = ""
    media_type: str = ""
    fault: Fault | None = None  # why the file cannot be ingested
    in_staging: bool = False  # ``path`` is in the staging folder, from where it is moved to the originals
    unchanged: bool = False  # not read again, because size and time are those of its document

    @classmethod
    def upload(
        cls, path: Path, name: str, size_bytes: int, sha256: str, media_type: str = "", fault: Fault | None = None
    ) -> StagedFile:
        """Describe an upload that arrived whole in the staging folder, as ``path``; its root is chosen later."""
        return cls(
            root="",
            name=name,
            path=path,
            size_bytes=size_bytes,
            sha256=sha256,
            media_type=media_type,
            fault=fault,
            in_staging=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementDecision:
    """What is done with a staged file: which stages of the newest generation are kept; the others run again."""

    file: StagedFile
    outcome: Outcome
    options: Options
    fingerprints: Mapping[str, str]
    profile: str | None = None
    passwords: tuple[str, ...] = ()
    make: bool = True  # False: nothing to do
    keep: frozenset[Stage] = frozenset()
    retry: bool = False  # retry the newest generation where it failed or was cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What became of one file or URL of a request.

    ``document`` is "" where the file was refused, or the URL is yet to be fetched. ``state`` is that of the document as
    the request met it, None where there was none; ``place`` the name that the file has in its job where that is
    another. ``pages``, ``routes`` and ``estimate_s`` are filled only in a dry run, for new and changed files.
    """

    source: str
    outcome: Outcome
    document: str = ""
    state: DocumentState | None = None
    place: str = ""
    size_bytes: int = 0
    pages: int = 0
    routes: Mapping[Route, int] = field(default_factory=dict)
    estimate_s: float = 0.0
    error: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file or folder that is not ingested. ``code``: hidden, link, excluded, unsupported, unreadable."""

    source: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionReport:
    """What a request to fill further schemas does; ``job`` is None where nothing was to be done.

    ``extracted`` and ``unchanged`` count documents, ``unread`` the pages that were never read and are read now.
    ``failed``: document id -> why it cannot be done.
    """

    job: str | None
    extracted: int
    unchanged: int
    unread: int
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """The result of a request to ingest. ``job`` is None when there was nothing to do."""

    knowledge_id: str
    job: str | None
    files: tuple[IngestResult, ...]
    skipped: tuple[SkippedFile, ...] = ()
    remarks: tuple[str, ...] = ()  # what the user should know besides, a sentence each
