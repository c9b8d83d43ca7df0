"""Search in one knowledge base, by POST for programs and by GET for people."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ingest import serializers
from ingest.api.bodies import Body
from ingest.api.dependencies import Asked
from ingest.api.description import problems
from ingest.api.models import HitOut
from ingest.api.parameters import KnowledgeId
from ingest.serializers import Json
from pipeline.service import Service

router = APIRouter(tags=["search"])

Mode = Literal["hybrid", "keyword", "vector"]
LONGEST_QUERY = 2000
MOST_CONDITIONS = 20


class Question(Body):
    """``where``: fields of records, ``source``, ``document`` or ``language``, each with the value that it must have."""

    query: str = Field(min_length=1, max_length=LONGEST_QUERY)
    mode: Mode = "hybrid"
    limit: int = Field(10, ge=1, le=200)
    where: dict[str, str] = Field({}, max_length=MOST_CONDITIONS)


class Answer(BaseModel):
    """Passages, the best first; a client opens each at its page and boxes."""

    query: str
    hits: list[HitOut]


@router.post("/knowledge/{knowledge_id}/search", response_model=Answer, responses=problems(404))
def search(knowledge_id: KnowledgeId, question: Question, service: Asked) -> Json:
    """The best passages for a question."""
    return _answer(service, knowledge_id, question)


@router.get("/knowledge/{knowledge_id}/search", response_model=Answer, responses=problems(404))
def search_by_url(
    knowledge_id: KnowledgeId,
    service: Asked,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST_QUERY)],
    mode: Mode = "hybrid",
    limit: Annotated[int, Query(ge=1, le=200)] = 10,
) -> Json:
    """The best passages for a question, without conditions."""
    return _answer(service, knowledge_id, Question(query=q, mode=mode, limit=limit, where={}))


def _answer(service: Service, knowledge_id: str, question: Question) -> Json:
    hits = service.search.hits(knowledge_id, question.query, question.limit, question.mode, question.where)
    return {"query": question.query, "hits": [serializers.lit_hit(hit, question.query) for hit in hits]}
