"""How one asks: the command line, the HTTP API, the pages, the Python object, and the embedded runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.client import KnowledgeBase as KnowledgeBase

__all__ = ["KnowledgeBase"]


def __getattr__(name: str) -> object:
    """Import the Python object when it is asked for, so that ``ingot --help`` does not."""
    if name == "KnowledgeBase":
        from ingest.client import KnowledgeBase

        return KnowledgeBase
    raise AttributeError(f"module 'ingest' has no attribute {name!r}")
