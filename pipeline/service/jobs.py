"""Jobs: look at them, cancel them, retry what failed."""

from __future__ import annotations

from pipeline.audit_trail import AuditTrail
from pipeline.commands import reprocess
from pipeline.queries.answer_cache import AnswerCache
from pipeline.queries.jobs import JobQueries
from pipeline.queries.waiting import WaitingReasons
from pipeline.sender import Sender
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.audit import Action
from stores.views import JobView


class Jobs(JobQueries):
    """The queries about jobs, and what changes a job."""

    def __init__(
        self, resources: Resources, sender: Sender, waiting: WaitingReasons, cache: AnswerCache, trail: AuditTrail
    ) -> None:
        super().__init__(resources, waiting, cache)
        self._sender, self._trail = sender, trail

    def cancel(self, job_id: str) -> JobView:
        """Cancel what the job still waits for; a page that is being read is finished and thrown away."""
        store = self._store_of(job_id)
        store.job_queries.summary(job_id)
        store.job_control.cancel(job_id)
        self._trail.note(Action.CANCEL, store.knowledge_id, job_id)
        self._sender.send_outbound_tasks(store)
        return store.job_queries.get(job_id)

    def retry(self, job_id: str) -> JobView:
        """Run the pages and stages again that failed or were cancelled, and no others."""
        store = self._store_of(job_id)
        store.job_queries.summary(job_id)
        if store.job_control.retry(job_id, NEEDS, reprocess.with_given_limits(self._resources, store)):
            self._trail.note(Action.RETRY, store.knowledge_id, job_id)
            self._resources.catalog.mark_busy(store.knowledge_id)
            self._sender.send_now(store.knowledge_id)
            self._sender.send_outbound_tasks(store)
        return store.job_queries.get(job_id)
