"""What is shown of work: jobs with the reason why they wait and the time that is left, queues and workers."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from pipeline.priorities import QUEUES, ROLES, priority_of
from pipeline.queries import time_left
from pipeline.queries.worker_status import WorkerAnswers, WorkerStatus
from pipeline.step_context import Resources
from stores.cursors import cursor_of
from stores.errors import IngotError, NotFoundError
from stores.models import DocumentState, JobState, Stage
from stores.views import (
    JobDocumentView,
    JobFilter,
    JobProgress,
    JobSummary,
    KnowledgeBaseView,
    QueueView,
    Slice,
    Waiting,
    WorkerView,
    WorkingStep,
)

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.outbox.downloads import DownloadView
    from stores.queries.knowledge_base import Figures
    from stores.queries.work import DueStep

T = TypeVar("T")

_PART = 500
_COSTS_S = 30.0
_WINDOW_S = 120.0
_SOON_S = 0.5
_PATIENCE = 10.0
_AFTER_PLAN = {Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH}  # of every document, whatever plan finds
NOTIFY = "notify"


@dataclass(slots=True)
class _Kept:
    """Answers that are dear to find out and may be a little old."""

    _held: dict[str, tuple[float, object]] = field(default_factory=dict)

    def get(self, key: str, keep_s: float, ask: Callable[[], T]) -> T:
        now = time.monotonic()
        until, found = self._held.get(key, (0.0, None))
        if now >= until:
            found = ask()
            self._held[key] = (time.monotonic() + keep_s, found)
        return found  # type: ignore[return-value]

    def slowly(self, key: str, ask: Callable[[], T]) -> T:
        """Kept for ten times as long as it took to find out, so that asking often costs a tenth of one's time."""
        began = time.monotonic()
        until, found = self._held.get(key, (0.0, None))
        if began >= until:
            found = ask()
            now = time.monotonic()
            self._held[key] = (now + _PATIENCE * (now - began), found)
        return found  # type: ignore[return-value]


class ProgressQueries:
    """Answers about the work of one home, for as long as a process gives them."""

    def __init__(self, resources: Resources, worker_status: WorkerStatus) -> None:
        self._resources = resources
        self._worker_status = worker_status
        self._kept = _Kept()

    def jobs_page(self, wanted: JobFilter, cursor: str | None, limit: int) -> Slice[JobSummary]:
        """The newest jobs of some knowledge bases, or of all."""
        named = wanted.knowledge_ids is not None
        names = wanted.knowledge_ids if wanted.knowledge_ids is not None else tuple(self._resources.catalog.names())
        found: list[JobSummary] = []
        for name in names:
            try:
                store = self._resources.catalog.store(name)
            except NotFoundError:
                if named:
                    raise
                continue  # deleted meanwhile
            found += store.queries.jobs_page(wanted.state, cursor, limit + 1)
        found.sort(key=lambda job: (job.created_at, job.job), reverse=True)
        shown = found[:limit]
        more = cursor_of(shown[-1].created_at, shown[-1].job) if len(found) > limit else None
        return Slice(items=tuple(shown), next_cursor=more)

    def jobs(self, wanted: JobFilter) -> Iterator[JobSummary]:
        """All of them, read in parts."""
        cursor: str | None = None
        while True:
            part = self.jobs_page(wanted, cursor, _PART)
            yield from part.items
            cursor = part.next_cursor
            if cursor is None:
                return

    def progress(self, store: KnowledgeStore, job: str) -> JobProgress:
        """Where a job stands, why it waits where nobody works on it, and how long it will take."""
        found = store.queries.job_progress(job)
        if found.summary.state not in (JobState.ACCEPTING, JobState.RUNNING):
            return found
        if not found.working:
            return replace(found, waiting=self._why_job_waits(store, found.summary))
        at_once, paces = store.queries.parallel_steps(job, _WINDOW_S)
        page_s = {**paces, **self._page_seconds(store)}
        return replace(found, left_s=time_left.left_s(found.stages, page_s, at_once))

    def job_documents(
        self, store: KnowledgeStore, job: str, states: Sequence[DocumentState], cursor: str | None, limit: int
    ) -> Slice[JobDocumentView]:
        """Documents of a job, with the reason why they wait."""
        found = store.queries.job_documents(job, states, cursor, limit)
        idle = [view for view in found.items if not view.state.final and view.stage is None]
        if not idle:
            return found
        due: dict[tuple[str, int], DueStep] = {}
        for step in store.queries.due_steps([view.document for view in idle if view.document]):
            due.setdefault((step.document, step.generation), step)
        items = [self._with_reason(view, due.get((view.document, view.generation))) for view in found.items]
        if not all(view.document for view in idle):
            items = self._with_fetches(items, store.downloads.open_of(job))
        return replace(found, items=tuple(items))

    def _with_reason(self, view: JobDocumentView, due: DueStep | None) -> JobDocumentView:
        return replace(view, waiting=self._waiting(due)) if due and view.stage is None else view

    def _with_fetches(
        self, items: Sequence[JobDocumentView], fetches: Mapping[str, DownloadView]
    ) -> list[JobDocumentView]:
        return [
            replace(view, waiting=self._until_fetched(fetches[view.source]))
            if not view.document and view.source in fetches
            else view
            for view in items
        ]

    def _until_fetched(self, fetch: DownloadView) -> Waiting:
        """Why what stands at a URL is not there yet."""
        now = time.time()
        if fetch.under_way:
            return Waiting(why="it is being fetched", queue=NOTIFY)
        if fetch.again_at and fetch.again_at > now:
            reason = f": {fetch.error.message}" if fetch.error else ""
            why = f"it is fetched again in {fetch.again_at - now:.0f} s{reason}"
            return Waiting(why=why, queue=NOTIFY, again_at=fetch.again_at)
        return Waiting(why=self._why(NOTIFY, 1), queue=NOTIFY)

    def _why_job_waits(self, store: KnowledgeStore, job: JobSummary) -> Waiting | None:
        due = store.queries.due_of_job(job.job)
        if due:
            waiting = self._waiting(due)
            lacking = self._unserved(store, job.job) if waiting.place else ()
            return replace(waiting, why=self._nobody_serves(lacking)) if waiting.queue in lacking else waiting
        fetches = store.downloads.open_of(job.job)
        if fetches:
            return self._until_fetched(next(iter(fetches.values())))
        if job.state is JobState.ACCEPTING:
            return Waiting(why="its files are still being added")
        return None

    def _waiting(self, due: DueStep) -> Waiting:
        from pipeline import tasks

        queue, now = tasks.QUEUES[due.stage], time.time()
        if due.scheduled_at > now + _SOON_S:
            why = f"{due.stage} is tried again in {due.scheduled_at - now:.0f} s"
            return Waiting(why=f"{why}: {due.error}" if due.error else why, queue=queue, again_at=due.scheduled_at)
        place = (
            bisect_left(self._line().get(queue, []), (priority_of(due.stage, due.wish), due.since, due.document)) + 1
        )
        return Waiting(why=self._why(queue, place), queue=queue, place=place)

    def _why(self, queue: str, place: int) -> str:
        roll = self._worker_status.roll()
        if roll.broker is False:
            return f"{roll.trouble or 'the broker cannot be reached'}; work goes on as soon as it answers"
        if roll.serving(queue) == ():
            return self._nobody_serves((queue,))
        return f"place {place} in the queue {queue!r}" if place > 1 else f"it is next in the queue {queue!r}"

    def obstacle(self, store: KnowledgeStore, job: str) -> str:
        """Why work of a job that may begin now is begun by nobody, in a sentence; empty where somebody may come for it.

        The broker and the workers are asked only where such work is there; the first answer comes a moment later.
        """
        if not self._wanted(store, job):
            return ""
        roll = self._worker_status.roll()
        if roll.broker is False:
            return self._why("", 1)
        if not roll.complete:
            return ""
        lacking = self._unserved(store, job)
        return self._nobody_serves(lacking) if lacking else ""

    def _wanted(self, store: KnowledgeStore, job: str) -> set[str]:
        """The queues in which work of a job could begin, and that nobody is seen to work on."""
        stages = store.queries.open_stages(job)
        wanted = {QUEUES[stage] for stage, due in stages.items() if due}
        wanted -= {QUEUES[step.stage] for step in self.steps_in_hand()} if wanted else set()
        fetches = store.downloads.open_of(job).values()
        waits = any(not fetch.under_way and (fetch.again_at or 0.0) <= time.time() for fetch in fetches)
        return wanted | ({NOTIFY} if waits and not any(fetch.under_way for fetch in fetches) else set())

    def _unserved(self, store: KnowledgeStore, job: str) -> tuple[str, ...]:
        """Where a queue that a job needs now is served by nobody: every such queue that it needs now or later."""
        roll, wanted = self._worker_status.roll(), self._wanted(store, job)
        if not any(roll.serving(queue) == () for queue in wanted):
            return ()
        stages = set(store.queries.open_stages(job))
        stages |= _AFTER_PLAN if Stage.PLAN in stages else set()
        needed = wanted | {QUEUES[stage] for stage in stages}
        return tuple(queue for queue in sorted(needed) if roll.serving(queue) == ())

    def _nobody_serves(self, queues: Sequence[str]) -> str:
        if others := self._worker_status.roll().others:
            return others
        names = [repr(queue) for queue in queues]
        shown = f"queue {names[0]}" if len(names) == 1 else f"queues {', '.join(names[:-1])} and {names[-1]}"
        return f"no worker serves the {shown}: {self._advice(queues)}"

    def _advice(self, queues: Sequence[str]) -> str:
        if self._resources.settings.broker_url.startswith("redis+socket:"):
            return "the one of this home is starting"
        role = next((f"`ingot worker {role}` or " for role, served in ROLES.items() if served >= set(queues)), "")
        return f"start one with {role}`ingot worker all`"

    def _line(self) -> Mapping[str, list[tuple[int, float, str]]]:
        """What waits in each queue, in order: (priority, since when, document)."""
        return self._kept.slowly("line", self._line_now)

    def _line_now(self) -> dict[str, list[tuple[int, float, str]]]:
        from pipeline import tasks

        line: dict[str, list[tuple[int, float, str]]] = {queue: [] for queue in sorted(set(tasks.QUEUES.values()))}
        now = time.time()
        for store in self._busy():
            for due in store.queries.due_steps():
                if due.scheduled_at <= now + _SOON_S:
                    line[tasks.QUEUES[due.stage]].append((priority_of(due.stage, due.wish), due.since, due.document))
        return {queue: sorted(waiting) for queue, waiting in line.items()}

    def _busy(self) -> list[KnowledgeStore]:
        return self._stores(self._resources.catalog.busy())

    def _stores(self, names: Sequence[str]) -> list[KnowledgeStore]:
        found = []
        for name in names:
            try:
                found.append(self._resources.catalog.store(name))
            except IngotError:
                continue  # deleted meanwhile
        return found

    def _page_seconds(self, store: KnowledgeStore) -> dict[Stage, float]:
        """Seconds by the clock that a page of each stage took in this knowledge base."""
        costs = self._kept.get(f"costs {store.knowledge_id}", _COSTS_S, store.queries.stage_costs)
        return {cost.stage: cost.wall_s / cost.pages for cost in costs if cost.pages}

    def knowledge_base(self, store: KnowledgeStore) -> KnowledgeBaseView:
        """Counts and size; what took long to count is counted again only after ten times as long."""
        return self._kept.slowly(f"counts {store.knowledge_id}", lambda: self._counted(store))

    def _counted(self, store: KnowledgeStore) -> KnowledgeBaseView:
        return KnowledgeBaseView(
            knowledge_id=store.knowledge_id,
            embedder=", ".join(store.chunks.embedders()),
            created_at=float(store.get_meta("created_at") or 0.0),
            size_bytes=self._resources.files.size_bytes(store.knowledge_id),
            counts=store.queries.documents_by_state(),
            **store.queries.answering(),
        )

    def figures(self, store: KnowledgeStore) -> Figures:
        """For metrics, as fresh as counting allows."""
        return self._kept.slowly(f"figures {store.knowledge_id}", store.queries.figures)

    def queues(self) -> list[QueueView]:
        """Every queue: what waits in it, and who serves it."""
        from pipeline import tasks

        roll, line, now = self._worker_status.checked(), self._line_now(), time.time()
        hands = self.steps_in_hand()
        found = []
        for queue in line:
            stages = tuple(stage for stage, name in tasks.QUEUES.items() if name == queue)
            waiting = line[queue]
            oldest = min((since for _, since, _ in waiting if since), default=None)
            found.append(
                QueueView(
                    queue=queue,
                    stages=stages,
                    waiting=len(waiting),
                    working=sum(step.stage in stages for step in hands),
                    oldest_waiting_s=max(0.0, now - oldest) if oldest else None,
                    messages=roll.messages.get(queue, 0) if roll.broker else None,
                    workers=roll.serving(queue),
                )
            )
        return [*found, self._notify(roll, now)]

    def _notify(self, roll: WorkerAnswers, now: float) -> QueueView:
        """The queue of callbacks and fetched URLs, which are no steps."""
        outbound_tasks = [store.queries.open_outbound_tasks() for store in self._errands()]
        oldest = min((since for _, since in outbound_tasks if since), default=None)
        return QueueView(
            queue=NOTIFY,
            stages=(),
            waiting=sum(count for count, _ in outbound_tasks),
            working=0,
            oldest_waiting_s=max(0.0, now - oldest) if oldest else None,
            messages=roll.messages.get(NOTIFY, 0) if roll.broker else None,
            workers=roll.serving(NOTIFY),
        )

    def _errands(self) -> list[KnowledgeStore]:
        return self._stores(self._resources.catalog.outbound_tasks())

    def steps_in_hand(self) -> list[WorkingStep]:
        """What the workers have in hand, in all knowledge bases with unfinished work."""
        return [step for store in self._busy() for step in store.queries.steps_in_hand()]

    def workers(self) -> list[WorkerView]:
        """Workers that answer, and those that hold work without answering."""
        roll = self._worker_status.checked()
        hands: dict[str, list[WorkingStep]] = {name: [] for name in roll.workers}
        for step in self.steps_in_hand():
            hands.setdefault(step.worker.rpartition("#")[0] or step.worker, []).append(step)
        return [_worker(name, roll, working) for name, working in sorted(hands.items())]


def _worker(name: str, roll: WorkerAnswers, working: Sequence[WorkingStep]) -> WorkerView:
    member = roll.workers.get(name)
    return WorkerView(
        name=name,
        answers=member is not None,
        queues=member.queues if member else (),
        pool=member.pool if member else "",
        concurrency=member.concurrency if member else None,
        working=tuple(working),
    )
