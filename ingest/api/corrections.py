"""``/corrections``: what people say of extracted values; ``/doubtful``: the values that they should check."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from ingest import record_serializers
from ingest.api.bodies import Body
from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.keyring import Caller
from ingest.api.parameters import Document, KnowledgeId, PageNumber
from ingest.api.security import CallerDep
from ingest.serializers import Json
from ingest.system_user import system_user
from pipeline.commands.corrections import GivenPlace
from pipeline.queries.doubts import LEAST_DOUBT
from pipeline.service import Service
from stores.correction_marks import Verdict
from stores.corrections import Correction
from stores.errors import InputError
from stores.models import Box

router = APIRouter(tags=["records"])
_DOCUMENT = "/knowledge/{knowledge_id}/documents/{document:path}"
_Number = Annotated[int, Path(ge=1, le=1 << 31, description="Number of a correction within its document.")]


class CorrectionBody(Body):
    """What a person says of a value. Its place is looked for in the document unless a box or a quote is given."""

    schema_: str = Field("", alias="schema", max_length=64, description="empty: the only record with such a field")
    path: str = Field(min_length=1, max_length=256, description="`total`, `authors[1]` or `lines[3].amount`")
    verdict: Verdict = Field(Verdict.CORRECTED, description="rejected: the document has no such value")
    value: Any = Field(None, description="where it is corrected; of a whole row an object")
    page: int = Field(0, ge=0, le=1_000_000)
    box: list[float] | None = Field(
        None, min_length=4, max_length=4, description="x0, y0, x1, y1 in points; without area: the word at that point"
    )
    quote: str = Field("", max_length=2000, description="as it is printed")


class CorrectionOut(BaseModel):
    """A correction. ``path`` counts the elements of lists as they were extracted; ``replaced`` is the value before."""

    number: int
    document: str
    schema_: str = Field(alias="schema")
    path: str
    verdict: Verdict
    value: Any
    replaced: Any
    author: str
    created_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class WordsOut(BaseModel):
    """Words of a page, with a box for each line that they stand on."""

    text: str
    boxes: list[list[float]]


class DoubtfulValueOut(BaseModel):
    """A value that should be checked. ``value`` is null where a required one is missing; of a remark it is its text.

    ``doubt`` goes from 0 to 1; ``page`` is 0 where the value stands nowhere in the document.
    """

    document: str
    source: str
    schema_: str = Field(alias="schema")
    path: str
    value: Any
    page: int
    boxes: list[list[float]]
    quote: str
    doubt: float
    reasons: list[str]


class CheckingQueueOut(BaseModel):
    """The most doubtful values; ``total``: how many there are."""

    items: list[DoubtfulValueOut]
    total: int


def author_of(caller: Caller) -> str:
    """Name who sends a request: its key, or without keys the user whom the server runs as."""
    return f"key {caller.name}" if caller.name else system_user()


def box_of(edges: Sequence[float]) -> Box:
    """Return a box whose corners may be given in any order. InputError for what is no number."""
    x0, y0, x1, y1 = edges
    if not all(map(math.isfinite, edges)):
        raise InputError("a box is four numbers in points: x0, y0, x1, y1", code="bad_box")
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


@router.get(f"{_DOCUMENT}/corrections", response_model=list[CorrectionOut], responses=problems(404))
def list_corrections(knowledge_id: KnowledgeId, document: Document, service: ServiceDep) -> list[Json]:
    """List what people said of the values of a document, the oldest first, withdrawn corrections included."""
    return [record_serializers.correction(one) for one in service.records.corrections(knowledge_id, document)]


@router.post(
    f"{_DOCUMENT}/corrections", status_code=201, response_model=CorrectionOut, responses=problems(404, 409, 413, 422)
)
def create_correction(
    knowledge_id: KnowledgeId, document: Document, body: CorrectionBody, service: ServiceDep, caller: CallerDep
) -> Json:
    """Correct, confirm or reject a value. It holds from now on, whatever is extracted later."""
    return record_serializers.correction(_made(service, knowledge_id, document, body, author_of(caller)))


def _made(service: Service, knowledge_id: str, document: str, body: CorrectionBody, author: str) -> Correction:
    place = GivenPlace(page=body.page, box=box_of(body.box) if body.box else None, quote=body.quote)
    where = knowledge_id, document, body.schema_, body.path
    if body.verdict is Verdict.CORRECTED:
        return service.records.correct(*where, body.value, author, place)
    if body.verdict is Verdict.CONFIRMED:
        return service.records.confirm(*where, author, place)
    return service.records.reject(*where, author)


@router.delete(f"{_DOCUMENT}/corrections/{{number}}", response_model=CorrectionOut, responses=problems(404, 409))
def delete_correction(
    knowledge_id: KnowledgeId, document: Document, number: _Number, service: ServiceDep, caller: CallerDep
) -> Json:
    """Withdraw a correction: what stood there before is shown again. It stays in the list."""
    return record_serializers.correction(service.records.withdraw(knowledge_id, document, number, author_of(caller)))


@router.get(f"{_DOCUMENT}/pages/{{number}}/words", response_model=WordsOut, responses=problems(404, 422))
def get_page_words(
    knowledge_id: KnowledgeId,
    document: Document,
    number: PageNumber,
    service: ServiceDep,
    x0: Annotated[float, Query(ge=-1e6, le=1e6, description="Left edge of the box, in points.")],
    y0: Annotated[float, Query(ge=-1e6, le=1e6, description="Upper edge.")],
    x1: Annotated[float, Query(ge=-1e6, le=1e6, description="Right edge; as the left one: the word at that point.")],
    y1: Annotated[float, Query(ge=-1e6, le=1e6, description="Lower edge.")],
) -> Json:
    """Get the words of a page inside a box, or the one at a point; empty where there is none."""
    words = service.records.words(knowledge_id, document, number, box_of((x0, y0, x1, y1)))
    return {"text": words.text, "boxes": [list(one) for one in words.boxes]}


@router.get("/knowledge/{knowledge_id}/doubtful", response_model=CheckingQueueOut, responses=problems(404))
def list_doubtful_values(
    knowledge_id: KnowledgeId,
    service: ServiceDep,
    schema: Annotated[str, Query(max_length=64, description="Of this schema only.")] = "",
    document: Annotated[str, Query(max_length=4096, description="Of this document only.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many items.")] = 100,
    doubt: Annotated[float, Query(ge=0, le=1, description="Only values as doubtful as this.")] = LEAST_DOUBT,
) -> Json:
    """List the values that should be checked, the most doubtful first."""
    queue = service.records.to_check(knowledge_id, schema, limit, name=document, least_doubt=doubt)
    return {"items": [record_serializers.doubtful_value(one) for one in queue.items], "total": queue.total}
