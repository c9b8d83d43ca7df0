"""Watched jobs: one poller per job serves all its watchers, and each event is serialized once.

A watcher pulls: it counts the document ends it has seen and takes what is new, so a slow watcher delays no other and
needs no buffer. A poller ends with its job, or some time after its last watcher has left.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import format_sse_event

from ingest import serializers
from stores.errors import IngotError, NotFoundError, UnavailableError
from stores.models import JobState
from stores.views import JobDocumentView, JobProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.service import Service

log = logging.getLogger("ingot.api")

MOST_WATCHERS = 2000
HEARTBEAT_S = 15.0
PING = b": ping\n\n"
_LOOK_S = 0.4
_SHARE = 0.3  # of one core, at most, for the polling of all watches together
_LONGEST_PAUSE_S = 10.0
_REFRESH_S = 5.0  # times and estimates are sent this often, even if nothing else has changed
_LINGER_S = 1.0
_AT_ONCE = 100  # events that are sent in one piece
_ID = re.compile(r"(?P<token>[0-9a-f]{8})-(?P<number>[0-9]{1,9})-(?P<latest>[0-9]{1,18})(-over)?", re.ASCII)
_OVERLAP_S = 35.0  # a transaction may wait this long for the database between taking its time and writing it


class Watch:
    """A watched job. ``ends``: an event per document that ended; ``version`` counts the progress events."""

    def __init__(self, service: Service, job_id: str, others: Callable[[], int] = lambda: 1) -> None:
        self._others = others  # how many jobs are watched
        self.token = secrets.token_hex(4)
        self.ends: list[bytes] = []
        self.progress = b""
        self.version = self.watchers = 0
        self.over = self.gone = False
        self.ready = asyncio.Event()
        self._service, self._job_id = service, job_id
        self._stamps: list[float] = []
        self._sent_ends: set[tuple[object, ...]] = set()
        self._signature = self._finals = ""
        self._sent_at = self._ends_read_at = 0.0
        self._tick = asyncio.Event()

    async def run(self) -> None:
        """Poll until the job is over or has no watchers any more."""
        left_at = time.monotonic()
        while not self.over:
            began = time.monotonic()
            left_at = began if self.watchers else left_at
            if began - left_at > _LINGER_S:
                return
            try:
                self._take(*await run_in_threadpool(self._look))
            except NotFoundError:
                self.over = self.gone = True
            except IngotError as error:
                log.warning("cannot read the progress of %s: %s", self._job_id, error.message)
            self.ready.set()
            self._wake()
            if not self.over:
                await asyncio.sleep(pause_s(time.monotonic() - began, self._others()))

    def _look(self) -> tuple[JobProgress, list[JobDocumentView]]:
        """Read the progress, then the document ends that may be new; runs in a thread."""
        progress = self._service.jobs.progress(self._job_id)
        counts = progress.summary.counts.items()
        finals = repr((progress.summary.state, sorted((state, count) for state, count in counts if state.final)))
        now = self._service.now()
        if finals == self._finals and now - self._ends_read_at < _REFRESH_S:
            return progress, []
        ends = self._service.jobs.ended_documents(self._job_id, max(0.0, self._ends_read_at - _OVERLAP_S))
        self._finals, self._ends_read_at = finals, now
        return progress, ends

    def _take(self, progress: JobProgress, ends: list[JobDocumentView]) -> None:
        """Turn what was read into events."""
        progress = without_ended(progress, ends)
        for view in ends:
            key = (view.source, view.generation, view.ended_at, view.state)
            if key not in self._sent_ends:
                self._sent_ends.add(key)
                self._stamps.append(view.ended_at or 0.0)
                self.ends.append(self._frame("document", self._end(view), len(self.ends) + 1))
        self.over = progress.summary.state not in (JobState.ACCEPTING, JobState.RUNNING)
        signature, now = _signature(progress), time.monotonic()
        changed = signature != self._signature or bool(ends)
        if changed or now - self._sent_at > _REFRESH_S:
            self._signature, self._sent_at = signature, now
            self.version += 1
            event = "job" if self.over else "progress"
            self.progress = self._frame(event, serializers.job_progress(progress), len(self.ends))

    def _end(self, view: JobDocumentView) -> dict[str, Any]:
        return {"job_id": self._job_id, **serializers.job_document(view)}

    def _frame(self, event: str, data: dict[str, Any], number: int) -> bytes:
        return format_sse_event(event=event, data_str=json.dumps(data), id=self._position(number, event == "job"))

    def _position(self, number: int, over: bool) -> str:
        """Return the id of an event: this watch, how many ends were sent, and the time of the latest of them."""
        latest = max(self._stamps[:number], default=0.0)
        return f"{self.token}-{number}-{_micros(latest)}{'-over' if over else ''}"

    def begin_at(self, last_event_id: str) -> int:
        """Return how many ends a client with this ``Last-Event-ID`` has seen; rather too few than too many.

        For an id of another watch of the job, even of another process, the count is exact where it fits the times of
        the ends; otherwise some ends are sent twice.
        """
        position = _ID.fullmatch(last_event_id)
        if position is None:
            return 0
        number, latest = int(position["number"]), int(position["latest"])
        if position["token"] == self.token:
            return min(number, len(self.ends))
        stamps = [_micros(stamp) for stamp in self._stamps]
        older, as_old = sum(stamp < latest for stamp in stamps), sum(stamp <= latest for stamp in stamps)
        if older < number <= as_old or number == as_old:  # ends of the same moment are ordered by name
            return number
        since = latest / 1e6 - _OVERLAP_S
        return next((at for at, stamp in enumerate(self._stamps) if stamp > since), len(self._stamps))

    def _wake(self) -> None:
        tick, self._tick = self._tick, asyncio.Event()
        tick.set()

    async def news(self, version: int, ends: int) -> None:
        """Return as soon as there is a newer version or more ends, or the job is over."""
        while self.version == version and len(self.ends) == ends and not self.over:
            await self._tick.wait()

    async def end(self, within_s: float) -> None:
        """Return when the job is over, or after ``within_s``."""
        try:
            async with asyncio.timeout(within_s):
                while not self.over:
                    await self._tick.wait()
        except TimeoutError:
            return

    async def frames(self, begin: int) -> AsyncIterator[bytes]:
        """Yield the events for a client that has seen ``begin`` ends: ends, progress, heartbeats, and the job's end."""
        seen, version = begin, 0
        while True:
            while seen < len(self.ends):
                piece = self.ends[seen : seen + _AT_ONCE]
                seen += len(piece)
                yield b"".join(piece)
            if version != self.version:
                version = self.version
                yield self.progress
            if self.over and seen == len(self.ends):
                return
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await self.news(version, seen)
            except TimeoutError:
                yield PING

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count a watcher for as long as the block lasts."""
        self.watchers += 1
        try:
            yield
        finally:
            self.watchers -= 1


def without_ended(progress: JobProgress, ends: Sequence[JobDocumentView]) -> JobProgress:
    """Return the progress without documents in work that ended after it was read: their ends are sent before it."""
    ended = {(view.source, view.generation) for view in ends}
    working = tuple(one for one in progress.working if (one.source, one.generation) not in ended)
    return replace(progress, working=working)


def pause_s(took_s: float, watches: int) -> float:
    """Return the seconds between two polls of a job: more where polls are slow and where many jobs are watched."""
    return min(_LONGEST_PAUSE_S, max(_LOOK_S, took_s * max(watches, 1) / _SHARE))


def _micros(stamp: float) -> int:
    return round(stamp * 1e6)


def _signature(progress: JobProgress) -> str:
    """Return what counts as a change of a job's progress: everything except the seconds that pass."""
    stages = [(s.stage, s.total, s.done, s.working, s.failed, s.cancelled) for s in progress.stages]
    working = [(document.source, document.stage, document.page) for document in progress.working]
    waiting = progress.waiting
    why = (waiting.queue, waiting.place, waiting.again_at) if waiting else None
    return repr((progress.summary.state, sorted(progress.summary.counts.items()), stages, working, why))


class Watches:
    """All watched jobs of a server."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._watches: dict[str, Watch] = {}
        self._pollers: set[asyncio.Task[None]] = set()

    async def of(self, job_id: str) -> Watch:
        """Return the watch of a job, and begin one where there is none.

        Raises NotFoundError, and UnavailableError where the server has too many watchers.
        """
        if sum(one.watchers for one in self._watches.values()) >= MOST_WATCHERS:
            raise UnavailableError("too many clients are watching jobs: try again later", code="busy")
        watch = self._watches.get(job_id) or self._begin(job_id)
        with watch.watched():
            await watch.ready.wait()
        if watch.gone:
            raise NotFoundError(f"there is no job {job_id!r}: see `ingot jobs list`")
        return watch

    def _begin(self, job_id: str) -> Watch:
        watch = self._watches[job_id] = Watch(self._service, job_id, lambda: len(self._watches))
        poller = asyncio.create_task(watch.run(), name=f"watch {job_id}")
        self._pollers.add(poller)
        poller.add_done_callback(lambda task: self._end(job_id, watch, task))
        return watch

    def _end(self, job_id: str, watch: Watch, task: asyncio.Task[None]) -> None:
        self._pollers.discard(task)
        if self._watches.get(job_id) is watch:
            del self._watches[job_id]
        watch.over = True
        watch.ready.set()
        watch._wake()
        if not task.cancelled() and task.exception():
            log.error("the watch of %s failed", job_id, exc_info=task.exception())
