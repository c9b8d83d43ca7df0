"""Conversions: a file is read in a knowledge base of its own, which is never listed and goes with the answer."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from pipeline import removal
from pipeline.commands.submission import Submission, SubmissionReceipt
from pipeline.commands.submission_queue import SubmissionQueue
from pipeline.profiles import ProcessingProfile
from pipeline.sender import Sender
from pipeline.step_context import Resources
from stores.errors import IngotError, NotFoundError, UnavailableError
from stores.ids import is_temporary, new_temporary_id

log = logging.getLogger("ingot.converting")
MOST_CONVERSIONS = 64
"""Conversions of one process at a time: each keeps a knowledge base, and its client a connection."""
_SWEEP_S = 600.0
_ABANDONED_S = 3600.0  # beyond the longest that a conversion may take


class Conversions:
    """Begins and removes conversions; the usual workers read their files."""

    def __init__(self, resources: Resources, sender: Sender) -> None:
        self._resources = resources
        # Nobody searches it: the vectors are fake ones, so that no model is loaded for them.
        unsearched = resources.adapt(resources, ProcessingProfile(settings={"embedder": "fake"}))
        self._queue = SubmissionQueue(unsearched, sender.tell)
        self._under_way: set[str] = set()
        self._swept_at = 0.0
        self._lock = threading.Lock()

    def staging(self) -> Path:
        """The folder for uploads."""
        return self._resources.workspaces.staging()

    def begin(self, submission: Submission) -> tuple[str, Future[SubmissionReceipt]]:
        """Submit a file to a new temporary knowledge base; call ``remove`` with its id, whatever happens.

        UnavailableError (429) where too many conversions are under way.
        """
        knowledge_id = new_temporary_id()
        with self._lock:
            if len(self._under_way) >= MOST_CONVERSIONS:
                raise UnavailableError(
                    f"{len(self._under_way)} conversions are under way: try again later", code="busy"
                )
            self._under_way.add(knowledge_id)
        return knowledge_id, self._queue.submit(knowledge_id, submission)

    def remove(self, knowledge_id: str) -> None:
        """Stop a conversion that still runs, and remove all that it made."""
        try:
            with suppress(NotFoundError):  # it was refused before anything was made
                removal.remove_knowledge_base(self._resources, knowledge_id)
        except IngotError as error:
            log.warning("what a conversion left is removed later: %s", error.message)
        finally:
            with self._lock:
                self._under_way.discard(knowledge_id)

    def sweep(self) -> None:
        """Remove, now and then, what servers that were killed left."""
        now = time.monotonic()
        with self._lock:
            if self._swept_at and now - self._swept_at < _SWEEP_S:
                return
            self._swept_at = now
        for name in filter(is_temporary, self._resources.catalog.every_name()):
            if name not in self._under_way and self._is_abandoned(name):
                self.remove(name)

    def _is_abandoned(self, knowledge_id: str) -> bool:
        oldest = self._resources.catalog.now() - self._resources.settings.convert_timeout_s - _ABANDONED_S
        try:
            made_at = float(self._resources.catalog.store(knowledge_id).get_meta("created_at") or 0.0)
        except IngotError:
            return False
        return made_at < oldest
