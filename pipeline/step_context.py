"""What a stage sees of the world: the tools, and the one step that it works on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import time_limits
from pipeline.contracts import DocumentEngine, Embedder, Extractor, PageReader, TextReader, Web
from pipeline.log_format import about, facts
from pipeline.profiles import ProcessingProfile
from pipeline.settings import Settings
from stores.contracts import FileStore, KnowledgeCatalog, KnowledgeStore, VectorStore
from stores.effects import Claim
from stores.errors import IngotError, InputError, StoppingError, UnavailableError
from stores.models import EMPTY_PAGE, Chunk, Fault, Page, PageText, Route, Schema

log = logging.getLogger("ingot.work")

NO_TEXT = "it shows something, but no text was found on it: look at its image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Everything concrete, named once in ``wiring``. Engines are made on first use, in the process that uses them."""

    settings: Settings
    catalog: KnowledgeCatalog
    files: FileStore
    schemas: Mapping[str, Schema]
    documents: Callable[[], DocumentEngine]
    text_reader: Callable[[], TextReader]
    page_reader: Callable[[], PageReader]
    extractor: Callable[[str], Extractor]
    embedder: Callable[[], Embedder]
    vectors: Callable[[], VectorStore]
    web: Callable[[], Web]
    adapt: Callable[[Resources, ProcessingProfile], Resources]

    def fitted(self, content: Mapping[str, Any] | None) -> Resources:
        """The tools that a job's profile asks for; these where older rows have none."""
        return self.adapt(self, ProcessingProfile.read(content)) if content else self


def bug(error: Exception) -> Fault:
    """An exception that nobody foresaw, in one sentence, with its traceback."""
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    return Fault(code="bug", message=f"an unexpected error ({reason}); please report it", detail=traceback.format_exc())


@dataclass(slots=True, kw_only=True)
class StepContext:
    """One claimed step under way.

    ``killable``: a unit that takes too long ends this process; a worker replaces it. In a process that many threads
    share nothing may: there the engine keeps the time. ``stopping``: no page is begun any more. ``plain_page``: it
    ended workers, so it is read without what is optional.
    """

    resources: Resources
    store: KnowledgeStore
    claim: Claim
    folder: Path  # the task's own temp directory
    killable: bool = False
    plain_page: int | None = None
    stopping: Callable[[], bool] = lambda: False

    @property
    def original(self) -> Path:
        """The bytes of the document."""
        return self.resources.files.original(self.claim.key.knowledge_id, self.claim.sha256)

    def page_image(self, number: int) -> Path | None:
        """Return the image of a page that render left for ocr, None where there is none."""
        key = self.claim.key
        return self.resources.files.page_image(key.knowledge_id, key.document, key.generation, number)

    def draw_page(self, number: int) -> Path:
        """Render a page into the file store; return the path of its image."""
        key, target = self.claim.key, self.folder / f"{number}.png"
        image = self.resources.documents().render(self.original, self.claim.password, number, target)
        return self.resources.files.put_page_image(key.knowledge_id, key.document, key.generation, number, image.path)

    def drop_page_image(self, number: int) -> None:
        """Remove the image of a page whose text is saved."""
        key = self.claim.key
        self.resources.files.drop_page_image(key.knowledge_id, key.document, key.generation, number)

    def unread(self) -> list[int]:
        """The pages of this step that are still to be read."""
        return self.store.pages.unread(self.claim)

    def pages(self, *, blocks: bool = True) -> list[Page]:
        """All pages of this generation, as read so far; their Markdown alone where blocks are not wanted."""
        return self.store.pages.read(self.claim.key.document, self.claim.key.generation, blocks=blocks)

    def pages_of(self, numbers: Sequence[int]) -> list[Page]:
        """Those pages of this generation."""
        key = self.claim.key
        return self.store.pages.read(key.document, key.generation, numbers) if numbers else []

    @contextmanager
    def page(self, number: int) -> Iterator[None]:
        """Work on one page: it is named should this process die, and has ``page_timeout_s``.

        A page that cannot be read, or that meets a bug, is given up with its reason; the others go on.
        """
        if self.stopping():
            raise StoppingError()
        self.store.steps.begin_page(self.claim, number)
        try:
            with about(page=number), self.deadline(self.resources.settings.page_timeout_s):
                yield
        except InputError as error:
            self.give_up_page(number, Fault(code=error.code, message=error.message))
        except (IngotError, MemoryError):
            raise
        except Exception as error:
            log.exception("%s: page %d of %s", self.claim.key.stage, number, self.claim.key.document)
            self.give_up_page(number, bug(error))

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """End the process when the block uses more CPU seconds, or sleeps for as long, even in native code."""
        with time_limits.limited(seconds) if self.killable else nullcontext():
            yield

    def plain(self, number: int) -> bool:
        """Whether a page is to be read without what is optional, since reading all of it ended workers."""
        return number == self.plain_page

    def save_page(self, number: int, text: PageText) -> None:
        """Keep what was read of a page. One that shows something and gave no text says so."""
        if self._lacks_text(text):
            text = replace(text, warning=Fault(code=EMPTY_PAGE, message=NO_TEXT))
        self.store.steps.save_page(self.claim, number, text, None)

    def _lacks_text(self, text: PageText) -> bool:
        """No text, though there is a text layer, or OCR saw ink: it tells its confidence of all that is not blank."""
        if text.markdown.strip() or any(block.text.strip() for block in text.blocks):
            return False
        return self.claim.route is Route.TEXT or text.confidence is not None

    def save_margins(self, pages: Sequence[Page]) -> None:
        """Keep pages of which headers and footers were put into their Markdown, or taken out."""
        self.store.pages.save_margins(self.claim, pages)

    def give_up_page(self, number: int, fault: Fault) -> None:
        """Record why a page could not be read; the others go on."""
        log.warning("page %d is given up: %s", number, fault.message, extra=facts(page=number, code=fault.code))
        self.store.steps.save_page(self.claim, number, None, fault)

    def embedder(self) -> Embedder:
        """That of this process. Raises UnavailableError where the document was ordered for another one.

        Vectors of two embedders cannot be compared, so they never stand in one index.
        """
        found = self.resources.embedder()
        ordered = self.store.pages.embedder(self.claim.key.document, self.claim.key.generation)
        if ordered and ordered != found.fingerprint:
            raise UnavailableError(
                f"this worker embeds with {found.fingerprint}, but the document was taken in for {ordered}: set "
                "INGOT_EMBEDDER and INGOT_EMBEDDER_MODEL alike wherever Ingot runs, then ingest it again",
                code="other_embedder",
            )
        return found

    def saved_chunks(self) -> int:
        """How many chunks, from the first on, are embedded and safe."""
        return self.store.pages.embedded(self.claim.key.document, self.claim.key.generation)

    def save_chunks(self, chunks: Sequence[Chunk]) -> None:
        self.store.pages.save_chunks(self.claim, chunks)
