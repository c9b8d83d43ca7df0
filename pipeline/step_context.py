"""What a stage is given: the resources of the process, and the one step that it works on."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import time_limits, worker_metrics
from pipeline.contracts import ChatModel, DocumentEngine, Embedder, Extractor, PageReader, Reranker, TextReader, Web
from pipeline.log_format import about, facts
from pipeline.profiles import ProcessingProfile
from pipeline.settings import Settings
from stores.contracts import FileStore, KnowledgeCatalog, KnowledgeStore, VectorStore
from stores.contracts.remote_sources import RemoteSource
from stores.effects import Claim, PageResult
from stores.errors import IngotError, InputError, StoppingError, UnavailableError, disk_full
from stores.image_cache import ImageCache
from stores.models import EMPTY_PAGE, UNREAD_PAGE, Chunk, Fault, OutlineEntry, Page, PageText, Route, Schema
from stores.workspaces import Workspaces

log = logging.getLogger("ingot.work")

NO_TEXT = "it shows something, but no text was found on it: look at its image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Settings, stores and engines of a process, built in ``wiring``. Engines are built on first use, after a fork."""

    settings: Settings
    catalog: KnowledgeCatalog
    files: FileStore
    workspaces: Workspaces
    image_cache: ImageCache
    schemas: Mapping[str, Schema]
    documents: Callable[[], DocumentEngine]
    text_reader: Callable[[], TextReader]
    page_reader: Callable[[], PageReader]
    extractor: Callable[[str], Extractor]
    chat: Callable[[], ChatModel]
    model_extractor: Callable[[], Extractor]
    embedder: Callable[[], Embedder]
    reranker: Callable[[], Reranker | None]
    vectors: Callable[[], VectorStore]
    web: Callable[[], Web]
    remote: Callable[[str], RemoteSource]
    adapt: Callable[[Resources, ProcessingProfile], Resources]
    importing: Callable[[str], AbstractContextManager[tuple[KnowledgeStore, FileStore]]]
    close: Callable[[], None]

    def fitted(self, content: Mapping[str, Any] | None) -> Resources:
        """The resources for a job's processing profile; unchanged for older rows, which have none."""
        return self.adapt(self, ProcessingProfile.read(content)) if content else self


def bug(error: Exception) -> Fault:
    """The fault of an unexpected exception: one sentence, and its traceback."""
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    return Fault(code="bug", message=f"an unexpected error ({reason}); please report it", detail=traceback.format_exc())


@dataclass(slots=True, kw_only=True)
class StepContext:
    """One claimed step that is being run: what it works on, and how it saves results page by page.

    ``folder``: the step's own temp directory. ``killable``: a page or document over its time limit ends this process,
    which is then replaced; where threads share the process the engine keeps the limits instead. ``plain_page``: a page
    that ended processes, so it is read without optional steps. ``stopping``: once True, no page is begun.
    ``last_try``: a transient error of this attempt ends the step, so what can be saved without it should be.
    """

    resources: Resources
    store: KnowledgeStore
    claim: Claim
    folder: Path
    killable: bool = False
    plain_page: int | None = None
    stopping: Callable[[], bool] = lambda: False
    last_try: bool = False
    _read: PageResult | None = None  # the page before, which is saved when the next one begins

    @property
    def original(self) -> Path:
        """The document's bytes as a local file. InputError ``original_missing`` where they are gone."""
        return self.resources.files.local_original(self.claim.key.knowledge_id, self.claim.sha256, self.folder)

    def has_page_image(self, number: int) -> bool:
        """Tell whether render left the image of a page for ocr."""
        key = self.claim.key
        return self.resources.files.has_page_image(key.knowledge_id, key.document, key.generation, number)

    def page_image(self, number: int) -> Path | None:
        """The image of a page that render left for ocr, None where there is none."""
        key = self.claim.key
        return self.resources.files.local_page_image(
            key.knowledge_id, key.document, key.generation, number, self.folder
        )

    def draw_page(self, number: int) -> Path:
        """Render a page into the file store; return the path of its image."""
        key, target = self.claim.key, self.folder / f"{number}.png"
        image = self.resources.documents().render(self.original, self.claim.password, number, target)
        return self.resources.files.put_page_image(key.knowledge_id, key.document, key.generation, number, image.path)

    def drop_page_image(self, number: int) -> None:
        """Remove the image of a page whose text is saved."""
        key = self.claim.key
        self.resources.files.drop_page_image(key.knowledge_id, key.document, key.generation, number)

    def unread(self) -> list[Page]:
        """The pages of this step that are still to be read, in order."""
        return self.store.pages.unread(self.claim)

    def pages(self, *, blocks: bool = True) -> list[Page]:
        """All pages of this generation, as read so far; without blocks only their Markdown."""
        return self.store.pages.read(self.claim.key.document, self.claim.key.generation, blocks=blocks)

    @contextmanager
    def page(self, number: int) -> Iterator[None]:
        """Work on one page within ``page_timeout_s``; it is recorded first, in case this process dies over it.

        The page before it is saved by the same commit, so that a page costs one.
        A page that raises InputError, or an unexpected exception, is given up with the reason, and the block ends
        normally. StoppingError where no page is to be begun any more, UnavailableError where the disk is full.
        """
        if self.stopping():
            raise StoppingError()
        self.store.steps.begin_page(self.claim, number, self._read)
        self._read, began = None, time.monotonic()
        try:
            with about(page=number), self.deadline(self.resources.settings.page_timeout_s):
                yield
        except InputError as error:
            if full := disk_full(error):
                raise full from error
            self.give_up_page(number, Fault(code=error.code, message=error.message))
        except (IngotError, MemoryError):
            raise
        except Exception as error:
            if full := disk_full(error):
                raise full from error
            log.exception("%s: page %d of %s", self.claim.key.stage, number, self.claim.key.document)
            self.give_up_page(number, bug(error))
        worker_metrics.page_ended(self.claim.key.stage, time.monotonic() - began)

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """End this process, if it is killable, when the block uses more CPU seconds or sleeps that long."""
        with time_limits.limited(seconds) if self.killable else nullcontext():
            yield

    def plain(self, number: int) -> bool:
        """Whether to read a page without optional steps (layout, tables), as reading all of it ended processes."""
        return number == self.plain_page

    def save_page(self, number: int, text: PageText) -> None:
        """Keep what was read of a page, with a warning where it shows something but gave no text.

        It is saved when the next page begins, at the latest by ``save_read``.
        """
        if self._lacks_text(text):
            text = replace(text, warning=Fault(code=EMPTY_PAGE, message=NO_TEXT))
        self.save_read()
        self._read = PageResult(number=number, text=text)
        worker_metrics.page_read(self.claim.key.stage, text.engine)

    def _lacks_text(self, text: PageText) -> bool:
        """No text despite a text layer, or despite ink: OCR gives a confidence for every page that is not blank."""
        if text.markdown.strip() or any(block.text.strip() for block in text.blocks):
            return False
        if text.warning and text.warning.code == UNREAD_PAGE:
            return False
        return self.claim.route is Route.TEXT or text.confidence is not None

    def outline(self) -> tuple[OutlineEntry, ...]:
        """The bookmarks of the document."""
        return self.store.pages.outline(self.claim.key.document, self.claim.key.generation)

    def save_structure(self, pages: Sequence[Page]) -> None:
        """Save pages whose Markdown and blocks the structure of the whole document changed."""
        self.store.pages.save_structure(self.claim, pages)

    def give_up_page(self, number: int, fault: Fault) -> None:
        """Record why a page could not be read."""
        log.warning("page %d is given up: %s", number, fault.message, extra=facts(page=number, code=fault.code))
        self.save_read()
        self._read = PageResult(number=number, fault=fault)
        worker_metrics.page_failed(self.claim.key.stage, self._engine())

    def save_read(self) -> None:
        """Save the page that was read and is not saved yet."""
        if self._read is not None:
            self.store.steps.save_page(self.claim, self._read)
            self._read = None

    def _engine(self) -> str:
        """The engine that was to read the pages of this step; that of images is not built only to be asked."""
        if self.claim.route is Route.TEXT:
            return self.resources.text_reader().fingerprint
        return self.resources.settings.ocr_engine

    def embedder(self) -> Embedder:
        """The embedder of this process. UnavailableError ``other_embedder`` where the document is meant for another.

        Vectors of two embedders cannot be compared, so one index never contains both.
        """
        embedder = self.resources.embedder()
        ordered = self.claim.embedder
        if ordered and ordered != embedder.fingerprint:
            raise UnavailableError(
                f"this worker embeds with {embedder.fingerprint}, but the document was taken in for {ordered}: set "
                "INGOT_EMBEDDER and INGOT_EMBEDDER_MODEL alike wherever Ingot runs, then ingest it again",
                code="other_embedder",
            )
        return embedder

    def saved_chunks(self) -> int:
        """How many chunks, counted from the first, are embedded and saved."""
        return self.store.pages.embedded(self.claim.key.document, self.claim.key.generation)

    def save_chunks(self, chunks: Sequence[Chunk]) -> None:
        """Save the next chunks with their embeddings."""
        self.store.pages.save_chunks(self.claim, chunks)
