"""A submission, which is one request of the API to ingest files, paths or URLs; and its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stores.models import Options
from stores.placement import IngestResult, SkippedFile, StagedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One request to ingest. It always becomes a job, even where nothing is to be done."""

    uploads: tuple[StagedFile, ...] = ()
    paths: tuple[Path, ...] = ()  # relative to ``settings.ingest_root``, or absolute below it
    urls: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    passwords: tuple[str, ...] = ()
    attachments: bool = False  # read files attached to mail messages and PDFs as documents of their own
    priority: int = 0  # larger first among waiting documents
    metadata: Mapping[str, Any] | None = None
    callback_url: str = ""
    callback_each: bool = False
    replace: bool = False  # an upload takes the place of the document that has its name
    idempotency_key: str = ""
    skipped: tuple[SkippedFile, ...] = ()  # what the folders of ``paths`` hold besides documents
    trace: str = ""  # the W3C traceparent of the request
    digest: str = ""  # SHA-256 of the request; compared where the key comes again


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReceipt:
    """What was made durable. ``replayed``: the same request had come before, and this is its answer."""

    knowledge_id: str
    job: str
    documents: tuple[IngestResult, ...]
    skipped: tuple[SkippedFile, ...] = ()
    replayed: bool = False
