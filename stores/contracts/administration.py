"""What is kept of a home as a whole: the keys of its API, and who changed what."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stores.access_keys import AccessKey
    from stores.audit import AuditEntry, AuditFilter


class AccessKeyStore(Protocol):
    """The keys of a home, the same for all of its servers."""

    def all(self) -> list[AccessKey]:
        """Return all keys, revoked ones included, the oldest first."""

    def add(self, key: AccessKey) -> None:
        """Keep a key. Raises InputError ``conflict`` where there is or was one of this name."""

    def revoke(self, name: str, at: float) -> AccessKey:
        """Let a key count no more. Raises NotFoundError for an unknown name; a second time changes nothing."""

    def note_use(self, name: str, day: str) -> None:
        """Note the day on which a key was used."""

    def mark(self) -> Hashable:
        """Return a value that differs once a key may have been added or revoked; cheap enough for each request."""


class AuditStore(Protocol):
    """Who changed what in a home. It outlives the knowledge bases that it tells of."""

    def add(self, entries: Sequence[AuditEntry]) -> None:
        """Keep some entries, in their order."""

    def page(self, wanted: AuditFilter, before: int | None, limit: int) -> list[AuditEntry]:
        """Return entries, the newest first: those with a smaller number than ``before``, where that is given."""

    def forget(self, before: float) -> int:
        """Forget what happened before a moment. Returns the number of entries."""


class AdministrationStore(Protocol):
    """The administration of one home."""

    @property
    def access_keys(self) -> AccessKeyStore: ...
    @property
    def audit(self) -> AuditStore: ...
