"""The use case "ingest": what is new or changed is copied, committed, and handed to the workers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import fingerprints, flow, gathering, removal
from pipeline.engines.media import sniff
from pipeline.gathering import FoundFile, Gathered
from pipeline.work import Tools
from stores.errors import InputError, NotFoundError
from stores.intake import Arrival, KnownGeneration, KnownSource, Placement
from stores.models import DocumentState, Fault, Options, Outcome, document_id
from stores.ulid import new_ulid
from stores.views import IngestReport, PlannedFile

if TYPE_CHECKING:
    from stores.records import RecordStore

_SLICE = 32  # files placed in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What to ingest and how. ``globs`` and ``excludes`` match the path relative to its folder."""

    paths: tuple[Path, ...]
    options: Options = field(default_factory=Options)
    globs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    prune: bool = False


@dataclass(slots=True)
class Ingestion:
    """One ingest request under way."""

    tools: Tools
    request: IngestRequest
    sources: dict[tuple[str, str], KnownSource] = field(default_factory=dict)
    known: dict[str, KnownGeneration] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    _wanted: dict[Options, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, tools: Tools, store: RecordStore | None, request: IngestRequest) -> Ingestion:
        """What is known before the request; nothing where there is no store yet."""
        check_schemas(tools, request.options)
        if store is None:
            return cls(tools, request)
        sources = {(source.root, source.name): source for source in store.intake.sources()}
        named = {source.newest for source in sources.values() if source.newest}
        return cls(tools, request, sources, store.intake.generations(), named)

    def gathered(self) -> Gathered:
        roots = {root for root, _ in self.sources}
        return gathering.gather(self.request.paths, self.request.globs, self.request.excludes, roots)

    def gone(self, gathered: Gathered) -> list[KnownSource]:
        """Sources of the walked folders whose file is there no more."""
        there = {(file.root, file.name) for file in gathered.files}
        return [
            source
            for key, source in sorted(self.sources.items())
            if source.root in gathered.roots and key not in there and not Path(source.root, source.name).exists()
        ]

    def unchanged_document(self, file: FoundFile) -> str | None:
        """The document that this file is known to hold, judged by its size and time; None where it must be read."""
        source = self.sources.get((file.root, file.name))
        if (
            source is None
            or source.error
            or (source.size_bytes, source.modified_ns) != (file.size_bytes, file.modified_ns)
        ):
            return None
        return source.newest

    def had_fault(self, file: FoundFile, fault: Fault) -> bool:
        """Was this very file refused before, for the same reason?"""
        source = self.sources.get((file.root, file.name))
        if source is None or source.error is None:
            return False
        alike = (source.size_bytes, source.modified_ns) == (file.size_bytes, file.modified_ns)
        return alike and source.error.message == fault.message

    def placement(self, file: FoundFile, sha256: str, media_type: str, document: str) -> Placement:
        """What is to be made of a file whose bytes are ``document``."""
        known = self.known.get(document)
        options = fingerprints.with_earlier_schemas(self.request.options, known)
        wanted = self.wanted(options)
        outcome, make, keep, reopen = fingerprints.what_to_do(
            known, wanted, options, passwords=bool(self.request.passwords)
        )
        return Placement(
            arrival=Arrival(
                root=file.root,
                name=file.name,
                size_bytes=file.size_bytes,
                modified_ns=file.modified_ns,
                sha256=sha256,
                media_type=media_type,
            ),
            outcome=self._named_outcome(file, document, outcome),
            options=options,
            fingerprints=wanted,
            passwords=self.request.passwords,
            make=make,
            keep=keep,
            reopen=reopen,
        )

    def wanted(self, options: Options) -> dict[str, str]:
        """The fingerprints that these options lead to; computed once for each."""
        if options not in self._wanted:
            self._wanted[options] = fingerprints.fingerprints(self.tools, options)
        return self._wanted[options]

    def _named_outcome(self, file: FoundFile, document: str, outcome: Outcome) -> Outcome:
        source = self.sources.get((file.root, file.name))
        if source and source.newest and source.newest != document:
            return Outcome.CHANGED
        if outcome is Outcome.SAME and source is None and document in self.named:
            return Outcome.DUPLICATE
        return outcome

    def note(self, placement: Placement) -> None:
        """Remember what was placed, so that the same bytes under a second name are known."""
        document = document_id(placement.arrival.sha256)
        self.named.add(document)
        if placement.make:
            self.known[document] = KnownGeneration(
                document=document,
                number=0,
                state=DocumentState.QUEUED,
                options=placement.options,
                fingerprints=placement.fingerprints,
                routes=frozenset(),
                error=None,
            )


def ingest(tools: Tools, knowledge_id: str, request: IngestRequest) -> IngestReport:
    """Make durable what is new or changed; ``job`` is None where nothing was to be done."""
    ingestion = Ingestion.of(tools, existing_store(tools, knowledge_id), request)
    gathered = ingestion.gathered()  # a path that does not exist is said before anything is made
    store = tools.catalog.create(knowledge_id)
    store.typed.prepare(tools.schemas.values())
    job = _Job(tools, store, request.options)
    files = [_take(ingestion, job, file) for file in gathered.files]
    job.seal()
    if any(file.outcome is Outcome.CHANGED for file in files):
        removal.remove_orphans(tools, store)  # content that was replaced by content that answers already
    if request.prune:
        files += [_prune(tools, store, source) for source in ingestion.gone(gathered)]
    return IngestReport(knowledge_id=knowledge_id, job=job.id, files=tuple(files))


def existing_store(tools: Tools, knowledge_id: str) -> RecordStore | None:
    """The store of a knowledge base, None where there is none yet."""
    try:
        return tools.catalog.store(knowledge_id)
    except NotFoundError:
        return None


class _Job:
    """Opened with the first file that needs work; files are placed a slice at a time."""

    def __init__(self, tools: Tools, store: RecordStore, options: Options) -> None:
        self.id: str | None = None
        self.store = store
        self._tools, self._options = tools, options
        self._waiting: list[Placement] = []

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

    def _place(self) -> None:
        now = time.time()
        if self.id is None:
            self.id = f"{self.store.knowledge_id}.{new_ulid()}"
            self.store.intake.open_job(self.id, self._options, now)
        self._tools.catalog.mark_busy(self.store.knowledge_id)
        self.store.intake.place(self.id, self._waiting, flow.ORDER, now)
        self._waiting = []


def _take(ingestion: Ingestion, job: _Job, file: FoundFile) -> PlannedFile:
    """Place one file in the job, or find that nothing is to be done."""
    document = None if file.fault else ingestion.unchanged_document(file)
    if document:
        return _known(ingestion, job, file, document)
    try:
        placement = _stored(ingestion, job.store, file)
    except InputError as error:
        return _refused(ingestion, job, file, Fault(code=error.code, message=error.message))
    if placement.make:
        job.add(placement)
    else:
        job.store.intake.remember(placement.arrival)
    ingestion.note(placement)
    return planned(file, placement.outcome, _standing_fault(ingestion, placement))


def _known(ingestion: Ingestion, job: _Job, file: FoundFile, document: str) -> PlannedFile:
    """A file that did not change: again only where settings, options or an earlier failure ask for it."""
    placement = ingestion.placement(file, "", "", document)
    if placement.make:
        placement = _with_hash(job.store, placement, document)
        job.add(placement)
        ingestion.note(placement)
    return planned(file, placement.outcome, _standing_fault(ingestion, placement, document))


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
    arrival = Arrival(
        root=file.root, name=file.name, size_bytes=file.size_bytes, modified_ns=file.modified_ns, fault=fault
    )
    if not ingestion.had_fault(file, fault):
        job.add(Placement(arrival=arrival, outcome=Outcome.FAILED, options=Options(), fingerprints={}))
    return planned(file, Outcome.FAILED, fault)


def _standing_fault(ingestion: Ingestion, placement: Placement, document: str = "") -> Fault | None:
    """Why a document that is not made again had failed before."""
    known = ingestion.known.get(document or document_id(placement.arrival.sha256))
    failed = placement.outcome is Outcome.FAILED and known is not None
    return known.error if known and failed else None


def _prune(tools: Tools, store: RecordStore, source: KnownSource) -> PlannedFile:
    orphan = store.intake.forget_source(source.root, source.name)
    if orphan:
        removal.remove_document(tools, store, orphan)
    return PlannedFile(source=source.name, outcome=Outcome.GONE)


def planned(file: FoundFile, outcome: Outcome, fault: Fault | None) -> PlannedFile:
    return PlannedFile(source=file.name, outcome=outcome, size_bytes=file.size_bytes, error=fault)


def check_schemas(tools: Tools, options: Options) -> None:
    """NotFoundError where a schema is asked for that nobody knows."""
    for name in options.schemas:
        if name not in tools.schemas:
            known = ", ".join(sorted(tools.schemas))
            raise NotFoundError(f"there is no schema {name!r}: choose among {known}", code="no_schema")
