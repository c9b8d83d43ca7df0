"""DocTags, the markup of SmolDocling's and granite-docling's answers, converted to GitHub Markdown. Pure, never fails.

Elements hold places (``<loc_12>``) and text; tables are rows of OTSL: ``<fcel>`` begins a full cell, ``<ecel>`` an
empty one, ``<ched>`` and ``<rhed>`` headers, ``<nl>`` ends a row, ``<lcel>``, ``<ucel>``, ``<xcel>`` continue the cell
to the left or above. What is open at the end of the text ends there; what is unknown is read as a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"<(/?)([a-z][a-z_0-9]*)(?:\s[^<>]*)?/?>|(<\|[^<>|\n]{1,40}\|>)")
_CELLS = {"fcel", "ecel", "ched", "rhed", "srow", "lcel", "ucel", "xcel"}
_FRAMES = {"doctag", "doclang", "document", "body", "group", "unordered_list", "ordered_list", "list", "inline"}
_SILENT = {"page_header", "page_footer"}
_LEVEL = re.compile(r"(?:section_header_level_|heading_?(?:level_)?)(\d)")


def doctags_to_markdown(answer: str) -> str:
    """Markdown blocks with a blank line between them; items of one list on lines of their own."""
    parts: list[str] = []
    was_item = False
    for name, text, in_ordered in _elements(answer):
        block = _block(name, text, in_ordered)
        if not block:
            continue
        is_item = name in ("list_item", "item")
        parts.append(("\n" if is_item and was_item else "\n\n") + block)
        was_item = is_item
    return "".join(parts).strip()


def _elements(answer: str) -> Iterator[tuple[str, str, bool]]:
    """(name, content with the marks of its cells, inside an ordered list) of every leaf, in reading order."""
    name, content, ordered, at = "", "", False, 0
    for token in _TOKEN.finditer(answer):
        content += answer[at : token.start()]
        at = token.end()
        closing, tag = token[1], token[2] or ""
        if tag in _CELLS or tag == "nl":
            content += f"\x00{tag}\x01"
        elif tag.startswith("loc_") or token[3] or tag in ("location", "br"):
            content += " " if tag == "br" else ""
        elif closing and tag != name and tag not in _FRAMES:
            continue
        else:
            yield name, content, ordered
            name, content = ("", "") if closing or tag in _FRAMES else (tag, "")
            ordered = not closing if tag == "ordered_list" else ordered
    yield name, content + answer[at:], ordered


def _block(name: str, content: str, ordered: bool) -> str:
    if "\x00" in content:
        return _table(content)
    text = content.strip("\n ") if name == "code" else " ".join(content.split())
    if not text or name in _SILENT:
        return ""
    level = _LEVEL.fullmatch(name)
    if name == "title" or level:
        return "#" * (min(int(level[1]) + 1, 6) if level else 1) + f" {text}"
    if name in ("list_item", "item"):
        return ("1. " if ordered else "- ") + re.sub(r"^[•·▪◦-]\s*", "", text)
    if name == "formula":
        return f"$$\n{text}\n$$"
    return f"```\n{text}\n```" if name == "code" else text


def _table(content: str) -> str:
    rows: list[list[str]] = []
    for line in content.split("\x00nl\x01"):
        cells = [_cell(part) for part in line.split("\x00")[1:]]
        if cells:
            rows.append(cells)
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _cell(part: str) -> str:
    _, _, text = part.partition("\x01")
    return " ".join(text.split()).replace("|", "\\|")
