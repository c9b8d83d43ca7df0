"""What happens in the one transaction that some submissions share: looked up, decided, written, answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline.commands.submission import Candidate, IngestResult, Submission, SubmissionReceipt
from pipeline.file_discovery import FoundFile
from pipeline.processing_plan import OTHERWISE_MADE, KnownState, WantedFingerprints, Wish, refusal
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.errors import IngotError, InputError
from stores.lifecycle.registration import NewJob, PlacementDecision
from stores.models import Fault, Outcome, SkippedFile, document_id
from stores.ulid import new_ulid

if TYPE_CHECKING:
    from stores.lifecycle.unit_of_work import Answered, Door

UPLOADS = "upload"
"""Root of uploads; a second document of one name has the root ``upload#2``."""
ACCEPTED = 202
_GONE = Fault(code="gone", message="its document was deleted while it was submitted: submit it again")


@dataclass(slots=True)
class _Place:
    """One file on its way into a job."""

    candidate: Candidate
    placement: PlacementDecision
    document: str
    fault: Fault | None
    label: str
    is_new: bool


@dataclass(slots=True)
class _Asked:
    """One submission under way; ``answer`` is there at once where nothing is to be written."""

    submission: Submission
    candidates: tuple[Candidate, ...]
    job: str
    answer: SubmissionReceipt | IngotError | None = None
    places: list[_Place] = field(default_factory=list)


class SubmissionBatch:
    """The submissions of one transaction. ``replaced``: some name lost its document to one that answers already."""

    def __init__(
        self,
        resources: Resources,
        wanted: WantedFingerprints,
        knowledge_id: str,
        door: Door,
        asked: Sequence[tuple[Submission, tuple[Candidate, ...]]],
    ) -> None:
        self.replaced = False
        self.answers: list[SubmissionReceipt | IngotError] = []
        self._resources, self._wanted, self._knowledge_id, self._door = resources, wanted, knowledge_id, door
        self._asked = [
            _Asked(submission, candidates, f"{knowledge_id}.{new_ulid()}") for submission, candidates in asked
        ]

    def run(self) -> None:
        """Write it all; then ``answers`` holds a receipt or the reason of a refusal for each, in their order."""
        self._replay()
        todo = [asked for asked in self._asked if asked.answer is None]
        memory = self._memory(todo)
        for asked in todo:
            self._decide(memory, asked)
        todo = [asked for asked in todo if asked.answer is None]
        self._adopt(todo)
        self._keep_profiles(memory, todo)
        self._write(todo)
        self.answers = [asked.answer or self._receipt(asked) for asked in self._asked]

    def _replay(self) -> None:
        """Answer again what was answered before, also within this very transaction."""
        keys = [asked.submission.idempotency_key for asked in self._asked if asked.submission.idempotency_key]
        answered = self._door.answered(keys) if keys else {}
        seen: set[str] = set()
        for asked in self._asked:
            key = asked.submission.idempotency_key
            if key in answered:
                asked.answer = self._again(asked.submission, answered[key])
            elif key and key in seen:
                asked.answer = InputError("a request with this Idempotency-Key is under way", code="conflict")
            seen.add(key)

    def _again(self, submission: Submission, answered: Answered) -> SubmissionReceipt | IngotError:
        if answered.digest == submission.digest:
            return _receipt_of(answered.answer)
        return InputError(
            "this Idempotency-Key was used for another request within the last 24 hours: choose a new one",
            code="idempotency_mismatch",
        )

    def _memory(self, todo: Sequence[_Asked]) -> KnownState:
        candidates = [candidate for asked in todo for candidate in asked.candidates]
        documents = {document_id(candidate.sha256) for candidate in candidates if candidate.sha256}
        sources = self._door.sources({candidate.file.name for candidate in candidates})
        known = self._door.generations(documents)
        profiles = self._door.profiles({one.profile for one in known.values() if one.profile})
        return KnownState.of(self._wanted, sources, known, self._door.named(known.keys()), profiles)

    def _decide(self, memory: KnownState, asked: _Asked) -> None:
        submission = asked.submission
        wish = Wish(options=submission.options, passwords=submission.passwords)
        labels: set[str] = set()
        for candidate in asked.candidates:
            place = self._place(memory, wish, candidate, replacing=submission.replace)
            place.is_new = place.is_new and candidate.file.name not in labels
            labels.add(candidate.file.name)
            asked.places.append(place)
            if place.fault is OTHERWISE_MADE:
                asked.answer = InputError(f"{place.label}: {place.fault.message}", code=place.fault.code)
                return

    def _place(self, memory: KnownState, wish: Wish, candidate: Candidate, *, replacing: bool) -> _Place:
        document = document_id(candidate.sha256)
        file = _rooted(memory, candidate.file, document, replacing=replacing)
        known = memory.known.get(document)
        fault = candidate.fault or (_GONE if candidate.unchanged and known is None else None)
        if fault:
            memory.remember(file, None, fault)
            return _Place(candidate, refusal(file, fault), "", fault, file.name, False)
        is_new = known is None and (file.root, file.name) not in memory.sources
        placement = memory.placement(wish, file, candidate.sha256, candidate.media_type, document)
        standing = memory.standing_fault(placement, document)
        self.replaced = self.replaced or (placement.outcome is Outcome.CHANGED and not placement.make)
        memory.note(placement)
        memory.remember(file, document)
        return _Place(candidate, placement, document, standing, file.name, is_new)

    def _adopt(self, todo: Sequence[_Asked]) -> None:
        """Move the uploads among the originals before a row says that they are there."""
        staged = [
            (place.candidate.staged, place.candidate.sha256)
            for asked in todo
            for place in asked.places
            if place.candidate.staged and place.document
        ]
        for path, sha256 in staged:
            self._resources.files.adopt_original(self._knowledge_id, path, sha256)
        if any(candidate.sha256 for asked in todo for candidate in asked.candidates):
            self._resources.files.sync_originals(self._knowledge_id)

    def _keep_profiles(self, memory: KnownState, todo: Sequence[_Asked]) -> None:
        profiles = [making.profile for making in memory.makings.values()]
        profiles += [self._wanted.of(options).profile for options in {asked.submission.options for asked in todo}]
        for profile in {profile.id: profile for profile in profiles}.values():
            self._door.keep_profile(profile.id, profile.content)

    def _write(self, todo: Sequence[_Asked]) -> None:
        if not todo:
            return
        door = self._door
        door.open_jobs([self._opening(asked) for asked in todo])
        door.place_new([(asked.job, place.placement) for asked in todo for place in asked.places if place.is_new])
        for asked in todo:
            for place in asked.places:
                if not place.is_new:
                    place.label = door.place(asked.job, place.placement, NEEDS)
        one_by_one = {asked.job: [place.label for place in asked.places if not place.is_new] for asked in todo}
        door.seal({job: labels for job, labels in one_by_one.items() if labels})
        keyed = [asked for asked in todo if asked.submission.idempotency_key]
        door.keep_answers([_kept(asked, self._receipt(asked)) for asked in keyed])

    def _opening(self, asked: _Asked) -> NewJob:
        submission = asked.submission
        return NewJob(
            job=asked.job,
            options=submission.options,
            profile=self._wanted.of(submission.options).profile.id,
            priority=submission.priority,
            metadata=submission.metadata,
            callback_url=submission.callback_url,
            callback_each=submission.callback_each,
            urls=submission.urls,
            passwords=submission.passwords,
        )

    def _receipt(self, asked: _Asked) -> SubmissionReceipt:
        files = [
            IngestResult(
                source=place.label, document=place.document, outcome=place.placement.outcome, error=place.fault
            )
            for place in asked.places
        ]
        urls = dict.fromkeys(asked.submission.urls)
        files += [IngestResult(source=url, document="", outcome=Outcome.NEW) for url in urls]
        skipped = asked.submission.skipped
        return SubmissionReceipt(
            knowledge_id=self._knowledge_id, job=asked.job, documents=tuple(files), skipped=skipped
        )


def _rooted(memory: KnownState, file: FoundFile, document: str, *, replacing: bool) -> FoundFile:
    """An upload with its root: that of the same name and bytes, or of the name to be replaced, else a new one."""
    if file.root:
        return file
    same_name = memory.uploads(file.name, UPLOADS)
    for source in same_name:
        if source.newest in (document, None):
            return replace(file, root=source.root)
    if replacing and same_name:
        return replace(file, root=same_name[-1].root)
    taken = {source.root for source in same_name}
    number = len(taken) + 1
    root = UPLOADS if not taken else f"{UPLOADS}#{number}"
    while root in taken:
        number += 1
        root = f"{UPLOADS}#{number}"
    return replace(file, root=root)


def _kept(asked: _Asked, receipt: SubmissionReceipt) -> tuple[str, str, int, Mapping[str, Any]]:
    return asked.submission.idempotency_key, asked.submission.digest, ACCEPTED, asdict(receipt)


def _receipt_of(answer: Mapping[str, Any]) -> SubmissionReceipt:
    documents = tuple(
        IngestResult(
            source=one["source"],
            document=one["document"],
            outcome=Outcome(one["outcome"]),
            error=Fault(**one["error"]) if one["error"] else None,
        )
        for one in answer["documents"]
    )
    skipped = tuple(SkippedFile(**one) for one in answer.get("skipped", ()))
    return SubmissionReceipt(
        knowledge_id=answer["knowledge_id"], job=answer["job"], documents=documents, skipped=skipped, replayed=True
    )
