"""What is to be made of a file, given what is known of its name and its bytes. Shared by every way into the house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline import fingerprints
from pipeline.file_discovery import FoundFile
from pipeline.profiles import ProcessingProfile
from pipeline.step_context import Resources
from stores.errors import NotFoundError, UnavailableError
from stores.lifecycle.registration import Arrival, KnownGeneration, KnownSource, PlacementDecision
from stores.models import DocumentState, Fault, Options, Outcome, Schema, document_id
from stores.suggestions import unknown

if TYPE_CHECKING:
    from stores.knowledge_store import KnowledgeStore

OTHERWISE_MADE = Fault(
    code="conflict",
    message="it is being made now with other settings or schemas: wait until that is over, then ingest it again",
)
_MOST_WANTED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How documents are made: the fingerprints that show it, and the profile that brings it about."""

    fingerprints: Mapping[str, str]
    profile: ProcessingProfile


class WantedFingerprints:
    """What options lead to with the settings of an asker; computed once for each, and asked for by many threads."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._known: dict[tuple[Options, str], Making] = {}

    def of(self, options: Options, earlier: ProcessingProfile | None = None) -> Making:
        """``earlier``: what a document was made with before; it defines the schemas that the asker does not know."""
        unknown = not self._resources.schemas.keys() >= set(options.schemas)
        key = options, earlier.id if earlier and unknown else ""
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_WANTED:
                self._known.clear()
            found = self._known[key] = self._make(options, earlier)
        return found

    def _make(self, options: Options, earlier: ProcessingProfile | None) -> Making:
        schemas = {**(earlier.schemas if earlier else {}), **self._resources.schemas}
        return Making(
            fingerprints=fingerprints.fingerprints(self._resources, options, schemas),
            profile=ProcessingProfile.of(self._resources.settings, schemas, options.schemas),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a request wants its documents made."""

    options: Options
    passwords: tuple[str, ...] = ()


@dataclass(slots=True)
class KnownState:
    """What is known of the files that are asked for: sources by (root, name), generations, named documents."""

    wanted: WantedFingerprints
    sources: dict[tuple[str, str], KnownSource] = field(default_factory=dict)
    known: dict[str, KnownGeneration] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    profiles: dict[str, ProcessingProfile] = field(default_factory=dict)  # that earlier generations were made with
    makings: dict[str, Making] = field(default_factory=dict)  # those of the placements, by the id of their profile

    @classmethod
    def of(
        cls,
        wanted: WantedFingerprints,
        sources: Iterable[KnownSource],
        known: Mapping[str, KnownGeneration],
        named: Iterable[str],
        profiles: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> KnownState:
        earlier = {name: ProcessingProfile.read(content) for name, content in (profiles or {}).items()}
        by_name = {(source.root, source.name): source for source in sources}
        return cls(wanted, by_name, dict(known), set(named), earlier)

    def unchanged_document(self, file: FoundFile) -> str | None:
        """The document that this file is known to hold, judged by its size and time; None where it must be read."""
        source = self.sources.get((file.root, file.name))
        if source is None or source.error or not _alike(source, file):
            return None
        return source.newest

    def had_fault(self, file: FoundFile, fault: Fault) -> bool:
        """Was this very file refused before, for the same reason?"""
        source = self.sources.get((file.root, file.name))
        if source is None or source.error is None:
            return False
        return _alike(source, file) and source.error.message == fault.message

    def placement(self, wish: Wish, file: FoundFile, sha256: str, media_type: str, document: str) -> PlacementDecision:
        """What is to be made of a file whose bytes are ``document``."""
        known = self.known.get(document)
        options = fingerprints.with_earlier_schemas(wish.options, known)
        making = self.wanted.of(options, self.profiles.get(known.profile or "") if known else None)
        self.makings[making.profile.id] = making
        wanted = fingerprints.with_undefined_schemas(making.fingerprints, options, making.profile, known)
        outcome, make, keep, reopen = fingerprints.what_to_do(
            known, wanted, options, passwords=bool(wish.passwords), profile=making.profile.id
        )
        return PlacementDecision(
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
            profile=making.profile.id,
            passwords=wish.passwords,
            make=make,
            keep=keep,
            reopen=reopen,
        )

    def _named_outcome(self, file: FoundFile, document: str, outcome: Outcome) -> Outcome:
        source = self.sources.get((file.root, file.name))
        being_made = (known := self.known.get(document)) is not None and not known.state.final
        if outcome is Outcome.FAILED and being_made:
            return outcome
        if source and source.newest and source.newest != document:
            return Outcome.CHANGED
        if outcome is Outcome.SAME and source is None and document in self.named:
            return Outcome.DUPLICATE
        return outcome

    def state_of(self, document: str) -> DocumentState | None:
        """The state of a document as it is known, None where there is none."""
        known = self.known.get(document)
        return known.state if known else None

    def standing_fault(self, placement: PlacementDecision, document: str) -> Fault | None:
        """Why a document that is not made again had failed before."""
        known = self.known.get(document)
        if known is None or placement.outcome is not Outcome.FAILED:
            return None
        return known.error if known.state.final else OTHERWISE_MADE

    def uploads(self, name: str, root: str) -> list[KnownSource]:
        """The sources of a name below a numbered root (``root``, ``root#2``...), in the order of their making."""
        return [
            source
            for (at, called), source in self.sources.items()
            if called == name and (at == root or at.startswith(f"{root}#"))
        ]

    def remember(self, file: FoundFile, document: str | None, fault: Fault | None = None) -> None:
        """From now on this name holds these bytes, or none for this reason."""
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

    def note(self, placement: PlacementDecision) -> None:
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
                profile=placement.profile,
            )


def _alike(source: KnownSource, file: FoundFile) -> bool:
    return (source.size_bytes, source.modified_ns) == (file.size_bytes, file.modified_ns)


def refusal(file: FoundFile, fault: Fault) -> PlacementDecision:
    """A file that cannot be taken: its name and the reason stand in the job and among the sources."""
    arrival = Arrival(
        root=file.root, name=file.name, size_bytes=file.size_bytes, modified_ns=file.modified_ns, fault=fault
    )
    return PlacementDecision(arrival=arrival, outcome=Outcome.FAILED, options=Options(), fingerprints={})


def schemas_of(resources: Resources, store: KnowledgeStore) -> dict[str, Schema]:
    """The schemas of this asker, and those that others defined when they filled this knowledge base."""
    kept = [ProcessingProfile.read(content).schemas for content in store.profiles.read().values()]
    return {name: schema for schemas in (*kept, resources.schemas) for name, schema in schemas.items()}


def check_schema_of(resources: Resources, store: KnowledgeStore, name: str) -> None:
    """NotFoundError where nobody who filled this knowledge base knows the schema, nor this asker."""
    if name not in resources.schemas and name not in (known := schemas_of(resources, store)):
        raise NotFoundError(f"there is no schema {name!r}: choose among {', '.join(sorted(known))}", code="no_schema")


def check_embedder(resources: Resources, store: KnowledgeStore) -> None:
    """UnavailableError where documents of this knowledge base are just being embedded with another model.

    Vectors of two models cannot be compared, and an index holds those of one: each job would throw out the other's.
    """
    mine = _embedder_of(resources.settings.model_dump())
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
    """NotFoundError where a schema is asked for that nobody knows."""
    for name in options.schemas:
        if name not in resources.schemas:
            raise unknown("schema", name, sorted(resources.schemas), code="no_schema", error=NotFoundError)
