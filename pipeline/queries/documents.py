"""Documents: their bytes, Markdown, pages and chunks; long lists come in slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.queries.availability import check_page, standing
from pipeline.search.filters import check_documents
from pipeline.stages.publish import document_markdown
from pipeline.step_context import Resources
from stores.cursors import cursor_of, key_of
from stores.errors import NotFoundError
from stores.models import Page, chunk_id
from stores.source_names import handed_out_name
from stores.views import ChunkView, DocumentFilter, DocumentView, Original, Slice

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.queries import Availability


_LINK_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalLink:
    """A URL from which an original can be downloaded for some minutes, without a key."""

    url: str
    sha256: str


def _file_name(view: DocumentView) -> str:
    """The last part of the name of a document, with the suffix of its file."""
    return handed_out_name(view.source, view.renamed_from).replace("\\", "/").rpartition("/")[2] or view.document


class DocumentQueries:
    """Queries about documents. ``name``: an id, a unique prefix of one (4 characters at least), or a source name.

    NotFoundError for what is unknown. Whatever returns what was read of a document raises NotReadyError while no
    generation is visible, unless what was read ``so_far`` is asked for.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def get(self, knowledge_id: str, name: str) -> DocumentView:
        """One document, with the stages of its newest generation."""
        queries = self._store(knowledge_id).document_queries
        return queries.get(queries.find(name))

    def all(self, knowledge_id: str, wanted: DocumentFilter | None = None) -> list[DocumentView]:
        """All documents that a filter selects, by source name; files that were refused are among them."""
        check_documents(wanted or DocumentFilter())
        return self._store(knowledge_id).document_queries.all(wanted)

    def slice(
        self, knowledge_id: str, wanted: DocumentFilter, cursor: str | None = None, limit: int = 50
    ) -> Slice[DocumentView]:
        """A slice of what ``all`` returns."""
        check_documents(wanted)
        return self._store(knowledge_id).document_queries.slice(wanted, cursor, limit)

    @contextmanager
    def original(self, knowledge_id: str, name: str) -> Iterator[Original]:
        """The bytes of a document as a local file, which is there as long as the block runs, and its file name."""
        store = self._store(knowledge_id)
        view = store.document_queries.get(store.document_queries.find(name))
        sha256 = store.document_queries.sha256(view.document)
        with self._resources.workspaces.workspace(store.knowledge_id, "download") as folder:
            path = self._resources.files.local_original(store.knowledge_id, sha256, folder)
            yield Original(
                path=path, media_type=view.media_type, name=_file_name(view), document=view.document, sha256=sha256
            )

    def original_link(self, knowledge_id: str, name: str, shown: tuple[str, ...] = ()) -> OriginalLink | None:
        """A link to the original at S3, for a large one where the settings ask for links; None for all others.

        ``shown``: beginnings of the media types that a browser is to show, not to save.
        """
        least_mb = self._resources.settings.links_from_mb
        if not least_mb:
            return None
        store = self._store(knowledge_id)
        view = store.document_queries.get(store.document_queries.find(name))
        if view.size_bytes < least_mb << 20:
            return None
        sha256 = store.document_queries.sha256(view.document)
        place = "inline" if view.media_type.startswith(shown) else "attachment"
        file_name = quote(_file_name(view).encode("utf-8", "replace"))
        headers = {"Content-Type": view.media_type, "Content-Disposition": f"{place}; filename*=UTF-8''{file_name}"}
        url = self._resources.files.original_link(knowledge_id, sha256, headers, _LINK_S)
        return OriginalLink(url=url, sha256=sha256) if url else None

    def standing(self, knowledge_id: str, name: str, *, so_far: bool = False) -> Availability:
        """Which generation of a document is shown, and whether a newer one is being made."""
        return standing(self._store(knowledge_id), name, so_far=so_far)

    def markdown(self, knowledge_id: str, name: str, *, so_far: bool = False) -> str:
        """The Markdown of all pages, a comment with the page number before each; why a page was not read."""
        store = self._store(knowledge_id)
        shown = standing(store, name, so_far=so_far)
        return document_markdown(store.pages.read(shown.document, shown.generation, blocks=False))

    def page(self, knowledge_id: str, name: str, number: int, *, so_far: bool = False) -> Page:
        """One page with its blocks. NotReadyError where it could not be read, NotFoundError where there is none."""
        pages = self.pages(knowledge_id, name, [number], so_far=so_far)
        if not pages:
            raise NotFoundError(f"there is no page {number} in {name!r}")
        check_page(name, pages[0], so_far=so_far)
        return pages[0]

    def pages(self, knowledge_id: str, name: str, numbers: Sequence[int] = (), *, so_far: bool = False) -> list[Page]:
        """Some pages with their blocks, all where no number is given; those that could not be read say why."""
        store = self._store(knowledge_id)
        shown = standing(store, name, so_far=so_far)
        return store.pages.read(shown.document, shown.generation, numbers)

    def pages_slice(
        self, knowledge_id: str, name: str, cursor: str | None = None, limit: int = 100, *, so_far: bool = False
    ) -> Slice[Page]:
        """A slice of a document's pages, without blocks."""
        store = self._store(knowledge_id)
        shown = standing(store, name, so_far=so_far)
        after = key_of(cursor, int)
        pages = store.pages.part(shown.document, shown.generation, after[0] if after else 0, limit + 1)
        items = tuple(pages[:limit])
        return Slice(items=items, next_cursor=cursor_of(items[-1].number) if len(pages) > limit else None)

    def chunks(
        self, knowledge_id: str, name: str, cursor: str | None = None, limit: int = 100, *, so_far: bool = False
    ) -> Slice[ChunkView]:
        """A slice of a document's chunks. The cursor names the generation: after a new one the list starts again."""
        store = self._store(knowledge_id)
        shown = standing(store, name, so_far=so_far)
        document, generation = shown.document, shown.generation
        after = key_of(cursor, int, int)
        begin = after[1] if after and after[0] == generation else -1
        rows = store.pages.chunk_rows(document, generation, begin, limit + 1)
        items = tuple(
            ChunkView(chunk=chunk_id(document, generation, chunk.ordinal), document=document, content=chunk)
            for _, chunk in rows[:limit]
        )
        next_cursor = cursor_of(generation, items[-1].content.ordinal) if len(rows) > limit else None
        return Slice(items=items, next_cursor=next_cursor)

    def _store(self, knowledge_id: str) -> KnowledgeStore:
        return self._resources.catalog.store(knowledge_id)
