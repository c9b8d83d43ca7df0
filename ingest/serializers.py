"""Views as plain JSON values, the public shapes of both doors. Times are ISO 8601 in UTC, boxes are in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pipeline.commands.submission import SubmissionReceipt
from pipeline.search import highlighting
from stores.models import Block, DocumentState, Fault, Field, Hit, Page, Schema
from stores.placement import IngestReport, IngestResult, SkippedFile
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
    RecordView,
    StageProgress,
    Waiting,
    WorkerView,
)

Json = dict[str, Any]


def moment(seconds: float | None) -> str | None:
    """Seconds since the epoch as ``2026-11-20T07:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None


def _seconds(value: float | None) -> float | None:
    """To the millisecond: no clock here is finer."""
    return None if value is None else round(value, 3)


def by_state(counts: Mapping[DocumentState, int]) -> dict[str, int]:
    """How many documents are in each state, in the states' order, zeros left out."""
    return {str(state): counts[state] for state in DocumentState if counts.get(state)}


def _fault(fault: Fault | None) -> Json:
    return {"error": fault.message if fault else None, "error_code": fault.code if fault else None}


def _keyed(found: Mapping[Any, Any]) -> Json:
    return {str(key): value for key, value in found.items()}


def document(view: DocumentView) -> Json:
    return {
        "document": view.document,
        "source": view.source,
        "sources": list(view.sources),
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
        "stages": [stage(one) for one in view.stages if one.total],
    }


def page(found: Page) -> Json:
    return {
        "number": found.number,
        "width_pt": found.width_pt,
        "height_pt": found.height_pt,
        "route": str(found.route),
        "reason": found.reason,
        "engine": found.text.engine if found.text else None,
        "confidence": found.text.confidence if found.text else None,
        "markdown": found.markdown,
        "error": found.error,
        "error_code": found.error_code,
        "warning": found.warning.message if found.warning else None,
        "warning_code": found.warning.code if found.warning else None,
        "blocks": [_block(block) for block in found.blocks],
    }


def page_mark(found: Page) -> Json:
    """A page of a list, without what was read of it."""
    shown = page(found)
    del shown["markdown"], shown["blocks"]
    return {**shown, "read": found.text is not None}


def _block(block: Block) -> Json:
    return {"label": str(block.label), "box": list(block.box), "text": block.text, "level": block.level}


def document_pages(view: DocumentView, pages: Sequence[Page]) -> Json:
    return {**document(view), "page_count": view.pages, "pages": [page(found) for found in pages]}


def hit(found: Hit) -> Json:
    boxes = [{"page": placed.page, "box": list(placed.box)} for placed in found.boxes]
    return {**asdict(found), "boxes": boxes}


def lit_hit(found: Hit, query: str) -> Json:
    """A hit with the ranges of its text that answer the query, and a piece of it as safe HTML."""
    lit = highlighting.highlights(found.text, query)
    return {**hit(found), "highlights": lit, "snippet_html": highlighting.snippet(found.text, query).html}


def writable(text: str) -> str:
    """A text that any encoding of the web takes: bytes of a file name that no encoding knew are escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def record(view: RecordView) -> Json:
    return asdict(view)


def knowledge_base(view: KnowledgeBaseView) -> Json:
    """``failed`` and ``running`` stand in ``counts``, too: the same numbers under shorter names."""
    return {
        "knowledge_id": view.knowledge_id,
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


def ingest_result(found: IngestResult) -> Json:
    return {
        "source": found.source,
        "outcome": str(found.outcome),
        "state": str(found.state) if found.state else None,
        "size_bytes": found.size_bytes,
        "pages": found.pages,
        "routes": _keyed(found.routes),
        "estimate_s": round(found.estimate_s, 1),
        **_fault(found.error),
    }


def report(found: IngestReport) -> Json:
    files = [ingest_result(file) for file in found.files]
    skipped = [skipped_file(one) for one in found.skipped]
    return {"knowledge_id": found.knowledge_id, "job_id": found.job, "files": files, "skipped": skipped}


def skipped_file(found: SkippedFile) -> Json:
    return asdict(found)


def receipt(found: SubmissionReceipt) -> Json:
    """What a submission led to, and where to look next."""
    status_url = f"/api/v1/jobs/{found.job}"
    return {
        "job_id": found.job,
        "knowledge_id": found.knowledge_id,
        "status_url": status_url,
        "events_url": f"{status_url}/events",
        "documents": [
            {"source": one.source, "document": one.document, "outcome": str(one.outcome), **_fault(one.error)}
            for one in found.documents
        ],
        "skipped": [skipped_file(one) for one in found.skipped],
    }


def stage(found: StageProgress) -> Json:
    return {
        **asdict(found),
        "stage": str(found.stage),
        "unit": found.unit,
        "started_at": moment(found.started_at),
        "finished_at": moment(found.finished_at),
    }


def waiting(found: Waiting | None) -> Json | None:
    if found is None:
        return None
    return {**asdict(found), "queue": found.queue or None, "again_at": moment(found.again_at)}


def job_document(found: JobDocumentView) -> Json:
    return {
        "source": found.source,
        "document": found.document,
        "outcome": str(found.outcome),
        "state": str(found.state),
        "pages": found.pages,
        "stage": str(found.stage) if found.stage else None,
        "page": found.page,
        **_fault(found.error),
        "silent_s": round(found.silent_s, 1),
        "work_s": _seconds(found.work_s),
        "waited_s": _seconds(found.waited_s),
        "ended_at": moment(found.ended_at),
        "retryable": found.retryable,
        "warnings": _keyed(found.warnings),
        "waiting": waiting(found.waiting),
        "stages": [stage(one) for one in found.stages if one.total],
    }


def job_summary(found: JobSummary) -> Json:
    return {
        "job_id": found.job,
        "knowledge_id": found.knowledge_id,
        "state": str(found.state),
        "created_at": moment(found.created_at),
        "finished_at": moment(found.finished_at),
        "work_s": _seconds(found.work_s),
        "waited_s": _seconds(found.waited_s),
        "counts": by_state(found.counts),
        "priority": found.priority,
        "metadata": found.metadata,
        "callback_url": found.callback_url,
    }


def job_progress(found: JobProgress) -> Json:
    """Where a job stands, without its documents but for those in hand."""
    return {
        **job_summary(found.summary),
        "stages": [stage(one) for one in found.stages],
        "working": [job_document(one) for one in found.working],
        "waiting": waiting(found.waiting),
        "left_s": round(found.left_s, 1) if found.left_s is not None else None,
        "retryable": found.retryable,
    }


def job(view: JobView) -> Json:
    """A job with all its documents."""
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
        "documents": [job_document(found) for found in view.documents],
    }


def chunk(view: ChunkView) -> Json:
    found = view.passage
    return {
        "chunk": view.chunk,
        "document": view.document,
        "first_page": found.first_page,
        "last_page": found.last_page,
        "heading": found.heading,
        "text": found.text,
        "boxes": [{"page": placed.page, "box": list(placed.box)} for placed in found.boxes],
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


def schema(found: Schema) -> Json:
    return {
        "name": found.name,
        "description": found.description,
        "engine": found.engine,
        "fields": [_field(one) for one in found.fields],
    }


def _field(found: Field) -> Json:
    return {
        "name": found.name,
        "kind": str(found.kind),
        "description": found.description,
        "fields": [_field(one) for one in found.fields],
    }


def callback(view: CallbackView, *, body: bool = False) -> Json:
    """One event; with the body that is sent where that is asked for."""
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
