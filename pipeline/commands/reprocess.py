"""The use case "retry from a stage": a document is made again, and what stands before that stage is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.fingerprints import fingerprints
from pipeline.profiles import ProcessingProfile, Scope
from pipeline.stage_specs import NEEDS, STAGE_OF_FINGERPRINT, STAGES, stages_from
from pipeline.stages import plan
from pipeline.step_context import Resources
from stores.effects import Batch
from stores.errors import InputError
from stores.models import Page, PagePlan, Route, Stage
from stores.ulid import new_ulid

if TYPE_CHECKING:
    from stores.knowledge_store import KnowledgeStore
    from stores.lifecycle.reprocess import BaseGeneration


def retry_document(resources: Resources, store: KnowledgeStore, document: str, from_stage: Stage | None) -> str:
    """Make a document again from a stage on, or only what failed where none is named; the id of the job."""
    job = f"{store.knowledge_id}.{new_ulid()}"
    resources.catalog.mark_busy(store.knowledge_id)
    if from_stage is None:
        store.reprocessing.reopen(job, document, NEEDS, with_given_limits(resources, store), time.time())
        return job
    base = store.reprocessing.base(document)
    profile = _profile(resources, store, base)
    resources = resources.fitted(profile.content)
    store.record_tables.prepare(profile.schemas.values())
    pages = store.pages.read(document, base.number, blocks=False)
    if not pages and from_stage is not Stage.PLAN:
        raise InputError("its pages were never planned: make it again from plan", code="conflict")
    again = _with_unfinished(stages_from(from_stage), pages)
    now_wanted = fingerprints(resources, base.options, resources.schemas)
    kept = _kept_fingerprints(base.fingerprints, again)
    store.reprocessing.redo(
        job, base, again, _batches(resources, pages, again), {**now_wanted, **kept}, profile.id, NEEDS, time.time()
    )
    return job


def with_given_limits(resources: Resources, store: KnowledgeStore) -> dict[str, str]:
    """For what goes on where it failed: the limits that this command was given take the place of those that it had.

    What decides on the result stays, as half of the document may be made. Old profile -> new one, which is kept.
    """
    renamed = {}
    for name, content in store.profiles.read().items():
        changed = ProcessingProfile.read(content).changed_by(resources.settings, (Scope.LIMIT,), {})
        if changed.id != name:
            store.profiles.keep(changed.id, changed.content)
            renamed[name] = changed.id
    return renamed


def _profile(resources: Resources, store: KnowledgeStore, base: BaseGeneration) -> ProcessingProfile:
    """How the document was made before, but for what this command was given; it is kept."""
    had = store.profiles.read([base.profile]).get(base.profile) if base.profile else None
    names = [name for name in ("document", *base.options.schemas) if name in resources.schemas]
    if had is None:
        profile = ProcessingProfile.of(resources.settings, resources.schemas, names)
    else:
        own = {name: resources.schemas[name] for name in names}
        profile = ProcessingProfile.read(had).changed_by(resources.settings, (Scope.MAKING, Scope.LIMIT), own)
    store.profiles.keep(profile.id, profile.content)
    return profile


def _with_unfinished(again: frozenset[Stage], pages: Sequence[Page]) -> frozenset[Stage]:
    """Pages that were never read have to be, and what follows from them is made of all pages."""
    return again | {Stage.EXTRACT, Stage.EMBED} if any(_unread(page) for page in pages) else again


def _unread(page: Page) -> bool:
    return page.text is None and page.error is None and page.route is not Route.BLANK


def _batches(resources: Resources, pages: Sequence[Page], again: frozenset[Stage]) -> tuple[Batch, ...]:
    """The steps that read the pages whose route is read again, and those that nobody has read."""
    routes = {STAGES[stage].route for stage in again}
    wanted = [
        PagePlan(
            number=page.number,
            width_pt=page.width_pt,
            height_pt=page.height_pt,
            route=page.route,
            reason=page.reason,
        )
        for page in pages
        if page.route in routes or _unread(page)
    ]
    size = resources.settings.batch_pages
    return plan.batches(wanted, size, min(size, resources.page_reader().batch_pages))


def _kept_fingerprints(had: Mapping[str, str], again: frozenset[Stage]) -> dict[str, str]:
    kept = {name for name, stage in STAGE_OF_FINGERPRINT.items() if stage not in again}
    return {name: value for name, value in had.items() if name in kept}
