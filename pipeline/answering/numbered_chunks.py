"""The chunks that a question is answered from, and the check of what is quoted from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pipeline.answering.answer import AskRequest, Citation
from pipeline.answering.table_rows import mention_of_row
from pipeline.engines.evidence.located_values import squash
from pipeline.engines.evidence.mentions import Mention, Piece, PrintedText
from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.evidence.word_boxes import words_box
from pipeline.places import place_of
from pipeline.search.search import search
from pipeline.step_context import Resources
from stores.models import FieldKind, Hit, Page, PlacedBox

_FEWEST_LETTERS = 4  # of a quote that can prove something
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ZH_NUMBER = re.compile(r"[一二三四五六七八九十百千万]")
_ELLIPSIS = re.compile(r"\s*(?:\.{3,}|…+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedChunk:
    """A found chunk; chunks are numbered from 1, the best first."""

    number: int
    knowledge_id: str
    hit: Hit


def best_chunks(resources: Resources, request: AskRequest) -> list[NumberedChunk]:
    """The best chunks of the knowledge bases, taken from each in turn."""
    lists = [
        [(name, hit) for hit in search(resources, name, request.question, request.chunks, "hybrid", request.where)]
        for name in dict.fromkeys(request.knowledge_ids)
    ]
    best = [hit for hits in zip_longest(*lists) for hit in hits if hit]
    return [
        NumberedChunk(number=number, knowledge_id=name, hit=hit)
        for number, (name, hit) in enumerate(best[: request.chunks], 1)
    ]


class QuoteChecker:
    """Looks up quotes on the pages of their chunks; the printed lines of a chunk's pages are read once."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._printed: dict[tuple[str, str], tuple[PrintedText, list[Page]]] = {}

    def citation(self, chunk: NumberedChunk, quote: str) -> Citation:
        """The citation of a quote, with its page and boxes where it stands on one of the pages of the chunk."""
        hit = chunk.hit
        mention = self._mention(chunk, quote)
        boxes = tuple(
            PlacedBox(page=piece.line.page, box=words_box(piece.line, piece.start, piece.end)) for piece in mention
        )
        return Citation(
            knowledge_id=chunk.knowledge_id,
            document=hit.document,
            source=hit.source,
            page=mention[0].line.page if mention else hit.first_page,
            quote=quote,
            located=bool(mention),
            boxes=boxes,
            place=place_of(boxes, self._pages(chunk)[1]) if mention else hit.place,
        )

    def _mention(self, chunk: NumberedChunk, quote: str) -> Mention:
        """Where all pieces of a quote stand; pieces are what an ellipsis leaves of it."""
        pieces = [piece for piece in _ELLIPSIS.split(quote) if squash(piece)]
        if sum(len(squash(piece)) for piece in pieces) < _FEWEST_LETTERS:
            return ()
        text, _ = self._pages(chunk)
        mention: list[Piece] = []
        for piece in pieces:
            places = text.mentions(piece, FieldKind.TEXT)
            place = places[0] if places else mention_of_row(text, piece)
            if not place:
                return ()
            mention += place
        return tuple(mention)

    def _pages(self, chunk: NumberedChunk) -> tuple[PrintedText, list[Page]]:
        """The printed lines of the pages of a chunk, and the pages."""
        key = (chunk.knowledge_id, chunk.hit.chunk)
        if key not in self._printed:
            document, generation, _ = chunk.hit.chunk.rsplit(":", 2)
            numbers = range(chunk.hit.first_page, chunk.hit.last_page + 1)
            store = self._resources.catalog.store(chunk.knowledge_id)
            pages = store.pages.read(document, int(generation), numbers)
            self._printed[key] = PrintedText(page_lines(pages)), pages
        return self._printed[key]


def has_its_numbers(sentence: str, chunks: Sequence[NumberedChunk]) -> bool:
    """Tell whether every number of a sentence stands in the chunks that it cites, however it is punctuated there."""
    return stands_in(sentence, " ".join(chunk.hit.text for chunk in chunks))


def stands_in(sentence: str, text: str) -> bool:
    """Tell whether every number of a sentence stands in a text, however it is punctuated there."""
    if _ZH_NUMBER.search(text):  # these print numbers in words
        return True
    printed = {_bare(number) for number in _NUMBER.findall(text)}
    return all(_bare(number) in printed for number in _NUMBER.findall(sentence))


def _bare(number: str) -> str:
    """A number without marks of thousands, and without zeros behind its decimal mark."""
    whole = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", number).replace(",", ".")
    return whole.rstrip("0").rstrip(".") if "." in whole else whole
