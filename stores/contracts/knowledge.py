"""The knowledge bases, and the store of one of them by its sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stores.contracts.administration import AdministrationStore
    from stores.contracts.consistency import ConsistencyStore
    from stores.contracts.content import ChunkStore, PageStore, ProfileStore, RecordTableStore
    from stores.contracts.corrections import CorrectionStore
    from stores.contracts.home import HomeStore
    from stores.contracts.lifecycle import (
        DispatchStore,
        JobControlStore,
        PublicationStore,
        ReprocessingStore,
        StepStore,
    )
    from stores.contracts.outbox import CallbackStore, DownloadStore, OutboundTaskStore
    from stores.contracts.queries import (
        DocumentQueries,
        EtagQueries,
        JobQueries,
        KnowledgeBaseQueries,
        PageQueries,
        WorkQueries,
    )
    from stores.contracts.registration import RegistrationStore
    from stores.contracts.transfer import TransferStore
    from stores.hosts import HostUse
    from stores.views import QueryResult


class KnowledgeStore(Protocol):
    """All that is known of one knowledge base.

    Every write is one transaction: it happened completely, or not at all. Raises TransientError when the database is
    busy for too long, UnavailableError when it cannot be reached or written.
    """

    @property
    def knowledge_id(self) -> str: ...
    @property
    def registration(self) -> RegistrationStore: ...
    @property
    def steps(self) -> StepStore: ...
    @property
    def dispatch(self) -> DispatchStore: ...
    @property
    def job_control(self) -> JobControlStore: ...
    @property
    def reprocessing(self) -> ReprocessingStore: ...
    @property
    def pages(self) -> PageStore: ...
    @property
    def record_tables(self) -> RecordTableStore: ...
    @property
    def corrections(self) -> CorrectionStore: ...
    @property
    def publication(self) -> PublicationStore: ...
    @property
    def document_queries(self) -> DocumentQueries: ...
    @property
    def job_queries(self) -> JobQueries: ...
    @property
    def work_queries(self) -> WorkQueries: ...
    @property
    def queries(self) -> KnowledgeBaseQueries: ...
    @property
    def chunks(self) -> ChunkStore: ...
    @property
    def outbound_tasks(self) -> OutboundTaskStore: ...
    @property
    def callbacks(self) -> CallbackStore: ...
    @property
    def downloads(self) -> DownloadStore: ...
    @property
    def page_queries(self) -> PageQueries: ...
    @property
    def etags(self) -> EtagQueries: ...
    @property
    def profiles(self) -> ProfileStore: ...
    @property
    def consistency(self) -> ConsistencyStore: ...
    @property
    def transfer(self) -> TransferStore: ...

    def now(self) -> float:
        """Return the time that leases and schedules go by, in seconds since the epoch: the same on all hosts."""

    def size_bytes(self) -> int:
        """Return how much the database keeps outside of the folder of the knowledge base."""

    def query(self, statement: str, limit: int, timeout_s: float) -> QueryResult:
        """Run one reading SQL statement of a user, at most ``limit`` rows of it, for at most ``timeout_s`` seconds.

        Raises InputError where it is no such statement, takes longer, or would write.
        """

    def set_meta(self, key: str, value: str) -> None:
        """Keep a fact of the knowledge base as a whole, replacing an earlier value."""

    def get_meta(self, key: str) -> str:
        """Return the value of a key, "" where it has none."""


class KnowledgeCatalog(Protocol):
    """All knowledge bases of a home, and which of them have unfinished work."""

    @property
    def administration(self) -> AdministrationStore:
        """The keys of the home's API and its audit trail."""

    def store(self, knowledge_id: str) -> KnowledgeStore:
        """Open the store of an existing knowledge base. Raises NotFoundError where there is none of that id."""

    def create(self, knowledge_id: str) -> KnowledgeStore:
        """Open the store of a knowledge base, and create it where it is new. Raises InputError for a bad id."""

    def names(self) -> list[str]:
        """Return the ids of all knowledge bases but those of conversions, sorted."""

    def every_name(self) -> list[str]:
        """Return the ids of all knowledge bases, those of conversions included: what workers look at."""

    def now(self) -> float:
        """Return the time that all hosts go by, in seconds since the epoch."""

    def home_store(self) -> HomeStore:
        """Return the store of what belongs to no knowledge base, made if it is new; ``store(HOME)`` has its outbox."""

    def outboxes(self) -> list[str]:
        """Return the ids of all stores that have an outbox: the knowledge bases, and HOME where it was made."""

    def remove(self, knowledge_id: str) -> None:
        """Remove a knowledge base with everything in it, even while workers write to it. It may be repeated."""

    def mark_busy(self, knowledge_id: str) -> None:
        """Note that a knowledge base has unfinished steps. Call it after they are written: the relay looks there."""

    def busy(self) -> list[str]:
        """Return the ids of the existing knowledge bases that are marked busy, sorted."""

    def rest(self, knowledge_id: str) -> None:
        """Take the mark away. Look for unfinished steps once more afterwards: some may have come meanwhile."""

    def mark_outbound(self, knowledge_id: str) -> None:
        """Note that callbacks or downloads of a knowledge base are due soon."""

    def outbound_tasks(self) -> list[str]:
        """Return the ids of the existing knowledge bases with callbacks or downloads that are due soon, sorted."""

    def rest_outbound(self, knowledge_id: str) -> None:
        """Take that mark away; look once more afterwards, as with ``rest``."""

    def shared_secret(self, name: str, new: str) -> str:
        """Return the secret of this name that all hosts of the home share; the first to ask makes it ``new``."""

    def announce(self, use: HostUse) -> None:
        """Note that a process uses the home. Repeat it: one that was not seen for a while does not count."""

    def withdraw(self, use: HostUse) -> None:
        """Note that a process uses the home no more."""

    def hosts(self) -> list[HostUse]:
        """Return the processes that use the home now, at least one of each host."""
