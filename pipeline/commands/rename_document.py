"""Renaming a document: what it is called in lists, hits, records, files and the index of vectors.

The name is kept beside the name of its file, which stays what tells the file: ingesting it again, also with other
contents, does not undo the renaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.commands.check_files import write_results
from pipeline.commands.corrections import write_metadata
from pipeline.processing_plan import schemas_of
from pipeline.step_context import Resources
from stores.clean_text import clean
from stores.errors import InputError

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.queries import Availability

LONGEST_NAME = 255


def checked_name(name: str) -> str:
    """Return a name with its blanks tidied, "" for an empty one. InputError for one that cannot be shown."""
    tidy = " ".join(clean(name).split())
    if len(tidy) > LONGEST_NAME:
        raise InputError(f"the name of a document has at most {LONGEST_NAME} characters", code="bad_name")
    if not all(sign.isprintable() or sign in "\u200c\u200d" for sign in tidy):
        raise InputError("the name of a document holds a character that cannot be printed", code="bad_name")
    return tidy


def rename_document(resources: Resources, store: KnowledgeStore, shown: Availability, name: str) -> None:
    """Give a document another name, and write what bears it: files, views of records, metadata of vectors."""
    store.registration.rename(shown.document, checked_name(name))
    store.record_tables.prepare(schemas_of(resources, store).values())
    write_results(resources, store, {shown.document})
    write_metadata(resources, store, shown)
