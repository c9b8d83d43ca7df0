"""Decides what only all pages of a document together can tell: running lines and headings. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pipeline.running_lines import RUNNING_VERSION, settled
from pipeline.structure.candidates import as_read
from pipeline.structure.headings import headings_of
from pipeline.structure.relabelling import with_headings
from pipeline.structure.running_titles import with_running_titles
from stores.models import OutlineEntry, Page

STRUCTURE_VERSION = f"{RUNNING_VERSION}:3"  # part of fingerprints: raise it with every change of output


def structured(pages: Sequence[Page], outline: Sequence[OutlineEntry] = ()) -> list[Page]:
    """Return all pages of a document without running lines, and with the headings of the whole document."""
    if not any(as_read(block).size_pt for page in pages for block in page.blocks):
        return settled(pages)  # formats that name their headings themselves, and models that see them
    pages = settled(with_running_titles(pages))
    levels: dict[int, dict[int, int]] = defaultdict(dict)
    for (number, index), level in headings_of(pages, outline).items():
        levels[number][index] = level
    return [with_headings(page, levels[page.number]) for page in pages]
