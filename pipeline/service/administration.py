"""Running an installation: knowledge bases, callbacks, queues, workers, readiness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING

from pipeline import hosts_apart, removal
from pipeline.audit_trail import AuditTrail
from pipeline.commands import check, export_knowledge_base, import_knowledge_base, knowledge_names
from pipeline.commands.check import CheckRequest, Tell
from pipeline.commands.check_report import CheckReport
from pipeline.commands.import_knowledge_base import ImportReport
from pipeline.commands.watched_sources import WatchedSource, note_watched_source, watched_sources
from pipeline.outbound import callbacks, notices, oversight
from pipeline.queries.answer_cache import AnswerCache
from pipeline.queries.knowledge_bases import KnowledgeBaseQueries
from pipeline.queries.queues import QueueQueries
from pipeline.queries.readiness import Readiness
from pipeline.queries.worker_status import WorkerStatus
from pipeline.sender import Sender
from pipeline.step_context import Resources
from pipeline.still_there import of_each
from stores.audit import Action
from stores.errors import InputError
from stores.models import HOME
from stores.views import CallbackFilter, CallbackView, KnowledgeBaseView, Slice

if TYPE_CHECKING:
    from pipeline.home_registry import Neighbour
    from stores.contracts.content import OpenWork


class KnowledgeBases(KnowledgeBaseQueries):
    """The queries about knowledge bases, their creation and deletion, and whether they agree with themselves."""

    def __init__(self, resources: Resources, cache: AnswerCache, sender: Sender, trail: AuditTrail) -> None:
        super().__init__(resources, cache)
        self._sender, self._trail = sender, trail

    def check(
        self, knowledge_id: str, *, repair: bool = False, deep: bool = False, tell: Tell = lambda what, count: None
    ) -> CheckReport:
        """Compare rows, files, keywords and vectors; ``tell`` is told what was compared. Searches and jobs go on."""
        report = check.check(self._resources, knowledge_id, CheckRequest(deep=deep, repair=repair), tell)
        if repair and report.findings:
            self._trail.note(Action.REPAIR_KNOWLEDGE_BASE, knowledge_id)
            self._sender.send_now(knowledge_id)
        return report

    def create(self, knowledge_id: str) -> KnowledgeBaseView:
        """Create a knowledge base if it is new. Returns it."""
        is_new = knowledge_id not in self.ids()
        self._resources.catalog.create(knowledge_id).record_tables.prepare(self._resources.schemas.values())
        if is_new:
            self._trail.note(Action.CREATE_KNOWLEDGE_BASE, knowledge_id)
        return self.get(knowledge_id)

    def open_named(self, name: str) -> str:
        """Return the id of the knowledge base of a name in any script; it is created where there is none.

        InputError for a name that cannot be kept.
        """
        name = knowledge_names.checked_name(name)
        knowledge_id, is_there = knowledge_names.id_for(self._resources.catalog, name)
        if not is_there:
            self.create(knowledge_id)
            knowledge_names.rename(self._resources.catalog, knowledge_id, name)
        return knowledge_id

    def id_for(self, name: str) -> str:
        """Return the id that ``open_named`` returns, and create nothing."""
        return knowledge_names.id_for(self._resources.catalog, knowledge_names.checked_name(name))[0]

    def watched_sources(self, knowledge_id: str) -> list[tuple[WatchedSource, str]]:
        """Return the sources that it is kept in step with, and the state of each."""
        store = self._resources.catalog.store(knowledge_id)
        return [(one, one.state(store.now())) for one in watched_sources(store)]

    def note_watched_source(self, knowledge_id: str, watched: WatchedSource) -> None:
        """Keep what its watcher tells of a source. NotFoundError before anything was ingested."""
        note_watched_source(self._resources.catalog.store(knowledge_id), watched)

    def rename(self, knowledge_id: str, name: str) -> KnowledgeBaseView:
        """Give another name, which is shown in place of the id; without one the id is shown. The id stays."""
        knowledge_names.rename(self._resources.catalog, knowledge_id, name)
        self._trail.note(Action.RENAME_KNOWLEDGE_BASE, knowledge_id, detail=name)
        return self.get(knowledge_id)

    def export(self, knowledge_id: str, program: str, tell: Tell = lambda what, count: None) -> Iterator[bytes]:
        """The archive of a knowledge base, a block at a time. NotFoundError at once where there is none."""
        return export_knowledge_base.export(self._resources, knowledge_id, program, tell)

    def refuse_existing(self, knowledge_id: str) -> None:
        """Raise InputError where there is a knowledge base of this id: before an archive is read for it."""
        if knowledge_id in self._resources.catalog.names():
            raise InputError(
                f"there is a knowledge base {knowledge_id!r} already: import under another id, or delete it first",
                code="conflict",
            )

    def take_in(self, stream: IO[bytes], name: str = "", tell: Tell = lambda what, count: None) -> ImportReport:
        """Make a knowledge base out of an archive, under ``name`` or its own. InputError where it is taken."""
        report = import_knowledge_base.import_archive(self._resources, stream, name, tell)
        self._trail.note(Action.IMPORT_KNOWLEDGE_BASE, report.knowledge_id)
        return report

    def delete(self, knowledge_id: str) -> None:
        """Delete a knowledge base: its vectors, its folder, and what a running worker wrote meanwhile."""
        removal.remove_knowledge_base(self._resources, knowledge_id)
        self._trail.note(Action.DELETE_KNOWLEDGE_BASE, knowledge_id)


class Callbacks:
    """Callbacks: list them, show one, deliver them again."""

    def __init__(self, resources: Resources, sender: Sender, trail: AuditTrail) -> None:
        self._resources = resources
        self._sender, self._trail = sender, trail

    def slice(self, wanted: CallbackFilter, cursor: str | None = None, limit: int = 50) -> Slice[CallbackView]:
        """A slice of the callbacks, the newest first."""
        return callbacks.callbacks_page(self._resources, wanted, cursor, limit)

    def get(self, callback_id: str) -> CallbackView:
        """One callback with the body that is sent."""
        return callbacks.callback(self._resources, callback_id)

    def replay(self, callback_id: str) -> CallbackView:
        """Deliver a callback again that was delivered or given up; its id stays."""
        view = callbacks.replay(self._resources, callback_id)
        self._trail.note(Action.REPLAY_CALLBACK, view.knowledge_id, view.id)
        self._sender.send_now(view.knowledge_id)
        return view

    def replay_dead(self, knowledge_id: str | None = None) -> int:
        """Deliver again what was given up, in one knowledge base or in all. Returns the number of callbacks."""
        counts = callbacks.replay_dead(self._resources, knowledge_id)
        for name, count in counts.items():
            self._trail.note(Action.REPLAY_CALLBACK, name, detail=f"{count} that were given up")
            self._sender.send_now(name)
        return sum(counts.values())

    def secrets(self) -> tuple[str, ...]:
        """The secrets that sign callbacks, the newest first."""
        return callbacks.secrets(self._resources)


class Administration(QueueQueries):
    """Queues, workers, readiness, and whether work is left."""

    def __init__(self, resources: Resources, worker_status: WorkerStatus, cache: AnswerCache) -> None:
        super().__init__(resources, worker_status, cache)
        self.readiness = Readiness(resources, worker_status).checks
        self.probe_files = resources.files.probe
        self._resources = resources

    def refuse_hosts_apart(self) -> None:
        """Raise UnavailableError where another host uses this home and cannot see what this one does."""
        hosts_apart.refuse(self._resources.settings, self._catalog)

    def why_hosts_apart(self, workers: list[Neighbour] | None = None) -> str:
        """Why this host and the others would not see each other's work; see ``hosts_apart.why_refused``."""
        return hosts_apart.why_refused(self._resources.settings, self._catalog, workers)

    def announce_host(self, name: str) -> None:
        """Note that a process of this name uses the home, for the other hosts. Repeat it."""
        hosts_apart.announce(self._resources.settings, self._catalog, name)

    def withdraw_host(self, name: str) -> None:
        """Note that a process of this name ends."""
        hosts_apart.withdraw(self._resources.settings, self._catalog, name)

    def tell_troubles(self, owner: str, stopping: Callable[[], bool] = lambda: False) -> None:
        """Tell a person of what needs one, where the settings name one. Repeat it once a minute.

        ``owner``: a name of this process; ``stopping``: once True, nothing more is delivered.
        """
        if notices.receivers(self._resources.settings):
            oversight.look(self._resources)
            oversight.look_at_queues(self._resources, self.queues())
            oversight.deliver_own(self._resources, owner, stopping)

    def unfinished(self) -> bool:
        """Whether work is left in any knowledge base of this home."""
        names = self._catalog.outboxes()
        if any(of_each(names, self._is_unfinished)):
            return True
        return HOME in names and self._catalog.home_store().schedules.are_open()

    def outbound_tasks_wait(self) -> bool:
        """Whether callbacks or downloads are due soon in any knowledge base of this home."""
        return bool(self._catalog.outbound_tasks())

    def open_work(self) -> list[OpenWork]:
        """The unfinished jobs of this home, each with the profiles of its documents."""
        works = of_each(self._catalog.busy(), lambda name: self._catalog.store(name).profiles.of_open_work())
        return list(chain.from_iterable(works))

    def _is_unfinished(self, knowledge_id: str) -> bool:
        store = self._catalog.store(knowledge_id)
        return store.dispatch.unfinished() or store.outbound_tasks.are_left()
