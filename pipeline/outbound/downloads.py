"""Fetches a URL that a job waits for, and places what stands there in the job like any other file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline import removal
from pipeline.addresses import parse_address
from pipeline.engines.media import sniff
from pipeline.file_discovery import FoundFile
from pipeline.outbound.host_limits import LINE_S, HostLimits, HostTurn
from pipeline.processing_plan import OTHERWISE_MADE, KnownState, WantedFingerprints, Wish
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.errors import CancelledError, IngotError, InputError, UnavailableError
from stores.models import Fault, Outcome, document_id

if TYPE_CHECKING:
    from stores.knowledge_store import KnowledgeStore
    from stores.outbox.downloads import DownloadClaim

log = logging.getLogger("ingot.fetches")

URL_ROOT = "url:"
_LEASE_S = 90.0
_BEAT_S = 5.0
_STORING_S = 300.0  # to copy what was fetched, which says no word meanwhile
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
    """Fetch one URL, if it is to be had; ``ended`` is called once it is a document of its job, or refused as one.

    Where others have the host now, they do it: then this returns at once. When ``stopping`` says so, what is under way
    goes back, for another worker.
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
    """Is it over, well or not?"""
    try:
        return _fetch_and_place(resources, store, claim, stopping)
    except CancelledError:
        store.downloads.put_back(claim, 0.0)  # where nobody waits for it any more, nothing is written
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
    """Why it failed, in a sentence that names the URL without what may be secret in it."""
    kept = error.code if error.code in ("url_refused", "too_large") else "fetch_failed"
    return Fault(code=kept, message=f"{shown} cannot be fetched: {error.message}")


def _fetch_and_place(
    resources: Resources, store: KnowledgeStore, claim: DownloadClaim, stopping: Callable[[], bool]
) -> bool:
    """Into a workspace, which goes with this process, then among the originals, then into the job."""
    largest = resources.settings.max_file_mb << 20
    with resources.files.workspace(store.knowledge_id, "fetch") as folder:
        path = folder / "fetched"
        resources.web().fetch(
            claim.url, path, largest, resources.settings.fetch_timeout_s, _beating(store, claim, stopping)
        )
        media_type = sniff(path)
        store.downloads.beat(claim, _STORING_S)
        sha256 = resources.files.put_original(store.knowledge_id, path, largest)
        file = FoundFile(root=URL_ROOT, name=claim.url, path=path, size_bytes=path.stat().st_size)
        return _place(resources, store, claim, file, sha256, media_type)


def _beating(store: KnowledgeStore, claim: DownloadClaim, stopping: Callable[[], bool]) -> Callable[[], bool]:
    """Keeps the lease while blocks come in; says False once the job was cancelled, or this worker is to end."""
    said, ours = time.monotonic(), True

    def beat() -> bool:
        nonlocal said, ours
        if time.monotonic() - said > _BEAT_S:
            said, ours = time.monotonic(), store.downloads.beat(claim, _LEASE_S)
        return ours and not stopping()

    return beat


def _place(
    resources: Resources, store: KnowledgeStore, claim: DownloadClaim, file: FoundFile, sha256: str, media_type: str
) -> bool:
    """Look up what is known of the URL and of the bytes, and write the rest, in one transaction."""
    document, wanted = document_id(sha256), WantedFingerprints(resources)
    wish = Wish(options=claim.options, passwords=claim.passwords)
    wanted.of(claim.options)  # may load a tokenizer, which is not to happen inside a transaction
    resources.catalog.mark_busy(store.knowledge_id)
    with store.submissions.together(time.time()) as door:
        known = door.generations([document])
        earlier = door.profiles([one.profile for one in known.values() if one.profile])
        memory = KnownState.of(wanted, door.sources([claim.url]), known, door.named([document]), earlier)
        placement = memory.placement(wish, file, sha256, media_type, document)
        if memory.standing_fault(placement, document) is OTHERWISE_MADE:
            raise UnavailableError(OTHERWISE_MADE.message)
        for making in memory.makings.values():
            door.keep_profile(making.profile.id, making.profile.content)
        placed = store.downloads.place(door, claim, placement, NEEDS)
    if placed and placement.outcome is Outcome.CHANGED:
        removal.remove_orphans(resources, store)
    return placed
