"""The contracts of the engines: Protocols that the stages call, and the facts that travel between them.

Each Protocol has at least two implementations, the real one and a fake in ``pipeline/engines``, and one contract test
suite for all of them in ``tests/contract``. What holds for every engine:

- **Where it runs.** ``wiring.build`` makes an engine on first use, in the process that uses it, and keeps it for the
  life of that process: a worker's forked process, or one whose threads share it (the API, workers with a GPU), so
  every engine is thread-safe. Making an engine is cheap: its model loads on first use or in ``warm_up``, never in the
  parent before a fork.
- **What it may change.** Nothing but the files it is told to write. Arguments are not modified; results are frozen.
  Engines know no database, no queue and no settings beyond what their constructor takes.
- **Twice is once.** A stage may run again with the same arguments, and expects the same result.
- **Errors.** Only subclasses of ``IngotError``; an engine translates those of its library. PageError: this page cannot
  be read, the others can. InputError: the document, or the request, is at fault, and trying again is useless.
  UnavailableError: this machine lacks something (weights, memory, a server), so the step is tried again later. Any
  other exception is reported as a bug.
- **Fingerprint.** ``fingerprint`` names the engine, its version, its weights and the settings that change its output,
  and is known without loading a model. Documents are processed again when it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from stores.models import Box, OutlineEntry, Page, PageText, Record, Schema
from stores.token_count import TokenCount

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """The facts of a whole file: the number of its pages, its embedded title ("" where it has none), its bookmarks."""

    page_count: int
    title: str = ""
    outline: tuple[OutlineEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """The facts of one page on which ``stages.plan`` decides its route; cheap enough to collect for every page.

    Pages count from 1, shares go from 0 to 1. ``hidden_share`` is the share of the characters that are drawn invisibly
    (render mode 3) or lie under an image, ``image_share`` the share of the page that images cover.
    """

    number: int
    width_pt: float
    height_pt: float
    text: str
    hidden_share: float
    image_share: float
    unmapped_share: float  # of characters without a Unicode mapping, private use, control or replacement characters
    drawings: int  # number of vector paths
    ink: bool  # whether anything at all is drawn
    picture_lines: int = 0  # lines of print in pictures that the text layer lacks, looked for where it holds little
    attachments: tuple[str, ...] = ()  # names of files attached to the page or, on the first one, to the document
    has_image: bool = True  # the pages of text files, mail and office documents have none: OCR cannot read them


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A rendered page in a file; ``width_pt`` and ``height_pt`` are the size of the page that the pixels show.

    ``plain``: read the page without the optional parts (layout, tables), because they crashed the process before.
    """

    number: int
    path: Path
    width_pt: float
    height_pt: float
    plain: bool = False


class DocumentEngine(Protocol):
    """Opens documents of one or more media types and renders those of their pages that have an image.

    Called by the plan and render stages, and for page images of the web pages. Paths are local files that must not be
    changed; ``password`` is "" where none is needed. Every method raises InputError (not a document of its types,
    truncated, without pages) and EncryptedError (``password`` does not open it).
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def plan_fingerprint(self) -> str:
        """Return the part of the fingerprint that ``inspect`` and ``look`` depend on, without how pages are drawn."""

    def inspect(self, path: Path, password: str) -> DocumentFacts:
        """Open the document, count its pages and read its title."""

    def look(self, path: Path, password: str, numbers: Sequence[int]) -> Iterator[PageFacts]:
        """Yield the facts of the pages ``numbers`` (from 1), in that order; PageError at a page that cannot be read."""

    def render(self, path: Path, password: str, number: int, target: Path) -> PageImage:
        """Draw a page into ``target`` (PNG) at the engine's resolution, smaller where it would exceed the pixel limit.

        Raises PageError where the page cannot be drawn.
        """


class TextReader(Protocol):
    """Reads pages that have a good text layer. Called by the parse stage; paths and errors as in DocumentEngine."""

    @property
    def fingerprint(self) -> str: ...

    def read(self, path: Path, password: str, number: int, *, plain: bool = False, ocr: bool = True) -> PageText:
        """Read page ``number`` (from 1) into Markdown and blocks; ``plain`` leaves out layout and tables.

        ``ocr``: print that the page shows and its text layer lacks may be read by OCR.
        """


class PageReader(Protocol):
    """Reads page images by OCR. Called by the ocr stage; the image file must not be changed."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def batch_pages(self) -> int: ...  # how many pages one step should hold

    def read(self, image: PageImage) -> PageText:
        """Read a page into Markdown and blocks, boxes in points of the page as displayed.

        Raises PageError where the image cannot be read, UnavailableError where the model cannot run.
        """


@runtime_checkable
class Loads(Protocol):
    """An engine whose model a worker loads before it takes its first task, once for all of its threads."""

    def warm_up(self) -> None:
        """Load the model and run it once. Raises UnavailableError or InputError where it cannot run on this machine."""


@runtime_checkable
class SharedModel(Loads, Protocol):
    """A PageReader or Embedder whose model many threads share, so that ending the process would lose many pages."""

    @property
    def broken(self) -> bool: ...  # the model failed for good in this process: restart the process

    def close(self, within_s: float | None = None) -> None:
        """Accept no more work and release the model.

        Without a limit, all calls that were made finish first. With one, those that have not finished after
        ``within_s`` seconds, and those that never started, raise StoppingError.
        """


class Extractor(Protocol):
    """Fills a schema from the pages of a document. Called by the extract stage, once for each schema of a document.

    ``pipeline/engines/evidence`` locates values on the pages and builds the record, for rules and models alike.
    """

    @property
    def fingerprint(self) -> str: ...

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Build a record with exactly the fields of ``schema``; ``source`` is the name of the document's file.

        Every value has evidence: page, boxes and verbatim quote, or ``found=False`` where it is not printed. A field
        without a value is None or an empty list, which is no error. Raises UnavailableError where a model or server
        does not answer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """The answer of a language model. ``truncated``: it ended at ``max_tokens``."""

    text: str
    truncated: bool
    tokens: TokenCount


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDelta:
    """A piece of an answer that is being written, or at its end the tokens of all."""

    text: str = ""
    tokens: TokenCount | None = None


class ChatModel(Protocol):
    """A language model that answers messages with the roles system, user and assistant, each with ``content``.

    ``schema``: the JSON Schema that the answer shall follow; the caller validates it nevertheless. Raises
    UnavailableError where the server does not answer, InputError where it refuses.
    """

    def reply(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any] | None, max_tokens: int
    ) -> ChatReply:
        """Return the whole answer."""

    def stream(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any] | None, max_tokens: int
    ) -> Iterator[ChatDelta]:
        """Yield the answer while it is written. UnavailableError where it is cut off."""


class Embedder(Protocol):
    """Turns texts into unit vectors. Called by the embed stage and by searches.

    Vectors of different embedders cannot be compared, so an index holds those of one fingerprint.
    """

    @property
    def fingerprint(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...  # longer texts are cut

    @property
    def english_only(self) -> bool: ...  # other languages are embedded badly

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out, nothing cut."""

    def embed_chunks(self, texts: Sequence[str]) -> np.ndarray:
        """Return a float32 array (len(texts), dimension) with rows of length 1."""

    def embed_query(self, text: str) -> np.ndarray:
        """Return a float32 array (dimension,) of length 1."""


class Reranker(Protocol):
    """Compares texts with a query, better and slower than an index does. Called by searches."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return how well each text answers the query, on a scale of its own, more is better.

        Raises UnavailableError where it does not answer, InputError where it is set wrongly.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a callback's receiver; ``retry_after_s`` where it sent a Retry-After header."""

    status: int
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A finished download: ``url`` after all redirects, ``media_type`` as the server declared it."""

    url: str
    media_type: str
    size_bytes: int


@runtime_checkable
class Web(Protocol):
    """Requests to URLs that untrusted users name. Thread-safe.

    Raises InputError ``url_refused`` where a URL, or one that it redirects to, is not allowed (private addresses,
    other schemes), and UnavailableError where the server cannot be reached or the whole exchange exceeds its time.
    """

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Answer:
        """Send one POST. A redirect is not followed; its status is the answer."""

    def fetch(
        self, url: str, target: Path, largest_bytes: int, timeout_s: float, beat: Callable[[], bool] = lambda: True
    ) -> Fetched:
        """Download a URL to the file ``target``, following redirects.

        Raises InputError where the server refuses, or sends more than ``largest_bytes``. ``beat`` is called between
        blocks; once it returns False, CancelledError is raised.
        """


__all__ = [
    "Answer",
    "Box",
    "ChatDelta",
    "ChatModel",
    "ChatReply",
    "DocumentEngine",
    "DocumentFacts",
    "Embedder",
    "Extractor",
    "Fetched",
    "Loads",
    "PageFacts",
    "PageImage",
    "PageReader",
    "Reranker",
    "SharedModel",
    "TextReader",
    "Web",
]
