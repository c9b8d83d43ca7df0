"""Queues and workers: what waits in each queue, in which order, and who serves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.priorities import NOTIFY, QUEUES, priority_of
from pipeline.queries.answer_cache import AnswerCache
from pipeline.queries.worker_status import WorkerAnswers, WorkerStatus
from pipeline.step_context import Resources
from stores.errors import IngotError
from stores.views import QueueView, WorkerView, WorkingStep

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

SOON_S = 0.5
"""A step that is due within so many seconds counts as waiting in its queue."""

QueueEntry = tuple[int, float, str]
"""(priority, since when in UTC seconds, document id): sorts in the order in which steps are begun."""


class QueueQueries:
    """Queries about the queues and workers of one home."""

    def __init__(self, resources: Resources, worker_status: WorkerStatus, cache: AnswerCache) -> None:
        self._catalog = resources.catalog
        self._worker_status = worker_status
        self._cache = cache

    def waiting_entries(self) -> Mapping[str, list[QueueEntry]]:
        """What waits in each queue, sorted; may be a little old."""
        return self._cache.get_adaptive("queue entries", self._read_waiting_entries)

    def queues(self) -> list[QueueView]:
        """Every queue: what waits in it, and who serves it."""
        answers, entries, now = self._worker_status.checked(), self._read_waiting_entries(), self._catalog.now()
        running = self.steps_in_hand()
        views = [_queue_view(queue, entries[queue], running, answers, now) for queue in entries]
        return [*views, self._notify_queue(answers, now)]

    def steps_in_hand(self) -> list[WorkingStep]:
        """The steps under a lease, in all knowledge bases with unfinished work."""
        return [step for store in self._stores(self._catalog.busy()) for step in store.work_queries.steps_in_hand()]

    def workers(self) -> list[WorkerView]:
        """Workers that answer, and those that hold steps without answering."""
        answers = self._worker_status.checked()
        running: dict[str, list[WorkingStep]] = {name: [] for name in answers.workers}
        for step in self.steps_in_hand():
            running.setdefault(step.worker.rpartition("#")[0] or step.worker, []).append(step)
        return [_worker_view(name, answers, steps) for name, steps in sorted(running.items())]

    def _read_waiting_entries(self) -> dict[str, list[QueueEntry]]:
        entries: dict[str, list[QueueEntry]] = {queue: [] for queue in sorted(set(QUEUES.values()))}
        now = self._catalog.now()
        for store in self._stores(self._catalog.busy()):
            for due in store.work_queries.due_steps():
                if due.scheduled_at <= now + SOON_S:
                    entries[QUEUES[due.stage]].append((priority_of(due.stage, due.wish), due.since, due.document))
        return {queue: sorted(waiting) for queue, waiting in entries.items()}

    def _notify_queue(self, answers: WorkerAnswers, now: float) -> QueueView:
        """The queue of outbound tasks, which are no steps."""
        stores = self._stores(self._catalog.outbound_tasks())
        outbound_tasks = [store.work_queries.open_outbound_tasks() for store in stores]
        oldest = min((since for _, since in outbound_tasks if since), default=None)
        return QueueView(
            queue=NOTIFY,
            stages=(),
            waiting=sum(count for count, _ in outbound_tasks),
            working=0,
            oldest_waiting_s=max(0.0, now - oldest) if oldest else None,
            messages=answers.messages.get(NOTIFY, 0) if answers.broker else None,
            workers=answers.serving(NOTIFY),
        )

    def _stores(self, names: Sequence[str]) -> list[KnowledgeStore]:
        """The stores of these knowledge bases, without those that were deleted meanwhile."""
        stores = []
        for name in names:
            try:
                stores.append(self._catalog.store(name))
            except IngotError:
                continue
        return stores


def _queue_view(
    queue: str, waiting: Sequence[QueueEntry], running: Sequence[WorkingStep], answers: WorkerAnswers, now: float
) -> QueueView:
    stages = tuple(stage for stage, name in QUEUES.items() if name == queue)
    oldest = min((since for _, since, _ in waiting if since), default=None)
    return QueueView(
        queue=queue,
        stages=stages,
        waiting=len(waiting),
        working=sum(step.stage in stages for step in running),
        oldest_waiting_s=max(0.0, now - oldest) if oldest else None,
        messages=answers.messages.get(queue, 0) if answers.broker else None,
        workers=answers.serving(queue),
    )


def _worker_view(name: str, answers: WorkerAnswers, working: Sequence[WorkingStep]) -> WorkerView:
    answer = answers.workers.get(name)
    return WorkerView(
        name=name,
        answers=answer is not None,
        queues=answer.queues if answer else (),
        pool=answer.pool if answer else "",
        concurrency=answer.concurrency if answer else None,
        working=tuple(working),
    )
