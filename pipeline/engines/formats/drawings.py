"""Words in drawings of Office files: diagrams (SmartArt) and text boxes on sheets."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from pipeline.engines.formats.elements import Element
from pipeline.engines.formats.packages import local, parse_xml
from stores.models import Label


def diagrams(package: zipfile.ZipFile, start: str) -> Iterator[Element]:
    """The words of all diagrams whose data is in parts that begin with ``start``, as list items."""
    for name in sorted(package.namelist()):
        if name.startswith(start) and name.endswith(".xml"):
            yield from words_of_drawing(package.read(name))


def words_of_drawing(data: bytes, label: Label = Label.LIST) -> Iterator[Element]:
    """Each paragraph of a drawing or diagram as a list item."""
    marker = "-" if label is Label.LIST else ""
    for paragraph in (node for node in parse_xml(data).iter() if local(node) == "p"):
        text = " ".join("".join(_runs(paragraph)).split())
        if text:
            yield Element(label=label, text=text, marker=marker)


def _runs(paragraph: Any) -> Iterator[str]:
    for node in paragraph.iter():
        if local(node) == "t":
            yield node.text or ""
        elif local(node) in ("br", "tab"):
            yield " "
