"""Downloads: fetch a URL that a job waits for, and register the file with the job like any other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import removal
from pipeline.addresses import parse_address
from pipeline.engines.containers import ZIP
from pipeline.engines.media import sniff_named
from pipeline.outbound.host_limits import LINE_S, HostLimits, HostTurn
from pipeline.processing_plan import PROCESSED_OTHERWISE, KnownState, ProcessingPlans
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.errors import CancelledError, IngotError, InputError, UnavailableError
from stores.models import Fault, Outcome, document_id
from stores.placement import URL_ROOT, StagedFile

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.outbox import DownloadClaim

log = logging.getLogger("ingot.fetches")

_LEASE_S = 90.0
_BEAT_S = 5.0
_COPY_LEASE_S = 300.0  # to copy the file among the originals, without a heartbeat meanwhile
_AT_ONCE_PER_HOST, _AT_ONCE = 4, 8
_lines = HostLimits(_AT_ONCE_PER_HOST, _AT_ONCE)


def fetch(
    resources: Resources,
    knowledge_id: str,
    job: str,
    url: str,
    owner: str,
    ended: Callable[[], None] = lambda: None,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Fetch one URL of a job, unless it is not due or another worker has claimed it.

    ``ended`` is called once it is a document of its job, or refused. While other threads have all turns at its host,
    one of them fetches it later, and this returns at once. When ``stopping`` returns True, a download under way is put
    back for another worker.
    """
    store = resources.catalog.store(knowledge_id)
    claim = store.downloads.claim(job, url, owner, _LEASE_S)
    if claim is None:
        return
    resources = resources.fitted(claim.profile)
    try:
        address = parse_address(claim.url)
    except InputError as error:
        _give_up(store, claim, "the URL", error)
        ended()
        return
    until = time.monotonic() + LINE_S

    def work() -> None:
        if stopping() or time.monotonic() > until:
            store.downloads.put_back(claim, 0.0)
        elif _fetch_one(resources, store, claim, address.shown, stopping):
            ended()

    def give_back(delay_s: float) -> None:
        store.downloads.put_back(claim, delay_s)

    _lines.join(address.netloc, HostTurn(work, give_back))


def _fetch_one(
    resources: Resources, store: KnowledgeStore, claim: DownloadClaim, shown: str, stopping: Callable[[], bool]
) -> bool:
    """Fetch and register; True where the download has ended, well or not."""
    try:
        return _fetch_and_register(resources, store, claim, stopping)
    except CancelledError:
        store.downloads.put_back(claim, 0.0)  # writes nothing where its job was cancelled
        return False
    except InputError as error:
        return _give_up(store, claim, shown, error)
    except IngotError as error:
        return _try_later(resources, store, claim, shown, error)


def _try_later(
    resources: Resources, store: KnowledgeStore, claim: DownloadClaim, shown: str, error: IngotError
) -> bool:
    delays = resources.settings.fetch_retries_s.split(",")
    if claim.attempt > len(delays):
        return _give_up(store, claim, shown, error)
    delay_s = float(delays[claim.attempt - 1])
    log.info("%s is fetched again in %.0f s: %s", shown, delay_s, error.message)
    store.downloads.later(claim, delay_s, _fault(shown, error))
    return False


def _give_up(store: KnowledgeStore, claim: DownloadClaim, shown: str, error: IngotError) -> bool:
    return store.downloads.give_up(claim, _fault(shown, error))


def _fault(shown: str, error: IngotError) -> Fault:
    """Say why it failed, in a sentence that names the URL without what may be secret in it."""
    code = error.code if error.code in ("url_refused", "too_large") else "fetch_failed"
    return Fault(code=code, message=f"{shown} cannot be fetched: {error.message}")


def _fetch_and_register(
    resources: Resources, store: KnowledgeStore, claim: DownloadClaim, stopping: Callable[[], bool]
) -> bool:
    """Fetch into a workspace, copy among the originals, register with the job."""
    largest = resources.settings.max_file_mb << 20
    with resources.workspaces.workspace(store.knowledge_id, "fetch") as folder:
        path = folder / "fetched"
        resources.web().fetch(
            claim.url, path, largest, resources.settings.fetch_timeout_s, _heartbeat(store, claim, stopping)
        )
        media_type = sniff_named(path, urlsplit(claim.url).path)
        if media_type == ZIP:
            raise InputError("it is a ZIP archive: download it and ingest the file", code="unsupported_media_type")
        store.downloads.beat(claim, _COPY_LEASE_S)
        sha256 = resources.files.put_original(store.knowledge_id, path, largest)
        file = StagedFile(
            root=URL_ROOT,
            name=claim.url,
            path=path,
            size_bytes=path.stat().st_size,
            sha256=sha256,
            media_type=media_type,
        )
        return _register(resources, store, claim, file)


def _heartbeat(store: KnowledgeStore, claim: DownloadClaim, stopping: Callable[[], bool]) -> Callable[[], bool]:
    """Make the callback that keeps the lease while data comes in.

    It returns False once the job was cancelled, or this worker is to end.
    """
    last_beat, claimed = time.monotonic(), True

    def beat() -> bool:
        nonlocal last_beat, claimed
        if time.monotonic() - last_beat > _BEAT_S:
            last_beat, claimed = time.monotonic(), store.downloads.beat(claim, _LEASE_S)
        return claimed and not stopping()

    return beat


def _register(resources: Resources, store: KnowledgeStore, claim: DownloadClaim, file: StagedFile) -> bool:
    """Look up what is known of the URL and of the bytes, decide, and write, in one transaction."""
    document, plans = document_id(file.sha256), ProcessingPlans(resources)
    plans.of(claim.options)  # may load a tokenizer, which must not happen inside a transaction
    resources.catalog.mark_busy(store.knowledge_id)
    with store.registration.together(store.now()) as unit:
        known = KnownState.looked_up(plans, unit, [claim.url], [document])
        decision = known.decide(file, document, claim.options, claim.passwords)
        if known.standing_fault(decision, document) is PROCESSED_OTHERWISE:
            raise UnavailableError(PROCESSED_OTHERWISE.message)
        for plan in known.decided_plans.values():
            unit.keep_profile(plan.profile.id, plan.profile.content)
        registered = unit.register_download(claim, decision, NEEDS)
    if registered and decision.outcome is Outcome.CHANGED:
        removal.remove_orphans(resources, store)
    return registered
