"""The audit trail: who changed what. The doors say who acts, the use cases what was done."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass

from pipeline.step_context import Resources
from stores.audit import Action, AuditEntry, AuditFilter
from stores.cursors import cursor_of, key_of
from stores.errors import IngotError
from stores.views import Slice

log = logging.getLogger("ingot.audit")
_DAY_S = 86400.0
_LONGEST_TEXT = 500
_MOST_NAMES = 5
_GATHER_S = 0.005  # in which the entries of requests that were accepted together come


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name of a key or a user of the system, and the door: api, page, cli or mcp."""

    name: str = ""
    door: str = ""


acting: ContextVar[Actor | None] = ContextVar("acting", default=None)
"""Who sent the request that this context answers; None where a process acts for one user only."""


class AuditTrail:
    """Notes and lists what was changed in a home.

    A change is noted after it was made. One that cannot be noted is not undone: the log says so. ``usual_actor``: who
    acts where no request says it.
    """

    usual_actor = Actor()

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._waiting: list[AuditEntry] = []
        self._lock = threading.Lock()
        self._pruned_at = 0.0
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")

    def note(self, action: Action, knowledge_id: str = "", subject: str = "", detail: str = "") -> None:
        """Keep an entry for the one who acts in this context; returns once it is on disk."""
        self._add([self.entry(action, knowledge_id, subject, detail)])

    def note_soon(self, entry: AuditEntry) -> None:
        """Keep an entry within milliseconds, several in one transaction: an upload does not wait for it."""
        with self._lock:
            self._waiting.append(entry)
            if len(self._waiting) > 1:
                return  # a flush that was begun for the first takes them all
        self._writer.submit(self._flush_soon)

    def entry(self, action: Action, knowledge_id: str = "", subject: str = "", detail: str = "") -> AuditEntry:
        """Return an entry for the one who acts in this context."""
        actor = self.actor()
        return AuditEntry(
            at=self._resources.catalog.now(),
            actor=actor.name,
            door=actor.door,
            action=action,
            knowledge_id=knowledge_id,
            subject=subject[:_LONGEST_TEXT],
            detail=detail[:_LONGEST_TEXT],
        )

    def actor(self) -> Actor:
        """Return who acts in this context."""
        return acting.get() or self.usual_actor

    def page(self, wanted: AuditFilter, cursor: str | None = None, limit: int = 50) -> Slice[AuditEntry]:
        """A slice of the trail, the newest first."""
        self.flush()
        key = key_of(cursor, int)
        entries = self._resources.catalog.administration.audit.page(wanted, key[0] if key else None, limit + 1)
        more = cursor_of(entries[limit - 1].number) if len(entries) > limit else None
        return Slice(items=tuple(entries[:limit]), next_cursor=more)

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            entries, self._waiting = self._waiting, []
        if entries:
            self._add(entries)

    def _flush_soon(self) -> None:
        time.sleep(_GATHER_S)
        self.flush()

    def close(self) -> None:
        """Write what waits; the next entry begins another thread."""
        writer, self._writer = self._writer, ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        writer.shutdown(wait=True)
        self.flush()

    def _add(self, entries: list[AuditEntry]) -> None:
        audit, now = self._resources.catalog.administration.audit, entries[-1].at
        try:
            audit.add(entries)
            if now - self._pruned_at > _DAY_S:
                self._pruned_at = now
                audit.forget(now - self._resources.settings.audit_days * _DAY_S)
        except IngotError as error:
            told = "; ".join(f"{one.action} {one.knowledge_id} {one.subject}".rstrip() for one in entries)
            log.warning("the audit trail lacks %s: %s", told, error.message)


def names_of(sources: Iterable[str]) -> str:
    """The first names of a list, and how many follow: ``a.pdf, b.pdf and 3 more``; of URLs no user and no query."""
    names = [_without_secrets(name) for name in sources]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _without_secrets(name: str) -> str:
    """A name as it is; a URL without what may hold a password or a token."""
    scheme, separator, rest = name.partition("://")
    if not separator:
        return name
    place, _, _ = rest.partition("?")
    host, slash, path = place.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
