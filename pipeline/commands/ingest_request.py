"""A request to ingest files, a bucket, a mailbox or URLs, as the command line, a schedule or a program makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stores.models import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What to ingest and how. ``globs`` and ``excludes`` match the path relative to its folder.

    ``remote``: an address such as s3://bucket/prefix or imaps://user@host/INBOX, in the place of paths.
    """

    paths: tuple[Path, ...] = ()
    remote: str = ""
    urls: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    globs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    prune: bool = False
    attachments: bool = False  # read files attached to mail messages and PDFs as documents of their own
    priority: int = 0  # larger first among waiting documents
    joins: bool = True  # its job has the documents that another job has in work, too, and so ends after them
