"""``/ask``: a question about knowledge bases, answered as JSON, or sentence by sentence as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import Field

from ingest import serializers
from ingest.api.answer_models import AnswerOut
from ingest.api.bodies import Body
from ingest.api.dependencies import ServiceDep
from ingest.api.description import EVENTS, content, problems
from ingest.api.parameters import KnowledgeId
from ingest.api.search import LONGEST_QUERY, Where
from ingest.api.security import CallerDep
from ingest.serializers import Json
from pipeline.answering.answer import Answer, Sentence
from pipeline.service import AskRequest, Service
from stores.errors import IngotError

router = APIRouter(tags=["search"])
_EVENTS = """The answer; with `stream` events: `sentence` for each one, `answer` for all at the end, or a `problem`."""


class AskedQuestion(Body):
    """A question. ``also``: further knowledge bases; ``chunks``: how many found chunks are read for it.

    ``where``: as in a search. ``records``: a language model may ask the record tables with SQL.
    ``stream``: answer with server-sent events.
    """

    question: str = Field(min_length=1, max_length=LONGEST_QUERY)
    also: list[str] = Field([], max_length=20)
    chunks: int = Field(8, ge=1, le=50)
    where: Where = ""
    records: bool = True
    stream: bool = False


@router.post(
    "/knowledge/{knowledge_id}/ask",
    response_model=AnswerOut,
    responses={200: {**content(EVENTS)[200], "description": _EVENTS}, **problems(404)},
)
def ask_knowledge_base(
    knowledge_id: KnowledgeId, asked: AskedQuestion, service: ServiceDep, caller: CallerDep
) -> Json | Response:
    """Answer a question from the documents, each sentence with the page and the words that prove it."""
    for other in asked.also:
        caller.may(other)
    request = AskRequest(
        question=asked.question,
        knowledge_ids=(knowledge_id, *asked.also),
        chunks=asked.chunks,
        where=asked.where,
        records=asked.records,
    )
    for name in request.knowledge_ids:
        service.search.check_conditions(name, request.where)
    if not asked.stream:
        return serializers.answer(service.asking.answer(request))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(service, request), headers=headers, media_type=EVENTS)


def _events(service: Service, request: AskRequest) -> Iterator[bytes]:
    try:
        for part in service.asking.in_parts(request):
            yield _event(part)
    except IngotError as error:
        yield format_sse_event(event="problem", data_str=json.dumps({"code": error.code, "detail": error.message}))


def _event(part: Sentence | Answer) -> bytes:
    if isinstance(part, Answer):
        return format_sse_event(event="answer", data_str=json.dumps(serializers.answer(part)))
    return format_sse_event(event="sentence", data_str=json.dumps(serializers.sentence(part)))
