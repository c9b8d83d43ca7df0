"""Ingesting: folders from the command line, uploads and URLs from the API."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from pipeline import addresses
from pipeline.audit_trail import AuditTrail, names_of
from pipeline.commands import ingest_folder, preview, sources
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.submission import Submission, SubmissionReceipt
from pipeline.commands.submission_queue import SubmissionQueue
from pipeline.sender import Sender
from pipeline.step_context import Resources
from stores.audit import Action
from stores.models import Outcome, check_knowledge_id
from stores.placement import IngestReport, IngestResult


class Ingestion:
    """The use cases that make jobs out of files and URLs."""

    def __init__(self, resources: Resources, sender: Sender, trail: AuditTrail) -> None:
        self._resources = resources
        self._trail = trail
        self._sender = sender
        self._queue = SubmissionQueue(resources, sender.tell)

    def ingest(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """Make durable what is new or changed, and send it to the workers. Returns at once.

        Nothing is sent when nothing is to be done (``job`` is None). Without a broker the relay of the next worker
        sends what is due.
        """
        report = ingest_folder.ingest(self._resources, knowledge_id, request)
        changed = _changed(report.files)
        if report.job or changed:
            self._trail.note(Action.INGEST, knowledge_id, report.job or "", names_of(changed))
        if report.job:
            self._sender.send_now(knowledge_id)
        return report

    def ingest_source(self, knowledge_id: str, source: str, request: IngestRequest) -> IngestReport:
        """Do as ``ingest`` with all of a folder, a bucket such as s3://bucket/prefix, or a URL.

        Where it is empty nothing is pruned. NotFoundError where a folder is not there: a disk may not be mounted.
        """
        return self.ingest(knowledge_id, sources.request_of(source, request))

    def preview(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """Report what ``ingest`` would do, with pages per route and estimated seconds; changes nothing."""
        return preview.preview(self._resources, knowledge_id, request)

    def submit(self, knowledge_id: str, submission: Submission) -> SubmissionReceipt:
        """Make a submission durable: it becomes a job. The knowledge base is created if it is new."""
        return self.submit_soon(knowledge_id, submission).result()

    def submit_soon(self, knowledge_id: str, submission: Submission) -> Future[SubmissionReceipt]:
        """As ``submit``, for a caller that does not block a thread."""
        entry = self._trail.entry(Action.INGEST, knowledge_id)

        def note(future: Future[SubmissionReceipt]) -> None:
            if future.cancelled() or future.exception() or (receipt := future.result()).replayed:
                return
            self._trail.note_soon(replace(entry, subject=receipt.job, detail=names_of(_changed(receipt.documents))))

        submitted = self._queue.submit(knowledge_id, submission)
        submitted.add_done_callback(note)
        return submitted

    def refuse_when_full(self, knowledge_id: str) -> None:
        """Raise UnavailableError where more documents wait than ``queue_max``: before an upload is read."""
        self._queue.refuse_when_full(check_knowledge_id(knowledge_id))

    def prepare(self) -> None:
        """Load what the first submission would wait for."""
        self._queue.prepare()
        self._sender.prepare()

    def staging(self, knowledge_id: str) -> Path:
        """The folder for uploads, on the home's file system. Removes what a killed process left in it."""
        check_knowledge_id(knowledge_id)
        return self._resources.workspaces.staging()

    def check_url(self, url: str) -> str:
        """The URL as it is kept. InputError ``url_refused`` where it may not be called."""
        return addresses.check_url(url, self._resources.settings.allow_private_urls)


def _changed(files: Sequence[IngestResult]) -> list[str]:
    """The names of files that are not as they were."""
    as_before = (Outcome.SAME, Outcome.DUPLICATE, Outcome.FAILED)
    return [file.source for file in files if file.outcome not in as_before]
