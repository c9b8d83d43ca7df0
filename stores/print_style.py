"""What the structure of a document is decided from: how its blocks are set, and its outline."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintStyle:
    """How most characters of a block are set, and what its page's reader took it for.

    ``size_pt`` is 0 where nobody knows it. ``label`` and ``level`` are the block's own as they were read: the structure
    of the whole document may change those of the block, and is decided again from these.
    """

    label: str
    level: int = 0
    size_pt: float = 0.0
    bold: bool = False
    font: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineEntry:
    """One bookmark of a document. ``level`` from 1, ``page`` from 1; 0 where it names none."""

    level: int
    title: str
    page: int
