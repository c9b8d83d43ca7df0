"""The file store: originals by hash, page images between two stages, Markdown and JSON files, workspaces.

Paths that come out are local: a store on another machine downloads a file into a cache and returns the path in it.
Nobody derives one path from another, and nobody writes to a path that this store returned, except in ``staging`` and
``workspace``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol


class FileStore(Protocol):
    """The files of all knowledge bases. A file appears complete or not at all; every call may be repeated.

    Raises UnavailableError where a file cannot be written.
    """

    # Originals

    def staging(self) -> Path:
        """Return this process's local folder for files that arrive; the folders of dead processes are removed."""

    def put_original(self, knowledge_id: str, path: Path, largest_bytes: int) -> str:
        """Copy a local file among the originals, safe against a power cut; return the SHA-256 of its bytes.

        Raises InputError where it cannot be read or has more than ``largest_bytes``.
        """

    def adopt_original(self, knowledge_id: str, staged: Path, sha256: str) -> None:
        """Move a file out of ``staging`` among the originals; it is hashed and flushed to disk already."""

    def sync_originals(self, knowledge_id: str) -> None:
        """Make adopted originals survive a power cut. Call it once for many of them."""

    def original(self, knowledge_id: str, sha256: str) -> Path:
        """Return the local path of an original. Raises InputError ``original_missing`` where it is gone."""

    # Page images, from render to ocr

    def page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> Path | None:
        """Return the local path of a page's image, None where it has none."""

    def put_page_image(self, knowledge_id: str, document: str, generation: int, number: int, made: Path) -> Path:
        """Move the image of a page out of a workspace into the store; return its local path."""

    def drop_page_image(self, knowledge_id: str, document: str, generation: int, number: int) -> None:
        """Remove the image of a page."""

    def drop_page_images(self, knowledge_id: str, document: str, generation: int | None = None) -> None:
        """Remove the page images of a generation, or of all generations of a document."""

    # Results

    def name_of(self, source: str, document: str) -> str:
        """Return the name of a document's Markdown and JSON files, without suffix: readable, safe, unique."""

    def write_markdown(self, knowledge_id: str, name: str, text: str) -> None:
        """Write the Markdown file ``name``, replacing an earlier one."""

    def write_json(self, knowledge_id: str, name: str, content: Mapping[str, Any]) -> None:
        """Write the JSON file ``name``, replacing an earlier one."""

    def drop_renamed(self, knowledge_id: str, document: str, name: str) -> None:
        """Remove Markdown and JSON files that a document left under other names than ``name``."""

    def drop_document(self, knowledge_id: str, document: str, sha256: str) -> None:
        """Remove every file of a document; ``sha256`` "" leaves the original."""

    def size_bytes(self, knowledge_id: str) -> int:
        """Return how many bytes a knowledge base takes."""

    # Images of pages for people: a cache on the local disk of each machine

    def picture(self, knowledge_id: str, document: str, name: str) -> Path:
        """Return the path where an image is cached, or will be."""

    def touch_picture(self, path: Path) -> bool:
        """Note that a cached image is used; False where it is not there."""

    def room_for_pictures(self, wanted: Path) -> None:
        """Create the folder of an image, and remove the least recently used ones beyond the size of the cache."""

    def keep(self, made: Path, target: Path) -> None:
        """Move a finished image to its path in the cache."""

    def drop_pictures(self, knowledge_id: str, document: str = "") -> None:
        """Remove the cached images of a document, or of a whole knowledge base."""

    # Workspaces

    def workspace(self, knowledge_id: str, label: str) -> AbstractContextManager[Path]:
        """Create a local temp directory for one task; it is removed at the end of the block."""

    def sweep(self, knowledge_id: str) -> int:
        """Remove the workspaces of dead processes; return how many."""
