"""Removing what answers no more. Vectors first, then files, rows last; no failure on the way is swallowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.work import Tools
from stores.effects import Obsolete

if TYPE_CHECKING:
    from stores.records import RecordStore


def remove_document(tools: Tools, store: RecordStore, document: str) -> None:
    """Make a document stop answering at once, then remove all of it. May be repeated after a failure."""
    store.versions.withdraw(document)
    remove_obsolete(tools, store, Obsolete(document=document))


def remove_orphans(tools: Tools, store: RecordStore) -> None:
    """Remove the documents that no name is left for."""
    for old in store.versions.orphans():
        if store.versions.withdraw(old.document, named=False):
            remove_obsolete(tools, store, old)


def remove_obsolete(tools: Tools, store: RecordStore, old: Obsolete) -> None:
    """Remove what a new version replaced, or all of a document that no name is left for."""
    tools.vectors().delete(store.knowledge_id, old.document, old.keep)
    if old.keep is not None:
        store.versions.remove_older(old.document, old.keep)
        return
    sha256 = store.overview.sha256(old.document)
    with store.versions.removing(old.document) as unnamed:
        if unnamed:
            tools.files.drop_document(store.knowledge_id, old.document, sha256)
