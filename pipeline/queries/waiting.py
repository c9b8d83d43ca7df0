"""Why a job or a document waits: backoff, its place in a queue, no worker for a queue, or no broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.priorities import NOTIFY, QUEUES, ROLES
from pipeline.queries.queues import SOON_S, QueueQueries
from pipeline.queries.worker_status import WorkerStatus
from pipeline.stage_specs import stages_from
from pipeline.step_context import Resources
from stores.models import JobState, Stage
from stores.views import JobDocumentView, JobSummary, Waiting

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.outbox import DownloadView
    from stores.contracts.queries import DueStep


class WaitingReasons:
    """Explains what the work of one home waits for."""

    def __init__(self, resources: Resources, worker_status: WorkerStatus, queues: QueueQueries) -> None:
        self._broker_url = resources.settings.broker_url
        self._catalog = resources.catalog
        self._worker_status = worker_status
        self._queues = queues

    def of_job(self, store: KnowledgeStore, job: JobSummary) -> Waiting | None:
        """Why no step of a job runs, None where that cannot be told."""
        due = store.work_queries.due_of_job(job.job)
        if due:
            waiting = self._of_step(store.knowledge_id, due)
            unserved = self._unserved_queues(store, job.job) if waiting.place else ()
            return replace(waiting, why=self._nobody_serves(unserved)) if waiting.queue in unserved else waiting
        downloads = store.downloads.open_of(job.job)
        if downloads:
            return self._of_download(next(iter(downloads.values())))
        if job.state is JobState.ACCEPTING:
            return Waiting(why="its files are still being added")
        return None

    def with_reasons(
        self, store: KnowledgeStore, job: str, views: Sequence[JobDocumentView]
    ) -> tuple[JobDocumentView, ...]:
        """Add to documents of a job why they wait, where no step of theirs runs."""
        idle = [view for view in views if not view.state.final and view.stage is None]
        if not idle:
            return tuple(views)
        due: dict[tuple[str, int], DueStep] = {}
        for step in store.work_queries.due_steps([view.document for view in idle if view.document]):
            due.setdefault((step.document, step.generation), step)
        downloads = store.downloads.open_of(job) if not all(view.document for view in idle) else {}
        return tuple(
            self._with_reason(
                store.knowledge_id, view, due.get((view.document, view.generation)), downloads.get(view.source)
            )
            for view in views
        )

    def of_documents(self, store: KnowledgeStore, documents: Sequence[str]) -> dict[str, str]:
        """What happens to open documents: the stage that works on each, or why it waits, where that can be told."""
        reasons = {
            due.document: self._of_step(store.knowledge_id, due).why
            for due in reversed(store.work_queries.due_steps(documents))
        }
        for step in store.work_queries.steps_in_hand():
            reasons[step.document] = f"{step.stage}, page {step.page}" if step.page else str(step.stage)
        return reasons

    def obstacle(self, store: KnowledgeStore, job: str) -> str:
        """Why nobody begins steps of a job that may begin now, in a sentence; "" where a worker may come for them.

        The broker and the workers are asked only where such steps exist; the first answer comes a moment later.
        """
        if not self._idle_queues(store, job):
            return ""
        answers = self._worker_status.newest()
        if answers.broker is False:
            return self._why_queued("", 1)
        if not answers.complete:
            return ""
        unserved = self._unserved_queues(store, job)
        return self._nobody_serves(unserved) if unserved else ""

    def _with_reason(
        self, knowledge_id: str, view: JobDocumentView, due: DueStep | None, download: DownloadView | None
    ) -> JobDocumentView:
        if due and view.stage is None:
            return replace(view, waiting=self._of_step(knowledge_id, due))
        if download and not view.document:
            return replace(view, waiting=self._of_download(download))
        return view

    def _of_download(self, download: DownloadView) -> Waiting:
        now = self._catalog.now()
        if download.under_way:
            return Waiting(why="it is being fetched", queue=NOTIFY)
        if download.again_at and download.again_at > now:
            reason = f": {download.error.message}" if download.error else ""
            why = f"it is fetched again in {download.again_at - now:.0f} s{reason}"
            return Waiting(why=why, queue=NOTIFY, again_at=download.again_at)
        return Waiting(why=self._why_queued(NOTIFY, 1), queue=NOTIFY)

    def _of_step(self, knowledge_id: str, due: DueStep) -> Waiting:
        queue, now = QUEUES[due.stage], self._catalog.now()
        if due.scheduled_at > now + SOON_S:
            why = f"{due.stage} is tried again in {due.scheduled_at - now:.0f} s"
            return Waiting(why=f"{why}: {due.error}" if due.error else why, queue=queue, again_at=due.scheduled_at)
        place = self._queues.places().get((knowledge_id, due.document, due.stage), 1)
        return Waiting(why=self._why_queued(queue, place), queue=queue, place=place)

    def _why_queued(self, queue: str, place: int) -> str:
        answers = self._worker_status.newest()
        if answers.broker is False:
            return f"{answers.trouble or 'the broker cannot be reached'}; work goes on as soon as it answers"
        if answers.serving(queue) == ():
            return self._nobody_serves((queue,))
        return f"place {place} in the queue {queue!r}" if place > 1 else f"it is next in the queue {queue!r}"

    def _idle_queues(self, store: KnowledgeStore, job: str) -> set[str]:
        """The queues in which a step or download of a job may begin, and in which nothing at all runs."""
        stages = store.work_queries.open_stages(job)
        queues = {QUEUES[stage] for stage, due in stages.items() if due}
        queues -= {QUEUES[step.stage] for step in self._queues.steps_in_hand()} if queues else set()
        downloads = store.downloads.open_of(job).values()
        may_begin = any(not each.under_way and (each.again_at or 0.0) <= self._catalog.now() for each in downloads)
        return queues | ({NOTIFY} if may_begin and not any(each.under_way for each in downloads) else set())

    def _unserved_queues(self, store: KnowledgeStore, job: str) -> tuple[str, ...]:
        """The queues without a worker that a job needs now or later; none while those it needs now are served."""
        answers, queues = self._worker_status.newest(), self._idle_queues(store, job)
        if not any(answers.serving(queue) == () for queue in queues):
            return ()
        stages = set(store.work_queries.open_stages(job))
        stages |= stages_from(Stage.EXTRACT) if Stage.PLAN in stages else set()  # plan decides on the others
        needed = queues | {QUEUES[stage] for stage in stages}
        return tuple(queue for queue in sorted(needed) if answers.serving(queue) == ())

    def _nobody_serves(self, queues: Sequence[str]) -> str:
        if others := self._worker_status.newest().others:
            return others
        names = [repr(queue) for queue in queues]
        shown = f"queue {names[0]}" if len(names) == 1 else f"queues {', '.join(names[:-1])} and {names[-1]}"
        return f"no worker serves the {shown}: {self._advice(queues)}"

    def _advice(self, queues: Sequence[str]) -> str:
        if self._broker_url.startswith("redis+socket:"):
            return "the one of this home is starting"
        role = next((f"`ingot worker {role}` or " for role, served in ROLES.items() if served >= set(queues)), "")
        return f"start one with {role}`ingot worker all`"
