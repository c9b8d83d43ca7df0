"""One page of a document as the inspector shows it: overlays on its image, pieces of Markdown, chunks. Pure functions.

Parts that light up together share keys: ``b3`` is a block, ``c12`` a chunk, ``invoice.amount`` a value; ``on`` lists
the keys of the blocks under a chunk or a value.
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
_WITHOUT_LAYOUT = "formats:"  # the reader of Office, web, mail and text files
_MOST_BLOCKS = 3000  # that can light up; the text of further blocks is shown without a key
_BAND_PT, _MOST_BANDS = 20.0, 100
_SHARE_INSIDE = 0.5  # of the smaller of two boxes that must lie in the other
# Margins in points around a box, so that its outline does not touch the letters and outlines of one place are nested.
VALUE_MARGIN, BLOCK_MARGIN, CHUNK_MARGIN = 1.5, 2.5, 4.0


@dataclass(frozen=True, slots=True)
class Overlay:
    """Boxes that light up on the page image, in points, as (x, y, width, height)."""

    key: str
    on: str
    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class ShownChunk:
    """A chunk with text on the page."""

    key: str
    on: str
    number: int
    heading: str
    html: Markup
    first_page: int
    last_page: int


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page with everything on it. ``marked``: boxes that the URL names; ``terms``: words to mark in the Markdown.

    ``margins``: key, label and text of running headers and footers, which are not part of the Markdown.
    """

    document: str
    page: Page
    facts: str
    blocks: tuple[Overlay, ...]
    values: tuple[Overlay, ...]
    chunks: tuple[Overlay, ...]
    marked: tuple[Box, ...]
    pieces: tuple[tuple[Piece, str], ...]
    margins: tuple[tuple[str, str, str], ...]
    texts: tuple[ShownChunk, ...]
    terms: tuple[str, ...]


def shown_page(page_view: PageView, marked: Sequence[Box] = (), query: str = "") -> ShownPage:
    """Prepare a page for its template. ``marked``: boxes in points to mark; ``query``: its words are marked."""
    blocks = page_view.page.blocks[:_MOST_BLOCKS]
    places = BlocksByHeight(blocks)
    return ShownPage(
        document=page_view.document,
        page=page_view.page,
        facts=page_in_words(mark_of(page_view.page)),
        blocks=tuple(
            Overlay(f"b{i}", "", _titled(block), _with_margin([block.box], BLOCK_MARGIN))
            for i, block in enumerate(blocks)
        ),
        values=tuple(_value(schema, evidence, places) for schema, evidence in page_view.evidence),
        chunks=tuple(_chunk(chunk, page_view.page.number, places) for chunk in page_view.chunks),
        marked=tuple(_sized(box) for box in marked),
        pieces=tuple((piece, _keys(piece.blocks)) for piece in pieces(page_view.page.markdown, blocks)),
        margins=tuple((f"b{i}", str(b.label), b.text) for i, b in enumerate(blocks) if b.end <= b.start),
        texts=tuple(_text(chunk, page_view.page.number, places) for chunk in page_view.chunks),
        terms=_terms(page_view.page.markdown, query) if query else (),
    )


def _terms(markdown: str, query: str) -> tuple[str, ...]:
    """Return the parts of the page that match a query, as they are written there, each once."""
    terms = dict.fromkeys(markdown[start:end] for start, end in highlights(markdown, query))
    return tuple(terms)[:_MOST_TERMS]


class BlocksByHeight:
    """An index of the blocks of a page by horizontal bands, to find those under a box without comparing all."""

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
        """Return the indices of the blocks that overlap any of the boxes by half of the smaller area or more."""
        indices = {index for box in boxes for index in self._near(box) if _overlap(self._boxes[index], box)}
        return tuple(sorted(indices))

    def _near(self, box: Box) -> Iterable[int]:
        bands = _bands(box)
        if not bands:
            return range(len(self._boxes))
        return {index for band in bands for index in self._bands.get(band, ())}.union(self._tall)


def _bands(box: Box) -> range:
    """Return the bands that a box touches; none for a box so tall that bands do not help."""
    first, last = box[1] // _BAND_PT, box[3] // _BAND_PT
    return range(int(first), int(last) + 1) if 0 <= last - first <= _MOST_BANDS else range(0)


def _overlap(one: Box, other: Box) -> bool:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min(_area(one), _area(other))
    return wide > 0 and high > 0 and wide * high >= _SHARE_INSIDE * smaller


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _with_margin(boxes: Iterable[Box], margin: float) -> tuple[Box, ...]:
    """Add a margin to the boxes, leaving out those without area: an engine may not know where a block stands."""
    return tuple(_sized(box, margin) for box in boxes if _area(box) > 0)


def _sized(box: Box, margin: float = 0.0) -> Box:
    """Convert a box from its corners to (x, y, width, height), with a margin around it."""
    x0, y0, x1, y1 = box
    return x0 - margin, y0 - margin, max(0.0, x1 - x0) + 2 * margin, max(0.0, y1 - y0) + 2 * margin


def _keys(indices: Iterable[int]) -> str:
    return " ".join(f"b{index}" for index in indices)


def _titled(block: Block) -> str:
    label = f"{block.label} {block.level}" if block.level else str(block.label)
    return label if block.confidence is None else f"{label}, OCR {_percent(block.confidence)} sure"


def _value(schema: str, evidence: Evidence, places: BlocksByHeight) -> Overlay:
    key = value_key(schema, evidence.path)
    on = _keys(places.under(evidence.boxes))
    return Overlay(key, on, in_words(key), _with_margin(evidence.boxes, VALUE_MARGIN))


def _chunk(chunk: Chunk, number: int, places: BlocksByHeight) -> Overlay:
    boxes = _boxes_on(chunk, number)
    return Overlay(
        f"c{chunk.ordinal}",
        _keys(places.under(boxes)),
        f"passage {chunk.ordinal + 1}",
        _with_margin(boxes, CHUNK_MARGIN),
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
"""Kind of a page -> its name."""


def legend(kinds: Iterable[str]) -> list[tuple[str, str, int]]:
    """Return (kind, name, number of pages) for each kind that occurs."""
    counts = Counter(kinds)
    return [(kind, name, counts[kind]) for kind, name in KINDS.items() if counts[kind]]


def kind_of(mark: PageMark) -> str:
    """Return the kind of a page, which gives it a colour in the strip: failed, unread, or its route."""
    if mark.error:
        return "failed"
    return str(mark.route) if mark.read or mark.route is Route.BLANK else "unread"


def page_in_words(mark: PageMark) -> str:
    """Describe how a page was read and why: ``Read by OCR (rapidocr), 99 % sure: image only``."""
    if mark.error:
        return f"Failed: {mark.error}"
    given_up = f". Given up: {mark.warning}" if mark.warning else ""
    if mark.route is Route.BLANK:
        return f"{'Not read' if mark.warning else 'Blank'}: {mark.reason}"
    if not mark.read:
        return "Not read yet"
    how = "Read by OCR" if mark.route is Route.OCR else "From its text layer"
    if mark.engine.startswith(_WITHOUT_LAYOUT):
        how = "From the file itself"
    engine = f" ({mark.engine})" if mark.engine else ""
    sure = f", {_percent(mark.confidence)} sure" if mark.confidence is not None else ""
    return f"{how}{engine}{sure}: {mark.reason}{given_up}"


def _percent(share: float) -> str:
    """Format a share as ``99.3 %``; only 1 is ``100 %``."""
    return f"{min(share * 100, 99.9):.1f} %" if share < 1 else "100 %"
