"""On which of its pages a hit shows the words of the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.search.highlighting import highlights
from stores.models import Box, Hit, Page

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_MOST_PAGES = 6  # of one chunk that are looked through


def page_of_hit(store: KnowledgeStore, hit: Hit, query: str) -> int:
    """The page of a hit with most different words of the query; the first of equals."""
    if hit.first_page == hit.last_page:
        return hit.first_page
    numbers = range(hit.first_page, min(hit.last_page, hit.first_page + _MOST_PAGES - 1) + 1)
    pages = store.pages.read(hit.document, int(hit.chunk.split(":")[1]), list(numbers))
    words = {page.number: _count_words(page, hit, query) for page in pages}
    return max(words, key=lambda number: (words[number], -number), default=hit.first_page)


def _count_words(page: Page, hit: Hit, query: str) -> int:
    boxes = [placed.box for placed in hit.boxes if placed.page == page.number]
    text = "\n".join(block.text for block in page.blocks if any(_overlap(block.box, box) for box in boxes))
    return len({text[start:end].casefold() for start, end in highlights(text, query)})


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
