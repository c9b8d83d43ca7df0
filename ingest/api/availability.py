"""Which version of a document is handed out, told with every answer that holds what was read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query, Response

from ingest.api.dependencies import Asked
from ingest.api.description import content, problems
from ingest.api.parameters import Document, KnowledgeId

if TYPE_CHECKING:
    from stores.queries.availability import Availability

STATE, SHOWN = "Ingot-Document-State", "Ingot-Shown"
_ABOUT = "Answer with what is there so far where the document is not made yet, or failed; else that is a problem, 409."
_HEADERS = {
    STATE: {"schema": {"type": "string"}, "description": "State of the document, or of the content to replace it."},
    SHOWN: {
        "schema": {"type": "string", "enum": ["current", "older", "so-far"]},
        "description": "older: something newer is being made, or has failed; so-far: not whole yet.",
    },
}
SoFar = Annotated[bool, Query(description=_ABOUT)]


def headers_of(found: Availability) -> dict[str, str]:
    """What is told of the version that is handed out."""
    return {STATE: str(found.state), SHOWN: found.shown}


def tell(
    knowledge_id: KnowledgeId, document: Document, service: Asked, response: Response, so_far: SoFar = False
) -> dict[str, str]:
    """The headers of the version that is handed out, set where the answer is not made by hand; a 409 where none is."""
    headers = headers_of(service.documents.standing(knowledge_id, document, so_far=so_far))
    response.headers.update(headers)
    return headers


Told = Annotated[dict[str, str], Depends(tell)]
"""For a route that makes its answer by hand; others name ``TELLS`` among their dependencies."""
TELLS = Depends(tell)


def readable(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that hands out what was read: 409 where it is not made, and its headers."""
    refused = problems(409)
    refused[409]["description"] = "It is not made: not yet (`Retry-After` says when to ask again), or it failed."
    return {200: {"headers": _HEADERS}, **refused, **problems(404, *statuses)}


def readable_as(media_type: str) -> dict[int | str, dict[str, Any]]:
    """As ``readable``, of a route that answers no JSON."""
    found = readable()
    return {**found, 200: {**content(media_type)[200], **found[200]}}
