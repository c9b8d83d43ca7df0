"""The use case "extract": further schemas are filled from documents that were read before; no page is read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.commands.reprocess import kept_fingerprints, unread_batches, with_unfinished
from pipeline.fingerprints import fingerprints
from pipeline.knowledge_base_embedder import with_own_embedder
from pipeline.processing_plan import check_schemas
from pipeline.profiles import ProcessingProfile
from pipeline.schemas.selection import wanted_names
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.contracts.lifecycle import BaseGeneration
from stores.errors import InputError
from stores.models import Options, Stage
from stores.placement import ExtractionReport
from stores.ulid import new_ulid

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore


def extract(
    resources: Resources, store: KnowledgeStore, documents: Sequence[str], wanted: Options, *, force: bool = False
) -> ExtractionReport:
    """Fill schemas from documents, beside those that they have; a job where any of them needs it."""
    check_schemas(resources, wanted)
    job = _Job(resources, store, wanted)
    unchanged = 0
    failed: dict[str, str] = {}
    for document in documents:
        try:
            base = store.reprocessing.base(document)
            unchanged += not job.add(base, force=force)
        except InputError as error:
            failed[document] = error.message
    job.seal()
    return ExtractionReport(job=job.id, extracted=job.count, unchanged=unchanged, failed=failed, unread=job.unread)


class _Job:
    """The job of one request; it is opened with the first document that needs work."""

    def __init__(self, resources: Resources, store: KnowledgeStore, wanted: Options) -> None:
        self.id: str | None = None
        self.count = 0
        self.unread = 0  # pages that were never read, and are read now
        self._resources, self._store, self._wanted = resources, store, wanted

    def add(self, base: BaseGeneration, *, force: bool) -> bool:
        """Open a generation beside the base in which the schemas are filled. False where nothing would change."""
        options = _added(base.options, self._wanted)
        profile, resources = self._profile(base, options)
        new = fingerprints(resources, options, {**resources.schemas, **profile.schemas})
        if new["extract"] == base.fingerprints.get("extract") and not force:
            return False
        pages = self._store.pages.read(base.document, base.number, blocks=False)
        if not pages:
            raise InputError("its pages were never planned: ingest it again", code="conflict")
        embed = {Stage.EMBED} if new["embed"] != base.fingerprints.get("embed") else set()
        rerun = with_unfinished(frozenset({Stage.EXTRACT, Stage.PUBLISH} | embed), pages)
        batches = unread_batches(resources, pages, rerun)
        self.unread += sum(batch.pages for batch in batches)
        self.id = self.id or f"{self._store.knowledge_id}.{new_ulid()}"
        self._resources.catalog.mark_busy(self._store.knowledge_id)
        self._store.record_tables.prepare(profile.schemas.values())
        self._store.reprocessing.reprocess(
            self.id,
            base,
            rerun,
            batches,
            new | kept_fingerprints(base.fingerprints, rerun),
            profile.id,
            NEEDS,
            self._store.now(),
            options=options,
            with_others=True,
        )
        self.count += 1
        return True

    def _profile(self, base: BaseGeneration, options: Options) -> tuple[ProcessingProfile, Resources]:
        """The profile that the document was made with, with the definitions of the schemas as they are here."""
        had = self._store.profiles.read([base.profile]).get(base.profile) if base.profile else None
        known = self._resources.schemas
        own = {name: known[name] for name in wanted_names(options.schemas, known) if name in known}
        if had is None:
            profile = ProcessingProfile.of(with_own_embedder(self._resources, self._store).settings, known, own)
        else:
            profile = ProcessingProfile.read(had).changed_by(self._resources.settings, (), own)
        self._store.profiles.keep(profile.id, profile.content)
        return profile, self._resources.fitted(profile.content)

    def seal(self) -> None:
        """Take no more documents."""
        if self.id:
            with self._store.registration.together(self._store.now()) as unit:
                unit.seal_job(self.id)
            self._resources.catalog.mark_busy(self._store.knowledge_id)


def _added(had: Options, wanted: Options) -> Options:
    """The options of a document with the schemas and the type that are asked for now."""
    schemas = tuple(dict.fromkeys((*had.schemas, *wanted.schemas)))
    return replace(had, schemas=schemas, type=wanted.type or had.type, force=False)
