"""What is to be made of a file, given what is known of its name and its bytes. Shared by every way into the house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline import fingerprints
from pipeline.gathering import FoundFile
from pipeline.work import Tools
from stores.errors import NotFoundError
from stores.intake import Arrival, KnownGeneration, KnownSource, Placement
from stores.models import DocumentState, Fault, Options, Outcome, document_id
from stores.names import unknown

_MOST_WANTED = 256


class Wanted:
    """The fingerprints that options lead to; computed once for each, and asked for by many threads."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._known: dict[Options, dict[str, str]] = {}

    def of(self, options: Options) -> dict[str, str]:
        found = self._known.get(options)
        if found is None:
            if len(self._known) >= _MOST_WANTED:
                self._known.clear()
            found = self._known[options] = fingerprints.fingerprints(self._tools, options)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a request wants its documents made."""

    options: Options
    passwords: tuple[str, ...] = ()


@dataclass(slots=True)
class Memory:
    """What is known of the files that are asked for: sources by (root, name), generations, named documents."""

    wanted: Wanted
    sources: dict[tuple[str, str], KnownSource] = field(default_factory=dict)
    known: dict[str, KnownGeneration] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls, wanted: Wanted, sources: Iterable[KnownSource], known: Mapping[str, KnownGeneration], named: Iterable[str]
    ) -> Memory:
        return cls(wanted, {(source.root, source.name): source for source in sources}, dict(known), set(named))

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

    def placement(self, wish: Wish, file: FoundFile, sha256: str, media_type: str, document: str) -> Placement:
        """What is to be made of a file whose bytes are ``document``."""
        known = self.known.get(document)
        options = fingerprints.with_earlier_schemas(wish.options, known)
        wanted = self.wanted.of(options)
        outcome, make, keep, reopen = fingerprints.what_to_do(known, wanted, options, passwords=bool(wish.passwords))
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
            passwords=wish.passwords,
            make=make,
            keep=keep,
            reopen=reopen,
        )

    def _named_outcome(self, file: FoundFile, document: str, outcome: Outcome) -> Outcome:
        source = self.sources.get((file.root, file.name))
        if source and source.newest and source.newest != document:
            return Outcome.CHANGED
        if outcome is Outcome.SAME and source is None and document in self.named:
            return Outcome.DUPLICATE
        return outcome

    def state_of(self, document: str) -> DocumentState | None:
        """The state of a document as it is known, None where there is none."""
        known = self.known.get(document)
        return known.state if known else None

    def standing_fault(self, placement: Placement, document: str) -> Fault | None:
        """Why a document that is not made again had failed before."""
        known = self.known.get(document)
        return known.error if known and placement.outcome is Outcome.FAILED else None

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


def _alike(source: KnownSource, file: FoundFile) -> bool:
    return (source.size_bytes, source.modified_ns) == (file.size_bytes, file.modified_ns)


def refusal(file: FoundFile, fault: Fault) -> Placement:
    """A file that cannot be taken: its name and the reason stand in the job and among the sources."""
    arrival = Arrival(
        root=file.root, name=file.name, size_bytes=file.size_bytes, modified_ns=file.modified_ns, fault=fault
    )
    return Placement(arrival=arrival, outcome=Outcome.FAILED, options=Options(), fingerprints={})


def check_schemas(tools: Tools, options: Options) -> None:
    """NotFoundError where a schema is asked for that nobody knows."""
    for name in options.schemas:
        if name not in tools.schemas:
            raise unknown("schema", name, sorted(tools.schemas), code="no_schema", error=NotFoundError)
