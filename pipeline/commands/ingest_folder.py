"""The use case "ingest": what is new or changed is copied, committed, and handed to the workers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import removal
from pipeline.addresses import check_url
from pipeline.commands.content_detection import gather_documents
from pipeline.engines.media import sniff
from pipeline.file_discovery import DiscoveredFiles, FoundFile
from pipeline.processing_plan import (
    OTHERWISE_MADE,
    KnownState,
    WantedFingerprints,
    Wish,
    check_embedder,
    check_schemas,
    refusal,
)
from pipeline.profiles import ProcessingProfile
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.errors import InputError, NotFoundError
from stores.lifecycle.registration import KnownSource, PlacementDecision
from stores.models import DocumentState, Fault, Options, Outcome, document_id
from stores.source_names import path_of_name
from stores.ulid import new_ulid
from stores.views import IngestReport, PlannedFile

if TYPE_CHECKING:
    from stores.knowledge_store import KnowledgeStore

_SLICE = 32  # files placed in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What to ingest and how. ``globs`` and ``excludes`` match the path relative to its folder."""

    paths: tuple[Path, ...] = ()
    urls: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    globs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    prune: bool = False


@dataclass(slots=True)
class Ingestion:
    """One ingest request under way. ``memory`` holds all that was known before it."""

    resources: Resources
    request: IngestRequest
    memory: KnownState

    @classmethod
    def of(cls, resources: Resources, store: KnowledgeStore | None, request: IngestRequest) -> Ingestion:
        """What is known before the request; nothing where there is no store yet."""
        check_schemas(resources, request.options)
        if store is None:
            return cls(resources, request, KnownState(WantedFingerprints(resources)))
        check_embedder(resources, store)
        sources, known = store.intake.sources(), store.intake.generations()
        named = {source.newest for source in sources if source.newest}
        return cls(
            resources,
            request,
            KnownState.of(WantedFingerprints(resources), sources, known, named, store.profiles.read()),
        )

    @property
    def wish(self) -> Wish:
        return Wish(options=self.request.options, passwords=self.request.passwords)

    def discovered(self) -> DiscoveredFiles:
        roots = {root for root, _ in self.memory.sources}
        return gather_documents(self.request.paths, self.request.globs, self.request.excludes, roots)

    def gone(self, discovered: DiscoveredFiles) -> list[KnownSource]:
        """Sources of the walked folders whose file is there no more."""
        there = {(file.root, file.name) for file in discovered.files}
        return [
            source
            for key, source in sorted(self.memory.sources.items())
            if source.root in discovered.roots and key not in there and not _path_of(source).exists()
        ]

    def placement(self, file: FoundFile, sha256: str, media_type: str, document: str) -> PlacementDecision:
        """What is to be made of a file whose bytes are ``document``."""
        return self.memory.placement(self.wish, file, sha256, media_type, document)


def _path_of(source: KnownSource) -> Path:
    """Where the file of a walked folder stands, in the file system's own words."""
    return Path(path_of_name(source.root), path_of_name(source.name))


def ingest(resources: Resources, knowledge_id: str, request: IngestRequest) -> IngestReport:
    """Make durable what is new or changed; ``job`` is None where nothing was to be done."""
    ingestion = Ingestion.of(resources, existing_store(resources, knowledge_id), request)
    urls = checked_urls(resources, request)
    discovered = ingestion.discovered()  # a path that does not exist is said before anything is made
    store = resources.catalog.create(knowledge_id)
    remarks = store.record_tables.prepare(resources.schemas.values())
    job = _Job(resources, store, ingestion.memory, request.options)
    files = [_take(ingestion, job, file) for file in discovered.files]
    job.fetch(urls, request.passwords)
    job.seal()
    files = [replace(found, place=job.place_of(file)) for file, found in zip(discovered.files, files, strict=True)]
    if any(file.outcome is Outcome.CHANGED for file in files):
        removal.remove_orphans(resources, store)  # content that was replaced by content that answers already
    if request.prune:
        files += [_prune(resources, store, source) for source in ingestion.gone(discovered)]
    files += to_be_fetched(urls)
    return IngestReport(
        knowledge_id=knowledge_id,
        job=job.id,
        files=tuple(files),
        skipped=discovered.skipped,
        remarks=tuple(remarks),
    )


def checked_urls(resources: Resources, request: IngestRequest) -> tuple[str, ...]:
    """The URLs as they are kept, each once; InputError where one may not be called."""
    private = resources.settings.allow_private_urls
    return tuple(dict.fromkeys(check_url(url, private) for url in request.urls))


def to_be_fetched(urls: Sequence[str]) -> list[PlannedFile]:
    """What is known of URLs before a worker has fetched them."""
    return [PlannedFile(source=url, outcome=Outcome.NEW) for url in urls]


def existing_store(resources: Resources, knowledge_id: str) -> KnowledgeStore | None:
    """The store of a knowledge base, None where there is none yet."""
    try:
        return resources.catalog.store(knowledge_id)
    except NotFoundError:
        return None


class _Job:
    """Opened with the first file that needs work; files are placed a slice at a time."""

    def __init__(self, resources: Resources, store: KnowledgeStore, memory: KnownState, options: Options) -> None:
        self.id: str | None = None
        self.store = store
        self._resources, self._memory, self._options = resources, memory, options
        self._kept: set[str] = set()
        self._waiting: list[PlacementDecision] = []
        self._places: dict[tuple[str, str], str] = {}

    def place_of(self, file: FoundFile) -> str:
        """The name that a file has in the job, "" where it has no place there."""
        return self._places.get((file.root, file.name), "")

    def add(self, placement: PlacementDecision) -> None:
        self._waiting.append(placement)
        if len(self._waiting) >= _SLICE:
            self._place()

    def seal(self) -> None:
        if self._waiting:
            self._place()
        if self.id:
            self.store.intake.seal_job(self.id, time.time())
            self._resources.catalog.mark_busy(self.store.knowledge_id)

    def fetch(self, urls: Sequence[str], passwords: Sequence[str]) -> None:
        """Let the job wait for what stands at URLs; a worker fetches them."""
        if urls:
            self.store.outbound_tasks.open_downloads(self._opened(time.time()), urls, passwords)
            self._resources.catalog.mark_outbound(self.store.knowledge_id)

    def _place(self) -> None:
        now = time.time()
        job = self._opened(now)
        self._resources.catalog.mark_busy(self.store.knowledge_id)
        for making in list(self._memory.makings.values()):
            self._keep(making.profile)
        names = self.store.intake.place(job, self._waiting, NEEDS, now)
        arrivals = [placement.arrival for placement in self._waiting]
        self._places |= {(a.root, a.name): name for a, name in zip(arrivals, names, strict=True)}
        self._waiting = []

    def _opened(self, now: float) -> str:
        if self.id is None:
            self.id = f"{self.store.knowledge_id}.{new_ulid()}"
            profile = self._memory.wanted.of(self._options).profile
            self._keep(profile)
            self.store.intake.open_job(self.id, self._options, now, profile.id)
        return self.id

    def _keep(self, profile: ProcessingProfile) -> None:
        """Write a profile before a row names it."""
        if profile.id not in self._kept:
            self.store.profiles.keep(profile.id, profile.content)
            self._kept.add(profile.id)


def _take(ingestion: Ingestion, job: _Job, file: FoundFile) -> PlannedFile:
    """Place one file in the job, or find that nothing is to be done."""
    document = None if file.fault else ingestion.memory.unchanged_document(file)
    if document:
        return _known(ingestion, job, file, document)
    try:
        placement = _stored(ingestion, job.store, file)
    except InputError as error:
        return _refused(ingestion, job, file, Fault(code=error.code, message=error.message))
    found = document_id(placement.arrival.sha256)
    state, fault = ingestion.memory.state_of(found), ingestion.memory.standing_fault(placement, found)
    if placement.make:
        job.add(placement)
    elif fault is not OTHERWISE_MADE:
        job.store.intake.remember(placement.arrival)
    ingestion.memory.note(placement)
    return planned(file, placement.outcome, fault, state)


def _known(ingestion: Ingestion, job: _Job, file: FoundFile, document: str) -> PlannedFile:
    """A file that did not change: again only where settings, options or an earlier failure ask for it."""
    placement, state = ingestion.placement(file, "", "", document), ingestion.memory.state_of(document)
    if placement.make:
        placement = _with_hash(job.store, placement, document)
        job.add(placement)
        ingestion.memory.note(placement)
    return planned(file, placement.outcome, ingestion.memory.standing_fault(placement, document), state)


def _with_hash(store: KnowledgeStore, placement: PlacementDecision, document: str) -> PlacementDecision:
    arrival = replace(placement.arrival, sha256=store.queries.sha256(document))
    return replace(placement, arrival=arrival)


def _stored(ingestion: Ingestion, store: KnowledgeStore, file: FoundFile) -> PlacementDecision:
    """Copy a file among the originals, and decide what is to be made of it."""
    if file.fault:
        raise InputError(file.fault.message, code=file.fault.code)
    media_type = sniff(file.path)
    limit = ingestion.resources.settings.max_file_mb << 20
    sha256 = ingestion.resources.files.put_original(store.knowledge_id, file.path, limit)
    return ingestion.placement(file, sha256, media_type, document_id(sha256))


def _refused(ingestion: Ingestion, job: _Job, file: FoundFile, fault: Fault) -> PlannedFile:
    if not ingestion.memory.had_fault(file, fault):
        job.add(refusal(file, fault))
    return planned(file, Outcome.FAILED, fault, DocumentState.FAILED)


def _prune(resources: Resources, store: KnowledgeStore, source: KnownSource) -> PlannedFile:
    orphan = store.intake.forget_source(source.root, source.name)
    if orphan:
        removal.remove_document(resources, store, orphan)
    return PlannedFile(source=source.name, outcome=Outcome.GONE)


def planned(file: FoundFile, outcome: Outcome, fault: Fault | None, state: DocumentState | None = None) -> PlannedFile:
    return PlannedFile(source=file.name, outcome=outcome, state=state, size_bytes=file.size_bytes, error=fault)
