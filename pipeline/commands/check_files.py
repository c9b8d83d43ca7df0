"""The files of a knowledge base compared with its rows: originals, results, and what was left behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.stages.publish import document_json, document_markdown
from pipeline.step_context import Resources
from stores.contracts.files import FileKind, StoredFile
from stores.errors import InputError
from stores.regular_files import hash_of
from stores.source_names import path_of_name, result_name

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.consistency import VisibleDocument

ARRIVING_S = 3600.0
"""An original is stored before its rows are: a younger one may still be on its way into them."""
_SLICE = 300
_ID_DIGITS = 12  # of a document's id, in the names of its files
_MORE_MB = 1 << 40


def originals(
    resources: Resources, store: KnowledgeStore, deep: bool, tell: Callable[[int], None]
) -> Iterator[tuple[str, str]]:
    """Yield the documents whose original is gone or, with ``deep``, has other bytes."""
    after, compared = "", 0
    while rows := store.consistency.hashes(after, _SLICE):
        for document, sha256 in rows:
            code = _fault_of_original(resources, store.knowledge_id, sha256, deep)
            if code:
                yield code, document
        after, compared = rows[-1][0], compared + len(rows)
        tell(compared)


def _fault_of_original(resources: Resources, knowledge_id: str, sha256: str, deep: bool) -> str:
    if not deep:
        return "" if resources.files.has_original(knowledge_id, sha256) else "original_missing"
    try:
        stored = resources.files.stored_hash(knowledge_id, sha256)
    except InputError:  # it cannot be read
        return "original_changed"
    if stored is None:
        return "original_missing"
    return "" if stored == sha256 else "original_changed"


def results(
    resources: Resources, store: KnowledgeStore, deep: bool, in_work: set[str], tell: Callable[[int], None]
) -> Iterator[tuple[str, str]]:
    """Yield the visible documents whose Markdown or JSON file is gone or, with ``deep``, says something else."""
    after, compared = "", 0
    while rows := store.consistency.visible(after, _SLICE):
        for view in rows:
            if view.document not in in_work:
                yield from _faults_of_results(resources, store, view, deep)
        after, compared = rows[-1].document, compared + len(rows)
        tell(compared)


def _faults_of_results(
    resources: Resources, store: KnowledgeStore, view: VisibleDocument, deep: bool
) -> Iterator[tuple[str, str]]:
    for kind in (FileKind.MARKDOWN, FileKind.JSON):
        text = resources.files.result(store.knowledge_id, kind, view.document)
        if text is None:
            yield f"{kind}_missing", view.document
        elif deep and not _says_the_same(store, view, kind, text):
            yield f"{kind}_changed", view.document


def _says_the_same(store: KnowledgeStore, view: VisibleDocument, kind: FileKind, text: str) -> bool:
    pages = store.pages.read(view.document, view.generation, blocks=False)
    if kind is FileKind.MARKDOWN:
        return text == document_markdown(pages)
    try:
        given = json.loads(text)
    except ValueError:
        return False
    wanted = json.loads(json.dumps(_json_of(store, view)))
    # A document may have lost the name under which it was written.
    return isinstance(given, dict) and {**given, "source": ""} == {**wanted, "source": ""}


def _json_of(store: KnowledgeStore, view: VisibleDocument) -> dict[str, object]:
    pages = store.pages.read(view.document, view.generation, blocks=False)
    records = store.record_tables.read(view.document, view.generation)
    return document_json(view.document, view.source, view.title, view.language, pages, records)


def write_results(resources: Resources, store: KnowledgeStore, documents: set[str]) -> int:
    """Write the Markdown and JSON files of visible documents from their rows; return of how many."""
    written = 0
    for document in sorted(documents):
        view = next(iter(store.consistency.visible(_before(document), 1)), None)
        if view is None or view.document != document:
            continue
        name = result_name(view.source, document)
        pages = store.pages.read(document, view.generation, blocks=False)
        resources.files.write_markdown(store.knowledge_id, name, document_markdown(pages))
        resources.files.write_json(store.knowledge_id, name, _json_of(store, view))
        resources.files.drop_renamed(store.knowledge_id, document, name)
        written += 1
    return written


def write_json(resources: Resources, store: KnowledgeStore, document: str) -> None:
    """Write the JSON file of a document from its rows, if it is visible."""
    view = next(iter(store.consistency.visible(_before(document), 1)), None)
    if view is not None and view.document == document:
        resources.files.write_json(store.knowledge_id, result_name(view.source, document), _json_of(store, view))


def _before(document: str) -> str:
    """A text that sorts right before an id, which has hexadecimal digits only."""
    return document[:-1] + chr(ord(document[-1]) - 1) + "g"


# What belongs to nothing


def left_behind(
    resources: Resources, store: KnowledgeStore, in_work: set[str], tell: Callable[[int], None]
) -> Iterator[tuple[str, str]]:
    """Yield stored files that belong to no document, and temp directories of dead processes."""
    old = time.time() - ARRIVING_S
    files: list[StoredFile] = []
    listed = 0
    for file in resources.files.stored(store.knowledge_id):
        files.append(file)
        if len(files) == _SLICE:
            yield from _strays(store, files, in_work, old)
            listed, files = listed + len(files), []
            tell(listed)
    yield from _strays(store, files, in_work, old)
    for name in resources.workspaces.left(store.knowledge_id):
        yield "workspace_left", name


def _strays(store: KnowledgeStore, files: list[StoredFile], in_work: set[str], old: float) -> Iterator[tuple[str, str]]:
    hashes = {file.name for file in files if file.kind is FileKind.ORIGINAL}
    known = store.consistency.known_hashes(hashes) if hashes else set()
    for file in files:
        if file.kind is FileKind.ORIGINAL and file.name not in known and file.modified_at < old:
            yield "original_stray", file.name
        elif file.kind is FileKind.PART and file.modified_at < old:
            yield "part_left", file.name
        elif file.kind in (FileKind.MARKDOWN, FileKind.JSON) and not _is_of_visible(store, file.name, in_work):
            yield "result_stray", f"{file.kind}/{file.name}"
        elif file.kind is FileKind.PAGE_IMAGES and not _needed(store, file.name, in_work):
            yield "page_images_left", file.name


def _is_of_visible(store: KnowledgeStore, name: str, in_work: set[str]) -> bool:
    """Tell whether a document that answers, or is being made, has files of this name."""
    beginning = name.rpartition(".")[0].rpartition(".")[2]
    if len(beginning) != _ID_DIGITS:
        return False
    near = store.consistency.visible(beginning, 1)
    return bool(near and near[0].document.startswith(beginning)) or any(one.startswith(beginning) for one in in_work)


def _needed(store: KnowledgeStore, name: str, in_work: set[str]) -> bool:
    document, _, number = name.partition("/")
    if document in in_work:
        return True
    return number.isdecimal() and store.consistency.needs_page_images(document, int(number))


def remove_strays(resources: Resources, store: KnowledgeStore, code: str, items: set[str]) -> int:
    """Remove files of a code that still belong to nothing; return how many."""
    if code == "workspace_left":
        return resources.workspaces.sweep(store.knowledge_id)
    kinds = {"original_stray": FileKind.ORIGINAL, "part_left": FileKind.PART, "page_images_left": FileKind.PAGE_IMAGES}
    old, removed = time.time() - ARRIVING_S, 0
    for file in resources.files.stored(store.knowledge_id):
        name = f"{file.kind}/{file.name}" if code == "result_stray" else file.name
        right_kind = file.kind is kinds[code] if code in kinds else file.kind in (FileKind.MARKDOWN, FileKind.JSON)
        if not right_kind or name not in items:
            continue
        if any(still == code for still, _ in _strays(store, [file], store.consistency.in_work(), old)):
            since = old if code in ("original_stray", "part_left") else time.time()
            removed += resources.files.drop_stored(store.knowledge_id, file, since)
    return removed


def copy_again(resources: Resources, store: KnowledgeStore, document: str) -> bool:
    """Copy the original of a document from where it was ingested; False where its bytes are not there any more."""
    sha256 = store.document_queries.sha256(document)
    for root, name in store.consistency.places(document):
        path = Path(root) / path_of_name(name)
        if not Path(root).is_absolute():
            continue
        try:
            if hash_of(path) == sha256:
                return resources.files.put_original(store.knowledge_id, path, _MORE_MB) == sha256
        except InputError:
            continue
    return False
