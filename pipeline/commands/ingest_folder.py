"""The use case "ingest": what is new or changed is copied, committed, and handed to the workers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import flow, removal
from pipeline.addresses import check_url
from pipeline.engines.media import sniff
from pipeline.gathering import FoundFile, Gathered
from pipeline.intake.by_content import gather_documents
from pipeline.placing import OTHERWISE_MADE, Memory, Wanted, Wish, check_embedder, check_schemas, refusal
from pipeline.profiles import Profile
from pipeline.work import Tools
from stores.errors import InputError, NotFoundError
from stores.intake import KnownSource, Placement
from stores.models import DocumentState, Fault, Options, Outcome, document_id
from stores.source_names import path_of_name
from stores.ulid import new_ulid
from stores.views import IngestReport, PlannedFile

if TYPE_CHECKING:
    from stores.records import RecordStore

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

    tools: Tools
    request: IngestRequest
    memory: Memory

    @classmethod
    def of(cls, tools: Tools, store: RecordStore | None, request: IngestRequest) -> Ingestion:
        """What is known before the request; nothing where there is no store yet."""
        check_schemas(tools, request.options)
        if store is None:
            return cls(tools, request, Memory(Wanted(tools)))
        check_embedder(tools, store)
        sources, known = store.intake.sources(), store.intake.generations()
        named = {source.newest for source in sources if source.newest}
        return cls(tools, request, Memory.of(Wanted(tools), sources, known, named, store.profiles.read()))

    @property
    def wish(self) -> Wish:
        return Wish(options=self.request.options, passwords=self.request.passwords)

    def gathered(self) -> Gathered:
        roots = {root for root, _ in self.memory.sources}
        return gather_documents(self.request.paths, self.request.globs, self.request.excludes, roots)

    def gone(self, gathered: Gathered) -> list[KnownSource]:
        """Sources of the walked folders whose file is there no more."""
        there = {(file.root, file.name) for file in gathered.files}
        return [
            source
            for key, source in sorted(self.memory.sources.items())
            if source.root in gathered.roots and key not in there and not _path_of(source).exists()
        ]

    def placement(self, file: FoundFile, sha256: str, media_type: str, document: str) -> Placement:
        """What is to be made of a file whose bytes are ``document``."""
        return self.memory.placement(self.wish, file, sha256, media_type, document)


def _path_of(source: KnownSource) -> Path:
    """Where the file of a walked folder stands, in the file system's own words."""
    return Path(path_of_name(source.root), path_of_name(source.name))


def ingest(tools: Tools, knowledge_id: str, request: IngestRequest) -> IngestReport:
    """Make durable what is new or changed; ``job`` is None where nothing was to be done."""
    ingestion = Ingestion.of(tools, existing_store(tools, knowledge_id), request)
    urls = checked_urls(tools, request)
    gathered = ingestion.gathered()  # a path that does not exist is said before anything is made
    store = tools.catalog.create(knowledge_id)
    remarks = store.typed.prepare(tools.schemas.values())
    job = _Job(tools, store, ingestion.memory, request.options)
    files = [_take(ingestion, job, file) for file in gathered.files]
    job.fetch(urls, request.passwords)
    job.seal()
    files = [replace(found, place=job.place_of(file)) for file, found in zip(gathered.files, files, strict=True)]
    if any(file.outcome is Outcome.CHANGED for file in files):
        removal.remove_orphans(tools, store)  # content that was replaced by content that answers already
    if request.prune:
        files += [_prune(tools, store, source) for source in ingestion.gone(gathered)]
    files += to_be_fetched(urls)
    return IngestReport(
        knowledge_id=knowledge_id,
        job=job.id,
        files=tuple(files),
        skipped=gathered.skipped,
        remarks=tuple(remarks),
    )


def checked_urls(tools: Tools, request: IngestRequest) -> tuple[str, ...]:
    """The URLs as they are kept, each once; InputError where one may not be called."""
    private = tools.settings.allow_private_urls
    return tuple(dict.fromkeys(check_url(url, private) for url in request.urls))


def to_be_fetched(urls: Sequence[str]) -> list[PlannedFile]:
    """What is known of URLs before a worker has fetched them."""
    return [PlannedFile(source=url, outcome=Outcome.NEW) for url in urls]


def existing_store(tools: Tools, knowledge_id: str) -> RecordStore | None:
    """The store of a knowledge base, None where there is none yet."""
    try:
        return tools.catalog.store(knowledge_id)
    except NotFoundError:
        return None


class _Job:
    """Opened with the first file that needs work; files are placed a slice at a time."""

    def __init__(self, tools: Tools, store: RecordStore, memory: Memory, options: Options) -> None:
        self.id: str | None = None
        self.store = store
        self._tools, self._memory, self._options = tools, memory, options
        self._kept: set[str] = set()
        self._waiting: list[Placement] = []
        self._places: dict[tuple[str, str], str] = {}

    def place_of(self, file: FoundFile) -> str:
        """The name that a file has in the job, "" where it has no place there."""
        return self._places.get((file.root, file.name), "")

    def add(self, placement: Placement) -> None:
        self._waiting.append(placement)
        if len(self._waiting) >= _SLICE:
            self._place()

    def seal(self) -> None:
        if self._waiting:
            self._place()
        if self.id:
            self.store.intake.seal_job(self.id, time.time())
            self._tools.catalog.mark_busy(self.store.knowledge_id)

    def fetch(self, urls: Sequence[str], passwords: Sequence[str]) -> None:
        """Let the job wait for what stands at URLs; a worker fetches them."""
        if urls:
            self.store.errands.open_fetches(self._opened(time.time()), urls, passwords)
            self._tools.catalog.mark_errands(self.store.knowledge_id)

    def _place(self) -> None:
        now = time.time()
        job = self._opened(now)
        self._tools.catalog.mark_busy(self.store.knowledge_id)
        for making in list(self._memory.makings.values()):
            self._keep(making.profile)
        names = self.store.intake.place(job, self._waiting, flow.ORDER, now)
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

    def _keep(self, profile: Profile) -> None:
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


def _with_hash(store: RecordStore, placement: Placement, document: str) -> Placement:
    arrival = replace(placement.arrival, sha256=store.overview.sha256(document))
    return replace(placement, arrival=arrival)


def _stored(ingestion: Ingestion, store: RecordStore, file: FoundFile) -> Placement:
    """Copy a file among the originals, and decide what is to be made of it."""
    if file.fault:
        raise InputError(file.fault.message, code=file.fault.code)
    media_type = sniff(file.path)
    limit = ingestion.tools.settings.max_file_mb << 20
    sha256 = ingestion.tools.files.put_original(store.knowledge_id, file.path, limit)
    return ingestion.placement(file, sha256, media_type, document_id(sha256))


def _refused(ingestion: Ingestion, job: _Job, file: FoundFile, fault: Fault) -> PlannedFile:
    if not ingestion.memory.had_fault(file, fault):
        job.add(refusal(file, fault))
    return planned(file, Outcome.FAILED, fault, DocumentState.FAILED)


def _prune(tools: Tools, store: RecordStore, source: KnownSource) -> PlannedFile:
    orphan = store.intake.forget_source(source.root, source.name)
    if orphan:
        removal.remove_document(tools, store, orphan)
    return PlannedFile(source=source.name, outcome=Outcome.GONE)


def planned(file: FoundFile, outcome: Outcome, fault: Fault | None, state: DocumentState | None = None) -> PlannedFile:
    return PlannedFile(source=file.name, outcome=outcome, state=state, size_bytes=file.size_bytes, error=fault)
