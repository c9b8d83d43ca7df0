"""The knowledge store in SQL: one database for each knowledge base, seen from its sides."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from stores.consistency.consistency import Consistency
from stores.lifecycle.dispatch import Dispatch
from stores.lifecycle.jobs import JobControl
from stores.lifecycle.publication import Publication
from stores.lifecycle.reprocess import Reprocessing
from stores.lifecycle.steps import Steps
from stores.lifecycle.unit_of_work import Registration
from stores.outbox.callbacks import Callbacks
from stores.outbox.downloads import Downloads
from stores.outbox.outbound_tasks import OutboundTasks
from stores.queries.document_queries import DocumentQueries
from stores.queries.etags import EtagQueries
from stores.queries.inspection import Inspection
from stores.queries.jobs import JobQueries
from stores.queries.knowledge_base import KnowledgeBaseQueries
from stores.queries.work import WorkQueries
from stores.sql.chunks import ChunkQueries
from stores.sql.corrections import Corrections
from stores.sql.database import Database
from stores.sql.dialect import dialect_of, insert_or_replace
from stores.sql.pages import Pages
from stores.sql.profiles import Profiles
from stores.sql.record_tables import RecordTables
from stores.sql.tables import meta
from stores.sql.transfer import Transfer
from stores.views import QueryResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlKnowledgeStore:
    """All that is known of one knowledge base; implements ``stores.contracts.KnowledgeStore``."""

    knowledge_id: str
    database: Database
    registration: Registration
    steps: Steps
    dispatch: Dispatch
    job_control: JobControl
    reprocessing: Reprocessing
    pages: Pages
    record_tables: RecordTables
    corrections: Corrections
    publication: Publication
    document_queries: DocumentQueries
    job_queries: JobQueries
    work_queries: WorkQueries
    queries: KnowledgeBaseQueries
    chunks: ChunkQueries
    outbound_tasks: OutboundTasks
    callbacks: Callbacks
    downloads: Downloads
    page_queries: Inspection
    etags: EtagQueries
    profiles: Profiles
    consistency: Consistency
    transfer: Transfer

    @classmethod
    def over(cls, knowledge_id: str, database: Database) -> SqlKnowledgeStore:
        return cls(
            knowledge_id=knowledge_id,
            database=database,
            registration=Registration(database),
            steps=Steps(knowledge_id, database),
            dispatch=Dispatch(knowledge_id, database),
            job_control=JobControl(database),
            reprocessing=Reprocessing(database),
            pages=Pages(database),
            record_tables=RecordTables(database),
            corrections=Corrections(database),
            publication=Publication(database),
            document_queries=DocumentQueries(knowledge_id, database),
            job_queries=JobQueries(knowledge_id, database),
            work_queries=WorkQueries(knowledge_id, database),
            queries=KnowledgeBaseQueries(database),
            chunks=ChunkQueries(database),
            outbound_tasks=OutboundTasks(knowledge_id, database),
            callbacks=Callbacks(knowledge_id, database),
            downloads=Downloads(database),
            page_queries=Inspection(database),
            etags=EtagQueries(database),
            profiles=Profiles(database),
            consistency=Consistency(knowledge_id, database),
            transfer=Transfer(database),
        )

    def now(self) -> float:
        """The time that all workers on this knowledge base go by, in seconds since the epoch."""
        return self.database.now()

    def size_bytes(self) -> int:
        """What the database keeps outside of the folder of the knowledge base."""
        with self.database.read() as connection:
            return dialect_of(connection).size_bytes(connection)

    def query(self, statement: str, limit: int, timeout_s: float) -> QueryResult:
        """Run one reading SQL statement of a user: at most ``limit`` rows, at most ``timeout_s`` seconds."""
        return self.database.user_query(statement, limit, timeout_s)

    def set_meta(self, key: str, value: str) -> None:
        with self.database.write() as connection:
            connection.execute(insert_or_replace(meta).values(key=key, value=value))

    def get_meta(self, key: str) -> str:
        """The value of a key, "" where there is none."""
        with self.database.read() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none() or ""
