"""The lifecycle of documents: steps and their leases, what must be sent, and which generation is visible."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from stores.effects import Batch, Claim, Effect, Obsolete, Order, PageResult, StraightRun, Window
from stores.models import Chunk, Fault, Options, Stage, StepKey


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseGeneration:
    """The generation whose results a reprocessed document keeps: the visible one, else the newest."""

    document: str
    number: int
    options: Options
    fingerprints: Mapping[str, str]
    profile: str | None


class StepStore(Protocol):
    """The steps of one knowledge base. A step is claimed by one worker at a time, under a lease.

    A **claim** names its owner, a text that no other claim has. It ends when the step is finished, failed or given
    back. Its **lease** runs out 60 seconds after the last ``beat``, page or claim; from then on anybody may claim the
    step again, and once somebody has, every write of the earlier owner is refused: LeaseLostError, or CancelledError
    where the step was cancelled.
    """

    def claim(self, key: StepKey, owner: str, worker: str) -> Claim | None:
        """Take a step that is due, or whose lease ran out; None where it is neither.

        The attempt is counted now, before the work begins, so that work which kills its worker counts too. An attempt
        is lost where the worker of the earlier claim is not known to live; ``worker`` is ``name@host#process``.
        """

    def beat(self, claim: Claim) -> bool:
        """Extend the lease. False where the claim has ended: the work must stop."""

    def begin_page(self, claim: Claim, number: int, before: PageResult | None = None) -> None:
        """Note the page in work, and extend the lease. It is to blame should the worker die.

        ``before`` is the page before it, saved with the same commit.
        """

    def save_page(self, claim: Claim, page: PageResult) -> None:
        """Keep what was read of a page, or why it could not be read, and forget lost attempts. It may be repeated."""

    def finish(
        self, claim: Claim, effect: Effect, order: Order, cpu_s: float, carried: Collection[Stage] = ()
    ) -> list[StepKey]:
        """Write the effect of a step, end it, and make the steps due that waited for it; return those.

        ``carried``: the stages whose message is on its way already; the others still must be sent.
        """

    def fail(
        self, claim: Claim, fault: Fault, order: Order, *, fatal: bool, carried: Collection[Stage] = ()
    ) -> list[StepKey]:
        """End a step as failed; return the steps that became due. ``fatal`` fails the whole generation instead."""

    def retry_later(self, claim: Claim, fault: Fault, delay_s: float) -> None:
        """Give a step back after an attempt that failed: it is due again in ``delay_s``. No-op for an ended claim."""

    def hand_back(self, claim: Claim, delay_s: float = 0.0, fault: Fault | None = None) -> None:
        """Give a step back untried: the attempt is not counted. ``fault`` says why it waits ``delay_s``."""

    def release(self, owner: str, fault: Fault | None = None, *, blameless: bool = False) -> int:
        """End the leases of all owners that begin with ``owner``, whose process is known to be dead; how many.

        ``fault`` is what it died of. ``blameless``: not of its work, so no attempt is counted as lost.
        """

    def vouch(self, workers: Sequence[str]) -> int:
        """Extend the leases of workers that are seen to live but could not ``beat`` in time; return how many."""


class DispatchStore(Protocol):
    """Which steps must be sent to a queue. Sending one twice is harmless: it can be claimed once."""

    def take(self, limit: int, quiet: frozenset[Stage], windows: Sequence[Window] = ...) -> list[StepKey]:
        """Mark at most ``limit`` steps as sent and return them.

        First those that were sent so long ago that the message must be lost, sooner for the stages whose queue is
        empty (``quiet``), and those out of their lease. Then due ones that were never sent, so many as ``windows``
        have room for, all by default: those of the largest priority first, from the jobs by turns.
        """

    def unsend(self, keys: Sequence[StepKey]) -> None:
        """Take the mark back from steps that could not be sent."""

    def traces(self, keys: Sequence[StepKey]) -> dict[tuple[str, int], str]:
        """Return (document, generation) -> the trace of the newest job that asked for it, where that has one."""

    def trace_of_job(self, job_id: str) -> str:
        """Return the trace of a job, "" where it has none."""

    def runs(self, keys: Sequence[StepKey], followed_by: Mapping[Stage, Sequence[Stage]]) -> list[StraightRun]:
        """Return for each step what one message carries: it and those of its successors that are not final."""

    def unfinished(self) -> bool:
        """Tell whether a generation of this knowledge base is not final."""


class PublicationStore(Protocol):
    """Which generation of a document is visible, and the removal of what was replaced."""

    def index_keywords(self, rows: Sequence[tuple[int, Chunk]], title: str) -> None:
        """Write the keywords of (row id, chunk); none is found before ``switch``. It may be repeated."""

    def switch(self, claim: Claim) -> list[Obsolete]:
        """Make a generation the visible one, under every name that waited for it; return what is to be removed.

        Raises CancelledError where the claim has ended.
        """

    def orphans(self) -> list[Obsolete]:
        """Return the documents that no source names any more."""

    def withdraw(self, document_id: str, *, named: bool = True) -> bool:
        """Hide a document at once, cancel its work and remove its names.

        Without ``named`` only where it has no name; False where it was given one meanwhile.
        """

    def remove_older(self, document_id: str, keep: int) -> None:
        """Remove the rows of the generations before ``keep``. Call it last, when their vectors and files are gone."""

    def removing(self, document_id: str) -> AbstractContextManager[bool]:
        """Remove all rows of a withdrawn document when the block ends; its files are removed inside the block.

        Nobody can submit the document during the block. The value is False where it was submitted again before: then
        only its earlier generations go, and its files stay.
        """

    def unread_faults(self, document_id: str, number: int) -> tuple[int, str]:
        """Return (how many pages were read or are blank, the first reason why one was not)."""


class JobControlStore(Protocol):
    """The jobs of one knowledge base, cancelled and retried."""

    def cancel(self, job_id: str) -> int:
        """Cancel an open job, and those of its documents that no other open job waits for.

        Returns how many documents and URLs the job still waited for.
        """

    def retry(self, job_id: str, order: Order, renamed: Mapping[str, str] | None = None) -> int:
        """Run again the pages and stages of a job that failed or were cancelled.

        Returns how many documents and URLs that concerns. ``renamed``: profile id -> id of the profile with other
        limits that takes its place.
        """

    def close_forsaken(self) -> None:
        """End the jobs whose process died while it added files, if none of their documents is open."""


class ReprocessingStore(Protocol):
    """The documents of one knowledge base, processed again. Raises InputError while a document is worked on."""

    def base(self, document_id: str) -> BaseGeneration:
        """Return the generation whose results can be kept. Raises NotFoundError where there is no such document."""

    def reprocess(
        self,
        job_id: str,
        base: BaseGeneration,
        rerun: frozenset[Stage],
        batches: Sequence[Batch],
        fingerprints: Mapping[str, str],
        profile: str,
        order: Order,
        now: float,
        *,
        options: Options | None = None,
        with_others: bool = False,
    ) -> None:
        """Open a generation beside its base, in which only the stages ``rerun`` run, and a job that waits for it.

        ``options``: those of the new generation where they differ. ``with_others``: the job waits for several
        documents; it is opened with the first, and open until it is sealed.
        """

    def retry(self, job_id: str, document_id: str, order: Order, renamed: Mapping[str, str], now: float) -> None:
        """Run again only what failed or was cancelled in the newest generation. Raises InputError where nothing did.

        ``renamed``: see ``JobControlStore.retry``.
        """
