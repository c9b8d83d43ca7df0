"""Keys of the API: how one is made, and what of it is kept. Standard library only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from stores.models import check_knowledge_id

HASHED = "sha256:"
_BYTES = 32


def new_entry(knowledge: Sequence[str] = ()) -> tuple[str, str]:
    """(a new key, its entry for ``INGOT_API_KEYS``). ``knowledge``: the ids that it is for; none: all."""
    scope = "+".join(dict.fromkeys(check_knowledge_id(one) for one in knowledge))
    key = f"ingot_{secrets.token_urlsafe(_BYTES)}"
    return key, f"{HASHED}{digest_of(key).hex()}" + (f"@{scope}" if scope else "")


def digest_of(key: str) -> bytes:
    """What is kept of a key, and compared."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
