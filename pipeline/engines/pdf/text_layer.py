"""The TextReader for PDF pages with a text layer, laid out by PyMuPDF's layout model.

Print that a page shows in pictures or as outlines is read by OCR here, in the same pass, as it takes part in the layout
of the page: with the line models of the CPU, whatever engine reads whole pages, because only they say where words are.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engines.layout import LAYOUT_VERSION
from pipeline.engines.pdf import mupdf
from stores.errors import PageError
from stores.models import PageText

if TYPE_CHECKING:
    from pipeline.engines.layout.pictures.unread_print import PrintReader

_PAGES_PER_OPENING = 16  # MuPDF's memory grows with each parsed page of a document; reopening it releases that


class PyMuPdfText:
    """Reads one page at a time, and keeps the last document open, so that its pages are read with one opening.

    ``print_reader`` reads what the text layer lacks; without it, lines of outlines are said to be missing.
    """

    def __init__(self, print_reader: PrintReader | None = None) -> None:
        self._print_reader = print_reader
        self._engine = f"pymupdf-layout:{LAYOUT_VERSION}"
        self.fingerprint = f"{self._engine}:{print_reader.fingerprint}" if print_reader else self._engine
        self._key: tuple[str, str, int, int] | None = None
        self._document: Any = None
        self._pages_read = 0

    def read(self, path: Path, password: str, number: int, *, plain: bool = False, ocr: bool = True) -> PageText:
        """Read page ``number`` (from 1). Raises InputError, EncryptedError or PageError."""
        from pipeline.engines.layout import reader as layout  # with numpy, which commands that read no page do without

        with mupdf.alone:
            page = mupdf.load_page(self._open(path, password), number)
            with mupdf.translated(f"The text of page {number} cannot be read", PageError), _no_garbage_collection():
                reader = self._print_reader if ocr else None
                return layout.read_page(page, self._engine, False, None, plain=plain, reader=reader)

    def close(self) -> None:
        """Close the open document and drop what MuPDF cached of it."""
        if self._document is not None:
            self._document.close()
            mupdf.load().TOOLS.store_shrink(100)
            mupdf.give_memory_back()
        self._key, self._document, self._pages_read = None, None, 0

    def _open(self, path: Path, password: str) -> Any:
        key = _key(path, password)
        if key != self._key or self._pages_read >= _PAGES_PER_OPENING:
            self.close()
            self._document, self._key = mupdf.open_pdf(path, password), key
        self._pages_read += 1
        return self._document


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep Python from looking for cycles of objects: the thousands of characters of a page hold none.

    It would look every few hundred of them, time and again through all that the process has loaded: 12 ms a page.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _key(path: Path, password: str) -> tuple[str, str, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return str(path), password, stat.st_mtime_ns, stat.st_size
