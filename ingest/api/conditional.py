"""ETag and If-None-Match: who has the answer already is told so, before anything of it is read."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response

from ingest.version import version

ASK_AGAIN = "private, no-cache"
_NEVER_KEPT = "no-store"


def tag_of(*facts: str) -> str:
    """A strong ETag of what an answer depends on; "" where the first fact is: what changes all the time has none."""
    if not facts[0]:
        return ""
    return f'"{hashlib.sha256(repr((version(), *facts)).encode()).hexdigest()[:32]}"'


def tagged(tag: str) -> dict[str, str]:
    """The headers of an answer that has this tag, or none."""
    return {"ETag": tag, "Cache-Control": ASK_AGAIN} if tag else {"Cache-Control": _NEVER_KEPT}


def is_known(request: Request, tag: str) -> bool:
    """Does ``If-None-Match`` name this tag? One that became weak under gzip is the same."""
    given = request.headers.get("if-none-match", "")
    names = [part.strip().removeprefix("W/") for part in given.split(",")]
    return bool(tag) and (tag in names or "*" in names)


def not_modified(headers: dict[str, str]) -> Response:
    """304, with the headers that the answer would have."""
    return Response(status_code=304, headers=headers)
