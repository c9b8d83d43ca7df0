"""The keys that a server knows, of ``INGOT_API_KEYS`` and of the home, and the callers who have them."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.api.keys import Entry, digest_of
from pipeline.service.access_keys import AccessKeys
from stores.access_keys import AccessKey
from stores.errors import IngotError, InputError, UnavailableError

log = logging.getLogger("ingot.serving")


@dataclass(frozen=True, slots=True)
class Caller:
    """Sender of a request. ``knowledge``: the knowledge bases of its key, None for all; ``name`` identifies the key."""

    knowledge: frozenset[str] | None = None
    name: str = ""

    def sees(self, knowledge_id: str) -> bool:
        """Tell whether lists for this caller include a knowledge base."""
        return self.knowledge is None or knowledge_id in self.knowledge

    def visible(self, knowledge_ids: Iterable[str]) -> tuple[str, ...] | None:
        """Return those of these knowledge bases that the key is for; None for a key that is for all."""
        return None if self.knowledge is None else tuple(name for name in knowledge_ids if self.sees(name))

    def may(self, knowledge_id: str) -> None:
        """Raise InputError (403) unless the key is for this knowledge base, whether or not that exists."""
        if not self.sees(knowledge_id):
            raise InputError(f"this key is not for the knowledge base {knowledge_id!r}", code="forbidden")

    def may_all(self) -> None:
        """Raise InputError (403) unless the key is for all knowledge bases, as requests about the whole home need."""
        if self.knowledge is not None:
            raise InputError("this key is for some knowledge bases only, and this concerns them all", code="forbidden")


def caller_of_key(entries: Iterable[Entry], key: str) -> Caller | None:
    """Return the caller with this key; every entry is compared, so that the time taken reveals nothing."""
    digest = digest_of(key)
    match: Caller | None = None
    for entry in entries:
        if hmac.compare_digest(entry.digest, digest):
            match = Caller(entry.knowledge, entry.name)
    return match


class Keyring:
    """The keys of a server. ``stored`` leads to those of the home, which may change at any time.

    A home that ever kept a key needs one from then on: revoking the last opens nothing.
    """

    def __init__(self, entries: tuple[Entry, ...], stored: Callable[[], AccessKeys]) -> None:
        self.entries, self._stored = entries, stored
        self._kept: tuple[AccessKey, ...] | None = None  # None: they were never read
        self._mark: Hashable = object()
        self._refreshing = asyncio.Lock()
        self._noted: set[tuple[str, str]] = set()
        self._notes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="key-use")

    @property
    def needed(self) -> bool:
        """Whether requests need a key."""
        return bool(self.entries or self._kept is None or self._kept)

    @property
    def any(self) -> bool:
        """Whether there is or was a key."""
        return bool(self.entries or self._kept)

    def refuse_given(self, name: str) -> None:
        """Raise InputError (409) where a key is of the settings: it cannot be revoked."""
        if name in {entry.name for entry in self.entries}:
            raise InputError(
                f"the key {name} is one of INGOT_API_KEYS: take it out there and restart the server", code="conflict"
            )

    async def refresh_if_changed(self) -> None:
        """Read the keys of the home again where they may have changed; in a thread."""
        if self._stored().mark() == self._mark:
            return
        async with self._refreshing:
            if self._stored().mark() != self._mark:
                await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Read the keys of the home. Those known before stay in force where they cannot be read."""
        stored = self._stored()
        mark = stored.mark()
        try:
            self._kept = tuple(stored.all())
        except IngotError as error:
            log.warning("the keys of the home cannot be read: %s", error.message)
        self._mark = mark

    def caller(self, key: str) -> Caller | None:
        """Return the caller with this key. UnavailableError where it may be a key that cannot be read now."""
        known = caller_of_key(self.entries, key)
        if known is not None:
            return known
        if self._kept is None:
            raise UnavailableError("the keys of this home cannot be read now: try again shortly")
        digest = digest_of(key)
        for kept in self._kept:
            if hmac.compare_digest(bytes.fromhex(kept.digest), digest) and kept.revoked_at is None:
                known = Caller(None if kept.knowledge is None else frozenset(kept.knowledge), kept.name)
                self._note_use(kept)
        return known

    def _note_use(self, key: AccessKey) -> None:
        """Note, once a day, that a key is used; nobody waits for it."""
        today = datetime.now(UTC).date().isoformat()
        if key.last_used_day >= today or (key.name, today) in self._noted:
            return
        self._noted.add((key.name, today))
        self._notes.submit(self._write_use, key.name)

    def _write_use(self, name: str) -> None:
        with suppress(IngotError):  # said by those who change more
            self._stored().note_use(name)
