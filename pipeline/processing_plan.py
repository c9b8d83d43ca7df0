"""What is done with a file, decided from what is known of its name and its bytes.

Shared by the command line, the API and downloads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline import fingerprints
from pipeline.profiles import ProcessingProfile
from pipeline.schemas.selection import AUTO
from pipeline.step_context import Resources
from pipeline.type_signals import TYPES
from stores.contracts.registration import KnownGeneration, KnownSource
from stores.errors import NotFoundError, UnavailableError
from stores.models import DocumentState, Fault, Options, Outcome, Schema, document_id
from stores.placement import PlacementDecision, StagedFile
from stores.suggestions import unknown

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.registration import UnitOfWork

PROCESSED_OTHERWISE = Fault(
    code="conflict",
    message="it is being made now with other settings or schemas: "
    "wait until that is over, or cancel its job, then ingest it again",
)
_MOST_PLANS = 256
_BY_SETTINGS = ("too_large",)  # refusals that other settings take back


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingPlan:
    """How documents are processed: the profile that decides it, and the fingerprints that result from it."""

    fingerprints: Mapping[str, str]
    profile: ProcessingProfile


class ProcessingPlans:
    """The plans that options lead to with the settings of this process, each computed once. Safe for many threads."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._plans: dict[tuple[Options, str], ProcessingPlan] = {}

    def of(self, options: Options, earlier: ProcessingProfile | None = None) -> ProcessingPlan:
        """Compute or recall the plan for options.

        ``earlier``: the profile a document was made with before; it defines schemas that this process does not know.
        """
        has_unknown = not self._resources.schemas.keys() >= set(options.schemas) - {AUTO}
        key = options, earlier.id if earlier and has_unknown else ""
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._compute(options, earlier)
        return plan

    def _compute(self, options: Options, earlier: ProcessingProfile | None) -> ProcessingPlan:
        schemas = {**(earlier.schemas if earlier else {}), **self._resources.schemas}
        return ProcessingPlan(
            fingerprints=fingerprints.fingerprints(self._resources, options, schemas),
            profile=ProcessingProfile.of(self._resources.settings, schemas, options.schemas),
        )


@dataclass(slots=True)
class KnownState:
    """What is known of the files of a request, and of the generations of their documents."""

    plans: ProcessingPlans
    sources: dict[tuple[str, str], KnownSource] = field(default_factory=dict)  # by (root, name)
    generations: dict[str, KnownGeneration] = field(default_factory=dict)  # the newest, by document id
    named: set[str] = field(default_factory=set)  # documents that have a source
    profiles: dict[str, ProcessingProfile] = field(default_factory=dict)  # of earlier generations, by id
    decided_plans: dict[str, ProcessingPlan] = field(default_factory=dict)  # of all decisions, by the id of the profile

    @classmethod
    def of(
        cls,
        plans: ProcessingPlans,
        sources: Iterable[KnownSource],
        generations: Mapping[str, KnownGeneration],
        named: Iterable[str],
        profiles: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> KnownState:
        """Build it from what the store has."""
        earlier = {name: ProcessingProfile.read(content) for name, content in (profiles or {}).items()}
        by_name = {(source.root, source.name): source for source in sources}
        return cls(plans, by_name, dict(generations), set(named), earlier)

    @classmethod
    def looked_up(
        cls, plans: ProcessingPlans, unit: UnitOfWork, names: Collection[str], documents: Collection[str]
    ) -> KnownState:
        """Look up, inside a transaction, what concerns sources of these names and these documents."""
        generations = unit.generations(documents)
        profiles = unit.profiles({known.profile for known in generations.values() if known.profile})
        return cls.of(plans, unit.sources(names), generations, unit.named(generations.keys()), profiles)

    def unchanged_document(self, file: StagedFile) -> str | None:
        """Find the document that a file holds, judged by size and time of the file; None where it must be read."""
        source = self.sources.get((file.root, file.name))
        if source is None or source.error or not _same_size_and_time(source, file):
            return None
        return source.newest

    def had_fault(self, file: StagedFile, fault: Fault) -> bool:
        """Tell whether this very file was refused before, for the same reason."""
        source = self.sources.get((file.root, file.name))
        if source is None or source.error is None:
            return False
        return _same_size_and_time(source, file) and source.error.message == fault.message

    def standing_refusal(self, file: StagedFile, options: Options) -> Fault | None:
        """Find why this very file was refused before, where nothing but another file can change that."""
        source = self.sources.get((file.root, file.name))
        if source is None or source.error is None or options.force or not _same_size_and_time(source, file):
            return None
        return None if source.error.code in _BY_SETTINGS else source.error

    def decide(
        self, file: StagedFile, document: str, options: Options, passwords: tuple[str, ...] = ()
    ) -> PlacementDecision:
        """Decide what is done with a file whose bytes are ``document``."""
        known = self.generations.get(document)
        options = fingerprints.with_earlier_schemas(options, known)
        plan = self.plans.of(options, self.profiles.get(known.profile or "") if known else None)
        self.decided_plans[plan.profile.id] = plan
        wanted = fingerprints.with_undefined_schemas(plan.fingerprints, options, plan.profile, known)
        work = fingerprints.required_work(known, wanted, options, passwords=bool(passwords), profile=plan.profile.id)
        return PlacementDecision(
            file=file,
            outcome=self._outcome_by_name(file, document, work.outcome),
            options=options,
            fingerprints=wanted,
            profile=plan.profile.id,
            passwords=passwords,
            make=work.make,
            keep=work.keep,
            retry=work.retry,
        )

    def _outcome_by_name(self, file: StagedFile, document: str, outcome: Outcome) -> Outcome:
        """Refine the outcome by what is known of the file's name."""
        source = self.sources.get((file.root, file.name))
        in_work = (known := self.generations.get(document)) is not None and not known.state.final
        if outcome is Outcome.FAILED and in_work:
            return outcome
        if source and source.newest and source.newest != document:
            return Outcome.CHANGED
        if outcome is Outcome.SAME and source is None and document in self.named:
            return Outcome.DUPLICATE
        return outcome

    def state_of(self, document: str) -> DocumentState | None:
        """The state of a document, None where it is unknown."""
        known = self.generations.get(document)
        return known.state if known else None

    def standing_fault(self, decision: PlacementDecision, document: str) -> Fault | None:
        """Why a document that is not made again had failed before; PROCESSED_OTHERWISE where it is in work."""
        known = self.generations.get(document)
        if known is None or decision.outcome is not Outcome.FAILED:
            return None
        return known.error if known.state.final else PROCESSED_OTHERWISE

    def numbered_sources(self, name: str, root: str) -> list[KnownSource]:
        """The sources of a name below a numbered root (``root``, ``root#2``...), the oldest first."""
        return [
            source
            for (source_root, source_name), source in self.sources.items()
            if source_name == name and (source_root == root or source_root.startswith(f"{root}#"))
        ]

    def note_source(self, file: StagedFile, document: str | None, fault: Fault | None = None) -> None:
        """Note that a name holds a document from now on, or none, for the reason ``fault``."""
        key = (file.root, file.name)
        before = self.sources.get(key)
        self.sources[key] = KnownSource(
            root=file.root,
            name=file.name,
            size_bytes=file.size_bytes,
            modified_ns=file.modified_ns,
            document=document or (before.newest if before else None),
            pending=None,
            error=fault,
        )

    def note(self, decision: PlacementDecision) -> None:
        """Note a decision, so that the same bytes under a second name are known."""
        document = document_id(decision.file.sha256)
        self.named.add(document)
        if decision.make:
            self.generations[document] = KnownGeneration(
                document=document,
                number=0,
                state=DocumentState.QUEUED,
                options=decision.options,
                fingerprints=decision.fingerprints,
                routes=frozenset(),
                error=None,
                profile=decision.profile,
            )


def _same_size_and_time(source: KnownSource, file: StagedFile) -> bool:
    return (source.size_bytes, source.modified_ns) == (file.size_bytes, file.modified_ns)


def refusal(file: StagedFile, fault: Fault) -> PlacementDecision:
    """Decide to refuse a file that cannot be ingested."""
    refused = replace(file, sha256="", media_type="", fault=fault)
    return PlacementDecision(file=refused, outcome=Outcome.FAILED, options=Options(), fingerprints={})


def schemas_of(resources: Resources, store: KnowledgeStore) -> dict[str, Schema]:
    """The schemas of this process, and those that documents of this knowledge base were made with."""
    kept = [ProcessingProfile.read(content).schemas for content in store.profiles.read().values()]
    return {name: schema for schemas in (*kept, resources.schemas) for name, schema in schemas.items()}


def check_schema_of(resources: Resources, store: KnowledgeStore, name: str) -> None:
    """Raise NotFoundError for a schema that neither this process nor a document of the knowledge base knows."""
    if name not in resources.schemas and name not in (known := schemas_of(resources, store)):
        raise unknown("schema", name, sorted(known), code="no_schema", error=NotFoundError)


def check_embedder(resources: Resources, store: KnowledgeStore) -> None:
    """Raise UnavailableError while documents of this knowledge base are being embedded with another model.

    Vectors of two models cannot be compared, and an index holds those of one: each job would throw out the other's.
    """
    mine = _embedder_of(resources.settings.model_dump(include={"embedder", "embedder_model"}))
    for work in store.profiles.of_open_jobs():
        theirs = _embedder_of(work.profile["settings"]) if work.profile else mine
        if theirs != mine:
            raise UnavailableError(
                f"the job {work.job} embeds documents of this knowledge base with {theirs}, this one would with "
                f"{mine}: wait until it is over, set INGOT_EMBEDDER and INGOT_EMBEDDER_MODEL alike, or take another "
                "knowledge base",
                code="other_embedder",
            )


def _embedder_of(settings: Mapping[str, Any]) -> str:
    engine = str(settings.get("embedder"))
    return f"{engine} ({settings.get('embedder_model')})" if engine == "sentence-transformers" else engine


def check_schemas(resources: Resources, options: Options) -> None:
    """Raise NotFoundError where the options name an unknown schema."""
    for name in options.schemas:
        if name not in resources.schemas and name != AUTO:
            raise unknown("schema", name, sorted((*resources.schemas, AUTO)), code="no_schema", error=NotFoundError)
    if options.type and options.type not in TYPES:
        raise unknown("type", options.type, TYPES, code="bad_type")
