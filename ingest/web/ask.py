"""The page that answers a question, each sentence with the places that it is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ingest.api import problems
from ingest.api.dependencies import ServiceDep
from ingest.web.formats import path_segment
from ingest.web.rendering import page
from pipeline.answering.answer import Answer, AnswerRow, Citation, Sentence
from pipeline.search.filter_language import LONGEST_FILTER
from pipeline.service import AskRequest, Service
from stores.errors import IngotError

router = APIRouter()
_LONGEST = 2000
_MOST_BOXES = 20  # of one citation, in its address


class AskForm(BaseModel, frozen=True):
    """The query parameters of a question."""

    q: str = Field("", max_length=_LONGEST)
    where: str = Field("", max_length=LONGEST_FILTER)

    def query(self) -> str:
        """Return the query string of this question."""
        return "?" + urlencode({name: value for name, value in self.model_dump().items() if value})


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence with its citations: (number, citation, address in the inspector)."""

    sentence: Sentence
    citations: tuple[tuple[int, Citation, str], ...]


@router.get("/knowledge/{knowledge_id}/ask")
def show_question(
    request: Request, service: ServiceDep, knowledge_id: str, form: Annotated[AskForm, Query()]
) -> HTMLResponse:
    """Show the form; the page loads the answer afterwards, since a language model takes its time."""
    service.knowledge_bases.get(knowledge_id)
    return _page(request, service, "ask.html", knowledge_id, form)


@router.get("/knowledge/{knowledge_id}/ask/answer")
def show_answer(
    request: Request, service: ServiceDep, knowledge_id: str, form: Annotated[AskForm, Query()]
) -> HTMLResponse:
    """Show the answer to a question, or what is wrong with it: a part of the page, or all of it without scripts."""
    answer, fault = _answer(service, knowledge_id, form)
    whole = "hx-request" not in request.headers
    return _page(
        request,
        service,
        "ask.html" if whole else "answer.html",
        knowledge_id,
        form,
        status=problems.status_of(fault) if fault and whole else 200,
        answer=answer,
        sentences=_shown(answer.sentences) if answer else [],
        rows=_shown_rows(answer) if answer else [],
        fault=fault.message if fault else "",
        answered=True,
    )


def _page(
    request: Request,
    service: Service,
    template: str,
    knowledge_id: str,
    form: AskForm,
    status: int = 200,
    **answered: Any,
) -> HTMLResponse:
    by_model = service.settings.llm_model if service.settings.llm_url else ""
    known = {"knowledge_id": knowledge_id, "form": form, "by_model": by_model, "answered": False}
    return page(request, template, status, None, **{**known, **answered})


def _answer(service: Service, knowledge_id: str, form: AskForm) -> tuple[Answer | None, IngotError | None]:
    try:
        request = AskRequest(question=form.q, knowledge_ids=(knowledge_id,), where=form.where)
        return service.asking.answer(request), None
    except IngotError as fault:
        return None, fault


def _shown(sentences: tuple[Sentence, ...]) -> list[ShownSentence]:
    """Give each place a number, the same wherever it is cited."""
    numbers: dict[Citation, int] = {}
    shown = []
    for sentence in sentences:
        cited = tuple(
            (numbers.setdefault(citation, len(numbers) + 1), citation, _address(citation))
            for citation in sentence.citations
        )
        shown.append(ShownSentence(sentence, cited))
    return shown


def _shown_rows(answer: Answer) -> list[tuple[AnswerRow, list[tuple[Citation, str]]]]:
    """Pair each row of the records with the places of its values: (citation, address in the inspector)."""
    rows = answer.records.rows if answer.records else ()
    return [(row, [(citation, _address(citation)) for citation in row.citations]) for row in rows]


def _address(citation: Citation) -> str:
    """Return the address of the page in the inspector, with the quoted words marked."""
    boxes = [",".join(f"{side:g}" for side in placed.box) for placed in citation.boxes if placed.page == citation.page]
    place = urlencode({"page": citation.page, "box": boxes[:_MOST_BOXES]}, doseq=True)
    return f"/knowledge/{path_segment(citation.knowledge_id)}/documents/{citation.document}?{place}"
