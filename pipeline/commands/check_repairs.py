"""Repairs of a knowledge base: what can be made from SQL is made again, what cannot is queued from the right stage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.commands import check_files, check_vectors, reprocess
from pipeline.commands.check_codes import KINDS
from pipeline.fingerprints import fingerprints
from pipeline.reindexing import rebuild
from pipeline.removal import remove_obsolete, remove_orphans
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.effects import Obsolete
from stores.errors import InputError
from stores.models import Options, Stage
from stores.ulid import new_ulid

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

log = logging.getLogger("ingot.check")

_SLICE = 500
_STAGES = list(Stage)
Repair = Callable[[Resources, "KnowledgeStore", str, Sequence[str]], object]


def repair(
    resources: Resources, store: KnowledgeStore, faults: Mapping[str, Sequence[str]], tell: Callable[[str, int], None]
) -> list[str]:
    """Repair faults (code -> items) in the order of their table; return the jobs that make documents again."""
    again: dict[str, Stage] = {}
    for code, kind in KINDS.items():
        items = faults.get(code, ())
        if kind.stage is not None:
            for item in items:
                document = item.partition(":")[0]
                again[document] = min(again.get(document, kind.stage), kind.stage, key=_STAGES.index)
        elif items:
            log.info("%s: %d of %s are repaired", store.knowledge_id, len(items), code)
            _REPAIRS.get(code, _mend)(resources, store, code, items)
            tell(f"repaired: {code}", len(items))
    jobs = [job for document, stage in again.items() if (job := _make_again(resources, store, document, stage))]
    if jobs:
        tell("queued again", len(jobs))
    return jobs


def _make_again(resources: Resources, store: KnowledgeStore, document: str, stage: Stage) -> str:
    """Queue a document from a stage on; the id of its job, "" where it is worked on, or its original is gone."""
    try:
        if stage is Stage.PLAN:
            _refuse_without_original(resources, store, document)
        if store.document_queries.generation_to_show(document):
            return reprocess.retry_document(resources, store, document, stage)
        return _begin_again(resources, store, document)
    except InputError as error:
        log.warning("%s: %s is not made again: %s", store.knowledge_id, document, error.message)
        return ""


def _refuse_without_original(resources: Resources, store: KnowledgeStore, document: str) -> None:
    if not resources.files.has_original(store.knowledge_id, store.document_queries.sha256(document)):
        raise InputError("its stored copy is gone: ingest the file again", code="original_missing")


def _begin_again(resources: Resources, store: KnowledgeStore, document: str) -> str:
    """Queue a document of which no generation is left, with the settings of this process."""
    job = f"{store.knowledge_id}.{new_ulid()}"
    resources.catalog.mark_busy(store.knowledge_id)
    made = fingerprints(resources, Options(), resources.schemas)
    return job if store.consistency.begin_again(document, made, job) else ""


def _mend(resources: Resources, store: KnowledgeStore, code: str, items: Sequence[str]) -> None:
    if code in store.consistency.mends():
        resources.catalog.mark_busy(store.knowledge_id)
        resources.catalog.mark_outbound(store.knowledge_id)  # a job that ends now may have a callback
        store.consistency.mend(code, items, NEEDS)


def _name_knowledge_base(_: Resources, store: KnowledgeStore, __: str, ___: Sequence[str]) -> None:
    store.set_meta("knowledge_id", store.knowledge_id)
    if not store.get_meta("created_at"):
        store.set_meta("created_at", repr(store.now()))


def _remove_nameless(resources: Resources, store: KnowledgeStore, _: str, __: Sequence[str]) -> None:
    remove_orphans(resources, store)


def _remove_older(resources: Resources, store: KnowledgeStore, _: str, items: Sequence[str]) -> None:
    visible = store.consistency.visible_generations(set(items) - store.consistency.in_work())
    for document, number in visible.items():
        remove_obsolete(resources, store, Obsolete(document=document, keep=number))


def _copy_originals(resources: Resources, store: KnowledgeStore, _: str, items: Sequence[str]) -> None:
    for document in items:
        check_files.copy_again(resources, store, document)


def _index_keywords(_: Resources, store: KnowledgeStore, code: str, __: Sequence[str]) -> None:
    if code == "keywords_damaged":
        store.consistency.rebuild_keywords()
    after: int | None = 0
    while after is not None:
        _written, after = store.consistency.mend_keywords(after, _SLICE)


def _drop_keywords(_: Resources, store: KnowledgeStore, __: str, items: Sequence[str]) -> None:
    for start in range(0, len(items), _SLICE):
        store.consistency.drop_keywords([int(item) for item in items[start : start + _SLICE]])


def _rebuild_vectors(resources: Resources, store: KnowledgeStore, code: str, _: Sequence[str]) -> None:
    embedders = store.chunks.embedders()
    mine = resources.embedder().fingerprint
    rebuild(resources, store, mine if mine in embedders or not embedders else embedders[0])


def _add_vectors(resources: Resources, store: KnowledgeStore, _: str, __: Sequence[str]) -> None:
    check_vectors.add_missing(resources, store)


def _drop_vectors(resources: Resources, store: KnowledgeStore, _: str, items: Sequence[str]) -> None:
    known = store.consistency.existing_chunks(items)
    resources.vectors().delete_ids(store.knowledge_id, [item for item in items if item not in known])


def _write_results(resources: Resources, store: KnowledgeStore, _: str, items: Sequence[str]) -> None:
    check_files.write_results(resources, store, set(items) - store.consistency.in_work())


def _remove_strays(resources: Resources, store: KnowledgeStore, code: str, items: Sequence[str]) -> None:
    check_files.remove_strays(resources, store, code, set(items))


_REPAIRS: Mapping[str, Repair] = {
    "knowledge_id_wrong": _name_knowledge_base,
    "document_nameless": _remove_nameless,
    "generation_obsolete": _remove_older,
    "original_missing": _copy_originals,
    "original_changed": _copy_originals,
    "keywords_damaged": _index_keywords,
    "keywords_missing": _index_keywords,
    "keywords_other": _index_keywords,
    "keywords_stray": _drop_keywords,
    "vectors_damaged": _rebuild_vectors,
    "vectors_of_another": _rebuild_vectors,
    "vectors_unfound": _rebuild_vectors,
    "vectors_missing": _add_vectors,
    "vectors_stray": _drop_vectors,
    "markdown_missing": _write_results,
    "markdown_changed": _write_results,
    "json_missing": _write_results,
    "json_changed": _write_results,
    "original_stray": _remove_strays,
    "result_stray": _remove_strays,
    "page_images_left": _remove_strays,
    "part_left": _remove_strays,
    "workspace_left": _remove_strays,
}
