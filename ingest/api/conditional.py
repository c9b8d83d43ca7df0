"""ETag and If-None-Match: a client that has the answer already gets 304 before any content is read."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response

from ingest.version import version

ASK_AGAIN = "private, no-cache"
_NEVER_KEPT = "no-store"


def tag_of(*facts: str) -> str:
    """Return a strong ETag of the facts that an answer depends on; empty where the first fact is empty."""
    if not facts[0]:
        return ""
    return f'"{hashlib.sha256(repr((version(), *facts)).encode()).hexdigest()[:32]}"'


def tagged(tag: str) -> dict[str, str]:
    """Return the caching headers of an answer with this tag; an empty tag means that it must not be stored."""
    return {"ETag": tag, "Cache-Control": ASK_AGAIN} if tag else {"Cache-Control": _NEVER_KEPT}


def is_known(request: Request, tag: str) -> bool:
    """Tell whether ``If-None-Match`` names this tag, in its strong form or the weak one of a compressed answer."""
    given = request.headers.get("if-none-match", "")
    names = [part.strip().removeprefix("W/") for part in given.split(",")]
    return bool(tag) and (tag in names or "*" in names)


def not_modified(headers: dict[str, str]) -> Response:
    """Return 304 with the headers that the full answer would have."""
    return Response(status_code=304, headers=headers)
