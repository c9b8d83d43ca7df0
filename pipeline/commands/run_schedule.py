"""The use case "run a schedule": what is due by the clock, or asked for, is done under a lease, and its end is told."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.commands import check, ingest_folder, sources
from pipeline.commands.check import CheckRequest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.outbound import notices
from pipeline.schedule_file import ALL, Schedule, schedule_of
from pipeline.step_context import Resources, bug
from stores.errors import IngotError, TransientError

if TYPE_CHECKING:
    from stores.contracts.schedules import ScheduleClaim, ScheduleStore
    from stores.placement import IngestReport

log = logging.getLogger("ingot.schedules")

LEASE_S, _BEAT_S = 60.0, 15.0
_MOST_ATTEMPTS = 3  # of a run whose worker dies, or whose database or bucket is away
_FIRST = 5  # failures that a sentence names

Result = dict[str, Any]


def run_due(resources: Resources, name: str, owner: str) -> bool:
    """Run a schedule that is due; False where it is not, or somebody else runs it."""
    schedules = resources.catalog.home_store().schedules
    claim = schedules.claim(name, owner, LEASE_S)
    if claim is None:
        return False
    with _heartbeat(schedules, claim):
        result, error = _attempt(resources, claim)
    if error is None:
        log.warning("the schedule %s is tried again in %.0f s", name, LEASE_S)
        return True
    if schedules.finish(claim, result, error) and error:
        log.warning("the schedule %s failed: %s", name, error)
        if result.get("damaged"):  # each damaged knowledge base was told of by its check
            return True
        notices.tell(resources, f"schedule:{name}", f"the schedule {name} failed: {error}", {"schedule": name})
    return True


def _attempt(resources: Resources, claim: ScheduleClaim) -> tuple[Result, str | None]:
    """Run once; (what was done, why it failed: empty where it did not, None where it is to be tried again)."""
    if claim.attempt > _MOST_ATTEMPTS:
        return {}, "its worker ended whenever it was run: see the log of the worker"
    try:
        schedule = schedule_of(claim.name, claim.content)
        log.info("the schedule %s begins: %s", claim.name, schedule.do)
        return _DEEDS[schedule.do](resources, schedule)
    except TransientError as error:
        log.warning("the schedule %s: %s", claim.name, error.message)
        return {}, error.message if claim.attempt >= _MOST_ATTEMPTS else None
    except IngotError as error:
        return {}, error.message
    except Exception as error:
        log.exception("the schedule %s met an unexpected error", claim.name)
        return {}, bug(error).message


@contextmanager
def _heartbeat(schedules: ScheduleStore, claim: ScheduleClaim) -> Iterator[None]:
    """Extend the lease from a thread while the block runs."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(_BEAT_S):
            try:
                schedules.beat(claim, LEASE_S)
            except TransientError:
                continue

    thread = threading.Thread(target=beat, name="schedule", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _ingest(resources: Resources, schedule: Schedule) -> tuple[Result, str]:
    report = ingest_folder.ingest(resources, schedule.knowledge_id, _request(schedule, prune=not schedule.keep))
    refused = [f"{file.source}: {file.error.message}" for file in report.files if file.error and not file.document]
    counts = _counts(report)
    result = {"job": report.job, "counts": counts, "remarks": list(report.remarks), "refused": refused[:_FIRST]}
    return result, ""


def _prune(resources: Resources, schedule: Schedule) -> tuple[Result, str]:
    report = ingest_folder.prune(resources, schedule.knowledge_id, _request(schedule, prune=True))
    return {"counts": _counts(report)}, ""


def _request(schedule: Schedule, *, prune: bool) -> IngestRequest:
    wanted = IngestRequest(
        options=schedule.options,
        globs=schedule.globs,
        excludes=schedule.excludes,
        prune=prune,
        attachments=schedule.attachments,
        priority=schedule.priority,
    )
    return sources.request_of(schedule.source, wanted)


def _counts(report: IngestReport) -> dict[str, int]:
    return dict(Counter(str(file.outcome) for file in report.files))


def _check(resources: Resources, schedule: Schedule) -> tuple[Result, str]:
    """Check one knowledge base or all; it fails where damage is left, or where something could not be looked at."""
    names = resources.catalog.names() if schedule.knowledge_id == ALL else [schedule.knowledge_id]
    wanted, troubles, damaged = CheckRequest(deep=schedule.deep, repair=schedule.repair), [], {}
    for name in names:
        report = check.check(resources, name, wanted, lambda what, count: None)
        if report.findings:
            damaged[name] = {finding.code: finding.count for finding in report.findings}
        if not report.healthy or report.unchecked:
            troubles.append(f"{name}: {', '.join([finding.code for finding in report.findings] or report.unchecked)}")
    error = f"`ingot kb check` found damage: {'; '.join(troubles[:_FIRST])}" if troubles else ""
    return {"checked": len(names), "damaged": damaged}, error


_DEEDS: Mapping[str, Callable[[Resources, Schedule], tuple[Result, str]]] = {
    "ingest": _ingest,
    "prune": _prune,
    "check": _check,
}
