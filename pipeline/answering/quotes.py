"""Answers without a model: the sentences of the chunks that fit a question best."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.answering.chunk_sentences import chunk_sentences
from pipeline.answering.numbered_chunks import NumberedChunk
from pipeline.contracts import Embedder
from pipeline.engines.evidence.located_values import squash
from pipeline.search.highlighting import highlights
from stores.words import query_words, unspaced_share

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-zA-Z]+|\d[\d.,]*\d|\d")  # of a person or place, or a number
_MOST_SENTENCES = 3
_MOST_EMBEDDED = 24  # sentences whose meaning is compared
_NO_SENTENCE = 0.5  # of the score of a caption or a title: it names what is said elsewhere
_NEAR_THE_BEST = 0.75  # share of the best score that a further sentence needs
_ENOUGH_WORDS = 1 / 3  # of the question's words, in the best sentence, for it to be an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence of a chunk, as it is printed. ``coverage``: the share of the question's words that it has, 0 to 1.

    ``shown``: the same, in a table with the names of the columns. ``worth``: less than 1 for what is no sentence.
    """

    chunk: NumberedChunk
    text: str
    shown: str
    worth: float
    coverage: float


def best_quotes(question: str, chunks: Sequence[NumberedChunk], embedder: Embedder) -> list[Quote]:
    """At most three sentences, the best first: those with the words of the question, and with its meaning."""
    terms = [term.strip('"') for term in query_words(question).required]
    quotes = _once([quote for chunk in chunks for quote in _of_chunk(terms, chunk)])
    quotes.sort(key=lambda quote: (-quote.coverage * quote.worth, quote.chunk.number))
    quotes = quotes[:_MOST_EMBEDDED]
    if not quotes:
        return []
    likeness = embedder.embed_chunks([quote.shown for quote in quotes]) @ embedder.embed_query(question)
    low, high = float(likeness.min()), float(likeness.max())
    scores = [
        quote.worth * (quote.coverage + (float(like) - low) / (high - low or 1.0))
        for quote, like in zip(quotes, likeness, strict=True)
    ]
    ranked = sorted(zip(scores, quotes, strict=True), key=lambda item: -item[0])
    return [quote for score, quote in ranked[:_MOST_SENTENCES] if score >= _NEAR_THE_BEST * ranked[0][0]]


def is_answered(question: str, quotes: Sequence[Quote]) -> bool:
    """Tell whether a quote has enough of the question's words, and its chunk the names and numbers in it.

    In another script only the meaning can be compared.
    """
    if not quotes:
        return False
    hit = quotes[0].chunk.hit
    names = _NAME.findall(question)
    if not all(highlights(f"{hit.source} {hit.heading} {hit.text}", name) for name in names):
        return False
    other_script = (unspaced_share(question) > 0.5) != (unspaced_share(quotes[0].text) > 0.5)
    return other_script or max(quote.coverage for quote in quotes) >= _ENOUGH_WORDS


def _of_chunk(terms: Sequence[str], chunk: NumberedChunk) -> Iterator[Quote]:
    for sentence in chunk_sentences(chunk.hit.text, chunk.hit.heading):
        worth = 1.0 if sentence.whole else _NO_SENTENCE
        coverage = _coverage(terms, sentence.shown)
        yield Quote(chunk=chunk, text=sentence.printed, shown=sentence.shown, worth=worth, coverage=coverage)


def _coverage(terms: Sequence[str], text: str) -> float:
    return sum(bool(highlights(text, term)) for term in terms) / len(terms) if terms else 0.0


def _once(quotes: Sequence[Quote]) -> list[Quote]:
    """Each sentence once, however it is set, from the best chunk."""
    first: dict[str, Quote] = {}
    for quote in quotes:
        first.setdefault(squash(quote.text), quote)
    return list(first.values())
