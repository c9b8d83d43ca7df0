"""Entries of ``INGOT_API_KEYS``: how one is made and read. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stores.access_keys import digest_of, new_key
from stores.errors import InputError
from stores.models import check_knowledge_id

HASHED = "sha256:"
_DIGEST_BYTES = 32
_SHORTEST_KEY = 12
__all__ = ["Entry", "digest_of", "entries_of", "new_entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of ``INGOT_API_KEYS``; only the SHA-256 of the key is kept."""

    digest: bytes
    knowledge: frozenset[str] | None

    @property
    def name(self) -> str:
        """Name the key by the beginning of its hash."""
        return self.digest.hex()[:12]


def new_entry(knowledge: Sequence[str] = ()) -> tuple[str, str]:
    """Return a new key and its entry for ``INGOT_API_KEYS``. ``knowledge``: the ids it is for; empty for all."""
    scope = "+".join(dict.fromkeys(check_knowledge_id(one) for one in knowledge))
    key = new_key()
    return key, f"{HASHED}{digest_of(key).hex()}" + (f"@{scope}" if scope else "")


def entries_of(text: str) -> tuple[Entry, ...]:
    """Parse ``INGOT_API_KEYS``: ``sha256:<hex>[@kb1+kb2]`` or plain keys, separated by commas.

    Raises InputError for an entry that cannot be parsed.
    """
    entries = tuple(_entry(part.strip()) for part in text.split(",") if part.strip())
    if text and not entries:
        raise InputError("INGOT_API_KEYS is set, but holds no key: make one with `ingot keys new`", code="bad_setting")
    return entries


def _entry(text: str) -> Entry:
    if not text.isprintable() or " " in text:
        raise InputError(
            "an entry of INGOT_API_KEYS holds a blank or a line break: `ingot keys new --entry` prints one entry alone",
            code="bad_setting",
        )
    key, at, scope = text.rpartition("@") if "@" in text else (text, "", "")
    knowledge = frozenset(check_knowledge_id(one) for one in scope.split("+")) if at else None
    if not key.startswith(HASHED):
        if len(key) < _SHORTEST_KEY:
            raise InputError(
                f"a key of INGOT_API_KEYS is shorter than {_SHORTEST_KEY} characters and so can be guessed: "
                "make one with `ingot keys new`",
                code="bad_setting",
            )
        return Entry(digest_of(key), knowledge)
    try:
        digest = bytes.fromhex(key.removeprefix(HASHED))
    except ValueError:
        digest = b""
    if len(digest) != _DIGEST_BYTES:
        raise InputError(
            "an entry of INGOT_API_KEYS that begins with sha256: needs 64 hexadecimal digits after it: "
            "make one with `ingot keys new`",
            code="bad_setting",
        )
    return Entry(digest, knowledge)
