"""Comments of presentations, of both forms that PowerPoint has had, with who wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.engines.formats.elements import Element
from pipeline.engines.formats.packages import local, parse_xml
from stores.models import Label


def authors_of(presentation: Any) -> Mapping[str, str]:
    """The names of those who commented, by their ids."""
    names = {}
    for relation in _relations(presentation.part, "/commentAuthors", "/authors"):
        for node in parse_xml(relation.target_part.blob).iter():
            if node.get("id") and node.get("name"):
                names[node.get("id")] = " ".join(node.get("name").split())[:80]
    return names


def comments_of(slide: Any, authors: Mapping[str, str]) -> Iterator[Element]:
    """The comments on a slide and the answers to them, in their order."""
    for relation in _relations(slide.part, "/comments"):
        for node in parse_xml(relation.target_part.blob).iter():
            text = " ".join(_words(node).split()) if local(node) in ("cm", "reply") else ""
            if text:
                name = authors.get(node.get("authorId") or "", "")
                words = f"Comment ({name}): {text}" if name else f"Comment: {text}"
                yield Element(label=Label.TEXT, text=words, place="comment")


def _relations(part: Any, *kinds: str) -> Iterator[Any]:
    return (one for one in part.rels.values() if not one.is_external and one.reltype.endswith(kinds))


def _words(comment: Any) -> str:
    """The text of a comment, without those of its answers."""
    parts = []
    for child in comment:
        name = local(child)
        if name in ("t", "text"):
            parts.append(child.text or "")
        elif name not in ("replyLst", "extLst"):
            parts.append(_words(child) + (" " if name == "p" else ""))
    return "".join(parts)
