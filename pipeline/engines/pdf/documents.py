"""The DocumentEngine for PDF files, by PyMuPDF, and for image files, by Pillow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.contracts import DocumentFacts, PageFacts, PageImage
from pipeline.engines.media import IMAGES, PDF, sniff, words_of_type
from pipeline.engines.pdf import images as image_document
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.facts import facts_of_page
from stores.errors import InputError, PageError
from stores.models import OutlineEntry

VERSION = "3"
_POINTS_PER_INCH = 72.0
_MOST_BOOKMARKS = 5000


class PyMuPdfDocuments:
    """A DocumentEngine for PDF and image files (PNG, JPEG, TIFF with several frames, BMP, WebP).

    ``dpi`` is the resolution of rendered pages; a page whose image would exceed ``max_page_megapixels`` million pixels
    is drawn smaller.
    """

    def __init__(self, dpi: int, max_page_megapixels: float) -> None:
        self._dpi = dpi
        self._max_pixels = int(max_page_megapixels * 1_000_000)
        self.plan_fingerprint = f"pymupdf-documents:{VERSION}"
        self.fingerprint = f"{self.plan_fingerprint}:dpi={dpi}:max={self._max_pixels}"

    def inspect(self, path: Path, password: str) -> DocumentFacts:
        """Count the pages and read the title. Messages of InputError and EncryptedError do not name the file."""
        if _kind(path) in IMAGES:
            return DocumentFacts(page_count=image_document.count_frames(path))
        with mupdf.alone:
            document = mupdf.open_pdf(path, password)
            try:
                return DocumentFacts(page_count=document.page_count, title=_title(document), outline=_outline(document))
            finally:
                document.close()

    def look(self, path: Path, password: str, numbers: Sequence[int]) -> Iterator[PageFacts]:
        """Yield the facts of the pages ``numbers`` (from 1), in that order; PageError at a page that cannot be read."""
        if _kind(path) in IMAGES:
            yield from (image_document.facts(path, number) for number in numbers)
            return
        with mupdf.alone:
            document = mupdf.open_pdf(path, password)
        try:
            for number in numbers:
                with mupdf.alone, mupdf.translated(f"Page {number} cannot be read", PageError):
                    page = facts_of_page(mupdf.load_page(document, number), number)
                yield page
        finally:
            with mupdf.alone:
                document.close()

    def render(self, path: Path, password: str, number: int, target: Path) -> PageImage:
        """Draw page ``number`` into the PNG file ``target``; raises PageError where it cannot be drawn."""
        if _kind(path) in IMAGES:
            return image_document.render(path, number, target, self._dpi, self._max_pixels)
        with mupdf.alone:
            document = mupdf.open_pdf(path, password)
            try:
                page = mupdf.load_page(document, number)
                with mupdf.translated(f"Page {number} cannot be drawn", PageError):
                    self._draw(page, target)
                    return PageImage(number=number, path=target, width_pt=page.rect.width, height_pt=page.rect.height)
            finally:
                document.close()

    def _draw(self, page: Any, target: Path) -> None:
        zoom = zoom_for(page.rect.width, page.rect.height, self._dpi, self._max_pixels)
        pymupdf = mupdf.load()
        pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False)
        image_document.write_png(pixmap.samples_mv, pixmap.width, pixmap.height, pixmap.n, target)


def zoom_for(width_pt: float, height_pt: float, dpi: float, max_pixels: int) -> float:
    """Pixels per point at ``dpi``, fewer where the image would exceed ``max_pixels`` or a side 20,000 pixels."""
    zoom = dpi / _POINTS_PER_INCH
    pixels = max(1.0, width_pt * zoom) * max(1.0, height_pt * zoom)
    if pixels > max_pixels:
        zoom *= math.sqrt(max_pixels / pixels)
    longest = max(width_pt, height_pt) * zoom
    return zoom * min(1.0, 20_000 / longest) if longest > 0 else zoom


def _kind(path: Path) -> str:
    kind = sniff(path)
    if kind != PDF and kind not in IMAGES:
        raise InputError(f"The file is {words_of_type(kind)}, which this engine does not read.")
    return kind


def _title(document: Any) -> str:
    title = (document.metadata or {}).get("title") or ""
    return " ".join(str(title).replace("\0", "").split())[:300]


def _outline(document: Any) -> tuple[OutlineEntry, ...]:
    """The bookmarks of a document; none where they cannot be read, for its pages can be all the same."""
    try:
        entries = document.get_toc(simple=True)
    except (RuntimeError, ValueError, IndexError, KeyError, TypeError, RecursionError):
        return ()
    shown = ((level, " ".join(str(title).split())[:300], page) for level, title, page in entries[:_MOST_BOOKMARKS])
    return tuple(OutlineEntry(level=level, title=title, page=max(page, 0)) for level, title, page in shown if title)
