"""The engines for Office, web, mail and text files: a DocumentEngine and a TextReader.

Pages are what the format has, then each picture that holds print, as a page of its own, which OCR reads. Only the
pictures have an image.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.contracts import DocumentFacts, PageFacts, PageImage
from pipeline.engines.formats.elements import Content, Element, Section
from pipeline.engines.formats.page_writer import page_text, plain_text
from pipeline.engines.formats.pictures import as_file, sort_pictures
from pipeline.engines.formats.readers import read_content
from pipeline.engines.formats.sections import pages_of
from pipeline.engines.media import sniff
from pipeline.engines.pdf import images as image_document
from stores.errors import InputError, PageError
from stores.models import Label, PageText

VERSION = "5"  # part of fingerprints: raise it with every change of output


@dataclass(frozen=True, slots=True)
class _Document:
    """A parsed file: its pages of text, and the indices of the pictures that follow them as pages."""

    content: Content
    pages: tuple[Section, ...]
    read_pictures: tuple[int, ...]

    @property
    def page_count(self) -> int:
        return len(self.pages) + len(self.read_pictures)

    def page_of(self, picture: int | None) -> int:
        """The number of the page on which a picture is read, 0 where it is not."""
        if picture not in self.read_pictures:
            return 0
        return len(self.pages) + 1 + self.read_pictures.index(picture)


class _LastDocument:
    """Parses files and keeps the last one, whose pages are asked for one after the other. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[object, ...] = ()
        self._document: _Document | None = None

    def of(self, path: Path) -> _Document:
        with self._lock:
            try:
                stat = path.stat()
            except OSError as error:
                raise InputError("The file is gone.") from error
            key = (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino)
            if self._document is None or key != self._key:
                self._document = None  # two large ones need not fit into memory together
                self._document, self._key = _parsed(path), key
            return self._document


_last = _LastDocument()


def _parsed(path: Path) -> _Document:
    content = read_content(path, sniff(path))
    pictures = sort_pictures(content.pictures)
    pages = pages_of(content)
    unread = (*content.unread, *pictures.unread)
    if unread:
        pages = [replace(pages[0], unread=(*pages[0].unread, *unread)), *pages[1:]] if pages else []
    if not pages:
        raise InputError("The document holds nothing: no text and no pictures.", code="empty")
    return _Document(content, tuple(pages), pictures.with_print)


class FormatDocuments:
    """A DocumentEngine; ``dpi`` and ``max_page_megapixels`` limit the images of pictures inside documents."""

    def __init__(self, dpi: int, max_page_megapixels: float) -> None:
        self._dpi = dpi
        self._max_pixels = int(max_page_megapixels * 1_000_000)
        self.plan_fingerprint = f"formats:{VERSION}"
        self.fingerprint = f"{self.plan_fingerprint}:dpi={dpi}:max={self._max_pixels}"

    def inspect(self, path: Path, password: str) -> DocumentFacts:
        """Count the pages and read the title."""
        del password
        document = _last.of(path)
        return DocumentFacts(page_count=document.page_count, title=document.content.title)

    def look(self, path: Path, password: str, numbers: Sequence[int]) -> Iterator[PageFacts]:
        """Yield the facts of the pages ``numbers``: text that needs no image, or a picture."""
        del password
        document = _last.of(path)
        for number in numbers:
            if number > len(document.pages):
                with _picture_file(document, number) as file:
                    yield replace(image_document.facts(file, 1), number=number)
            else:
                yield _text_facts(_section(document, number), number)

    def render(self, path: Path, password: str, number: int, target: Path) -> PageImage:
        """Draw the picture that is page ``number``. PageError for pages of text, which have no image."""
        del password
        document = _last.of(path)
        if number <= len(document.pages):
            raise PageError(
                f"Page {number} has no image: the file holds text without a layout; read its Markdown.", code="no_image"
            )
        with _picture_file(document, number) as file:
            image = image_document.render(file, 1, target, self._dpi, self._max_pixels)
        return replace(image, number=number)


class FormatText:
    """A TextReader of the same pages."""

    fingerprint = f"formats:{VERSION}"

    def read(self, path: Path, password: str, number: int, *, plain: bool = False, ocr: bool = True) -> PageText:
        """Read page ``number`` (from 1). Raises InputError or PageError."""
        del password, plain, ocr
        document = _last.of(path)
        section = _section(document, number)
        shown = [_pointing(element, document) for element in section.elements]
        return page_text(shown, self.fingerprint, section.unread)


def _pointing(element: Element, document: _Document) -> Element:
    """A picture with the page on which its text is read."""
    if element.label is not Label.FIGURE:
        return element
    page = document.page_of(element.picture)
    words = element.text or "picture"
    name = f"{words}: page {page}" if page else words
    return replace(element, text=f"[{name}]" if page or element.text else "")


def _text_facts(section: Section, number: int) -> PageFacts:
    text = plain_text(section.elements)
    return PageFacts(
        number=number,
        width_pt=0.0,
        height_pt=0.0,
        text=text,
        hidden_share=0.0,
        image_share=0.0,
        unmapped_share=0.0,
        drawings=0,
        ink=bool(text.strip() or section.unread),  # a page that says what was not read is read for that
        has_image=False,
    )


def _section(document: _Document, number: int) -> Section:
    if not 1 <= number <= len(document.pages):
        raise PageError(f"There is no page {number} of text: the document has {len(document.pages)}.")
    return document.pages[number - 1]


class _picture_file:  # noqa: N801 - a context manager
    """The picture of a page as a file, which goes when the block ends."""

    def __init__(self, document: _Document, number: int) -> None:
        at = number - len(document.pages) - 1
        if not 0 <= at < len(document.read_pictures):
            raise PageError(f"There is no page {number}: the document has {document.page_count}.")
        self._picture = document.content.pictures[document.read_pictures[at]]
        self._folder = tempfile.TemporaryDirectory(prefix="ingot-picture-")

    def __enter__(self) -> Path:
        try:
            return as_file(self._picture, Path(self._folder.name))
        except (OSError, ValueError, SyntaxError) as error:
            self._folder.cleanup()
            raise PageError(f"The picture {self._picture.name!r} cannot be decoded.") from error

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()
