"""The use case "reprocess": a document is made again from a stage on, and the results of earlier stages are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.fingerprints import fingerprints
from pipeline.knowledge_base_embedder import with_own_embedder
from pipeline.profiles import ProcessingProfile, Scope
from pipeline.schemas.selection import wanted_names
from pipeline.settings import Settings
from pipeline.stage_specs import NEEDS, RESULT_STAGES, STAGE_OF_FINGERPRINT, STAGES, stages_from
from pipeline.stages import plan
from pipeline.step_context import Resources
from stores.effects import Batch
from stores.errors import InputError
from stores.models import Page, PagePlan, Route, Stage
from stores.ulid import new_ulid

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.lifecycle import BaseGeneration


def retry_document(resources: Resources, store: KnowledgeStore, document: str, from_stage: Stage | None) -> str:
    """Make a document again from a stage on, or only what failed where no stage is given; the id of the new job."""
    job = f"{store.knowledge_id}.{new_ulid()}"
    resources.catalog.mark_busy(store.knowledge_id)
    if from_stage is None:
        store.reprocessing.retry(job, document, NEEDS, with_given_limits(resources, store), store.now())
        return job
    _reprocess(resources, store, job, document, from_stage)
    return job


def embed_all(resources: Resources, store: KnowledgeStore) -> str | None:
    """Embed anew, in one job, all documents whose vectors another embedder made; None where there are none.

    The embedder is that of the settings, whatever the knowledge base was made with. No page is read again.
    """
    resources = replace(resources, settings=_with_embedder_set(resources.settings))
    job = f"{store.knowledge_id}.{new_ulid()}"
    documents = store.chunks.embedded_otherwise(resources.embedder().fingerprint)
    for document in documents:
        resources.catalog.mark_busy(store.knowledge_id)
        _reprocess(resources, store, job, document, Stage.EMBED, with_others=True)
    with store.registration.together(store.now()) as unit:
        unit.seal_job(job)
    return job if documents else None


def _with_embedder_set(settings: Settings) -> Settings:
    """The settings as if their embedder had been given, so that it replaces that of earlier profiles."""
    return settings.model_copy(update={name: getattr(settings, name) for name in ("embedder", "embedder_model")})


def _reprocess(
    resources: Resources,
    store: KnowledgeStore,
    job: str,
    document: str,
    from_stage: Stage,
    *,
    with_others: bool = False,
) -> None:
    """Open the generation of one document, and the job where it is the first."""
    base = store.reprocessing.base(document)
    profile = _profile(resources, store, base)
    resources = resources.fitted(profile.content)
    store.record_tables.prepare(profile.schemas.values())
    pages = store.pages.read(document, base.number, blocks=False)
    if not pages and from_stage is not Stage.PLAN:
        raise InputError("its pages were never planned: make it again from plan", code="conflict")
    rerun = with_unfinished(stages_from(from_stage), pages)
    wanted = fingerprints(resources, base.options, resources.schemas)
    wanted |= kept_fingerprints(base.fingerprints, rerun)
    batches = unread_batches(resources, pages, rerun)
    store.reprocessing.reprocess(
        job, base, rerun, batches, wanted, profile.id, NEEDS, store.now(), with_others=with_others
    )


def with_given_limits(resources: Resources, store: KnowledgeStore) -> dict[str, str]:
    """Keep, for each profile, one with the limits that this command was given; old profile id -> new one.

    For retries. What decides on the result stays as it was, because half of the document may be made.
    """
    renamed = {}
    for name, content in store.profiles.read().items():
        changed = ProcessingProfile.read(content).changed_by(resources.settings, (Scope.LIMIT,), {})
        if changed.id != name:
            store.profiles.keep(changed.id, changed.content)
            renamed[name] = changed.id
    return renamed


def _profile(resources: Resources, store: KnowledgeStore, base: BaseGeneration) -> ProcessingProfile:
    """Keep the profile that the document was made with, changed by what this command was given."""
    had = store.profiles.read([base.profile]).get(base.profile) if base.profile else None
    names = [name for name in wanted_names(base.options.schemas, resources.schemas) if name in resources.schemas]
    if had is None:
        profile = ProcessingProfile.of(with_own_embedder(resources, store).settings, resources.schemas, names)
    else:
        own = {name: resources.schemas[name] for name in names}
        profile = ProcessingProfile.read(had).changed_by(resources.settings, (Scope.MAKING, Scope.LIMIT), own)
    store.profiles.keep(profile.id, profile.content)
    return profile


def with_unfinished(rerun: frozenset[Stage], pages: Sequence[Page]) -> frozenset[Stage]:
    """Add what has to run where some page was never read: records and chunks are made from all pages."""
    return rerun | RESULT_STAGES if any(_unread(page) for page in pages) else rerun


def _unread(page: Page) -> bool:
    return page.text is None and page.error is None and page.route is not Route.BLANK


def unread_batches(resources: Resources, pages: Sequence[Page], rerun: frozenset[Stage]) -> tuple[Batch, ...]:
    """The steps that read the pages whose route is read again, and pages that were never read."""
    routes = {STAGES[stage].route for stage in rerun}
    unread = [
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
    return plan.batches(unread, size, min(size, resources.page_reader().batch_pages))


def kept_fingerprints(earlier: Mapping[str, str], rerun: frozenset[Stage]) -> dict[str, str]:
    """The fingerprints of the stages that do not run again."""
    kept = {name for name, stage in STAGE_OF_FINGERPRINT.items() if stage not in rerun}
    return {name: value for name, value in earlier.items() if name in kept}
