"""What a web page says apart from its site: menus and banners are left out, by the landmarks of HTML and ARIA.

https://www.w3.org/TR/html-aria/#docconformance says which elements have which of these roles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MENUS = frozenset({"navigation", "search"})
_BANNERS = frozenset({"banner", "contentinfo"})
_ROLES = {"nav": "navigation", "main": "main", "search": "search"}
_SILENT = frozenset({"script", "style", "noscript", "template", "head"})
_LEAST_LANGUAGES, _MOST_OF = 5, 0.9  # of the items of a list
_LEAST_MAIN = 0.3  # of the text of the page without its menus: less is no more than a part of what it says


def without_menus(root: Any, lost: dict[str, int]) -> None:
    """Take menus out of a tree, and what stands beside its main part where it names one; ``lost`` counts them.

    A page that would be left without text stays as it is.
    """
    body = next(root.iter("body"), root)
    menus = [node for node in root.iter() if _role(node) in _MENUS and _characters(node)]
    menus += [node for node in root.iter("ul", "ol") if _leads_to_other_languages(node)]
    inner = set(menus)
    outermost = [node for node in menus if not any(above in inner for above in node.iterancestors())]
    whole = _characters(body)
    if sum(map(_characters, outermost)) >= whole:
        return
    _take_out(outermost, "menus", lost)
    main = [node for node in root.iter() if _role(node) == "main"]
    if len(main) == 1 and _characters(main[0]) >= _LEAST_MAIN * _characters(body):
        _take_out(list(_outside(main[0])), "parts beside the main one", lost)
        return
    banners = [node for node in root.iter() if _role(node) in _BANNERS]
    if sum(map(_characters, banners)) < _characters(body):
        _take_out(banners, "banners", lost)


def _leads_to_other_languages(node: Any) -> bool:
    """Whether a list is of links to the same page in other languages, by what the links say of themselves."""
    items = [child for child in node if child.tag == "li"]
    links = sum(next(item.iter("a"), item).get("hreflang") is not None for item in items)
    return len(items) >= _LEAST_LANGUAGES and links >= _MOST_OF * len(items)


def _take_out(nodes: list[Any], words: str, lost: dict[str, int]) -> None:
    said = sum(_characters(node) > 0 for node in nodes)
    if said:
        lost[words] = lost.get(words, 0) + said
    for node in nodes:
        node.drop_tree()


def _role(node: Any) -> str:
    """The landmark that an element is; a header or footer is one of the page only where a role says so."""
    if not isinstance(node.tag, str):
        return ""
    return (node.get("role") or _ROLES.get(node.tag, "")).strip().lower()


def _outside(main: Any) -> Iterator[Any]:
    """The elements beside a node and beside those that it stands in."""
    node = main
    while node.getparent() is not None and node.tag != "body":
        yield from (other for other in node.getparent() if other is not node and other.tag != "head")
        node = node.getparent()


def _characters(node: Any) -> int:
    """How many characters of text an element holds, without those of scripts and the like."""
    count = 0
    for inner in node.iter():
        if isinstance(inner.tag, str) and inner.tag not in _SILENT:
            count += len((inner.text or "").strip())
        if inner is not node:
            count += len((inner.tail or "").strip())
    return count
