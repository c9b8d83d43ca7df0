"""The Protocols of the engines that stages use, and the records that they take and return.

Each Protocol has at least two implementations, the real one and a fake in ``pipeline/engines/fakes.py``, and one
contract test suite for all (``tests/contract``). ``fingerprint`` names the engine, its version, its weights and the
settings that change its output; a stage whose fingerprint did not change is not run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from stores.models import Box, Page, PageText, Record, Schema

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """What opening a file tells: its pages, and the title that it carries inside, if any."""

    page_count: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What one look at a page tells, cheap enough for every page; ``stages.plan`` decides on these alone.

    Shares are 0 to 1. ``hidden_share`` is the share of the characters that are drawn invisibly (render mode 3) or lie
    under an image; ``image_share`` the share of the page that images cover.
    """

    number: int
    width_pt: float
    height_pt: float
    text: str
    hidden_share: float
    image_share: float
    unmapped_share: float  # characters without a Unicode mapping, private use, control or replacement characters
    drawings: int  # vector paths
    ink: bool  # something is drawn at all


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A rendered page in a file: ``width_pt`` and ``height_pt`` say how large the page is that the pixels show.

    ``plain``: it is to be read without what is optional (layout, tables), since that ended the process before.
    """

    number: int
    path: Path
    width_pt: float
    height_pt: float
    plain: bool = False


class DocumentEngine(Protocol):
    """Opens files of pages: PDF and images. Paths are local; ``password`` is "" where none is needed.

    Raises InputError (not a document, truncated, no pages), EncryptedError, PageError.
    """

    @property
    def fingerprint(self) -> str: ...

    def inspect(self, path: Path, password: str) -> DocumentFacts: ...

    def look(self, path: Path, password: str, numbers: Sequence[int]) -> Iterator[PageFacts]:
        """Facts of the pages ``numbers`` (from 1), in that order."""

    def render(self, path: Path, password: str, number: int, target: Path) -> PageImage:
        """Draw a page into ``target`` (PNG) at the engine's dpi, smaller where it would pass the pixel limit."""


class TextReader(Protocol):
    """Makes Markdown of pages that have a good text layer; ``plain``: without what is optional (layout, tables)."""

    @property
    def fingerprint(self) -> str: ...

    def read(self, path: Path, password: str, number: int, *, plain: bool = False) -> PageText: ...


class PageReader(Protocol):
    """Makes Markdown of page images: OCR. Boxes of the result are in points of the page as displayed."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def batch_pages(self) -> int: ...  # how many pages one step should hold

    def read(self, image: PageImage) -> PageText: ...


@runtime_checkable
class Loads(Protocol):
    """An engine whose model is loaded once for all threads of a worker, before the worker takes its first task."""

    def warm_up(self) -> None:
        """Load the model and run it once. Raises UnavailableError or InputError where it cannot work here."""


@runtime_checkable
class SharedModel(Loads, Protocol):
    """A PageReader or Embedder whose threads share one model: no process could be ended over one page alone."""

    @property
    def broken(self) -> bool: ...  # nothing more can be computed in this process: it must be started again

    def close(self, within_s: float | None = None) -> None:
        """End. What is being computed is finished; what is not after ``within_s`` raises StoppingError, as does what
        was not begun; None: all that was handed in is finished.
        """


class Extractor(Protocol):
    """Fills a schema from the pages of a document; every value comes with evidence."""

    @property
    def fingerprint(self) -> str: ...

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record: ...


class Embedder(Protocol):
    """Turns texts into vectors of length 1."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...  # what is longer is cut

    @property
    def english_only(self) -> bool: ...  # its vectors say little about other languages

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """float32 array (len(texts), dimension), rows of length 1."""

    def embed_query(self, text: str) -> np.ndarray:
        """float32 array (dimension,), of length 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a callback's receiver; ``retry_after_s`` where it asks to wait."""

    status: int
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was fetched: ``url`` is where the redirects ended, ``media_type`` what the server calls it."""

    url: str
    media_type: str
    size_bytes: int


@runtime_checkable
class Web(Protocol):
    """HTTP requests to URLs that come from users. Thread-safe.

    InputError ``url_refused`` where a URL, or one that it redirects to, may not be called; UnavailableError where the
    server cannot be reached or does not finish in time.
    """

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Answer:
        """Post once. A redirect is not followed but is the answer."""

    def fetch(
        self, url: str, target: Path, largest_bytes: int, timeout_s: float, beat: Callable[[], bool] = lambda: True
    ) -> Fetched:
        """Download a URL to ``target``. InputError where the server refuses, or sends more than ``largest_bytes``.

        ``beat`` is called between blocks; CancelledError once it returns False.
        """


__all__ = [
    "Answer",
    "Box",
    "DocumentEngine",
    "DocumentFacts",
    "Embedder",
    "Extractor",
    "Fetched",
    "Loads",
    "PageFacts",
    "PageImage",
    "PageReader",
    "SharedModel",
    "TextReader",
    "Web",
]
