"""Queues and workers: what waits in each queue, in which order, and who serves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from pipeline.priorities import NOTIFY, QUEUES, priority_of
from pipeline.queries.answer_cache import AnswerCache
from pipeline.queries.worker_status import WorkerAnswers, WorkerStatus
from pipeline.step_context import Resources
from pipeline.still_there import of_each
from stores.errors import IngotError
from stores.models import Stage
from stores.views import QueueView, WorkerView, WorkingStep

if TYPE_CHECKING:
    from stores.contracts.queries import DueStep, WorkQueries

Answer = TypeVar("Answer")

SOON_S = 0.5
"""A step that is due within so many seconds counts as waiting in its queue."""

QueueEntry = tuple[int, bool, int, int, float, str]
"""(priority of the message, not sent yet, -priority of the job, turn in the line of the job, since when in UTC seconds,
document id): sorts in the order in which steps are begun."""

WaitingStep = tuple[str, str, Stage]
"""(knowledge base, document, stage)"""


class QueueQueries:
    """Queries about the queues and workers of one home."""

    def __init__(self, resources: Resources, worker_status: WorkerStatus, cache: AnswerCache) -> None:
        self._catalog = resources.catalog
        self._worker_status = worker_status
        self._cache = cache

    def places(self) -> Mapping[WaitingStep, int]:
        """The place of each waiting step in its queue, from 1; may be a little old."""
        return self._cache.get_adaptive("places in queues", self._read_places)

    def queues(self) -> list[QueueView]:
        """Every queue: what waits in it, and who serves it."""
        answers, waiting, now = self._worker_status.checked(), self._waiting_by_queue(), self._catalog.now()
        running = self.steps_in_hand()
        views = [
            _queue_view(queue, [due.since for _, due in waiting[queue]], running, answers, now) for queue in waiting
        ]
        return [*views, self._notify_queue(answers, now)]

    def steps_in_hand(self) -> list[WorkingStep]:
        """The steps under a lease, in all knowledge bases with unfinished work."""
        answers = self._of_each(self._catalog.busy(), lambda queries: queries.steps_in_hand())
        return [step for _, steps in answers for step in steps]

    def workers(self) -> list[WorkerView]:
        """Workers that answer, and those that hold steps without answering."""
        answers = self._worker_status.checked()
        running: dict[str, list[WorkingStep]] = {name: [] for name in answers.workers}
        for step in self.steps_in_hand():
            running.setdefault(step.worker.rpartition("#")[0] or step.worker, []).append(step)
        return [_worker_view(name, answers, steps) for name, steps in sorted(running.items())]

    def _read_places(self) -> dict[WaitingStep, int]:
        places: dict[WaitingStep, int] = {}
        for waiting in self._waiting_by_queue().values():
            for place, (_, step) in enumerate(_entries(waiting), start=1):
                places.setdefault(step, place)
        return places

    def _waiting_by_queue(self) -> dict[str, list[tuple[str, DueStep]]]:
        """The waiting steps of each queue, with their knowledge bases."""
        waiting: dict[str, list[tuple[str, DueStep]]] = {queue: [] for queue in sorted(set(QUEUES.values()))}
        now = self._catalog.now()
        for knowledge_id, steps in self._of_each(self._catalog.busy(), lambda queries: queries.due_steps()):
            for due in steps:
                if due.scheduled_at <= now + SOON_S:
                    waiting[QUEUES[due.stage]].append((knowledge_id, due))
        return waiting

    def _notify_queue(self, answers: WorkerAnswers, now: float) -> QueueView:
        """The queue of outbound tasks, which are no steps."""
        counted = self._of_each(self._catalog.outbound_tasks(), lambda queries: queries.open_outbound_tasks())
        outbound_tasks = [tasks for _, tasks in counted]
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

    def _of_each(self, names: Sequence[str], ask: Callable[[WorkQueries], Answer]) -> list[tuple[str, Answer]]:
        """Each of these knowledge bases with its answer, without those that were deleted meanwhile or are damaged."""

        def answer_of(name: str) -> tuple[str, Answer]:
            return name, ask(self._catalog.store(name).work_queries)

        return list(of_each(names, answer_of, leave_out=IngotError))


def _entries(waiting: Sequence[tuple[str, DueStep]]) -> list[tuple[QueueEntry, WaitingStep]]:
    """The order of the steps of one queue: from the lines of all knowledge bases by turns."""
    turns: Counter[tuple[str, str, Stage]] = Counter()
    entries: list[tuple[QueueEntry, WaitingStep]] = []
    for knowledge_id, due in sorted(waiting, key=lambda step: (not step[1].sent, step[1].batch, step[1].document)):
        line = knowledge_id, due.line, due.stage
        turns[line] += 1
        entry = (
            *(priority_of(due.stage, due.priority), not due.sent, -due.priority),
            *(turns[line], due.since, due.document),
        )
        entries.append((entry, (knowledge_id, due.document, due.stage)))
    return sorted(entries)


def _queue_view(
    queue: str, since: Sequence[float], running: Sequence[WorkingStep], answers: WorkerAnswers, now: float
) -> QueueView:
    stages = tuple(stage for stage, name in QUEUES.items() if name == queue)
    oldest = min(filter(None, since), default=None)
    return QueueView(
        queue=queue,
        stages=stages,
        waiting=len(since),
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
