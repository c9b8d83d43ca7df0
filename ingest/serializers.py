"""Views as plain JSON values, for the command line and the API. Times are ISO 8601 in UTC, boxes are in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.answering.answer import Answer, AnswerRow, Sentence
from pipeline.commands.submission import SubmissionReceipt
from pipeline.search import highlighting
from stores.models import Block, DocumentState, Fault, Field, Hit, Page, PlacedBox, Schema
from stores.placement import IngestReport, IngestResult, SkippedFile
from stores.search_views import SearchResult
from stores.views import (
    CallbackView,
    ChunkView,
    DocumentView,
    JobDocumentView,
    JobProgress,
    JobSummary,
    JobView,
    KnowledgeBaseView,
    QueueView,
    StageProgress,
    Waiting,
    WorkerView,
)

if TYPE_CHECKING:
    from ingest.runtime.embedded import RuntimeStatus
    from pipeline.commands.check_report import CheckReport
    from pipeline.commands.import_knowledge_base import ImportReport

Json = dict[str, Any]


def moment(seconds: float | None) -> str | None:
    """Format seconds since the epoch as ``2026-11-20T07:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None


def _seconds(value: float | None) -> float | None:
    """Round to milliseconds."""
    return None if value is None else round(value, 3)


def by_state(counts: Mapping[DocumentState, int]) -> dict[str, int]:
    """Return the number of documents per state, in the order of the states and without zeros."""
    return {str(state): counts[state] for state in DocumentState if counts.get(state)}


def _fault(fault: Fault | None) -> Json:
    return {"error": fault.message if fault else None, "error_code": fault.code if fault else None}


def _keyed(mapping: Mapping[Any, Any]) -> Json:
    return {str(key): value for key, value in mapping.items()}


def document(view: DocumentView) -> Json:
    return {
        "document": view.document,
        "source": view.source,
        "sources": list(view.sources),
        "renamed_from": view.renamed_from or None,
        "state": str(view.state),
        "visible": view.visible,
        "pages": view.pages,
        "routes": _keyed(view.routes),
        "language": view.language,
        "title": view.title,
        "chunks": view.chunks,
        "media_type": view.media_type,
        "size_bytes": view.size_bytes,
        "generation": view.generation,
        **_fault(view.error),
        "failed_pages": _keyed(view.failed_pages),
        "warnings": _keyed(view.warnings),
        "failed_stages": _keyed(view.failed_stages),
        "created_at": moment(view.created_at),
        "updated_at": moment(view.updated_at),
        "work_s": _seconds(view.work_s),
        "waited_s": _seconds(view.waited_s),
        "retryable": view.retryable,
        "model_tokens": {"read": view.tokens.read, "written": view.tokens.written},
        "stages": [stage(progress) for progress in view.stages if progress.total],
    }


def page(view: Page) -> Json:
    return {
        "number": view.number,
        "width_pt": view.width_pt,
        "height_pt": view.height_pt,
        "route": str(view.route),
        "reason": view.reason,
        "engine": view.text.engine if view.text else None,
        "confidence": view.text.confidence if view.text else None,
        "markdown": view.markdown,
        "error": view.error,
        "error_code": view.error_code,
        "warning": view.warning.message if view.warning else None,
        "warning_code": view.warning.code if view.warning else None,
        "blocks": [_block(block) for block in view.blocks],
    }


def page_mark(view: Page) -> Json:
    """Serialize a page of a list, without its content."""
    shown = page(view)
    del shown["markdown"], shown["blocks"]
    return {**shown, "read": view.text is not None}


def _block(block: Block) -> Json:
    return {
        "label": str(block.label),
        "box": list(block.box),
        "text": block.text,
        "level": block.level,
        "confidence": block.confidence,
    }


def document_pages(view: DocumentView, pages: Sequence[Page]) -> Json:
    return {**document(view), "page_count": view.pages, "pages": [page(one) for one in pages]}


def hit(view: Hit) -> Json:
    return {**asdict(view), "boxes": _placed_boxes(view.boxes)}


def _placed_boxes(boxes: Sequence[PlacedBox]) -> list[Json]:
    return [{"page": placed.page, "box": list(placed.box)} for placed in boxes]


def highlighted_hit(view: Hit, query: str) -> Json:
    """Serialize a hit with the ranges of its text that match the query, and a snippet as safe HTML."""
    ranges = highlighting.highlights(view.text, query)
    return {**hit(view), "highlights": ranges, "snippet_html": highlighting.snippet(view.text, query).html}


def sentence(view: Sentence) -> Json:
    return {**asdict(view), "citations": _citations(view), "rows": list(view.rows)}


def _citations(view: Sentence | AnswerRow) -> list[Json]:
    return [{**asdict(one), "boxes": _placed_boxes(one.boxes)} for one in view.citations]


def answer(view: Answer) -> Json:
    rows = [{**asdict(row), "citations": _citations(row)} for row in view.records.rows] if view.records else []
    return {**view.parts(), "rows": rows, "sentences": [sentence(one) for one in view.sentences]}


def search_result(view: SearchResult, query: str) -> Json:
    """Serialize the hits of a search with their highlights. Where nothing fits, they are only the nearest."""
    hits = [highlighted_hit(hit, query) for hit in view.hits]
    return {"query": query, "nothing_fits": view.nothing_fits, "remark": view.remark, "hits": hits}


def writable(text: str) -> str:
    """Escape the bytes of a file name that could not be decoded, so that the text can be encoded as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def knowledge_base(view: KnowledgeBaseView) -> Json:
    """Serialize a knowledge base; ``failed`` and ``running`` repeat numbers of ``counts`` under shorter names."""
    return {
        "knowledge_id": view.knowledge_id,
        "name": view.title,
        "documents": view.documents,
        "counts": by_state(view.counts),
        "failed": view.counts.get(DocumentState.FAILED, 0),
        "running": view.counts.get(DocumentState.RUNNING, 0),
        "pages": view.pages,
        "chunks": view.chunks,
        "records": view.records,
        "size_bytes": view.size_bytes,
        "embedder": view.embedder,
        "created_at": moment(view.created_at),
    }


def check_report(report: CheckReport) -> Json:
    return {
        "knowledge_id": report.knowledge_id,
        "healthy": report.healthy,
        "deep": report.deep,
        "findings": [{**asdict(finding), "examples": list(finding.examples)} for finding in report.findings],
        "unchecked": list(report.unchecked),
        "jobs": list(report.jobs),
    }


def import_report(report: ImportReport) -> Json:
    return {**asdict(report), "missing": list(report.missing)}


def ingest_result(file: IngestResult) -> Json:
    return {
        "source": file.source,
        "outcome": str(file.outcome),
        "state": str(file.state) if file.state else None,
        "size_bytes": file.size_bytes,
        "pages": file.pages,
        "routes": _keyed(file.routes),
        "estimate_s": round(file.estimate_s, 1),
        **_fault(file.error),
    }


def report(view: IngestReport) -> Json:
    files = [ingest_result(file) for file in view.files]
    skipped = [skipped_file(file) for file in view.skipped]
    return {"knowledge_id": view.knowledge_id, "job_id": view.job, "files": files, "skipped": skipped}


def skipped_file(file: SkippedFile) -> Json:
    return asdict(file)


def receipt(submission: SubmissionReceipt) -> Json:
    """Serialize what a submission led to, with the URLs of its job."""
    status_url = f"/api/v1/jobs/{submission.job}"
    return {
        "job_id": submission.job,
        "knowledge_id": submission.knowledge_id,
        "status_url": status_url,
        "events_url": f"{status_url}/events",
        "documents": [
            {"source": one.source, "document": one.document, "outcome": str(one.outcome), **_fault(one.error)}
            for one in submission.documents
        ],
        "skipped": [skipped_file(file) for file in submission.skipped],
    }


def stage(progress: StageProgress) -> Json:
    return {
        **asdict(progress),
        "stage": str(progress.stage),
        "unit": progress.unit,
        "started_at": moment(progress.started_at),
        "finished_at": moment(progress.finished_at),
    }


def waiting(reason: Waiting | None) -> Json | None:
    if reason is None:
        return None
    return {**asdict(reason), "queue": reason.queue or None, "again_at": moment(reason.again_at)}


def job_document(view: JobDocumentView) -> Json:
    return {
        "source": view.source,
        "document": view.document,
        "outcome": str(view.outcome),
        "state": str(view.state),
        "pages": view.pages,
        "stage": str(view.stage) if view.stage else None,
        "page": view.page,
        **_fault(view.error),
        "silent_s": round(view.silent_s, 1),
        "work_s": _seconds(view.work_s),
        "waited_s": _seconds(view.waited_s),
        "ended_at": moment(view.ended_at),
        "retryable": view.retryable,
        "warnings": _keyed(view.warnings),
        "waiting": waiting(view.waiting),
        "stages": [stage(one) for one in view.stages if one.total],
    }


def job_summary(view: JobSummary) -> Json:
    return {
        "job_id": view.job,
        "knowledge_id": view.knowledge_id,
        "state": str(view.state),
        "created_at": moment(view.created_at),
        "finished_at": moment(view.finished_at),
        "work_s": _seconds(view.work_s),
        "waited_s": _seconds(view.waited_s),
        "counts": by_state(view.counts),
        "priority": view.priority,
        "metadata": view.metadata,
        "callback_url": view.callback_url,
    }


def job_progress(view: JobProgress) -> Json:
    """Serialize the progress of a job, with only those of its documents that are in work."""
    return {
        **job_summary(view.summary),
        "stages": [stage(one) for one in view.stages],
        "working": [job_document(one) for one in view.working],
        "waiting": waiting(view.waiting),
        "left_s": round(view.left_s, 1) if view.left_s is not None else None,
        "retryable": view.retryable,
    }


def job(view: JobView) -> Json:
    """Serialize a job with all its documents."""
    return {
        "job_id": view.job,
        "knowledge_id": view.knowledge_id,
        "state": str(view.state),
        "created_at": moment(view.created_at),
        "finished_at": moment(view.finished_at),
        "work_s": _seconds(view.work_s),
        "waited_s": _seconds(view.waited_s),
        "counts": by_state(view.counts()),
        "stages": [stage(one) for one in view.stages],
        "documents": [job_document(one) for one in view.documents],
    }


def chunk(view: ChunkView) -> Json:
    content = view.content
    return {
        "chunk": view.chunk,
        "document": view.document,
        "first_page": content.first_page,
        "last_page": content.last_page,
        "heading": content.heading,
        "text": content.text,
        "boxes": _placed_boxes(content.boxes),
        "place": content.place,
    }


def queue(view: QueueView) -> Json:
    return {
        **asdict(view),
        "stages": [str(one) for one in view.stages],
        "workers": None if view.workers is None else list(view.workers),
    }


def worker(view: WorkerView) -> Json:
    working = [
        {**asdict(step), "stage": str(step.stage), "started_at": moment(step.started_at)} for step in view.working
    ]
    return {**asdict(view), "queues": list(view.queues), "working": working}


def schema(view: Schema) -> Json:
    return {
        "name": view.name,
        "description": view.description,
        "engine": view.engine,
        "types": list(view.types),
        "fields": [_field(field) for field in view.fields],
    }


def _field(field: Field) -> Json:
    return {
        "name": field.name,
        "kind": str(field.kind),
        "description": field.description,
        "fields": [_field(inner) for inner in field.fields],
    }


def runtime_status(status: RuntimeStatus, *, unfinished: bool | None) -> Json:
    """Serialize what runs for a home. ``unfinished``: whether work is left, None where that is not known."""
    fields = asdict(status)
    return {("children" if name == "processes" else name): value for name, value in fields.items()} | {
        "unfinished": unfinished
    }


def callback(view: CallbackView, *, body: bool = False) -> Json:
    """Serialize an event, with the body that is sent if ``body`` is set."""
    shown = {
        "callback_id": view.id,
        "knowledge_id": view.knowledge_id,
        "job_id": view.job,
        "document": view.document or None,
        "type": view.kind,
        "url": view.url,
        "state": view.state,
        "attempt": view.attempt,
        "status": view.status,
        "error": view.error,
        "created_at": moment(view.created_at),
        "next_try_at": moment(view.next_try_at),
        "finished_at": moment(view.finished_at),
    }
    return {**shown, "body": dict(view.body)} if body else shown
