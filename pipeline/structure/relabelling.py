"""Makes blocks of a page headings or text, in its Markdown and in its blocks alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.page_markdown import escaped, is_in_markdown, rewritten
from pipeline.structure.candidates import as_read
from stores.models import Label, Page, PageText

_HEADING_LABELS = (Label.HEADING, Label.TITLE)


def with_headings(page: Page, levels: Mapping[int, int]) -> Page:
    """The page with exactly these headings, index of the block -> level. The page itself where nothing changes."""
    if page.text is None:
        return page
    text = page.text
    for index, block in enumerate(page.blocks):
        level = levels.get(index, 0)
        if is_in_markdown(block) and (level or block.label in _HEADING_LABELS):
            text = _relabelled(text, index, level)
    return page if text is page.text else replace(page, text=text)


def _relabelled(text: PageText, index: int, level: int) -> PageText:
    block = text.blocks[index]
    style = as_read(block)
    label = _label(Label(style.label), level)
    words = " ".join(block.text.split())
    written = f"{'#' * level} {words}" if level else escaped(block.text)
    if (block.label, block.level) == (label, level) and text.markdown[block.start : block.end] == written:
        return text
    return rewritten(text, index, written, label=label, level=level, style=style)


def _label(read: Label, level: int) -> Label:
    if level:
        return read if read in _HEADING_LABELS else Label.HEADING
    return Label.TEXT if read in _HEADING_LABELS else read
