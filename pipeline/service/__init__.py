"""The use cases. The command line and the API call only these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline import wiring
from pipeline.answering.answer import AskRequest
from pipeline.audit_trail import AuditTrail
from pipeline.commands.ingest_request import IngestRequest
from pipeline.queries.answer_cache import AnswerCache
from pipeline.queries.etags import Etags
from pipeline.queries.inspection import InspectionQueries
from pipeline.queries.waiting import WaitingReasons
from pipeline.queries.worker_status import WorkerStatus
from pipeline.sender import Sender
from pipeline.service.access_keys import AccessKeys
from pipeline.service.administration import Administration, Callbacks, KnowledgeBases
from pipeline.service.asking import Asking
from pipeline.service.conversion import Conversions
from pipeline.service.documents import Documents
from pipeline.service.ingestion import Ingestion
from pipeline.service.jobs import Jobs
from pipeline.service.records import Records
from pipeline.service.schedules import Schedules
from pipeline.service.search import Search
from pipeline.settings import Settings
from stores.models import Schema


class Service:
    """All use cases over one home, by what they are about: ``service.jobs.cancel(job_id)``.

    They raise IngotError only; NotFoundError where a name is unknown.
    """

    def __init__(self, settings: Settings, schemas: Sequence[Schema] = (), *, pooled: bool = True) -> None:
        """``schemas``: further schemas that requests may ask for, beside those of the settings.

        ``pooled``: connections to databases are kept open; False in a process that forks.
        """
        self.settings = settings
        resources = wiring.build(settings, durable=True, pooled=pooled)
        resources = replace(resources, schemas={**resources.schemas, **{schema.name: schema for schema in schemas}})
        self._resources = resources
        sender, worker_status, cache = Sender(resources), WorkerStatus(settings), AnswerCache()
        self.audit_trail = trail = AuditTrail(resources)
        self.access_keys = AccessKeys(resources, trail)
        self.administration = Administration(resources, worker_status, cache)
        self.ingestion = Ingestion(resources, sender, trail)
        waiting = WaitingReasons(resources, worker_status, self.administration)
        self.conversions = Conversions(resources, sender)
        self.jobs = Jobs(resources, sender, waiting, cache, trail)
        self.documents = Documents(resources, sender, trail)
        self.records = Records(resources, trail)
        self.inspection = InspectionQueries(resources)
        self.search = Search(resources)
        self.knowledge_bases = KnowledgeBases(resources, cache, sender, trail)
        self.asking = Asking(resources)
        self.callbacks = Callbacks(resources, sender, trail)
        self.schedules = Schedules(resources, sender)
        self.etags = Etags(resources)

    def now(self) -> float:
        """The time that jobs and their documents are stamped with, in seconds since the epoch."""
        return self._resources.catalog.now()

    def close(self) -> None:
        """Release the vector index and the staging folder of this process; the next use takes them again."""
        self.records.close()
        self.audit_trail.close()
        self._resources.close()


__all__ = ["AskRequest", "IngestRequest", "Service"]
