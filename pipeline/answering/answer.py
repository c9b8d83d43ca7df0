"""What an answer consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.search.filters import Where
from stores.errors import InputError
from stores.models import Fault, PlacedBox
from stores.token_count import TokenCount


class Outcome(StrEnum):
    """``answered``, or ``not_said``: the documents do not say it."""

    ANSWERED = "answered"
    NOT_SAID = "not_said"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRequest:
    """A question about some knowledge bases. ``chunks``: how many found chunks are read; ``where``: as in a search.

    ``records``: a model may ask the record tables, too; it does not where documents are chosen by ``where``.
    InputError where there is no question, or nothing that it is about.
    """

    question: str
    knowledge_ids: tuple[str, ...]
    chunks: int = 8
    where: Where = None
    records: bool = True

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise InputError("the question is empty: say what you want to know", code="empty_query")
        if not self.knowledge_ids:
            raise InputError("no knowledge base is named")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a sentence is taken from. ``located``: the quoted words stand on that page; ``boxes`` show them.

    ``place``: the paragraph or the cells, in formats that name them: ``Prices!B7``.
    """

    knowledge_id: str
    document: str
    source: str
    page: int
    quote: str
    located: bool
    boxes: tuple[PlacedBox, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of an answer. ``proved``: a citation was found, and has the numbers that the sentence has.

    ``rows``: the numbers, from 1, of the rows of a query that it is taken from; these prove it as citations do.
    """

    text: str
    citations: tuple[Citation, ...]
    proved: bool
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """A row of a query's result. ``citations``: where its values are printed, for a row that is of one document."""

    knowledge_id: str
    values: Mapping[str, Any]
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRows:
    """What a model asked of the record tables, and the rows of the answer. ``more``: not all rows are here."""

    statement: str
    rows: tuple[AnswerRow, ...]
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, written by a ``model``, or put together from ``quotes``. ``note``: the outcome in a sentence.

    ``complete`` is False where the model was cut off. ``fault``: why a model that is set did not write all of it.
    """

    question: str
    outcome: Outcome
    written_by: str
    sentences: tuple[Sentence, ...]
    note: str = ""
    complete: bool = True
    fault: Fault | None = None
    tokens: TokenCount = field(default_factory=TokenCount)
    records: RecordRows | None = None

    def parts(self) -> Mapping[str, Any]:
        """All but the sentences and rows."""
        return {
            "question": self.question,
            "outcome": str(self.outcome),
            "written_by": self.written_by,
            "note": self.note,
            "complete": self.complete,
            "error": self.fault.message if self.fault else None,
            "error_code": self.fault.code if self.fault else None,
            "model_tokens": {"read": self.tokens.read, "written": self.tokens.written},
            "statement": self.records.statement if self.records else None,
            "more_rows": self.records.more if self.records else False,
        }
