"""Keys of the API that the home keeps: list, make and revoke them; in force at once on all servers of the home."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime

from pipeline.audit_trail import AuditTrail
from pipeline.step_context import Resources
from stores.access_keys import AccessKey, check_key_name, digest_of, new_key
from stores.audit import Action
from stores.contracts import AccessKeyStore
from stores.models import check_knowledge_id


class AccessKeys:
    """A key without knowledge bases is an administrator's: it may make and revoke keys, and read the audit trail."""

    def __init__(self, resources: Resources, trail: AuditTrail) -> None:
        self._resources, self._trail = resources, trail

    def all(self) -> list[AccessKey]:
        """All keys that the home keeps, revoked ones included, the oldest first."""
        return self._store().all()

    def create(self, name: str = "", knowledge: Sequence[str] = ()) -> tuple[str, AccessKey]:
        """Make a key; it is shown once. ``knowledge``: what it is for, empty for all; ``name``: else one is made up.

        InputError where the name is taken, now or by a key that was revoked.
        """
        key = new_key()
        kept = AccessKey(
            name=check_key_name(name) if name else self._free_name(),
            digest=digest_of(key).hex(),
            knowledge=tuple(dict.fromkeys(map(check_knowledge_id, knowledge))) or None,
            created_at=self._resources.catalog.now(),
            created_by=self._trail.actor().name,
        )
        self._store().add(kept)
        self._trail.note(Action.CREATE_KEY, subject=kept.name, detail=scope_of(kept))
        return key, kept

    def revoke(self, name: str) -> AccessKey:
        """Let a key count no more. NotFoundError for an unknown name."""
        known = self._store().revoke(name, self._resources.catalog.now())
        self._trail.note(Action.REVOKE_KEY, subject=known.name, detail=scope_of(known))
        return known

    def note_use(self, name: str) -> None:
        """Note that a key is used today."""
        self._store().note_use(name, datetime.fromtimestamp(self._resources.catalog.now(), UTC).date().isoformat())

    def mark(self) -> Hashable:
        """A value that differs once a key may have been made or revoked."""
        return self._store().mark()

    def _store(self) -> AccessKeyStore:
        return self._resources.catalog.administration.access_keys

    def _free_name(self) -> str:
        names = {key.name for key in self.all()}
        return next(name for number in range(1, len(names) + 2) if (name := f"key-{number}") not in names)


def scope_of(key: AccessKey) -> str:
    """Say what a key is for."""
    return "for all knowledge bases" if key.knowledge is None else f"for {', '.join(key.knowledge)}"
