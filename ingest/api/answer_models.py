"""Models of answers to questions, for the OpenAPI description; ``ingest/serializers.py`` builds the values."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from ingest.api.models import ModelTokensOut, PlacedBox


class CitationOut(BaseModel):
    """Where a sentence is taken from. ``located``: the quoted words stand on that page, in these boxes.

    ``place`` names its lines where the format does.
    """

    knowledge_id: str
    document: str
    source: str
    page: int
    quote: str
    located: bool
    boxes: list[PlacedBox]
    place: str


class SentenceOut(BaseModel):
    """A sentence of an answer. ``proved``: a citation was found, and has the numbers that the sentence has.

    ``rows``: numbers, from 1, of the rows that it is taken from.
    """

    text: str
    proved: bool
    citations: list[CitationOut]
    rows: list[int]


class AnswerRowOut(BaseModel):
    """A row of the answer to ``statement``. ``citations``: where its values are printed, if it names its document."""

    knowledge_id: str
    values: dict[str, str | int | float | bool | None]
    citations: list[CitationOut]


class AnswerOut(BaseModel):
    """An answer. ``outcome``: ``not_said`` where the documents do not say it; ``note`` says so in a sentence.

    ``written_by``: the language model that is set, or ``quotes`` of the documents. ``complete`` is false where the
    model was cut off; ``error`` says why a model that is set did not write it, or not all of it. ``statement`` is the
    SQL that was run on the record tables, if any, and ``rows`` its first 100 rows, ``more_rows`` that there are others.
    """

    question: str
    outcome: Literal["answered", "not_said"]
    written_by: Literal["model", "quotes"]
    note: str
    complete: bool
    error: str | None
    error_code: str | None
    model_tokens: ModelTokensOut
    statement: str | None
    rows: list[AnswerRowOut]
    more_rows: bool
    sentences: list[SentenceOut]
