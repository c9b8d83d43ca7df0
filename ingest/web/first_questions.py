"""What a first visit can try: questions to the samples, else searches for the titles of the first documents."""

from __future__ import annotations

from ingest.web.upload import DEMO
from pipeline.service import Service
from stores.views import DocumentFilter, KnowledgeBaseView

_MOST_DOCUMENTS = 12  # with more, nobody needs a first question
_MOST = 3
_LONGEST_TITLE = 60
OF_SAMPLES = (
    "When must the invoice be paid?",
    "付款期限是多少天？",
    "How long do soil moisture sensors stay accurate?",
)


def first_questions(service: Service, base: KnowledgeBaseView) -> list[tuple[str, str]]:
    """Return at most three (page, question) for a small knowledge base, none where nothing of it answers yet.

    The page is ``ask``, or ``search`` for titles, of which nobody knows what they answer.
    """
    if not base.chunks or base.documents > _MOST_DOCUMENTS:
        return []
    if base.knowledge_id == DEMO:
        return [("ask", question) for question in OF_SAMPLES]
    views = service.documents.slice(base.knowledge_id, DocumentFilter(), None, _MOST_DOCUMENTS).items
    titles = [view.title or view.source for view in views if view.visible]
    return [("search", _short(title)) for title in dict.fromkeys(titles)][:_MOST]


def _short(title: str) -> str:
    start = title[:_LONGEST_TITLE]
    return title if start == title else start.rpartition(" ")[0] or start
