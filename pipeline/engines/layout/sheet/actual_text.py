"""What glyphs without a meaning stand for, where the page says it beside them (ActualText, PDF 32000-1, 14.9.4).

Design programs draw Chinese as fonts of pictures (Type 3) whose codes mean nothing, or something else, and write the
character that is meant beside each. Elsewhere ActualText is not asked: it may say what nobody sees on the page, and
MuPDF puts all of a longer one in one place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_UNKNOWN = "\ufffd"
_STRUCTURE = "StructTreeRoot"
_PICTURES = "Type3"  # MuPDF's name of such a font begins with it

Blocks = Sequence[dict[str, Any]]


def take_actual_text(blocks: Blocks, read: Callable[[], Blocks]) -> None:
    """Replace characters of rawdict blocks by what ActualText says of them.

    ``read``: the same blocks as MuPDF makes them with ActualText; called only where there is a doubtful character. One
    is replaced where both have exactly one character at its origin.
    """
    doubtful = list(_doubtful(blocks))
    if not doubtful:
        return
    printed = Counter(map(_origin, _characters(blocks)))
    said: dict[tuple[float, float], list[str]] = {}
    for char in _characters(read()):
        said.setdefault(_origin(char), []).append(char["c"])
    for char in doubtful:
        place = _origin(char)
        if printed[place] == 1 == len(said.get(place, ())):
            char["c"] = said[place][0]


def is_tagged(document: Any) -> bool:
    """Whether a PDF tells its structure by tags."""
    catalog = document.pdf_catalog()
    return bool(catalog > 0 and document.xref_get_key(catalog, _STRUCTURE)[0] != "null")


@contextmanager
def without_structure(document: Any) -> Iterator[None]:
    """Let a PDF have no structure tree for a while: MuPDF reads its ActualText beside the words that it stands for."""
    if not is_tagged(document):
        yield
        return
    catalog = document.pdf_catalog()
    _, root = document.xref_get_key(catalog, _STRUCTURE)
    document.xref_set_key(catalog, _STRUCTURE, "null")
    try:
        yield
    finally:
        document.xref_set_key(catalog, _STRUCTURE, root)


def _doubtful(blocks: Blocks) -> Iterator[dict[str, Any]]:
    for span in _spans(blocks):
        of_pictures = str(span["font"]).startswith(_PICTURES)
        yield from (char for char in span["chars"] if of_pictures or char["c"] == _UNKNOWN)


def _characters(blocks: Blocks) -> Iterator[dict[str, Any]]:
    return (char for span in _spans(blocks) for char in span["chars"])


def _spans(blocks: Blocks) -> Iterator[dict[str, Any]]:
    return (span for block in blocks for line in block.get("lines", ()) for span in line["spans"])


def _origin(char: dict[str, Any]) -> tuple[float, float]:
    x, y = char["origin"]
    return round(x, 2), round(y, 2)
