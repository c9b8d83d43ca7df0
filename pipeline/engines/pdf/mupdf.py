"""The only module that imports PyMuPDF, opens documents with it and translates its errors.

A plain ``import pymupdf`` loads the layout models with a thread per core, even in a process that only counts pages.
``load`` imports it without them; ``engines/layout/model/boxes.py`` loads the models. Errors of MuPDF leave this module
as InputError, EncryptedError or PageError.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.engines.media import PDF, sniff
from stores.errors import EncryptedError, IngotError, InputError, PageError
from stores.models import Fault

_ENGINES = Path(__file__).parent.parent
_LAYOUT = "pymupdf.layout"
_LONGEST_STAND_IN = 2000  # characters

alone = threading.RLock()
"""Held over every run of calls into PyMuPDF: it must not be entered by two threads of a process at a time."""


@functools.cache
def load() -> Any:
    """Import ``pymupdf`` without its layout models and without messages on stdout."""
    blocked = _LAYOUT not in sys.modules
    if blocked:
        sys.modules[_LAYOUT] = None  # type: ignore[assignment]  # makes its import inside pymupdf fail, as if absent
    try:
        module = importlib.import_module("pymupdf")
    finally:
        if blocked:
            del sys.modules[_LAYOUT]
    module.TOOLS.mupdf_display_errors(False)
    module.TOOLS.mupdf_display_warnings(False)
    module.TOOLS.unset_quad_corrections(True)  # some fonts have absurd ascenders: boxes must not reach other lines
    return module


def open_pdf(path: Path, password: str) -> Any:
    """Open a PDF file of at least one page as ``pymupdf.Document``. Raises InputError or EncryptedError."""
    kind = sniff(path)
    if kind != PDF:
        raise InputError(f"The file is {kind}, not a PDF.")
    pymupdf = load()
    with translated("The PDF cannot be opened"):
        document = _opened(pymupdf, path)
    try:
        _unlock(document, password)
        with translated("The page tree of the PDF cannot be read"):
            pages = document.page_count
        if pages < 1:
            raise InputError("The PDF has no pages; it may be truncated: export or download it again.")
        if pages == 1 and _is_stand_in(document):
            raise InputError(
                "The PDF is a dynamic form (XFA) whose only page says that Adobe Reader is needed: "
                "open it there, print it to a PDF, and ingest that."
            )
    except BaseException:
        document.close()
        raise
    return document


def _is_stand_in(document: Any) -> bool:
    """Whether the only page of a document stands for a form that a viewer must lay out by itself.

    PDF 32000-1, 12.7.8 and table 28: the form is XML in ``XFA``, and ``NeedsRendering`` says that the page is not it.
    """
    with optional("forms", []):
        catalog = document.pdf_catalog()
        rendered = document.xref_get_key(catalog, "NeedsRendering")[1] == "true"
        return rendered and document.xref_get_key(catalog, "AcroForm/XFA")[0] != "null" and _names_a_viewer(document)
    return False


def _names_a_viewer(document: Any) -> bool:
    text = document[0].get_text()
    return "Adobe" in text and len(text) < _LONGEST_STAND_IN


def _opened(pymupdf: Any, path: Path) -> Any:
    """Open a file. MuPDF takes UTF-8 paths only, so others are opened by file descriptor or as bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with path.open("rb") as file:
            by_descriptor = Path(f"/proc/self/fd/{file.fileno()}")
            if by_descriptor.exists():
                return pymupdf.open(str(by_descriptor), filetype="pdf")
            return pymupdf.open(stream=file.read(), filetype="pdf")
    return pymupdf.open(str(path), filetype="pdf")


def _unlock(document: Any, password: str) -> None:
    if not document.needs_pass:
        return
    with translated("The PDF cannot be decrypted"):
        opened = document.authenticate(password)
    if not opened:
        wrong = ", and the password given does not open it" if password else ""
        raise EncryptedError(f"The PDF is encrypted{wrong}; give its password with --password.")


def load_page(document: Any, number: int) -> Any:
    """Load page ``number`` (from 1) of an open document. Raises PageError."""
    if not 1 <= number <= document.page_count:
        raise PageError(f"There is no page {number}: the document has {document.page_count} pages.")
    with translated(f"Page {number} cannot be read", PageError):
        page = document.load_page(number - 1)
        if document.is_repaired and _is_missing(document, page):
            raise PageError(f"Page {number} is missing in the file, which was cut off: export or download it again.")
        return page


def _is_missing(document: Any, page: Any) -> bool:
    """Tell whether a page is only named in the page tree, or its content is: MuPDF shows it blank."""
    if page.xref >= document.xref_length() or document.xref_object(page.xref) == "null":
        return True
    return any(not document.xref_is_stream(part) for part in page.get_contents())


def widgets(page: Any, faults: list[Fault]) -> Iterator[Any]:
    """Yield the form fields of a page as ``pymupdf.Widget``; ``faults`` names damaged ones, which are left out."""
    kind = load().PDF_ANNOT_WIDGET
    for number in [number for number, type_, _ in page.annot_xrefs() if type_ == kind]:
        with optional("form fields", faults):
            yield page.load_widget(number)


def give_memory_back() -> None:
    """Return freed memory to the system: the C library would keep the peak of all pages otherwise."""
    with contextlib.suppress(OSError, AttributeError):  # not every system has it
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def translated(what: str, kind: type[InputError] = InputError) -> Iterator[None]:
    """Translate errors of PyMuPDF into ``kind``, with a message that begins with ``what``. Our own bugs pass."""
    try:
        yield
    except (IngotError, KeyboardInterrupt, SystemExit):
        raise
    except MemoryError as error:
        raise kind(f"{what}: it needs more memory than this process may use.") from error
    except Exception as error:  # MuPDF has its own exception classes, and its Python wrapper raises built-in ones
        if _is_ours(error):
            raise
        raise kind(f"{what}: the file is damaged ({_reason(error)}); repair it or export it again.") from error


@contextmanager
def optional(what: str, faults: list[Fault]) -> Iterator[None]:
    """Read a part of a page that the rest does without: where it is damaged, ``faults`` says so and the page goes on.

    ``what`` is the part in the plural, as in "form fields".
    """
    try:
        yield
    except (IngotError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except Exception as error:
        if _is_ours(error):
            raise
        fault = Fault(code="damaged_part", message=f"damaged {what} were not read ({_reason(error)})")
        faults += [] if fault in faults else [fault]


def _is_ours(error: BaseException) -> bool:
    """Tell whether an error was raised by a line of this package rather than inside a library."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    return last is not None and Path(last.tb_frame.f_code.co_filename).is_relative_to(_ENGINES)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    if text.startswith("Failed to open"):
        return "its structure cannot be found"
    return (text[:120] or type(error).__name__).replace("code=", "code ")
