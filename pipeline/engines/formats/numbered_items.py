"""Elements with the numbers that an office program counted for them."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.engines.formats.elements import Element
from stores.models import Label

_MARKER = re.compile(r"(\d{1,9})[.)、]?")
_LETTERED = re.compile(r"[(\[（]?(?:[A-Za-z]{1,5}|\d{1,3})[.)\]）]{0,2}|[①-⑳]")


def labelled(element: Element, number: str) -> Element:
    """An element with its number: as the marker of an item, ``(a)`` at the begin of one, ``1.1`` of a paragraph."""
    plain = _MARKER.fullmatch(number)
    if element.label is Label.LIST and (plain or not number):
        return replace(element, marker=f"{plain[1]}." if plain else "-")
    if not number:
        return element
    numbered = replace(
        element,
        text=f"{number} {element.text}",
        markdown=f"{number} {element.markdown}" if element.markdown else "",
    )
    if element.label is not Label.LIST:
        return numbered
    if _LETTERED.fullmatch(number):
        return replace(numbered, marker="-")
    return replace(numbered, label=Label.TEXT, marker="", level=0)
