"""The file store: originals by hash, page images between two stages, Markdown and JSON files.

Files come in as local paths and go out as local copies. A method that returns a path takes a local ``folder`` of the
caller, a workspace mostly: a store on another machine downloads the file into it, a local one returns the file itself.
The path is good for reading only, as long as that folder is there. Nobody derives one path from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


class FileKind(StrEnum):
    """What a stored file is. ``page-images``: the folder of one generation; ``part``: what was never finished."""

    ORIGINAL = "original"
    MARKDOWN = "markdown"
    JSON = "json"
    PAGE_IMAGES = "page-images"
    PART = "part"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One stored file: an original by its hash, a result by its name, page images by ``<document>/<generation>``."""

    kind: FileKind
    name: str
    size_bytes: int
    modified_at: float  # seconds since the epoch


class FileStore(Protocol):
    """The files of all knowledge bases. A file appears complete or not at all; every call may be repeated.

    Raises UnavailableError where a file cannot be written, or the store cannot be reached.
    """

    @property
    def is_remote(self) -> bool:
        """Whether a file goes over a network: then nothing is stored while a database is locked."""

    def probe(self) -> str:
        """Write, read and remove a file; return where the store is."""

    # Originals

    def put_original(self, knowledge_id: str, path: Path, largest_bytes: int) -> str:
        """Copy a local file among the originals, safe against a power cut; return the SHA-256 of its bytes.

        Raises InputError where it cannot be read or has more than ``largest_bytes``.
        """

    def send_original(self, knowledge_id: str, staged: Path, sha256: str) -> None:
        """Bring the bytes of a staged file to a remote store, so that ``adopt_original`` waits for nothing."""

    def adopt_original(self, knowledge_id: str, staged: Path, sha256: str) -> None:
        """Move a file out of the staging folder among the originals; it is hashed and flushed to disk already."""

    def sync_originals(self, knowledge_id: str) -> None:
        """Make adopted originals survive a power cut. Call it once for many of them."""

    def local_original(self, knowledge_id: str, sha256: str, folder: Path) -> Path:
        """Return a local path of an original.

        Raises InputError ``original_missing`` where it is gone, ``original_changed`` where it came with other bytes.
        """

    def original_link(self, knowledge_id: str, sha256: str, headers: Mapping[str, str], seconds: int) -> str:
        """Return a URL of an original that is good for so many seconds, "" where the store has none.

        ``headers``: ``Content-Type`` and ``Content-Disposition`` of the answer at that URL.
        """

    # Page images, from render to ocr

    def has_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> bool:
        """Tell whether a page has an image."""

    def local_page_image(
        self, knowledge_id: str, document: str, generation: int, number: int, folder: Path
    ) -> Path | None:
        """Return a local path of a page's image, None where it has none."""

    def put_page_image(self, knowledge_id: str, document: str, generation: int, number: int, made: Path) -> Path:
        """Take the image of a page out of a workspace into the store; return a local path of it."""

    def drop_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> None:
        """Remove the image of a page."""

    def drop_page_images(self, knowledge_id: str, document: str, generation: int | None = None) -> None:
        """Remove the page images of a generation, or of all generations of a document."""

    # Results; their names are made by ``stores.source_names.result_name``

    def write_markdown(self, knowledge_id: str, name: str, text: str) -> None:
        """Write the Markdown file ``name``, replacing an earlier one."""

    def write_json(self, knowledge_id: str, name: str, content: Mapping[str, Any]) -> None:
        """Write the JSON file ``name``, replacing an earlier one."""

    def drop_renamed(self, knowledge_id: str, document: str, name: str) -> None:
        """Remove Markdown and JSON files that a document left under other names than ``name``."""

    # All of them

    def drop_document(self, knowledge_id: str, document: str, sha256: str) -> None:
        """Remove every file of a document; ``sha256`` "" leaves the original."""

    def drop_all(self, knowledge_id: str) -> None:
        """Remove every file of a knowledge base."""

    def size_bytes(self, knowledge_id: str) -> int:
        """Return how many bytes a knowledge base takes."""

    # What there is, for a check

    def has_original(self, knowledge_id: str, sha256: str) -> bool:
        """Tell whether an original is there."""

    def stored_hash(self, knowledge_id: str, sha256: str) -> str | None:
        """Read an original in the store itself; return the SHA-256 of its bytes, None where it is gone."""

    def stored(self, knowledge_id: str) -> Iterator[StoredFile]:
        """List the files of a knowledge base."""

    def result(self, knowledge_id: str, kind: FileKind, document: str) -> str | None:
        """Return the text of a document's newest Markdown or JSON file, None where it has none."""

    def drop_stored(self, knowledge_id: str, file: StoredFile, unchanged_since: float) -> bool:
        """Remove a listed file, unless it was written after ``unchanged_since`` or is gone."""
