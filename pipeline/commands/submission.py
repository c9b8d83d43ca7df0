"""What travels through the second door: a submission, its files, and the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.file_discovery import FoundFile
from stores.models import Fault, Options, Outcome, SkippedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file that arrived whole in ``path`` (in the staging folder). ``fault`` where it cannot be taken."""

    path: Path
    name: str
    size_bytes: int
    sha256: str
    media_type: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One request of the second door. It always becomes a job, even where nothing is to be done."""

    uploads: tuple[Upload, ...] = ()
    paths: tuple[Path, ...] = ()  # relative to ``settings.ingest_root``, or absolute below it
    urls: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    passwords: tuple[str, ...] = ()
    priority: int = 0  # larger first among waiting documents
    metadata: Mapping[str, Any] | None = None
    callback_url: str = ""
    callback_each: bool = False
    replace: bool = False  # an upload takes the place of the document that has its name
    idempotency_key: str = ""
    skipped: tuple[SkippedFile, ...] = ()  # what the folders of ``paths`` hold besides documents
    digest: str = ""  # SHA-256 of what was asked; compared where the key comes again


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What became of one file or URL at the door. ``document`` is "" where it was refused or is yet to be fetched."""

    source: str
    document: str
    outcome: Outcome
    error: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReceipt:
    """What was made durable. ``replayed``: the same request had come before, and this is its answer."""

    knowledge_id: str
    job: str
    documents: tuple[IngestResult, ...]
    skipped: tuple[SkippedFile, ...] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file of a submission whose bytes are at hand: ``staged``, or among the originals already. Empty root: upload.

    ``unchanged``: it was not read again, because size and time are those of its document.
    """

    file: FoundFile
    sha256: str = ""
    media_type: str = ""
    staged: Path | None = None
    unchanged: bool = False
    fault: Fault | None = None
