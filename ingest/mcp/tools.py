"""The tools of the MCP server. The docstring of a tool is what the assistant reads of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ingest import record_serializers, serializers
from ingest.serializers import Json
from pipeline.service import AskRequest, IngestRequest, Service
from stores.errors import InputError, NotFoundError
from stores.ids import is_temporary
from stores.models import DocumentState, Options
from stores.suggestions import check
from stores.views import DocumentFilter

_MOST_ITEMS = 200
_DOCUMENT = ("document", "source", "state", "pages", "language", "title", "error")
_HIT = ("source", "document", "first_page", "last_page", "heading", "text", "score")


@dataclass(frozen=True)
class AssistantTools:
    """The tools over a service. ``scope_now``: the knowledge bases that the caller may use, None for all.

    ``ingest_root``: the folder below which files may be ingested, None where nothing may be.
    """

    service_now: Callable[[], Service]
    scope_now: Callable[[], frozenset[str] | None] = lambda: None
    ingest_root: Path | None = None

    @property
    def service(self) -> Service:
        """The use cases; a server may exchange them while it runs."""
        return self.service_now()

    def all(self) -> list[Callable[..., Any]]:
        """List the tools that this server offers."""
        reading: list[Callable[..., Any]] = [
            self.list_knowledge_bases,
            self.list_documents,
            self.search,
            self.ask,
            self.read_page,
            self.list_records,
        ]
        return [*reading, self.ingest, self.get_job] if self.ingest_root else reading

    def list_knowledge_bases(self) -> Json:
        """List the knowledge bases with their numbers of documents, pages and chunks."""
        views = [view for view in self.service.knowledge_bases.all() if self._sees(view.knowledge_id)]
        return {"items": [serializers.knowledge_base(view) for view in views]}

    def list_documents(self, knowledge_id: str, text: str = "", state: str = "", limit: int = 50) -> Json:
        """List the documents of a knowledge base by name.

        text: only those with it in their name or title. state: queued, running, done, partial, failed or cancelled.
        """
        wanted = check("state", state, list(DocumentState), code="unknown_state") if state else None
        by = DocumentFilter(text=text, state=DocumentState(wanted) if wanted else None)
        part = self.service.documents.slice(self._checked(knowledge_id), by, None, _limited(limit))
        rows = [serializers.document(view) for view in part.items]
        return {"items": [_picked(row, _DOCUMENT) for row in rows], "more": part.next_cursor is not None}

    def search(self, query: str, knowledge_id: str, limit: int = 8, where: str = "", mode: str = "hybrid") -> Json:
        """Find chunks by keywords and meaning, the best first, each with its document and page.

        where: a filter on the fields of the documents, such as: language = en and invoice.amount > 1000.
        mode: hybrid, keyword or vector.
        nothing_fits is true where no chunk answers the query; the items are only the nearest ones then.
        """
        result = self.service.search.result(self._checked(knowledge_id), query, _limited(limit), mode, where)
        return {
            "nothing_fits": result.nothing_fits,
            "remark": result.remark,
            "items": [_picked(serializers.hit(hit), _HIT) for hit in result.hits],
        }

    def ask(
        self, question: str, knowledge_ids: list[str], chunks: int = 8, where: str = "", records: bool = True
    ) -> Json:
        """Answer a question from the documents; where narrows them as in search. records: ask their tables, too.

        Every sentence has citations (document, page, quote). proved is false where the quoted words do not stand on
        that page; outcome is not_said where the documents do not answer. Where the extracted records answer, statement
        is the SQL that was run, and rows are its rows.
        """
        names = tuple(self._checked(name) for name in knowledge_ids)
        request = AskRequest(
            question=question, knowledge_ids=names, chunks=_limited(chunks, 50), where=where, records=records
        )
        return serializers.answer(self.service.asking.answer(request))

    def read_page(self, knowledge_id: str, document: str, page: int) -> str:
        """Read one page of a document as Markdown. document: its id, or its name as listed. Pages count from 1."""
        return self.service.documents.page(self._checked(knowledge_id), document, page).markdown

    def list_records(
        self,
        knowledge_id: str,
        schema: str = "document",
        where: str = "",
        contains: str = "",
        limit: int = 50,
    ) -> Json:
        """List what was extracted from the documents by a schema, such as invoice, receipt, resume or document.

        where: a filter such as: currency = EUR and due_date < 2024-06-01. contains: words that the record must have.
        Every value has evidence: page, quote, and whether it was found.
        """
        name, most = self._checked(knowledge_id), _limited(limit)
        documents = self.service.search.documents(name, where)
        if contains:
            records = iter(self.service.records.containing(name, schema, contains, None, _MOST_ITEMS).items)
        else:
            records = self.service.records.all(name, schema)
        fitting = (view for view in records if documents is None or view.document in documents)
        views = list(islice(fitting, most + 1))
        return {"items": [_record(record_serializers.record(view)) for view in views[:most]], "more": len(views) > most}

    def ingest(self, knowledge_id: str, paths: list[str], schemas: list[str] | None = None) -> Json:
        """Read files or folders of this machine into a knowledge base, which is made if it is new.

        schemas: what to extract, such as ["invoice"]. The answer names the job; get_job tells how far it is.
        """
        request = IngestRequest(
            paths=tuple(self._path(path) for path in paths), options=Options(schemas=tuple(schemas or ()))
        )
        name = self._checked(knowledge_id)
        self.service.ingestion.refuse_when_full(name)
        return serializers.report(self.service.ingestion.ingest(name, request))

    def get_job(self, job_id: str) -> Json:
        """Tell how far a job is: its state, and the states of its documents."""
        self._checked(job_id.rpartition(".")[0])
        return serializers.job(self.service.jobs.get(job_id))

    def _path(self, text: str) -> Path:
        """Resolve a path, which must lie below the folder that is allowed."""
        assert self.ingest_root
        root = self.ingest_root.resolve()
        path = (root / text).resolve()
        if not path.is_relative_to(root):
            raise InputError(f"{text!r} is not below {root}, the folder that may be ingested from", code="forbidden")
        return path

    def _sees(self, knowledge_id: str) -> bool:
        scope = self.scope_now()
        return scope is None or knowledge_id in scope

    def _checked(self, knowledge_id: str) -> str:
        if not self._sees(knowledge_id):
            raise InputError(f"this connection is not for the knowledge base {knowledge_id!r}", code="forbidden")
        if is_temporary(knowledge_id):
            raise NotFoundError(f"there is no knowledge base {knowledge_id!r}")
        return knowledge_id


def _limited(limit: int, most: int = _MOST_ITEMS) -> int:
    return max(1, min(limit, most))


def _picked(row: Mapping[str, Any], names: tuple[str, ...]) -> Json:
    return {name: row[name] for name in names if row.get(name) not in (None, "")}


def _record(row: Json) -> Json:
    """Leave out the boxes of the evidence, which are of no use without the page's picture."""
    evidence = {
        path: {name: value for name, value in one.items() if name != "boxes"} for path, one in row["evidence"].items()
    }
    return {**row, "evidence": evidence}
