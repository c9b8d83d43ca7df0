"""Documents: look at them, draw their pages, process them again, delete them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline import removal
from pipeline.audit_trail import AuditTrail
from pipeline.commands import extraction, reprocess
from pipeline.commands.rename_document import rename_document
from pipeline.queries.documents import DocumentQueries
from pipeline.queries.page_images import USUAL_DPI, PageImages
from pipeline.sender import Sender
from pipeline.step_context import Resources
from stores.audit import Action
from stores.models import DocumentState, Options, Stage
from stores.placement import ExtractionReport
from stores.views import DocumentFilter, DocumentView, JobSummary

_READ = (DocumentState.DONE, DocumentState.PARTIAL)


class Documents(DocumentQueries):
    """The queries about documents, and what changes a document."""

    def __init__(self, resources: Resources, sender: Sender, trail: AuditTrail) -> None:
        super().__init__(resources)
        self._trail = trail
        self._sender = sender
        self._page_images = PageImages(resources)

    def page_image(self, knowledge_id: str, name: str, number: int, dpi: int = USUAL_DPI) -> Path:
        """A page as a PNG file, drawn on demand and kept. NotFoundError where there is no such page."""
        store = self._store(knowledge_id)
        return self._page_images.image(store, store.document_queries.find(name), number, dpi)

    def retry(self, knowledge_id: str, name: str, from_stage: Stage | None = None) -> JobSummary:
        """Process a document again from a stage on, or only what failed where none is given. Returns the new job."""
        store = self._store(knowledge_id)
        job = reprocess.retry_document(self._resources, store, store.document_queries.find(name), from_stage)
        self._trail.note(Action.RETRY, knowledge_id, name, f"{job} from {from_stage}" if from_stage else job)
        self._sender.send_now(knowledge_id)
        return store.job_queries.summary(job)

    def embed_all(self, knowledge_id: str) -> JobSummary | None:
        """Embed anew what another embedder embedded; returns the new job, None where nothing is to be done."""
        store = self._store(knowledge_id)
        job = reprocess.embed_all(self._resources, store)
        if job:
            self._trail.note(Action.EMBED, knowledge_id, job)
        self._sender.send_now(knowledge_id)
        return store.job_queries.summary(job) if job else None

    def extract(
        self, knowledge_id: str, names: Sequence[str], options: Options, *, force: bool = False
    ) -> ExtractionReport:
        """Fill the schemas of ``options`` from documents that were read, all of them where none is named."""
        store = self._store(knowledge_id)
        documents = [store.document_queries.find(name) for name in names] or [
            view.document for view in self.all(knowledge_id, DocumentFilter()) if view.state in _READ
        ]
        report = extraction.extract(self._resources, store, documents, options, force=force)
        if report.job:
            self._trail.note(Action.EXTRACT, knowledge_id, report.job, ", ".join(options.schemas))
            self._sender.send_now(knowledge_id)
        return report

    def schema_draft(self, knowledge_id: str, name: str, schema_name: str) -> str:
        """A schema in YAML with a field for each label and table of a document, to be edited by hand."""
        from pipeline.queries.schema_draft import schema_draft

        shown = self.standing(knowledge_id, name)
        return schema_draft(self.pages(knowledge_id, shown.document, ()), schema_name)

    def rename(self, knowledge_id: str, name: str, new_name: str) -> DocumentView:
        """Give a document another name; an empty one takes it away again. Returns the document.

        InputError where another document is called so. The name of its file stays among its ``sources``.
        """
        store = self._store(knowledge_id)
        before = self.get(knowledge_id, name)
        shown = self.standing(knowledge_id, before.document, so_far=True)
        rename_document(self._resources, store, shown, new_name)
        view = self.get(knowledge_id, before.document)
        if view.source != before.source:
            self._trail.note(Action.RENAME_DOCUMENT, knowledge_id, view.document, f"{before.source} -> {view.source}")
        return view

    def delete(self, knowledge_id: str, name: str) -> DocumentView:
        """Delete a document with everything that was made of it. Returns what it was."""
        store = self._store(knowledge_id)
        refused = store.document_queries.refused(name)
        if refused:
            store.registration.forget_refused(name)
            self._trail.note(Action.DELETE_DOCUMENT, knowledge_id, name)
            return refused
        view = self.get(knowledge_id, name)
        removal.remove_document(self._resources, store, view.document)
        self._trail.note(Action.DELETE_DOCUMENT, knowledge_id, view.document, view.source)
        self._sender.send_outbound_tasks(store)
        return view
