"""What Chroma's complaints mean. Internal to the vector index: they leave it as errors of ``stores.errors``."""

from __future__ import annotations

import re

from stores.errors import DamagedIndexError, IngotError, UnavailableError

# Seen with torn files of Chroma 1.5: emptied pickle or header, halved data file.
_DAMAGED = re.compile(r"hnsw|pickle|finding id|getting embedding|compaction|backfill|malformed", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"disk is full|No space left|is locked|Permission denied|readonly|Too many open|unable to open|I/O error|time.?out",
    re.IGNORECASE,
)


class NoCollection(Exception):  # noqa: N818 - an answer rather than an error
    """There is no such collection."""


class ChromaRefusal(Exception):  # noqa: N818 - translated before it leaves
    """The server or library refused; ``status`` is that of HTTP, 500 from the library."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.status = status


def meaning(refusal: ChromaRefusal, knowledge_id: str) -> IngotError:
    """The error that a caller gets."""
    said = str(refusal)[:300]
    if _OUTSIDE.search(said) or not _DAMAGED.search(said):
        return UnavailableError(f"The vector index of {knowledge_id} failed: {said}", code="vectors_failed")
    return DamagedIndexError(f"The vector index of {knowledge_id} is damaged and has to be rebuilt: {said}")
