"""Headers that tell which generation of a document an answer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query, Response

from ingest.api.dependencies import ServiceDep
from ingest.api.description import content, problems
from ingest.api.parameters import Document, KnowledgeId

if TYPE_CHECKING:
    from stores.contracts.queries import Availability

STATE, SHOWN = "Ingot-Document-State", "Ingot-Shown"
_ABOUT = "Answer with what there is so far where the document is not finished or failed; by default that is a 409."
_HEADERS = {
    STATE: {"schema": {"type": "string"}, "description": "State of the document, or of the content to replace it."},
    SHOWN: {
        "schema": {"type": "string", "enum": ["current", "older", "so-far"]},
        "description": "older: a newer generation is in work or failed; so-far: not complete yet.",
    },
}
SoFar = Annotated[bool, Query(description=_ABOUT)]


def headers_of(availability: Availability) -> dict[str, str]:
    """Return the headers that describe the generation shown."""
    return {STATE: str(availability.state), SHOWN: availability.shown}


def tell(
    knowledge_id: KnowledgeId, document: Document, service: ServiceDep, response: Response, so_far: SoFar = False
) -> dict[str, str]:
    """Set and return the headers of the generation shown. Raises NotReadyError (409) where there is none to show."""
    headers = headers_of(service.documents.standing(knowledge_id, document, so_far=so_far))
    response.headers.update(headers)
    return headers


Told = Annotated[dict[str, str], Depends(tell)]
"""The headers, for a route that builds its own ``Response``; other routes list ``TELLS`` in their dependencies."""
TELLS = Depends(tell)


def readable(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return ``responses`` of a route that answers with a document's content: these headers, 404 and 409."""
    refused = problems(409)
    refused[409]["description"] = "It is not ready yet (`Retry-After` says when to ask again), or it failed."
    return {200: {"headers": _HEADERS}, **refused, **problems(404, *statuses)}


def readable_as(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return the same ``responses`` for a route whose answer is not JSON."""
    responses = readable()
    return {**responses, 200: {**content(media_type)[200], **responses[200]}}
