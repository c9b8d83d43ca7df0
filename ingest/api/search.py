"""``/search``: search in one knowledge base, with POST and a body or with GET and a query string."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ingest import serializers
from ingest.api.bodies import Body
from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.models import HitOut
from ingest.api.parameters import KnowledgeId
from ingest.serializers import Json
from pipeline.search.filter_language import LONGEST_FILTER
from pipeline.service import Service
from stores.errors import InputError

router = APIRouter(tags=["search"])

Mode = Literal["hybrid", "keyword", "vector"]
LONGEST_QUERY = 2000
MOST_CONDITIONS = 20
Where = Annotated[dict[str, str], Field(max_length=MOST_CONDITIONS)] | Annotated[str, Field(max_length=LONGEST_FILTER)]


class Question(Body):
    """A query. ``where``: a filter, or fields each with a required value; words behind a minus sign are excluded.

    A filter compares fields of records, ``source``, ``document``, ``language``, ``type`` (what it is), ``media_type``,
    ``added`` or ``updated``:
    ``invoice.amount > 1000 and currency in (EUR, USD)``, ``due_date = 2024-05..2024-07``, ``issuer has "GmbH"``.
    """

    query: str = Field(min_length=1, max_length=LONGEST_QUERY)
    mode: Mode = "hybrid"
    limit: int = Field(10, ge=1, le=200)
    where: Where = ""


class Answer(BaseModel):
    """The chunks found, best first; each has the page and the boxes where it stands.

    Where ``nothing_fits``, no chunk answers the query, and ``hits`` are only the nearest ones. ``remark``: why the
    reranker that is set did not order them; empty where it did, or none is set.
    """

    query: str
    nothing_fits: bool
    remark: str
    hits: list[HitOut]


@router.post("/knowledge/{knowledge_id}/search", response_model=Answer, responses=problems(404))
def search_knowledge_base(knowledge_id: KnowledgeId, question: Question, service: ServiceDep) -> Json:
    """Find the chunks that answer a question best."""
    return _answer(service, knowledge_id, question)


@router.get("/knowledge/{knowledge_id}/search", response_model=Answer, responses=problems(404))
def search_knowledge_base_by_url(
    knowledge_id: KnowledgeId,
    service: ServiceDep,
    query: Annotated[str, Query(max_length=LONGEST_QUERY, description="What is looked for; required.")] = "",
    mode: Mode = "hybrid",
    limit: Annotated[int, Query(ge=1, le=200)] = 10,
    where: Annotated[str, Query(max_length=LONGEST_FILTER)] = "",
    q: Annotated[str, Query(max_length=LONGEST_QUERY, deprecated=True, description="As `query`.")] = "",
) -> Json:
    """Find the chunks that answer a question best. The parameters are those of the body of `POST`."""
    if not (query or q):
        raise InputError("name what is looked for, in the query parameter `query`", code="bad_request")
    return _answer(service, knowledge_id, Question(query=query or q, mode=mode, limit=limit, where=where))


def _answer(service: Service, knowledge_id: str, question: Question) -> Json:
    result = service.search.result(knowledge_id, question.query, question.limit, question.mode, question.where)
    return serializers.search_result(result, question.query)
