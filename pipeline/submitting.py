"""The use case "submit": files handed over, paths and URLs become one durable job, many requests at a time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.work import Tools
from stores.errors import UnavailableError
from stores.models import Fault, Options, Outcome, check_knowledge_id


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
    paths: tuple[Path, ...] = ()
    urls: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    passwords: tuple[str, ...] = ()
    priority: int = 0  # larger first among waiting documents
    metadata: Mapping[str, Any] | None = None
    callback_url: str = ""
    callback_each: bool = False
    replace: bool = False  # an upload takes the place of the document that has its name
    idempotency_key: str = ""
    digest: str = ""  # SHA-256 of what was asked; compared where the key comes again


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one file or URL at the door. ``document`` is "" where it was refused or is yet to be fetched."""

    source: str
    document: str
    outcome: Outcome
    error: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was made durable. ``replayed``: the same request had come before, and this is its answer."""

    knowledge_id: str
    job: str
    documents: tuple[Received, ...]
    replayed: bool = False


class Desk:
    """Where submissions are taken: those that come together for one knowledge base share one commit."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def submit(self, knowledge_id: str, submission: Submission) -> Future[Receipt]:
        """The receipt, once everything of the submission is safe on disk."""
        check_knowledge_id(knowledge_id)
        raise UnavailableError("submissions are not taken yet")
