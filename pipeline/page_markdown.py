"""Moves headers and footers into the Markdown of a page, or out of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from stores.models import Block, Label, PageText

AT_MARGIN = (Label.HEADER, Label.FOOTER)
_JOINT = "\n\n"


def escaped(text: str) -> str:
    """Escape the first character of lines that Markdown would read as a heading or quote."""
    return re.sub(r"(?m)^(?=[#>])", r"\\", text)


def is_in_markdown(block: Block) -> bool:
    """Whether a block is in the Markdown of its page."""
    return block.end > block.start


def with_margins(text: PageText, outside: Collection[int]) -> PageText:
    """The same page with the headers and footers ``outside`` (indices of blocks) left out, and all others in.

    The page itself where nothing changes; what was left out before comes back at its place in the reading order.
    """
    markdown, blocks = text.markdown, list(text.blocks)
    for index, block in enumerate(text.blocks):
        if block.label not in AT_MARGIN or not block.text.strip():
            continue
        if is_in_markdown(blocks[index]) and index in outside:
            markdown, blocks = _taken_out(markdown, blocks, index)
        elif not is_in_markdown(blocks[index]) and index not in outside:
            markdown, blocks = _put_in(markdown, blocks, index)
    return text if markdown == text.markdown else replace(text, markdown=markdown, blocks=tuple(blocks))


def rewritten(text: PageText, index: int, markdown: str, **changes: Any) -> PageText:
    """The same page with another Markdown of one block, and with other fields of that block."""
    block = text.blocks[index]
    by = len(markdown) - (block.end - block.start)
    blocks = [_moved(other, block.end, by) for other in text.blocks]
    blocks[index] = replace(block, end=block.start + len(markdown), **changes)
    whole = text.markdown[: block.start] + markdown + text.markdown[block.end :]
    return replace(text, markdown=whole, blocks=tuple(blocks))


def _taken_out(markdown: str, blocks: Sequence[Block], index: int) -> tuple[str, list[Block]]:
    start, end = blocks[index].start, blocks[index].end
    if markdown.startswith(_JOINT, end):
        end += len(_JOINT)
    elif markdown.endswith(_JOINT, 0, start):
        start -= len(_JOINT)
    moved = [_moved(block, end, start - end) for block in blocks]
    moved[index] = replace(blocks[index], start=0, end=0)
    return markdown[:start] + markdown[end:], moved


def _put_in(markdown: str, blocks: Sequence[Block], index: int) -> tuple[str, list[Block]]:
    """Insert a block after the preceding block that is in the Markdown, or at the start."""
    paragraph = escaped(blocks[index].text.strip())
    at = max((block.end for block in blocks[:index] if is_in_markdown(block)), default=0)
    lead = _JOINT if at else ""
    added = lead + paragraph + (_JOINT if markdown and not at else "")
    moved = [_moved(block, at, len(added)) for block in blocks]
    start = at + len(lead)
    moved[index] = replace(blocks[index], start=start, end=start + len(paragraph))
    return markdown[:at] + added + markdown[at:], moved


def _moved(block: Block, behind: int, by: int) -> Block:
    """Shift a block that begins at or after an offset; one outside the Markdown is unchanged."""
    if not is_in_markdown(block) or block.start < behind:
        return block
    return replace(block, start=block.start + by, end=block.end + by)
