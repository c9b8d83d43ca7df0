"""The use cases. The command line and the API call only these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import Settings
from stores.models import Hit, Options, Page, Schema
from stores.views import DocumentView, IngestReport, JobView, KnowledgeBaseView, RecordView


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What to ingest and how. ``globs`` and ``excludes`` match the path relative to its folder."""

    paths: tuple[Path, ...]
    options: Options = Options()
    globs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    prune: bool = False


class Service:
    """Use cases over one home. Raises IngotError only; NotFoundError where a name is unknown."""

    def __init__(self, settings: Settings) -> None: ...

    def ingest(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """Make durable what is new or changed, and hand it to the workers. Returns at once.

        Nothing is sent when nothing is to be done (``job`` is None)."""

    def preview(self, knowledge_id: str, request: IngestRequest) -> IngestReport:
        """What ``ingest`` would do, with pages per route and estimated seconds; changes nothing."""

    def job(self, job_id: str) -> JobView: ...
    def jobs(self, knowledge_id: str | None = None) -> list[JobView]: ...
    def cancel(self, job_id: str) -> JobView: ...
    def retry(self, job_id: str) -> JobView:
        """Redo only the pages and stages that failed."""

    def documents(self, knowledge_id: str) -> list[DocumentView]: ...
    def document(self, knowledge_id: str, name: str) -> DocumentView:
        """``name``: the id, a unique prefix of it (4 characters at least), or a source name."""

    def pages(self, knowledge_id: str, name: str, numbers: Sequence[int] = ()) -> list[Page]: ...
    def delete_document(self, knowledge_id: str, name: str) -> DocumentView: ...
    def records(self, knowledge_id: str, schema: str) -> list[RecordView]: ...
    def schemas(self) -> dict[str, Schema]: ...
    def search(
        self, knowledge_id: str, query: str, limit: int = 10, mode: str = "hybrid",
        where: Mapping[str, str] | None = None,
    ) -> list[Hit]: ...

    def knowledge_bases(self) -> list[KnowledgeBaseView]: ...
    def knowledge_base(self, knowledge_id: str) -> KnowledgeBaseView: ...
    def delete_knowledge_base(self, knowledge_id: str) -> None: ...
    def unfinished(self) -> bool:
        """Is there work left in any knowledge base of this home?"""
