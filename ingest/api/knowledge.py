"""Knowledge bases: made, listed, shown, deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from ingest import serializers
from ingest.api.bodies import Body
from ingest.api.dependencies import Asked
from ingest.api.description import problems
from ingest.api.models import KnowledgeBaseOut
from ingest.api.parameters import Cursor, Items, KnowledgeId
from ingest.api.security import Who
from ingest.serializers import Json
from stores.cursors import cursor_of, key_of
from stores.errors import NotFoundError
from stores.models import KNOWLEDGE_ID_RULE

router = APIRouter(tags=["knowledge bases"])


class NewKnowledgeBase(Body):
    knowledge_id: str = Field(description=f"{KNOWLEDGE_ID_RULE[0].upper()}{KNOWLEDGE_ID_RULE[1:]}.")


@router.post("/knowledge", status_code=201, response_model=KnowledgeBaseOut)
def create(wanted: NewKnowledgeBase, service: Asked, who: Who, response: Response) -> Json:
    """Make a knowledge base; one that is there already is answered as it is."""
    who.may(wanted.knowledge_id)
    made = serializers.knowledge_base(service.knowledge_bases.create(wanted.knowledge_id))
    response.headers["Location"] = f"/api/v1/knowledge/{wanted.knowledge_id}"
    return made


@router.get("/knowledge", response_model=Items[KnowledgeBaseOut])
def list_all(service: Asked, who: Who, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Cursor = None) -> Json:
    """The knowledge bases that the key is for, by id, with their counts."""
    after = key_of(cursor, str)
    names = [name for name in service.knowledge_bases.ids() if who.sees(name) and (not after or name > after[0])]
    items = []
    for name in names[:limit]:
        try:
            items.append(serializers.knowledge_base(service.knowledge_bases.get(name)))
        except NotFoundError:
            continue  # deleted meanwhile
    more = cursor_of(names[limit - 1]) if len(names) > limit else None
    return {"items": items, "next_cursor": more}


@router.get("/knowledge/{knowledge_id}", response_model=KnowledgeBaseOut, responses=problems(404))
def show(knowledge_id: KnowledgeId, service: Asked) -> Json:
    """Counts of one knowledge base."""
    return serializers.knowledge_base(service.knowledge_bases.get(knowledge_id))


@router.delete("/knowledge/{knowledge_id}", status_code=204, responses=problems(404))
def delete(knowledge_id: KnowledgeId, service: Asked) -> None:
    """Delete it with everything in it; what still runs for it stops."""
    service.knowledge_bases.delete(knowledge_id)
