"""One page and what MuPDF reports of it, each report computed once.

MuPDF can notice text that is printed twice to look bold, by comparing each character with all before it: that costs
twenty times the text page itself, so it is asked to only where this page prints something twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from pipeline.engines.layout.sheet.actual_text import is_tagged, take_actual_text, without_structure
from pipeline.engines.layout.sheet.stroked import mark_stroked
from pipeline.engines.pdf import mupdf
from stores.models import Box

Log = Sequence[tuple[str, Box]]

_PICTURES = ("fill-image", "fill-imgmask", "fill-shade", "clip-image")
_LOGO = 0.02  # of the page's area
_SHIFT = 1.0  # points between the two prints of text that is printed twice
_CELL = 2.0  # points: boxes are looked up by the cell in which they begin


class Sheet:
    """An upright page. ``recognised``: its text layer was made by OCR."""

    def __init__(self, page: Any, recognised: bool) -> None:
        self.page = page
        self.recognised = recognised
        self.tagged = bool(page.parent.is_pdf) and is_tagged(page.parent)
        self.crowded = False  # by drawings: see drawn_lines
        self.scale = 1.0  # of what is drawn, against the page as it came
        self.left_out: list[Box] = []  # boxes of lines that are no part of the text
        self.read: list[Box] = []  # boxes of invisible lines that are a part of it: OCR read them in pictures
        self.width, self.height = float(page.rect.width), float(page.rect.height)
        self.right, self.bottom = float(page.rect.x1), float(page.rect.y1)

    @cached_property
    def log(self) -> Log:
        """Kind and box of everything that the page paints, in order."""
        painted: Log = self.page.get_bboxlog()
        return painted

    def textpage(self, flags: int, *, styles: bool = False) -> Any:
        """A text page with these flags; doubled text is looked for where something is printed twice, or on request."""
        pymupdf = mupdf.load()
        wanted = pymupdf.TEXT_COLLECT_STYLES if styles or self.prints_twice else 0
        flags = flags & ~pymupdf.TEXT_COLLECT_STYLES | wanted
        if self.crowded:  # nothing that compares each drawing with each letter
            flags &= ~(pymupdf.TEXT_COLLECT_STYLES | pymupdf.TEXT_COLLECT_VECTORS | pymupdf.TEXT_TABLE_HUNT)
        if self.tagged:  # MuPDF 1.28 crashes over drawings that it hands in later than the tag they belong to
            flags &= ~pymupdf.TEXT_LAZY_VECTORS
        return pymupdf.Page.get_textpage(self.page, flags=flags)  # past what covers the page's own: table finding

    @cached_property
    def prints_twice(self) -> bool:
        """Whether text is printed twice, a little shifted, to look bold: character by character, or in runs."""
        return prints_twice([box for kind, box in self.log if kind == "fill-text"])

    @cached_property
    def plain_blocks(self) -> list[dict[str, Any]]:
        """The text layer as MuPDF's rawdict blocks, doubled text twice."""
        return self._meant(lambda flags: mupdf.load().Page.get_textpage(self.page, flags=flags))

    @cached_property
    def blocks(self) -> list[dict[str, Any]]:
        """The text layer as MuPDF's rawdict blocks, with text that is stroked to look bold marked as such."""
        blocks = self._meant(self.textpage) if self.prints_twice else self.plain_blocks
        mark_stroked(blocks, self.log)
        return blocks

    @property
    def coded_blocks(self) -> list[dict[str, Any]]:
        """The same, with the codes of characters in their fonts where the text layer does not know what they mean."""
        return self._raw(self.textpage(self._flags | mupdf.load().TEXT_CID_FOR_UNKNOWN_UNICODE))

    def _meant(self, text: Callable[[int], Any]) -> list[dict[str, Any]]:
        """The blocks of a text page, its characters as ActualText says where they mean nothing by themselves."""
        aloud = self._flags & ~mupdf.load().TEXT_IGNORE_ACTUALTEXT
        with without_structure(self.page.parent):
            blocks = self._raw(text(self._flags))
            take_actual_text(blocks, lambda: self._raw(text(aloud)))
        return blocks

    @staticmethod
    def _raw(text: Any) -> list[dict[str, Any]]:
        return list(text.extractRAWDICT()["blocks"])

    @property
    def plain_texts(self) -> list[str]:
        """The texts of the printed lines."""
        lines = (line for block in self.plain_blocks for line in block.get("lines", ()))
        texts = ("".join(char["c"] for span in line["spans"] for char in span["chars"]).strip() for line in lines)
        return [text for text in texts if text]

    @property
    def characters(self) -> int:
        return sum(len(span["chars"]) for span in _spans(self.plain_blocks))

    @property
    def _flags(self) -> int:
        pymupdf = mupdf.load()
        flags: int = pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_IGNORE_ACTUALTEXT
        return flags if self.recognised else flags | pymupdf.TEXT_ACCURATE_BBOXES  # recognised text has no outlines

    @cached_property
    def has_drawings(self) -> bool:
        return any(kind in ("fill-path", "stroke-path", "clip-path", "clip-stroke-path") for kind, _ in self.log)

    @cached_property
    def has_pictures(self) -> bool:
        return any(kind in ("fill-image", "fill-imgmask") for kind, _ in self.log)

    @cached_property
    def shows_pictures(self) -> bool:
        """Whether an image is large enough to be more than a logo."""
        least = _LOGO * self.width * self.height
        return any(kind in _PICTURES and (b[2] - b[0]) * (b[3] - b[1]) > least for kind, b in self.log)

    @cached_property
    def picture(self) -> Any:
        """The page as an array of pixels at 72 dpi: height, width, colours."""
        import numpy as np

        drawn = self.page.get_pixmap()
        return np.frombuffer(drawn.samples, dtype=np.uint8).reshape(drawn.height, drawn.width, drawn.n)

    @cached_property
    def sharp_picture(self) -> Any:
        """The page as an array of pixels at 216 dpi."""
        import numpy as np

        drawn = self.page.get_pixmap(matrix=mupdf.load().Matrix(3, 3), alpha=False)
        return np.frombuffer(drawn.samples, dtype=np.uint8).reshape(drawn.height, drawn.width, drawn.n)

    @cached_property
    def opaque_pictures(self) -> list[Box]:
        """Boxes of the images that have no mask."""
        boxes: list[Box] = [info["bbox"] for info in self.page.get_image_info() if not info.get("has-mask")]
        return boxes

    def order_of(self, span: dict[str, Any]) -> int:
        """The place of a span in the order of painting (see ``log``), -1 where it is unknown."""
        places = (self._orders.get(_rounded(char["origin"])) for char in span["chars"] if not char["c"].isspace())
        return next((place for place in places if place is not None), -1)

    @cached_property
    def _orders(self) -> dict[tuple[int, int], int]:
        traced = self.page.get_texttrace()
        return {_rounded(char[2]): int(span["seqno"]) for span in traced for char in span["chars"]}

    def is_written_over(self, span: dict[str, Any], order: int) -> bool:
        """Whether other text is painted on the place of a span after the ``order``-th painting."""
        x, y = (span["bbox"][0] + span["bbox"][2]) / 2, (span["bbox"][1] + span["bbox"][3]) / 2
        later = (box for kind, box in self.log[order + 1 :] if kind == "fill-text")
        return any(box[1] <= y <= box[3] and box[0] <= x <= box[2] for box in later)


def _rounded(point: Sequence[float]) -> tuple[int, int]:
    return round(point[0] * 10), round(point[1] * 10)


def prints_twice(boxes: Iterable[Box]) -> bool:
    """Whether some text is painted where text of the same size stands already, with less than a point between them."""
    seen: dict[tuple[float, float, int, int], list[Box]] = {}
    for box in boxes:
        width, height = round(box[2] - box[0], 1), round(box[3] - box[1], 1)
        if width < _SHIFT:
            continue
        at_x, at_y = int(box[0] // _CELL), int(box[1] // _CELL)
        cells = ((width, height, at_x + x, at_y + y) for x in (-1, 0, 1) for y in (-1, 0, 1))
        if any(_is_near(box, other) for cell in cells for other in seen.get(cell, ())):
            return True
        seen.setdefault((width, height, at_x, at_y), []).append(box)
    return False


def _is_near(one: Box, other: Box) -> bool:
    return abs(one[0] - other[0]) < _SHIFT and abs(one[1] - other[1]) < _SHIFT


def _spans(blocks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (span for block in blocks for line in block.get("lines", ()) for span in line["spans"])
