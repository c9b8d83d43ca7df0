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

STRUCTURE_VERSION = f"{RUNNING_VERSION}:7"  # part of fingerprints: raise it with every change of output


def structured(pages: Sequence[Page], outline: Sequence[OutlineEntry] = ()) -> list[Page]:
    """Return all pages of a document without running lines, and with the headings of the whole document.

    Pages that are drawn are looked at together. Those of formats that name their headings themselves stay as they are,
    also where pictures in them were read as pages behind them.
    """
    drawn = {page.number: page for page in _structured([page for page in pages if page.has_image], outline)}
    return [drawn.get(page.number, page) for page in pages]


def _structured(pages: Sequence[Page], outline: Sequence[OutlineEntry]) -> list[Page]:
    if not any(as_read(block).size_pt for page in pages for block in page.blocks):
        return settled(pages)  # models that see headings
    pages = settled(with_running_titles(pages))
    levels: dict[int, dict[int, int]] = defaultdict(dict)
    for (number, index), level in headings_of(pages, outline).items():
        levels[number][index] = level
    return [with_headings(page, levels[page.number]) for page in pages]
