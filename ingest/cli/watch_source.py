"""``ingot watch``: keep a knowledge base in step with a folder, a bucket or a mailbox."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import AsLines, Knowledge, Pages, load_settings, open_service, page_numbers
from ingest.cli.ingest_options import (
    Attachments,
    Excludes,
    Globs,
    Ocr,
    OcrMode,
    Passwords,
    Priority,
    SchemaNames,
    TypeName,
)
from pipeline.commands.watched_sources import HEARD_EVERY_S, WatchedSource
from pipeline.mailbox_address import address_of, is_mailbox
from stores.errors import IngotError, InputError, NotFoundError, TransientError
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.service import IngestRequest, Service
    from stores.models import Schema
    from stores.placement import IngestReport
    from stores.views import JobDocumentView


def watch(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A folder, s3://bucket/prefix or imaps://user@host/INBOX.")
    ],
    knowledge: Knowledge = "default",
    glob: Globs = None,
    exclude: Excludes = None,
    schema: SchemaNames = None,
    document_type: TypeName = "",
    ocr: Ocr = OcrMode.AUTO,
    pages: Pages = "",
    attachments: Attachments = False,
    priority: Priority = 0,
    password: Passwords = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep documents whose files are gone.")] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="S", min=1, help="Also look every S seconds, as shares need it.")
    ] = 60.0,
    as_lines: AsLines = False,
) -> None:
    """Keep a knowledge base in step with a folder, bucket or mailbox until Ctrl-C: new, changed and deleted files.

    A source that is not there, or empty, deletes nothing: a disk may not be mounted. In a bucket the ETag tells what
    changed, in a mailbox the UID; both are looked at every S seconds. INGOT_IMAP_PASSWORD is the mailbox's.
    """
    from ingest.cli.schemas import named_schemas
    from pipeline.service import IngestRequest
    from stores.models import Options

    check_knowledge_id(knowledge)
    source = address_of(source).url if is_mailbox(source) else source
    folder = folder_to_watch(source)
    names, own = named_schemas(schema or ())
    page_numbers(pages)
    request = IngestRequest(
        options=Options(ocr=ocr.value, pages=pages, schemas=names, type=document_type),
        globs=tuple(glob or ()),
        excludes=tuple(exclude or ()),
        passwords=tuple(password or ()),
        prune=not keep,
        attachments=attachments,
        priority=priority,
    )
    _follow(folder, knowledge, source, request, own, every, as_lines=as_lines)


def _follow(
    folder: Path | None,
    knowledge: str,
    source: str,
    request: IngestRequest,
    own: Sequence[Schema],
    every: float,
    *,
    as_lines: bool,
) -> None:
    """Look at a source whenever it is time to, until Ctrl-C. ``own``: schemas that files on the command line define."""
    from ingest.cli import console
    from ingest.runtime import embedded
    from ingest.runtime.folder_changes import intervals, ticks

    settings = load_settings()
    with embedded.session(settings) as connected:
        shown = str(folder.absolute()) if folder else source
        service = open_service(connected, own)
        follower = Follower(service, knowledge, source, request, shown=shown, every_s=every, as_lines=as_lines)
        console.note(f"{knowledge} follows {source} (Ctrl-C ends it)")
        try:
            for due in ticks(folder, every) if folder else intervals(every):
                embedded.revive(settings)
                follower.tick(due=due)
        except IngotError as error:
            follower.end(error.message)
            raise
        except KeyboardInterrupt:
            follower.end()
            console.note(f"{knowledge} follows {source} no longer; what is in work goes on")


def folder_to_watch(source: str) -> Path | None:
    """Return the folder that a source is, None for others. InputError for a file, and for what cannot be watched."""
    from pipeline.schedule_file import BUCKET

    if BUCKET.fullmatch(source) or is_mailbox(source):
        return None
    if "://" in source and not source.startswith("file:///"):
        raise InputError(
            f"{source} cannot be watched: name a folder, or a bucket as s3://bucket/prefix, or a mailbox as "
            "imaps://user@host/INBOX",
            code="usage",
        )
    folder = Path(source.removeprefix("file://"))
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: name a folder, or use ingot ingest", code="usage")
    return folder


class Follower:
    """Submits what changed in a folder, bucket or mailbox, and reports each document when it ends."""

    def __init__(
        self,
        service: Service,
        knowledge_id: str,
        source: str,
        request: IngestRequest,
        *,
        shown: str = "",
        every_s: float = 60.0,
        as_lines: bool = False,
    ) -> None:
        self._service, self._knowledge_id, self._request = service, knowledge_id, request
        self._source = source
        self._as_lines = as_lines
        self._reported: dict[str, set[str]] = {}
        self._due = False
        self._obstacle = ""
        self._noted_at = 0.0
        self._watched = WatchedSource(
            source=shown or source,
            host=socket.gethostname(),
            every_s=every_s,
            prunes=request.prune,
            started_at=service.now(),
            heard_at=service.now(),
        )

    def tick(self, *, due: bool) -> None:
        """Look at the source where that is ``due``, or could not be done before; report what has ended."""
        self._due = self._due or due
        looks = self._due
        try:
            obstacle = self._look() if self._due else ""
            for job in list(self._reported):
                self._report_ended(job)
        except TransientError as error:
            obstacle = f"waiting: {error.message}"
        from ingest.cli import console

        if obstacle and obstacle != self._obstacle:
            console.note(obstacle)
        if looks or obstacle != self._obstacle or time.monotonic() - self._noted_at > HEARD_EVERY_S:
            self._note(obstacle=obstacle)
        self._obstacle = obstacle

    def end(self, obstacle: str = "") -> None:
        """Note that the source is watched no longer, and why where it cannot be."""
        self._note(ended_at=self._service.now(), obstacle=obstacle or self._obstacle)

    def _note(self, **changed: Any) -> None:
        """Keep the state of the watcher in the knowledge base, for the pages; a database may be away."""
        self._watched = replace(self._watched, heard_at=self._service.now(), **changed)
        self._noted_at = time.monotonic()
        with contextlib.suppress(NotFoundError, TransientError):
            self._service.knowledge_bases.note_watched_source(self._knowledge_id, self._watched)

    def _look(self) -> str:
        """Submit what changed; return why that cannot be done now."""
        try:
            report = self._service.ingestion.ingest_source(self._knowledge_id, self._source, self._request)
        except NotFoundError as error:
            return f"{error.message}, and it is looked for"
        self._count(report)
        self._report(report)
        self._due = False
        return ""

    def _count(self, report: IngestReport) -> None:
        from stores.models import Outcome

        outcomes = [file.outcome for file in report.files]
        self._watched = replace(
            self._watched,
            looked_at=self._service.now(),
            submitted=self._watched.submitted + sum(one in (Outcome.NEW, Outcome.CHANGED) for one in outcomes),
            gone=self._watched.gone + outcomes.count(Outcome.GONE),
        )

    def _report(self, report: IngestReport) -> None:
        from ingest import serializers
        from ingest.cli import console
        from stores.models import Outcome

        if report.job:
            self._reported[report.job] = set()
        for file in report.files:
            if file.outcome is Outcome.GONE and self._as_lines:
                console.print_line(serializers.ingest_result(file))
            elif file.outcome is Outcome.GONE:
                console.note(f"gone       {console.printable(file.source)}")

    def _report_ended(self, job: str) -> None:
        from stores.models import JobState

        view = self._service.jobs.get(job)
        for document in view.documents:
            if document.state.final and document.source not in self._reported[job]:
                self._reported[job].add(document.source)
                self._print(document)
        if view.state is not JobState.RUNNING:
            del self._reported[job]

    def _print(self, document: JobDocumentView) -> None:
        from ingest import serializers
        from ingest.cli import console, progress

        if self._as_lines:
            console.print_line(serializers.job_document(document))
        else:
            console.note(progress.document_line(document))
