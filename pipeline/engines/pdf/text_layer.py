"""The TextReader for PDF pages with a text layer, laid out by PyMuPDF's layout model."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.engines.layout import LAYOUT_VERSION
from pipeline.engines.pdf import mupdf
from stores.errors import PageError
from stores.models import PageText

_PAGES_PER_OPENING = 16  # MuPDF's memory grows with each parsed page of a document; reopening it releases that


class PyMuPdfText:
    """Reads one page at a time, and keeps the last document open, so that its pages are read with one opening."""

    def __init__(self) -> None:
        self.fingerprint = f"pymupdf-layout:{LAYOUT_VERSION}"
        self._key: tuple[str, str, int, int] | None = None
        self._document: Any = None
        self._pages_read = 0

    def read(self, path: Path, password: str, number: int, *, plain: bool = False) -> PageText:
        """Read page ``number`` (from 1). Raises InputError, EncryptedError or PageError."""
        from pipeline.engines.layout import reader as layout  # with numpy, which commands that read no page do without

        with mupdf.alone:
            page = mupdf.load_page(self._open(path, password), number)
            with mupdf.translated(f"The text of page {number} cannot be read", PageError), _no_garbage_collection():
                return layout.read_page(page, self.fingerprint, False, None, plain=plain)

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
