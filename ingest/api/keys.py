"""Creation and hashing of API keys. Standard library only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from stores.models import check_knowledge_id

HASHED = "sha256:"
_BYTES = 32


def new_entry(knowledge: Sequence[str] = ()) -> tuple[str, str]:
    """Return a new key and its entry for ``INGOT_API_KEYS``. ``knowledge``: the ids it is for; empty for all."""
    scope = "+".join(dict.fromkeys(check_knowledge_id(one) for one in knowledge))
    key = f"ingot_{secrets.token_urlsafe(_BYTES)}"
    return key, f"{HASHED}{digest_of(key).hex()}" + (f"@{scope}" if scope else "")


def digest_of(key: str) -> bytes:
    """Return the hash of a key, which is stored and compared."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
