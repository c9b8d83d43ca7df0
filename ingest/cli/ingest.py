"""``ingot ingest``: submit new and changed files, watch the job, and print the result."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import AsJson, AsLines, Knowledge, Pages, load_settings, open_service, page_numbers
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
from ingest.cli.jobs import Timeout
from ingest.quantities import clock_duration
from stores.models import check_knowledge_id

if TYPE_CHECKING:
    from ingest.cli.exit_codes import Exit
    from pipeline.service import IngestRequest
    from pipeline.settings import Settings
    from stores.models import DocumentState, Schema
    from stores.placement import IngestReport, IngestResult
    from stores.views import JobView

_MOST_NAMED = 20  # skipped files


def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders, globs or URLs.")],
    knowledge: Knowledge = "default",
    glob: Globs = None,
    exclude: Excludes = None,
    schema: SchemaNames = None,
    document_type: TypeName = "",
    ocr: Ocr = OcrMode.AUTO,
    pages: Pages = "",
    attachments: Attachments = False,
    force: Annotated[bool, typer.Option("--force", help="Process unchanged documents again.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Delete documents whose files are gone.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until all is done.")] = True,
    timeout: Timeout = None,
    priority: Priority = 0,
    password: Passwords = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> int:
    """Turn documents into a knowledge base. `ingot PATH...` means the same."""
    from ingest.cli.schemas import named_schemas
    from pipeline.addresses import is_url
    from pipeline.service import IngestRequest
    from stores.models import Options

    check_knowledge_id(knowledge)
    page_numbers(pages)
    names, own = named_schemas(schema or ())
    options = Options(ocr=ocr.value, pages=pages, schemas=names, force=force, type=document_type)
    urls = tuple(path for path in paths if is_url(path))
    request = IngestRequest(
        paths=tuple(Path(path) for path in paths if not is_url(path)),
        urls=urls,
        options=options,
        globs=tuple(glob or ()),
        excludes=tuple(exclude or ()),
        passwords=tuple(password or ()),
        prune=prune,
        attachments=attachments,
        priority=priority,
    )
    settings = load_settings()
    if dry_run:
        return _preview(settings, knowledge, request, own, as_json=as_json, as_lines=as_lines)
    return _ingest(settings, knowledge, request, own, wait=wait, timeout_s=timeout, as_json=as_json, as_lines=as_lines)


def _preview(
    settings: Settings,
    knowledge: str,
    request: IngestRequest,
    own: Sequence[Schema],
    *,
    as_json: bool,
    as_lines: bool,
) -> int:
    from ingest import serializers
    from ingest.cli import console, exit_codes

    report = open_service(settings, own).ingestion.preview(knowledge, request)
    rows = [serializers.ingest_result(file) for file in report.files]
    if as_json:
        console.print_json(serializers.report(report))
    else:
        columns = ("outcome", "source", "pages", "routes", "estimate_s", "error")
        titles = dict(zip(columns, ("", "source", "pages", "routes", "about seconds", "problem"), strict=True))
        console.print_rows([*rows, *_skipped_rows(report)], titles, as_json=False, as_lines=as_lines)
    seconds = sum(file.estimate_s for file in report.files)
    console.note(f"{outcome_words(report)}; about {clock_duration(seconds)} of work. Nothing was changed.")
    return exit_codes.of_states(_states(report, None))


def _ingest(
    settings: Settings,
    knowledge: str,
    request: IngestRequest,
    own: Sequence[Schema],
    *,
    wait: bool,
    timeout_s: float | None,
    as_json: bool,
    as_lines: bool,
) -> int:
    """Register the job in SQL, then start workers only if there is something to do, and return the exit code."""
    from ingest.cli import console, exit_codes
    from ingest.cli.watch import watch_job
    from ingest.runtime import embedded

    started = time.monotonic()
    for remark in embedded.prepare(settings):
        console.note(f"note: {remark}")
    with embedded.attached(settings) as connected:
        report = open_service(connected, own).ingestion.ingest(knowledge, request)
    for remark in report.remarks:
        console.note(f"note: {remark}")
    console.note(f"{knowledge}: {outcome_words(report)}")
    job = None
    if report.job:
        with embedded.session(settings) as connected:
            service = open_service(connected)
            if wait:
                job = watch_job(service, settings, report.job, timeout_s=timeout_s, as_lines=as_lines)
            else:
                job = service.jobs.get(report.job)
                if not as_json and not as_lines:
                    console.print_text(report.job)
                console.note(f"The job runs in the background; follow it with: ingot jobs watch {report.job}")
    _print_result(report, job, as_json=as_json, as_lines=as_lines, watched=wait)
    if wait or not report.job:
        console.note(summary(report, job, time.monotonic() - started))
    code: Exit = exit_codes.of_states(_states(report, job))
    return code


def _print_result(report: IngestReport, job: JobView | None, *, as_json: bool, as_lines: bool, watched: bool) -> None:
    from ingest import serializers
    from ingest.cli import console, progress

    if as_json:
        by_source = {document["source"]: document for document in serializers.job(job)["documents"]} if job else {}
        files = [
            {**serializers.ingest_result(file), **by_source.get(job_source(file), {}), "source": file.source}
            for file in report.files
        ]
        counts = Counter(str(state) for state in _states(report, job))
        shown = serializers.job(job) if job else {}
        printed = {"knowledge_id": report.knowledge_id, "job_id": report.job, "state": shown.get("state", "done")}
        printed |= {"counts": dict(counts), "stages": shown.get("stages", []), "files": files}
        console.print_json({**printed, "skipped": [serializers.skipped_file(skipped) for skipped in report.skipped]})
        return
    if as_lines:
        for row in _skipped_rows(report):
            console.print_line(row)
    else:
        _note_skipped(report)
    if not watched and as_lines and job:
        console.print_line({"job_id": job.job, "state": str(job.state)})
    in_job = {document.source for document in job.documents} if job else set()
    for file in report.files:
        if file.error and job_source(file) not in in_job:
            console.note(f"failed     {console.printable(file.source)}  - {file.error.message}")
    if job and not watched:
        for document in job.documents:
            if document.error or document.warnings:
                console.note(progress.document_line(document))


def _skipped_rows(report: IngestReport) -> list[dict[str, Any]]:
    from ingest import serializers

    rows = [serializers.skipped_file(skipped) for skipped in report.skipped]
    return [{**row, "outcome": "skipped", "error": row["reason"]} for row in rows]


def _note_skipped(report: IngestReport) -> None:
    """Print the files that were skipped with their reasons, at most ``_MOST_NAMED`` of them."""
    from ingest.cli import console

    for file in report.skipped[:_MOST_NAMED]:
        console.note(f"skipped    {console.printable(file.source)}  - {console.one_line(file.reason)}")
    if len(report.skipped) > _MOST_NAMED:
        console.note(f"skipped    {len(report.skipped) - _MOST_NAMED} more; --json names them all")


def _states(report: IngestReport, job: JobView | None) -> Iterable[DocumentState]:
    """Yield the state of every file that still exists: from the job, failed at once, or as it was before."""
    from stores.models import DocumentState, Outcome

    in_job = {document.source: document.state for document in job.documents} if job else {}
    for file in report.files:
        if file.outcome is Outcome.FAILED:
            yield DocumentState.FAILED
        elif file.outcome is not Outcome.GONE:
            yield in_job.get(job_source(file)) or file.state or DocumentState.DONE


def job_source(file: IngestResult) -> str:
    """Return the name of a file in its job."""
    return file.place or file.source


def outcome_words(report: IngestReport) -> str:
    """Count the files by outcome: ``3 new, 1 changed, 12 unchanged, 2 in work already``."""
    counts = Counter(_outcome_word(file) for file in report.files)
    parts = [f"{count} {words}" for words, count in counts.items()]
    parts += [f"{len(report.skipped)} skipped"] if report.skipped else []
    return ", ".join(parts) or "no documents found"


def _outcome_word(file: IngestResult) -> str:
    """Describe the outcome of a file; an unchanged file that is not finished yet is in work already."""
    if file.outcome == "same" and file.state and not file.state.final:
        return "in work already"
    words = {"same": "unchanged", "duplicate": "with the same content", "failed": "unreadable"}
    return words.get(file.outcome, str(file.outcome))


def summary(report: IngestReport, job: JobView | None, elapsed_s: float) -> str:
    """Return the result in one line, and in a terminal what to do next."""
    from stores.models import DocumentState

    counts = Counter(_states(report, job))
    parts = [f"{counts[state]} {state}" for state in DocumentState if counts[state]]
    parts += [f"{len(report.skipped)} skipped"] if report.skipped else []
    done = [document for document in job.documents if document.state is DocumentState.DONE] if job else []
    with_remark = sum(bool(document.warnings) for document in done)
    parts += [f"{with_remark} of them with a remark"] if with_remark else []
    worked = f" ({clock_duration(job.work_s)} of work)" if job and job.work_s is not None else ""
    text = f"{', '.join(parts) or 'nothing to do'} in {clock_duration(elapsed_s)}{worked}."
    if not counts[DocumentState.DONE] and not counts[DocumentState.PARTIAL]:
        return text
    return f'{text}  Ask: ingot search "..." -k {report.knowledge_id}' if sys.stderr.isatty() else text
