"""What OpenDocument files say beside their text: comments, and which styles hide what they are on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.engines.formats.elements import Element
from pipeline.engines.formats.packages import attribute, local
from stores.models import Label


def comments_in(node: Any) -> Iterator[Element]:
    """The comments below a node in their order, with who wrote them."""
    for comment in (one for one in node.iter() if local(one) == "annotation"):
        who = next((" ".join("".join(one.itertext()).split()) for one in comment if local(one) == "creator"), "")
        said = ("".join(one.itertext()) for one in comment if local(one) in ("p", "list"))
        text = " ".join(" ".join(said).split())
        if text:
            yield Element(
                label=Label.TEXT, text=f"Comment ({who}): {text}" if who else f"Comment: {text}", place="comment"
            )


def hidden_styles(roots: Sequence[Any]) -> frozenset[str]:
    """The styles, of content.xml and styles.xml, that hide a text, or are based on one that does."""
    based: dict[str, str] = {}
    hidden: set[str] = set()
    for style in (node for root in roots for node in root.iter() if local(node) == "style"):
        name = attribute(style, "name")
        based[name] = attribute(style, "parent-style-name")
        looks = [attribute(look, "display") for look in style if local(look) == "text-properties"]
        if "none" in looks:
            hidden.add(name)
        elif any(looks):
            based[name] = ""  # shown, whatever the other one says
    while more := {name for name, parent in based.items() if parent in hidden} - hidden:
        hidden |= more
    return frozenset(hidden)
