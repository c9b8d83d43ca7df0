"""Folders, buckets and mailboxes that a knowledge base is kept in step with: what their watchers note of themselves."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_META_KEY = "watched_sources"
_MOST = 50
HEARD_EVERY_S = 30.0
"""A watcher notes at least so often that it lives."""
_SILENT_S = 3 * HEARD_EVERY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSource:
    """One source and its watcher. Times are seconds since the epoch; ``ended_at`` is None while it watches.

    ``obstacle`` says why the source cannot be looked at now. ``submitted`` and ``gone`` count files since it began.
    """

    source: str
    host: str
    every_s: float
    prunes: bool
    started_at: float
    heard_at: float
    looked_at: float | None = None
    obstacle: str = ""
    submitted: int = 0
    gone: int = 0
    ended_at: float | None = None

    def state(self, now: float) -> str:
        """Return ``in step``, ``waiting``, ``ended``, or ``silent`` where nothing was heard of its watcher for long."""
        if self.ended_at is not None:
            return "ended"
        if now - self.heard_at > _SILENT_S:
            return "silent"
        return "waiting" if self.obstacle or self.looked_at is None else "in step"


def watched_sources(store: KnowledgeStore) -> list[WatchedSource]:
    """Read the watched sources of a knowledge base, the last that was heard of first."""
    known = _read(store)
    return sorted((WatchedSource(**one) for one in known), key=lambda one: one.heard_at, reverse=True)


def note_watched_source(store: KnowledgeStore, watched: WatchedSource) -> None:
    """Keep what is known of a watched source in place of what was known before."""
    others = [one for one in _read(store) if (one["host"], one["source"]) != (watched.host, watched.source)]
    latest = sorted(others, key=lambda one: float(one["heard_at"]))[-(_MOST - 1) :]
    store.set_meta(_META_KEY, json.dumps([*latest, asdict(watched)]))


def _read(store: KnowledgeStore) -> list[dict[str, Any]]:
    text = store.get_meta(_META_KEY)
    entries: list[dict[str, Any]] = json.loads(text) if text else []
    return entries
