"""One page of a document as the inspector shows it: shapes over its image, pieces of Markdown, passages. Pure.

What belongs together shares keys: ``b3`` is a block, ``c12`` a passage, ``invoice.amount`` a value; ``on`` names the
blocks that a passage or a value lies on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ingest.web.markdown import Piece, pieces, render
from ingest.web.shown_values import in_words, value_key
from pipeline.search.highlighting import highlights
from stores.models import Block, Box, Chunk, Evidence, Page, Route
from stores.views import PageMark, PageView

_MOST_TERMS = 50
_MOST_BLOCKS = 3000  # that can be lit; of a page with more, the rest is shown as it is written
_BAND_PT, _MOST_BANDS = 20.0, 100
_SHARE_INSIDE = 0.5  # of the smaller of two boxes that must lie in the other
# Points around a box, so that its line does not touch the letters, and those of one place lie inside each other.
VALUE_ROOM, BLOCK_ROOM, PASSAGE_ROOM = 1.5, 2.5, 4.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What lights up on the page image: boxes in points, as (x, y, width, height)."""

    key: str
    on: str
    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class ShownChunk:
    """One passage that stands on the page, whole or in part."""

    key: str
    on: str
    number: int
    heading: str
    html: Markup
    first_page: int
    last_page: int


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page with everything on it. ``margins``: running headers and footers, which are no part of the Markdown."""

    document: str
    page: Page
    facts: str
    blocks: tuple[Shape, ...]
    values: tuple[Shape, ...]
    passages: tuple[Shape, ...]
    asked: tuple[Box, ...]
    pieces: tuple[tuple[Piece, str], ...]
    margins: tuple[tuple[str, str, str], ...]
    texts: tuple[ShownChunk, ...]
    terms: tuple[str, ...]


def shown_page(page_view: PageView, asked: Sequence[Box] = (), query: str = "") -> ShownPage:
    """``asked``: boxes in points that the address names; ``query``: whose words are marked in the Markdown."""
    blocks = page_view.page.blocks[:_MOST_BLOCKS]
    places = BlocksByHeight(blocks)
    return ShownPage(
        document=page_view.document,
        page=page_view.page,
        facts=page_in_words(mark_of(page_view.page)),
        blocks=tuple(
            Shape(f"b{i}", "", _titled(block), _roomy([block.box], BLOCK_ROOM)) for i, block in enumerate(blocks)
        ),
        values=tuple(_value(schema, proof, places) for schema, proof in page_view.evidence),
        passages=tuple(_passage(chunk, page_view.page.number, places) for chunk in page_view.chunks),
        asked=tuple(_sized(box) for box in asked),
        pieces=tuple((piece, _keys(piece.blocks)) for piece in pieces(page_view.page.markdown, blocks)),
        margins=tuple((f"b{i}", str(b.label), b.text) for i, b in enumerate(blocks) if b.end <= b.start),
        texts=tuple(_text(chunk, page_view.page.number, places) for chunk in page_view.chunks),
        terms=_terms(page_view.page.markdown, query) if query else (),
    )


def _terms(markdown: str, query: str) -> tuple[str, ...]:
    """What the page holds of a query, as it is written there, each once."""
    found = dict.fromkeys(markdown[start:end] for start, end in highlights(markdown, query))
    return tuple(found)[:_MOST_TERMS]


class BlocksByHeight:
    """The blocks of a page by bands of its height, so that those under a box are found without asking each of them."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._boxes = [block.box for block in blocks]
        self._bands: dict[int, list[int]] = {}
        self._tall: list[int] = []
        for index, box in enumerate(self._boxes):
            bands = _bands(box)
            for band in bands:
                self._bands.setdefault(band, []).append(index)
            if not bands:
                self._tall.append(index)

    def under(self, boxes: Iterable[Box]) -> tuple[int, ...]:
        """Indices of the blocks that share most of the smaller area with any of the boxes."""
        found = {index for box in boxes for index in self._near(box) if _together(self._boxes[index], box)}
        return tuple(sorted(found))

    def _near(self, box: Box) -> Iterable[int]:
        bands = _bands(box)
        if not bands:
            return range(len(self._boxes))
        return {index for band in bands for index in self._bands.get(band, ())}.union(self._tall)


def _bands(box: Box) -> range:
    """The bands that a box reaches into; none for one so tall that bands are no use."""
    first, last = box[1] // _BAND_PT, box[3] // _BAND_PT
    return range(int(first), int(last) + 1) if 0 <= last - first <= _MOST_BANDS else range(0)


def _together(one: Box, other: Box) -> bool:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min(_area(one), _area(other))
    return wide > 0 and high > 0 and wide * high >= _SHARE_INSIDE * smaller


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _roomy(boxes: Iterable[Box], room: float) -> tuple[Box, ...]:
    """The boxes that have a place at all, with room around them; a reader may not know where a block stands."""
    return tuple(_sized(box, room) for box in boxes if _area(box) > 0)


def _sized(box: Box, room: float = 0.0) -> Box:
    """(x, y, width, height) of a box given by its corners, with room around it."""
    x0, y0, x1, y1 = box
    return x0 - room, y0 - room, max(0.0, x1 - x0) + 2 * room, max(0.0, y1 - y0) + 2 * room


def _keys(indices: Iterable[int]) -> str:
    return " ".join(f"b{index}" for index in indices)


def _titled(block: Block) -> str:
    return f"{block.label} {block.level}" if block.level else str(block.label)


def _value(schema: str, proof: Evidence, places: BlocksByHeight) -> Shape:
    key = value_key(schema, proof.path)
    on = _keys(places.under(proof.boxes))
    return Shape(key, on, in_words(key), _roomy(proof.boxes, VALUE_ROOM))


def _passage(chunk: Chunk, number: int, places: BlocksByHeight) -> Shape:
    boxes = _boxes_on(chunk, number)
    return Shape(
        f"c{chunk.ordinal}",
        _keys(places.under(boxes)),
        f"passage {chunk.ordinal + 1}",
        _roomy(boxes, PASSAGE_ROOM),
    )


def _boxes_on(chunk: Chunk, number: int) -> list[Box]:
    return [placed.box for placed in chunk.boxes if placed.page == number]


def _text(chunk: Chunk, number: int, places: BlocksByHeight) -> ShownChunk:
    return ShownChunk(
        key=f"c{chunk.ordinal}",
        on=_keys(places.under(_boxes_on(chunk, number))),
        number=chunk.ordinal + 1,
        heading=chunk.heading,
        html=render(chunk.text),
        first_page=chunk.first_page,
        last_page=chunk.last_page,
    )


def mark_of(page: Page) -> PageMark:
    return PageMark(
        number=page.number,
        route=page.route,
        reason=page.reason,
        engine=page.text.engine if page.text else "",
        confidence=page.text.confidence if page.text else None,
        error=page.error,
        read=page.text is not None,
        warning=page.warning.message if page.warning else None,
    )


KINDS = {"text": "text layer", "ocr": "OCR", "blank": "blank", "failed": "failed", "unread": "not read yet"}
"""The kinds of pages and their names."""


def legend(kinds: Iterable[str]) -> list[tuple[str, str, int]]:
    """(kind, its name, how many pages) of the kinds that there are."""
    counts = Counter(kinds)
    return [(kind, name, counts[kind]) for kind, name in KINDS.items() if counts[kind]]


def kind_of(mark: PageMark) -> str:
    """The colour of a page in the strip: failed, unread, or its route."""
    if mark.error:
        return "failed"
    return str(mark.route) if mark.read or mark.route is Route.BLANK else "unread"


def page_in_words(mark: PageMark) -> str:
    """How the page was read and why so: ``Read by OCR (rapidocr), 99 % sure: image only``."""
    if mark.error:
        return f"Failed: {mark.error}"
    given_up = f". Given up: {mark.warning}" if mark.warning else ""
    if mark.route is Route.BLANK:
        return f"{'Not read' if mark.warning else 'Blank'}: {mark.reason}"
    if not mark.read:
        return "Not read yet"
    how = "Read by OCR" if mark.route is Route.OCR else "From its text layer"
    engine = f" ({mark.engine})" if mark.engine else ""
    sure = f", {_percent(mark.confidence)} sure" if mark.confidence is not None else ""
    return f"{how}{engine}{sure}: {mark.reason}{given_up}"


def _percent(share: float) -> str:
    """``99.3 %``; never rounded up to certainty."""
    return f"{min(share * 100, 99.9):.1f} %" if share < 1 else "100 %"
