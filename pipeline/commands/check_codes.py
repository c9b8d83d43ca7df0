"""The faults that a check of a knowledge base knows: what each means, and what a repair does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stores.models import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One code. ``what``: a sentence; ``repair``: what is done, or what the user can do where ``repairable`` is not.

    ``stage``: the documents are made again from it on.
    """

    what: str
    repair: str
    repairable: bool = True
    stage: Stage | None = None


def _again(what: str, stage: Stage) -> FaultKind:
    return FaultKind(what=what, repair=f"the documents are made again from {stage} on, as a job", stage=stage)


_FROM_COPY = "restore the database from a copy, or ingest into another knowledge base"
_COPY = "they are copied from where they were ingested, if these bytes are there; else ingest them again"
_STATE = "the state is written again from the rows below it"

KINDS: Mapping[str, FaultKind] = {
    # in the order in which they are repaired: states first, then what is made from them
    "database_damaged": FaultKind(what="the database file is damaged", repair=_FROM_COPY, repairable=False),
    "knowledge_id_wrong": FaultKind(what="the database names another knowledge base", repair="its id is written again"),
    "foreign_key_broken": FaultKind(what="rows belong to rows that are gone", repair="they are removed"),
    "newest_wrong": FaultKind(what="documents name a generation that is not their newest", repair=_STATE),
    "document_state_wrong": FaultKind(
        what="documents have another state than their newest generation", repair="its state is written to the document"
    ),
    "visible_missing": FaultKind(
        what="documents show a generation that is gone", repair="the last complete generation answers"
    ),
    "document_hidden": FaultKind(
        what="documents are complete and do not answer", repair="their newest generation answers"
    ),
    "steps_open": FaultKind(what="generations have ended with unfinished steps", repair="the steps are cancelled"),
    "generation_stuck": FaultKind(
        what="generations wait for steps that never begin", repair="the next steps are due, or it is planned again"
    ),
    "job_waits_for_final": FaultKind(
        what="jobs wait for documents that are final", repair="the states are written to the job, which ends"
    ),
    "job_waits_for_nothing": FaultKind(
        what="jobs wait for URLs that nobody fetches", repair="these are failed; a retry fetches them"
    ),
    "job_open": FaultKind(what="jobs run though all their documents are final", repair="the jobs end"),
    "job_ended_early": FaultKind(what="jobs have ended before their documents", repair="the jobs run on"),
    "source_dangling": FaultKind(
        what="sources name documents that are gone", repair="the names are removed: their files are new again"
    ),
    "profile_missing": FaultKind(
        what="generations name settings that are gone", repair="those of the worker are used from now on"
    ),
    "document_nameless": FaultKind(what="documents have no source any more", repair="they are removed"),
    "generation_obsolete": FaultKind(what="generations that answer no more are still there", repair="they are removed"),
    "evidence_stray": FaultKind(what="evidence belongs to no record", repair="it is removed"),
    "record_rows_missing": FaultKind(
        what="records are missing in the tables of their schema", repair="they are written there again"
    ),
    "record_rows_stray": FaultKind(what="rows of a schema's table belong to no record", repair="they are removed"),
    "original_missing": FaultKind(
        what="originals are gone",
        repair=_COPY,
    ),
    "original_changed": FaultKind(
        what="originals have other bytes than their hash says",
        repair=_COPY,
    ),
    "generation_missing": _again("documents were never made", Stage.PLAN),
    "pages_missing": _again("documents lack pages", Stage.PLAN),
    "pages_unread": _again("pages were neither read nor given up", Stage.EXTRACT),
    "records_missing": _again("documents lack their record", Stage.EXTRACT),
    "chunks_missing": _again("documents lack some of their chunks", Stage.EMBED),
    "chunks_none": _again("documents with text have no chunks", Stage.EMBED),
    "embeddings_wrong": _again("chunks have an embedding of the wrong length", Stage.EMBED),
    "keywords_damaged": FaultKind(what="the keyword index is damaged", repair="it is built again from the chunks"),
    "keywords_missing": FaultKind(what="chunks are missing in the keyword index", repair="they are indexed again"),
    "keywords_other": FaultKind(what="chunks are indexed with other words", repair="they are indexed again"),
    "keywords_stray": FaultKind(what="keywords belong to no chunk", repair="they are removed"),
    "vectors_damaged": FaultKind(what="the vector index is damaged", repair="it is built again from the chunks"),
    "vectors_of_another": FaultKind(
        what="the vector index was made by an embedder that no document has", repair="it is built again from the chunks"
    ),
    "vectors_unfound": FaultKind(
        what="the vector index does not find its own vectors", repair="it is built again from the chunks"
    ),
    "vectors_missing": FaultKind(what="chunks are missing in the vector index", repair="their vectors are added"),
    "vectors_stray": FaultKind(what="vectors belong to no chunk", repair="they are removed"),
    "markdown_missing": FaultKind(what="Markdown files are missing", repair="they are written again"),
    "markdown_changed": FaultKind(what="Markdown files differ from the database", repair="they are written again"),
    "json_missing": FaultKind(what="JSON files are missing", repair="they are written again"),
    "json_changed": FaultKind(what="JSON files differ from the database", repair="they are written again"),
    "original_stray": FaultKind(what="originals belong to no document", repair="they are removed"),
    "result_stray": FaultKind(what="Markdown or JSON files belong to no document", repair="they are removed"),
    "page_images_left": FaultKind(what="page images were left behind", repair="they are removed"),
    "part_left": FaultKind(what="files were never finished", repair="they are removed"),
    "workspace_left": FaultKind(what="temp directories of dead processes were left", repair="they are removed"),
}
