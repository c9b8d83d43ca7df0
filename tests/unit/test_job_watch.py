"""What a watched job tells: ends of documents stand, though the progress beside them was read earlier."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ingest.api.job_watch import Watch
from stores.models import DocumentState, JobState
from stores.views import JobProgress, JobSummary
from tests.unit.fake_service import job_document


def test_a_document_that_ended_after_the_progress_was_read_is_not_told_as_running() -> None:
    running, ended = job_document("a.pdf", DocumentState.RUNNING), job_document("a.pdf", DocumentState.DONE)
    other = job_document("b.pdf", DocumentState.RUNNING)
    service: Any = SimpleNamespace()
    watch = Watch(service, "kb.job")
    summary = JobSummary(
        job="kb.job", knowledge_id="kb", state=JobState.RUNNING, created_at=1.0, finished_at=None, counts={}
    )
    watch._take(JobProgress(summary=summary, stages=(), working=(running, other)), [ended])
    assert [b'"a.pdf"' in frame and b'"done"' in frame for frame in watch.ends] == [True]
    assert b'"b.pdf"' in watch.progress and b'"a.pdf"' not in watch.progress
