"""``Idempotency-Key``: a request with the same key is processed once, however often it is sent within 24 hours.

The first answer is stored in the knowledge base together with the job; this module only keeps the keys of requests in
progress.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request

from ingest.api.keyring import Caller
from stores.errors import InputError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_SANE = re.compile(r"[\x21-\x7e]{1,255}")


class UnderWay:
    """The keys of requests that this process is answering."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, knowledge_id: str, key: str) -> Iterator[None]:
        """Reserve a key for the duration of one request; an empty key is not reserved.

        Raises InputError (409) while another request uses the key.
        """
        if not key:
            yield
            return
        scoped_key = (knowledge_id, key)
        if scoped_key in self._keys:
            raise InputError("a request with this Idempotency-Key is under way: ask again shortly", code="conflict")
        self._keys.add(scoped_key)
        try:
            yield
        finally:
            self._keys.discard(scoped_key)


def key_of(request: Request, caller: Caller) -> str:
    """Return the key of a request, prefixed with its caller; empty without one. InputError (422) if it is malformed."""
    given = request.headers.get(HEADER)
    if given is None:
        return ""
    if not _SANE.fullmatch(given):
        raise InputError(f"{HEADER} must be 1 to 255 visible ASCII characters", code="bad_idempotency_key")
    return f"{caller.name}:{given}"


def digest_of(*asked: Any) -> str:
    """Return the SHA-256 of a request's options and file hashes, whatever the encoding of its body."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
