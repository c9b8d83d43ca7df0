"""Removes documents and old generations: vectors first, then files, rows last. No error is swallowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.step_context import Resources
from stores.effects import Obsolete

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore


def remove_document(resources: Resources, store: KnowledgeStore, document: str) -> None:
    """Hide a document at once, then remove all of it. May be repeated after a failure."""
    store.publication.withdraw(document)
    remove_obsolete(resources, store, Obsolete(document=document))


def remove_orphans(resources: Resources, store: KnowledgeStore) -> None:
    """Remove the documents that have no source any more."""
    for old in store.publication.orphans():
        if store.publication.withdraw(old.document, named=False):
            remove_obsolete(resources, store, old)


def remove_obsolete(resources: Resources, store: KnowledgeStore, old: Obsolete) -> None:
    """Remove the generations that a new one replaced, or a whole document that has no source any more."""
    resources.vectors().delete(store.knowledge_id, old.document, old.keep)
    if old.keep is not None:
        store.publication.remove_older(old.document, old.keep)
        return
    sha256 = store.document_queries.sha256(old.document)
    with store.publication.removing(old.document) as unnamed:
        if unnamed:
            resources.files.drop_document(store.knowledge_id, old.document, sha256)
            resources.image_cache.drop(store.knowledge_id, old.document)


def remove_knowledge_base(resources: Resources, knowledge_id: str) -> None:
    """Remove a knowledge base: its vectors, its folder, and what a running worker wrote meanwhile."""
    store = resources.catalog.store(knowledge_id)
    for job in store.job_queries.open_ids():
        store.job_control.cancel(job)
    resources.vectors().drop(knowledge_id)
    resources.files.drop_all(knowledge_id)
    resources.catalog.remove(knowledge_id)
    resources.vectors().drop(knowledge_id)
    resources.image_cache.drop(knowledge_id)
