"""``Idempotency-Key``: the same request with the same key is done once, however often it is sent (kept for 24 hours).

What was answered stands in the knowledge base, written with the job; here are only the keys of requests under way.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request

from ingest.api.security import Caller
from stores.errors import InputError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_SANE = re.compile(r"[\x21-\x7e]{1,255}")


class UnderWay:
    """The keys of requests that are being answered by this process."""

    def __init__(self) -> None:
        self._held: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, knowledge_id: str, key: str) -> Iterator[None]:
        """Keep a key for one request. InputError (409) where another has it. Nothing without a key."""
        if not key:
            yield
            return
        held = (knowledge_id, key)
        if held in self._held:
            raise InputError("a request with this Idempotency-Key is under way: ask again shortly", code="conflict")
        self._held.add(held)
        try:
            yield
        finally:
            self._held.discard(held)


def key_of(request: Request, caller: Caller) -> str:
    """The key of a request, each caller's own; "" without one. InputError (422) where it cannot be one."""
    given = request.headers.get(HEADER)
    if given is None:
        return ""
    if not _SANE.fullmatch(given):
        raise InputError(f"{HEADER} must be 1 to 255 visible ASCII characters", code="bad_idempotency_key")
    return f"{caller.name}:{given}"


def digest_of(*asked: Any) -> str:
    """The SHA-256 of what was asked: options and the hashes of the files, not how they were packed."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
