"""Asking questions of knowledge bases."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.answering import asking
from pipeline.answering.answer import Answer, AskRequest, Sentence
from pipeline.step_context import Resources


class Asking:
    """Answers questions with sentences that name their sources. NotFoundError for an unknown knowledge base."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def answer(self, request: AskRequest) -> Answer:
        """Answer a question at once."""
        return asking.ask(self._resources, request)

    def in_parts(self, request: AskRequest) -> Iterator[Sentence | Answer]:
        """Yield the sentences of an answer as they come, and at the end the whole answer."""
        return asking.ask_in_parts(self._resources, request)
