"""The search page of a knowledge base: chunks with the words marked, each linked to its place in the inspector."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ingest.api import problems
from ingest.api.dependencies import ServiceDep
from ingest.web.formats import path_segment
from ingest.web.rendering import page
from pipeline.search.filter_language import LONGEST_FILTER
from pipeline.search.filters import as_filter
from pipeline.search.highlighting import Snippet, highlights, snippet
from pipeline.search.search import MODES
from pipeline.service import Service
from stores.errors import IngotError
from stores.filters import Filter
from stores.models import Hit
from stores.search_views import SearchResult
from stores.suggestions import check

router = APIRouter()
_LONGEST = 2000
_HITS = 20
_MOST_HITS = 200
_HEADINGS = re.compile(
    r"\A(?:#{1,6} [^\n]*(?:\n\s*|\Z))+"
)  # at the beginning of a passage; they stand above it already


class SearchForm(BaseModel, frozen=True):
    """The query parameters of a search."""

    q: str = Field("", max_length=_LONGEST)
    mode: str = Field("hybrid", max_length=20)
    language: str = Field("", max_length=20)
    document: str = Field("", max_length=500)
    where: str = Field("", max_length=LONGEST_FILTER)
    limit: int = Field(_HITS, ge=1, le=_MOST_HITS)

    def filter(self) -> Filter | None:
        """Return what all filled fields ask for. InputError for a ``where`` that cannot be read."""
        given = {"language": self.language, "document": self.document}
        return as_filter({name: text for name, text in given.items() if text}, self.where)

    def query(self, **changed: object) -> str:
        """Return the query string of this search with changes; an empty value removes a parameter."""
        given = {**self.model_dump(), **changed}
        usual = {"mode": "hybrid", "limit": _HITS}
        return "?" + urlencode({name: value for name, value in given.items() if value and usual.get(name) != value})


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A chunk found by the search, as the page shows it."""

    hit: Hit
    snippet: Snippet
    heading: Snippet
    address: str
    by_words: str
    by_meaning: str


@router.get("/knowledge/{knowledge_id}/search")
def show_search(
    request: Request, service: ServiceDep, knowledge_id: str, form: Annotated[SearchForm, Query()]
) -> HTMLResponse:
    """Show the form with the hits, or with what is wrong with the query."""
    languages = service.knowledge_bases.languages(knowledge_id)
    result, fault = _result(service, knowledge_id, form)
    hits = [_shown(service, knowledge_id, form.q, hit) for hit in result.hits]
    return page(
        request,
        "search.html",
        status=problems.status_of(fault) if fault else 200,
        knowledge_id=knowledge_id,
        form=form,
        modes=MODES,
        languages=languages,
        hits=hits,
        nothing_fits=result.nothing_fits,
        remark=result.remark,
        fault=fault.message if fault else "",
        document_name=_name(service, knowledge_id, form.document),
        more=len(hits) == form.limit and form.limit < _MOST_HITS,
        most=_MOST_HITS,
    )


def _result(service: Service, knowledge_id: str, form: SearchForm) -> tuple[SearchResult, IngotError | None]:
    """Return the hits, and what is wrong with the query."""
    try:
        where = form.filter()
        service.search.check_conditions(knowledge_id, where)
        check("mode", form.mode, MODES, code="unknown_mode")
        if not form.q.strip():
            return SearchResult(hits=()), None
        return service.search.result(knowledge_id, form.q, form.limit, form.mode, where), None
    except IngotError as fault:
        return SearchResult(hits=()), fault


def _name(service: Service, knowledge_id: str, document: str) -> str:
    """Return the name of a document; the text itself where no document, or more than one, matches."""
    try:
        return service.documents.get(knowledge_id, document).source if document else ""
    except IngotError:
        return document


def _shown(service: Service, knowledge_id: str, query: str, hit: Hit) -> ShownHit:
    number = service.search.page_of_hit(knowledge_id, hit, query)
    place = urlencode({"page": number, "chunk": hit.chunk.rpartition(":")[2], "q": query})
    return ShownHit(
        hit=hit,
        snippet=snippet(_HEADINGS.sub("", hit.text) or hit.text, query),
        heading=Snippet(hit.heading, highlights(hit.heading, query)),
        address=f"/knowledge/{path_segment(knowledge_id)}/documents/{hit.document}?{place}",
        by_words=_place(hit.keyword_rank),
        by_meaning=_place(hit.vector_rank),
    )


def _place(rank: int | None) -> str:
    """Format a rank as ``1st`` or ``22nd``; ``not found`` for None."""
    if rank is None:
        return "not found"
    ending = "th" if 10 < rank % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{ending}"
