"""Submits files to a submission queue as the API does, without a server."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from pipeline.commands.submission import Submission, SubmissionReceipt
from pipeline.commands.submission_queue import SubmissionQueue
from stores.placement import StagedFile
from tests.in_process import KB, fake_resources
from tests.waiting import GENEROUS_S

FAKE = "text/x-fake-pages"


class Submitter:
    """A submission queue over fake engines, without a broker."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.resources = fake_resources(home, **settings)
        self.committed: list[str] = []
        self.queue = SubmissionQueue(self.resources, self.committed.append)
        self.uploads_made = 0

    def upload(self, text: str, name: str = "a.pdf") -> StagedFile:
        """A fake document of one page that lies in the staging folder."""
        self.uploads_made += 1
        content = f"%FAKE\n{text}".encode()
        path = self.resources.workspaces.staging() / f"{self.uploads_made}.part"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return StagedFile.upload(path=path, name=name, size_bytes=len(content), sha256=digest, media_type=FAKE)

    def submit(self, *uploads: StagedFile, **fields: object) -> SubmissionReceipt:
        return self.queue.submit(KB, Submission(uploads=uploads, **fields)).result(GENEROUS_S)  # type: ignore[arg-type]

    def sql(self, query: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.resources.settings.home / KB / "kb.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
