"""The use case "ingest": what is new or changed is copied, made durable, and handed to the workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline import knowledge_base_embedder, removal
from pipeline.addresses import check_url
from pipeline.archives import is_archive, with_archives_unpacked
from pipeline.commands.attached_remotely import RemoteAttachments
from pipeline.commands.attachments import AttachmentReader, refuse_attachments_at, with_attachments
from pipeline.commands.content_detection import check_content, discover_documents
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.remote_files import discover_remote, downloaded, is_remote
from pipeline.commands.staging import existing_store, read_into_originals
from pipeline.file_discovery import DiscoveredFiles
from pipeline.processing_plan import (
    PROCESSED_OTHERWISE,
    KnownState,
    ProcessingPlans,
    check_embedder,
    check_schemas,
    refusal,
)
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.contracts.registration import KnownSource, NewJob
from stores.errors import InputError
from stores.models import DocumentState, Fault, Outcome, document_id
from stores.placement import IngestReport, IngestResult, PlacementDecision, StagedFile
from stores.source_names import path_of_name
from stores.ulid import new_ulid

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.registration import UnitOfWork
    from stores.contracts.remote_sources import RemoteSource

_SLICE = 32  # files registered in one transaction


@dataclass(slots=True)
class Ingestion:
    """One ingest request under way. ``known`` holds what was known before it, and what it decided since.

    ``source``: the bucket or mailbox that it is about; to be closed.
    """

    resources: Resources
    request: IngestRequest
    known: KnownState
    source: RemoteSource | None = None
    attached: RemoteAttachments = field(default_factory=RemoteAttachments)

    @classmethod
    def of(cls, resources: Resources, store: KnowledgeStore | None, request: IngestRequest) -> Ingestion:
        """Read what is known before the request; nothing where there is no store yet."""
        check_schemas(resources, request.options)
        resources = knowledge_base_embedder.with_own_embedder(resources, store)
        plans = ProcessingPlans(resources)
        source = resources.remote(request.remote) if request.remote else None
        if store is None:
            return cls(resources, request, KnownState(plans), source)
        check_embedder(resources, store)
        sources, generations = store.registration.sources(), store.registration.generations()
        named = {source.newest for source in sources if source.newest}
        return cls(resources, request, KnownState.of(plans, sources, generations, named, store.profiles.read()), source)

    def discovered(self) -> DiscoveredFiles:
        """Find the files that the request names."""
        if self.source:
            known = self.known.sources.values()
            return discover_remote(self.source, known, self.request.globs, self.request.excludes)
        roots = {root for root, _ in self.known.sources}
        return discover_documents(self.request.paths, self.request.globs, self.request.excludes, roots)

    def unpacked(self, discovered: DiscoveredFiles, folder: Path) -> DiscoveredFiles:
        """Replace archives by the documents in them, and add attached files where asked for, written to ``folder``."""
        largest_bytes = self.resources.settings.max_file_mb << 20
        globs, excludes = self.request.globs, self.request.excludes
        unpacked = with_archives_unpacked(
            discovered, folder, largest_bytes, check=check_content, globs=globs, excludes=excludes
        )
        if not self.request.attachments:
            return unpacked
        with AttachmentReader(folder, largest_bytes, self.request.passwords) as reader:
            return with_attachments(unpacked, reader, check=check_content, globs=globs, excludes=excludes)

    def gone(self, discovered: DiscoveredFiles) -> list[KnownSource]:
        """Find the sources of the walked folders whose file does not exist any more; none where a source is empty."""
        names = {(file.root, file.name) for file in discovered.files}
        if self.source:
            there = {(self.source.url, file.source) for file in discovered.skipped}
            names |= there | self.attached.names if names else self.known.sources.keys()
        carriers = self._with_their_attachments(names)
        damaged = [(file.root, f"{file.name}/") for file in discovered.files if file.fault]  # archives, perhaps
        return [
            source
            for key, source in sorted(self.known.sources.items())
            if source.root in discovered.roots and key not in names
            if is_remote(source.root) or _is_gone(_path_of(source))
            if not any(source.root == root and source.name.startswith(name) for root, name in damaged)
            if not _is_attached(source, carriers)
        ]

    def _with_their_attachments(self, names: Set[tuple[str, str]]) -> Set[tuple[str, str]]:
        """Those of these files of which what was attached to them is not looked at now, and so is not gone."""
        if not self.request.attachments:
            return names
        return names - self.attached.read if self.source else set()

    def decide(self, file: StagedFile, document: str) -> PlacementDecision:
        """Decide what is done with a file whose bytes are ``document``."""
        return self.known.decide(file, document, self.request.options, self.request.passwords)


def _is_attached(source: KnownSource, names: Set[tuple[str, str]]) -> bool:
    """Whether a source was attached to one of these files."""
    return any((source.root, str(parent)) in names for parent in PurePosixPath(source.name).parents)


def _path_of(source: KnownSource) -> Path:
    """The path of a file of a walked folder, in the bytes of the file system."""
    return Path(path_of_name(source.root), path_of_name(source.name))


def _is_gone(path: Path) -> bool:
    """Whether a file does not exist; one whose folder cannot be read may."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def ingest(resources: Resources, knowledge_id: str, request: IngestRequest) -> IngestReport:
    """Make durable what is new or changed; ``job`` is None where nothing was to be done."""
    ingestion = Ingestion.of(resources, existing_store(resources, knowledge_id), request)
    urls = checked_urls(resources, request)
    with ExitStack() as stack:
        if ingestion.source:
            stack.callback(ingestion.source.close)
        discovered = ingestion.discovered()  # a path that does not exist is refused before anything is written
        store = resources.catalog.create(knowledge_id)
        archives = any(file.fault is None and is_archive(file.path) for file in discovered.files if file.path.name)
        if request.attachments or archives:
            folder = stack.enter_context(resources.workspaces.workspace(knowledge_id, "archive"))
            if ingestion.source:
                reader = AttachmentReader(folder, resources.settings.max_file_mb << 20, request.passwords)
                ingestion.attached.begin(stack.enter_context(reader), store, ingestion.source.url)
            else:
                discovered = ingestion.unpacked(discovered, folder)
        return _ingested(resources, ingestion, store, urls, discovered)


def prune(resources: Resources, knowledge_id: str, request: IngestRequest) -> IngestReport:
    """Forget the documents of a request's folders whose files are gone, and ingest nothing."""
    store = resources.catalog.store(knowledge_id)
    ingestion = Ingestion.of(resources, store, request)
    with closing(ingestion.source) if ingestion.source else nullcontext():
        gone = ingestion.gone(ingestion.discovered()) if request.prune else ()
    files = tuple(_prune(resources, store, source) for source in gone)
    return IngestReport(knowledge_id=knowledge_id, job=None, files=files)


def _ingested(
    resources: Resources,
    ingestion: Ingestion,
    store: KnowledgeStore,
    urls: tuple[str, ...],
    discovered: DiscoveredFiles,
) -> IngestReport:
    """Register the discovered files with a job."""
    request, knowledge_id = ingestion.request, store.knowledge_id
    remarks = store.record_tables.prepare(resources.schemas.values())
    remarks = [*remarks, *knowledge_base_embedder.remarks(ingestion.resources, resources, knowledge_id)]
    job = _IngestJob(ingestion, store, urls)
    try:
        made = [one for file in discovered.files for one in _ingest_with_attached(ingestion, job, file)]
    finally:
        job.seal()  # also where the connection to a source is lost: what was read until then is not lost
    ingestion.attached.end(store, ingestion.request)
    results = [replace(result, place=job.place_of(file)) for file, result in made]
    if any(result.outcome is Outcome.CHANGED for result in results):
        removal.remove_orphans(resources, store)  # content that was replaced by content that answers already
    if request.prune:
        results += [_prune(resources, store, source) for source in ingestion.gone(discovered)]
    results += to_be_fetched(urls)
    return IngestReport(
        knowledge_id=knowledge_id,
        job=job.id,
        files=tuple(results),
        skipped=(*discovered.skipped, *ingestion.attached.skipped),
        remarks=tuple(remarks),
    )


def checked_urls(resources: Resources, request: IngestRequest) -> tuple[str, ...]:
    """The URLs as they are kept, each once; InputError where one may not be called."""
    if request.attachments:
        refuse_attachments_at(request.urls)
    private = resources.settings.allow_private_urls
    return tuple(dict.fromkeys(check_url(url, private) for url in request.urls))


def to_be_fetched(urls: Sequence[str]) -> list[IngestResult]:
    """What is known of URLs before a worker has fetched them."""
    return [IngestResult(source=url, outcome=Outcome.NEW) for url in urls]


class _IngestJob:
    """The job of one request. It is opened with the first slice of files that need work, or for URLs."""

    def __init__(self, ingestion: Ingestion, store: KnowledgeStore, urls: tuple[str, ...]) -> None:
        self.id: str | None = None
        self.store = store
        self._catalog, self._known, self._request = ingestion.resources.catalog, ingestion.known, ingestion.request
        self._urls = urls
        self._kept_profiles: set[str] = set()
        self._waiting: list[PlacementDecision] = []
        self._places: dict[tuple[str, str], str] = {}

    def place_of(self, file: StagedFile) -> str:
        """The name that a file has in the job, "" where it has no place there."""
        return self._places.get((file.root, file.name), "")

    def add(self, decision: PlacementDecision) -> None:
        """Register a file with the next slice."""
        self._waiting.append(decision)
        if len(self._waiting) >= _SLICE:
            self._register()

    def seal(self) -> None:
        """Register what is left, and take no more files."""
        if self._waiting or (self._urls and not self.id):
            self._register()
        if self.id:
            with self.store.registration.together(self.store.now()) as unit:
                unit.seal_job(self.id)
            self._catalog.mark_busy(self.store.knowledge_id)

    def _register(self) -> None:
        self._catalog.mark_busy(self.store.knowledge_id)
        with self.store.registration.together(self.store.now()) as unit:
            job = self._opened(unit)
            for plan in list(self._known.decided_plans.values()):
                self._keep(unit, plan.profile.id, plan.profile.content)
            labels = unit.register([(job, decision) for decision in self._waiting], NEEDS)
        files = [decision.file for decision in self._waiting]
        self._places |= {(file.root, file.name): label for file, label in zip(files, labels, strict=True)}
        self._waiting = []
        if self._urls:
            self._catalog.mark_outbound(self.store.knowledge_id)

    def _opened(self, unit: UnitOfWork) -> str:
        """Insert the job, or note that files are still added to it; its id."""
        if self.id:
            unit.touch_job(self.id)
            return self.id
        self.id = f"{self.store.knowledge_id}.{new_ulid()}"
        options, profile = self._request.options, self._known.plans.of(self._request.options).profile
        self._keep(unit, profile.id, profile.content)
        unit.open_jobs(
            [
                NewJob(
                    job=self.id,
                    options=options,
                    profile=profile.id,
                    urls=self._urls,
                    passwords=self._request.passwords,
                    accepting=True,
                    priority=self._request.priority,
                )
            ]
        )
        return self.id

    def _keep(self, unit: UnitOfWork, profile_id: str, content: Mapping[str, Any]) -> None:
        """Write a profile before a row names it, once."""
        if profile_id not in self._kept_profiles:
            unit.keep_profile(profile_id, content)
            self._kept_profiles.add(profile_id)


def _ingest_with_attached(
    ingestion: Ingestion, job: _IngestJob, file: StagedFile
) -> Iterator[tuple[StagedFile, IngestResult]]:
    """Ingest a file; before it, so that a break between the two loses nothing, what is attached to it at its source."""
    resources, knowledge_id = ingestion.resources, job.store.knowledge_id
    if not ingestion.source:
        yield file, _ingest_file(ingestion, job, file)
        return
    document = None if file.fault else ingestion.known.unchanged_document(file)
    if document is None and (fault := ingestion.known.standing_refusal(file, ingestion.request.options)):
        yield file, _refuse(ingestion, job, file, fault)
        return
    with ExitStack() as stack:
        try:
            if document is None:
                file = stack.enter_context(downloaded(resources, ingestion.source, knowledge_id, file))
        except InputError as error:
            yield file, _refuse(ingestion, job, file, Fault(code=error.code, message=error.message))
            return
        path = file.path if document is None else ingestion.attached.original(resources, job.store, document, stack)
        for attached in ingestion.attached.of(file, path, ingestion.request):
            yield attached, _ingest_file(ingestion, job, attached)
        yield file, _ingest_file(ingestion, job, file)


def _ingest_file(ingestion: Ingestion, job: _IngestJob, file: StagedFile) -> IngestResult:
    """Register one file with the job, or find that nothing is to be done."""
    document = None if file.fault else ingestion.known.unchanged_document(file)
    if document:
        return _ingest_unchanged(ingestion, job, file, document)
    resources, knowledge_id = ingestion.resources, job.store.knowledge_id
    try:
        file = read_into_originals(resources, knowledge_id, file)
    except InputError as error:
        return _refuse(ingestion, job, file, Fault(code=error.code, message=error.message))
    document = document_id(file.sha256)
    decision = ingestion.decide(file, document)
    state, fault = ingestion.known.state_of(document), ingestion.known.standing_fault(decision, document)
    if decision.make:
        job.add(decision)
    elif fault is not PROCESSED_OTHERWISE:
        job.store.registration.note_unchanged(file)
    ingestion.known.note(decision)
    return result_of(file, decision.outcome, fault, state)


def _ingest_unchanged(ingestion: Ingestion, job: _IngestJob, file: StagedFile, document: str) -> IngestResult:
    """Make a file that did not change again only where settings, options or an earlier failure ask for it."""
    decision, state = ingestion.decide(file, document), ingestion.known.state_of(document)
    fault = ingestion.known.standing_fault(decision, document)
    joined = decision.make and decision.outcome is Outcome.SAME
    if decision.make and (ingestion.request.joins or not joined):
        decision = replace(decision, file=replace(file, sha256=job.store.document_queries.sha256(document)))
        job.add(decision)
        ingestion.known.note(decision)
    return result_of(file, decision.outcome, fault, state)


def _refuse(ingestion: Ingestion, job: _IngestJob, file: StagedFile, fault: Fault) -> IngestResult:
    if not ingestion.known.had_fault(file, fault):
        job.add(refusal(file, fault))
    return result_of(file, Outcome.FAILED, fault, DocumentState.FAILED)


def _prune(resources: Resources, store: KnowledgeStore, source: KnownSource) -> IngestResult:
    orphan = store.registration.forget_source(source.root, source.name)
    if orphan:
        removal.remove_document(resources, store, orphan)
    return IngestResult(source=source.name, outcome=Outcome.GONE)


def result_of(
    file: StagedFile, outcome: Outcome, fault: Fault | None, state: DocumentState | None = None
) -> IngestResult:
    """Report what becomes of a file."""
    return IngestResult(source=file.name, outcome=outcome, state=state, size_bytes=file.size_bytes, error=fault)
