"""Submissions that share one transaction: looked up, decided, written, answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline.commands.submission import Submission, SubmissionReceipt
from pipeline.processing_plan import PROCESSED_OTHERWISE, KnownState, ProcessingPlans, refusal
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.contracts.registration import NewJob
from stores.errors import IngotError, InputError
from stores.models import Fault, Outcome, document_id
from stores.placement import UPLOAD_ROOT, IngestResult, PlacementDecision, SkippedFile, StagedFile
from stores.ulid import new_ulid

if TYPE_CHECKING:
    from stores.contracts.registration import StoredAnswer, UnitOfWork

ACCEPTED = 202
_GONE = Fault(code="gone", message="its document was deleted while it was submitted: submit it again")


@dataclass(slots=True)
class _Decided:
    """One file of a submission and what is done with it. ``label``: its name in the job."""

    staged: StagedFile
    decision: PlacementDecision
    document: str  # "" where the file is refused
    fault: Fault | None
    label: str


@dataclass(slots=True)
class _Pending:
    """One submission under way; ``answer`` is set early where nothing is to be written."""

    submission: Submission
    files: tuple[StagedFile, ...]
    job: str
    answer: SubmissionReceipt | IngotError | None = None
    decided: list[_Decided] = field(default_factory=list)


class SubmissionBatch:
    """The submissions of one transaction.

    ``replaced``: some name lost its document to one that answers already, so that an orphan may be left.
    """

    def __init__(
        self,
        resources: Resources,
        plans: ProcessingPlans,
        knowledge_id: str,
        unit: UnitOfWork,
        submissions: Sequence[tuple[Submission, tuple[StagedFile, ...]]],
    ) -> None:
        self.replaced = False
        self.answers: list[SubmissionReceipt | IngotError] = []
        self._resources, self._plans, self._knowledge_id, self._unit = resources, plans, knowledge_id, unit
        self._submissions = [
            _Pending(submission, files, f"{knowledge_id}.{new_ulid()}") for submission, files in submissions
        ]

    def run(self) -> None:
        """Write it all; then ``answers`` holds a receipt or the reason of a refusal for each, in their order."""
        self._replay()
        accepted = [pending for pending in self._submissions if pending.answer is None]
        known = self._look_up(accepted)
        for pending in accepted:
            self._decide(known, pending)
        accepted = [pending for pending in accepted if pending.answer is None]
        self._adopt_uploads(accepted)
        self._keep_profiles(known, accepted)
        if accepted:
            self._write(accepted)
        self.answers = [pending.answer or self._receipt(pending) for pending in self._submissions]

    def _replay(self) -> None:
        """Answer again what was answered before, also within this very transaction."""
        keys = [p.submission.idempotency_key for p in self._submissions if p.submission.idempotency_key]
        answered = self._unit.answered(keys) if keys else {}
        seen: set[str] = set()
        for pending in self._submissions:
            key = pending.submission.idempotency_key
            if key in answered:
                pending.answer = _replayed(pending.submission, answered[key])
            elif key and key in seen:
                pending.answer = InputError("a request with this Idempotency-Key is under way", code="conflict")
            seen.add(key)

    def _look_up(self, accepted: Sequence[_Pending]) -> KnownState:
        files = [file for pending in accepted for file in pending.files]
        documents = {document_id(file.sha256) for file in files if file.sha256}
        return KnownState.looked_up(self._plans, self._unit, {file.name for file in files}, documents)

    def _decide(self, known: KnownState, pending: _Pending) -> None:
        for staged in pending.files:
            decided = self._decide_file(known, pending.submission, staged)
            pending.decided.append(decided)
            if decided.fault is PROCESSED_OTHERWISE:
                message = f"{decided.label}: {PROCESSED_OTHERWISE.message}"
                pending.answer = InputError(message, code=PROCESSED_OTHERWISE.code)
                return

    def _decide_file(self, known: KnownState, submission: Submission, staged: StagedFile) -> _Decided:
        document = document_id(staged.sha256)
        file = _with_root(known, staged, document, replacing=submission.replace)
        fault = staged.fault or (_GONE if staged.unchanged and document not in known.generations else None)
        if fault:
            known.note_source(file, None, fault)
            return _Decided(staged, refusal(file, fault), "", fault, file.name)
        decision = known.decide(file, document, submission.options, submission.passwords)
        standing = known.standing_fault(decision, document)
        self.replaced = self.replaced or (decision.outcome is Outcome.CHANGED and not decision.make)
        known.note(decision)
        known.note_source(file, document)
        return _Decided(staged, decision, document, standing, file.name)

    def _adopt_uploads(self, accepted: Sequence[_Pending]) -> None:
        """Move the uploads among the originals before a row says that they are there."""
        for decided in (decided for pending in accepted for decided in pending.decided):
            if decided.staged.in_staging and decided.document:
                self._resources.files.adopt_original(self._knowledge_id, decided.staged.path, decided.staged.sha256)
        if any(file.sha256 for pending in accepted for file in pending.files):
            self._resources.files.sync_originals(self._knowledge_id)

    def _keep_profiles(self, known: KnownState, accepted: Sequence[_Pending]) -> None:
        profiles = [plan.profile for plan in known.decided_plans.values()]
        profiles += [self._plans.of(options).profile for options in {p.submission.options for p in accepted}]
        for profile in {profile.id: profile for profile in profiles}.values():
            self._unit.keep_profile(profile.id, profile.content)

    def _write(self, accepted: Sequence[_Pending]) -> None:
        self._unit.open_jobs([self._new_job(pending) for pending in accepted])
        decided = [(pending.job, each) for pending in accepted for each in pending.decided]
        labels = self._unit.register([(job, each.decision) for job, each in decided], NEEDS)
        for (_, each), label in zip(decided, labels, strict=True):
            each.label = label
        self._unit.close_jobs([pending.job for pending in accepted if _may_be_over(pending)])
        keyed = [pending for pending in accepted if pending.submission.idempotency_key]
        self._unit.keep_answers([_stored_answer(pending, self._receipt(pending)) for pending in keyed])

    def _new_job(self, pending: _Pending) -> NewJob:
        submission = pending.submission
        return NewJob(
            job=pending.job,
            options=submission.options,
            profile=self._plans.of(submission.options).profile.id,
            priority=submission.priority,
            metadata=submission.metadata,
            callback_url=submission.callback_url,
            callback_each=submission.callback_each,
            urls=submission.urls,
            passwords=submission.passwords,
            trace=submission.trace,
        )

    def _receipt(self, pending: _Pending) -> SubmissionReceipt:
        results = [
            IngestResult(
                source=decided.label, document=decided.document, outcome=decided.decision.outcome, error=decided.fault
            )
            for decided in pending.decided
        ]
        results += [IngestResult(source=url, outcome=Outcome.NEW) for url in dict.fromkeys(pending.submission.urls)]
        return SubmissionReceipt(
            knowledge_id=self._knowledge_id,
            job=pending.job,
            documents=tuple(results),
            skipped=pending.submission.skipped,
        )


def _may_be_over(pending: _Pending) -> bool:
    """Tell whether there is neither a URL to be fetched nor a new document."""
    return not pending.submission.urls and not any(
        decided.decision.outcome is Outcome.NEW for decided in pending.decided
    )


def _with_root(known: KnownState, file: StagedFile, document: str, *, replacing: bool) -> StagedFile:
    """Give an upload its root: that of the same name and bytes, or of the name to be replaced, else a new one."""
    if file.root:
        return file
    same_name = known.numbered_sources(file.name, UPLOAD_ROOT)
    for source in same_name:
        if source.newest in (document, None):
            return replace(file, root=source.root)
    if replacing and same_name:
        return replace(file, root=same_name[-1].root)
    taken = {source.root for source in same_name}
    number = len(taken) + 1
    root = UPLOAD_ROOT if not taken else f"{UPLOAD_ROOT}#{number}"
    while root in taken:
        number += 1
        root = f"{UPLOAD_ROOT}#{number}"
    return replace(file, root=root)


def _replayed(submission: Submission, stored: StoredAnswer) -> SubmissionReceipt | IngotError:
    """Answer a request whose idempotency key was used before: as then, or refused where it differs."""
    if stored.digest == submission.digest:
        return _receipt_of(stored.answer)
    return InputError(
        "this Idempotency-Key was used for another request within the last 24 hours: choose a new one",
        code="idempotency_mismatch",
    )


def _stored_answer(pending: _Pending, receipt: SubmissionReceipt) -> tuple[str, str, int, Mapping[str, Any]]:
    """Write a receipt as (key, digest, status, JSON); ``_receipt_of`` reads it."""
    answer = {
        "knowledge_id": receipt.knowledge_id,
        "job": receipt.job,
        "documents": [
            {
                "source": result.source,
                "document": result.document,
                "outcome": result.outcome,
                "error": asdict(result.error) if result.error else None,
            }
            for result in receipt.documents
        ],
        "skipped": [asdict(skipped) for skipped in receipt.skipped],
        "replayed": receipt.replayed,
    }
    return pending.submission.idempotency_key, pending.submission.digest, ACCEPTED, answer


def _receipt_of(answer: Mapping[str, Any]) -> SubmissionReceipt:
    documents = tuple(
        IngestResult(
            source=result["source"],
            document=result["document"],
            outcome=Outcome(result["outcome"]),
            error=Fault(**result["error"]) if result["error"] else None,
        )
        for result in answer["documents"]
    )
    skipped = tuple(SkippedFile(**each) for each in answer.get("skipped", ()))
    return SubmissionReceipt(
        knowledge_id=answer["knowledge_id"], job=answer["job"], documents=documents, skipped=skipped, replayed=True
    )
