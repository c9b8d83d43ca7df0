"""The input of the layout models: a page's text lines as the nodes of a graph, with the features of each.

The same numbers that PyMuPDF's own front end works out (``pymupdf.layout``), each once for both models. Full pages do
without MuPDF's segmentation and its search for underlined and doubled text: both cost by the square of the characters,
50 ms on a page of small print, where the models find the same boxes without them. So do pages full of numbers without
the segmentation, which costs most there, up to 180 ms.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np

from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.pdf import mupdf
from stores.models import Box

_FLAGS = (  # of MuPDF's text page for these models, without images
    "PRESERVE_WHITESPACE",
    "PRESERVE_LIGATURES",
    "ACCURATE_BBOXES",
    "COLLECT_VECTORS",
    "PARAGRAPH_BREAK",
    "COLLECT_STRUCTURE",
    "TABLE_HUNT",
    "LAZY_VECTORS",
    "CLIP",
    "FUZZY_VECTORS",
)
_FEW = 3000  # characters of a page that is segmented and searched for underlines: some 15 ms
_MANY, _NUMBERS = 100, 0.6  # texts of a page, and the share of numbers among them, that is not segmented
_SAME_PT = 2.0  # sides of two boxes of one line differ by less
_OWN = ("num_ratio", "is_text", "is_vector", "is_image", "is_hline_vector", "is_vline_vector")
_PATTERN = 40  # numbers that describe the pattern of a text
_SYMBOLS = {sign: 14 + at for at, sign in enumerate("•-*+<>()→✓#□■‣◦▪.:※")}
_LETTER, _DIGIT, _SIGN, _SPACE = 10, 11, 12, 13


@dataclass(frozen=True, slots=True)
class Elements:
    """Nodes and edges of a page. ``boxes`` in points, as are the boxes behind all other arrays."""

    boxes: list[list[float]]
    texts: list[str]
    inputs: Mapping[str, Any]  # what both models take, by the names of their inputs
    edges: Any  # array of 2 rows: from and to


def elements_of(sheet: Sheet, names: Sequence[str]) -> Elements | None:
    """The elements of a page, None where it has none. ``names``: what is to be known of each, in the models' order."""
    text = _text_of(sheet, pictures=sheet.has_pictures)
    lines = _text_of(sheet, pictures=False) if sheet.has_pictures else text  # as a dictionary it would pack each as PNG
    boxes, texts = _lines(lines.extractDICT()["blocks"], sheet)
    marks = _checkboxes(sheet, boxes)
    known = _known(text, boxes + marks, tuple(names[len(_OWN) :]))
    nodes = list(zip(boxes + marks, texts + [""] * len(marks), known, strict=True))
    nodes = _without_hidden(nodes, names, sheet.read)
    if not nodes:
        return None
    kinds = [_own(text, is_text=index < len(boxes)) for index, (_, text, _) in enumerate(nodes)]
    return _connected(
        [box for box, _, _ in nodes],
        [text for _, text, _ in nodes],
        np.array([own + list(more) for own, (_, _, more) in zip(kinds, nodes, strict=True)], dtype=np.float32),
    )


def _text_of(sheet: Sheet, *, pictures: bool) -> Any:
    pymupdf = mupdf.load()
    flags = _flags() | (pymupdf.TEXT_PRESERVE_IMAGES if pictures else 0)
    if not sheet.recognised and sheet.characters > _FEW:
        return sheet.textpage(flags)
    segmented = sheet.recognised or not _is_statement(sheet.plain_texts)
    return sheet.textpage(flags | pymupdf.TEXT_SEGMENT if segmented else flags, styles=True)


def _is_statement(texts: Sequence[str]) -> bool:
    """Whether a page is one large table of numbers."""
    return len(texts) >= _MANY and share_of_numbers(texts) >= _NUMBERS


def share_of_numbers(texts: Sequence[str]) -> float:
    """Share of the texts that are less than half letters."""
    return sum(sum(map(str.isalpha, text)) < 0.5 * len(text) for text in texts) / max(1, len(texts))


@cache
def _flags() -> int:
    pymupdf = mupdf.load()
    flags = 0
    for name in _FLAGS:
        flags |= getattr(pymupdf, f"TEXT_{name}")
    return flags


def _lines(blocks: Sequence[dict[str, Any]], sheet: Sheet) -> tuple[list[list[float]], list[str]]:
    """Boxes and texts of the printed lines that touch the page, each box once."""
    text_by_box: dict[tuple[float, ...], str] = {}
    for line in _all_lines(blocks):
        x0, y0, x1, y1 = line["bbox"]
        text = " ".join(span["text"] for span in line["spans"]).strip()
        if _is_left_out(line["bbox"], sheet):
            continue
        if text and x1 >= 0 and x0 <= x1 and x0 <= sheet.right and y1 >= 0 and y0 <= y1 and y0 <= sheet.bottom:
            text_by_box.setdefault((x0, y0, x1, y1), text)
    return [list(box) for box in text_by_box], list(text_by_box.values())


def _is_left_out(box: Sequence[float], sheet: Sheet) -> bool:
    return any(max(abs(a - b) for a, b in zip(box, other, strict=True)) < _SAME_PT for other in sheet.left_out)


def _all_lines(blocks: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block["type"] == 2:  # a part of the document's own structure
            yield from _all_lines(block["blocks"])
        elif block["type"] == 0:
            yield from block["lines"]


def _checkboxes(sheet: Sheet, boxes: list[list[float]]) -> list[list[float]]:
    kind = mupdf.load().PDF_WIDGET_TYPE_CHECKBOX
    rects = (widget.rect for widget in mupdf.widgets(sheet.page, []) if widget.field_type == kind)
    checkboxes = [[r.x0, r.y0, r.x1, r.y1] for r in rects]
    inside = [b for b in checkboxes if 0 <= b[0] < b[2] <= sheet.right and 0 <= b[1] < b[3] <= sheet.bottom]
    return [box for at, box in enumerate(inside) if box not in boxes and box not in inside[:at]]


def _known(text: Any, boxes: Sequence[Sequence[float]], names: tuple[str, ...]) -> list[tuple[float, ...]]:
    """What MuPDF works out about each box from the text page: margins, alignment, neighbours."""
    features: Any = importlib.import_module("pymupdf.features")
    rect, numbers = mupdf.load().mupdf.FzRect, attrgetter(*names)
    return [numbers(features.fz_features_for_region(text.this, rect(*box), 0)) for box in boxes]


def _own(text: str, *, is_text: bool) -> list[float]:
    digits = sum(map(str.isdigit, text))
    return [digits / len(text) if text else 0.0, float(is_text), 0.0, 0.0, 0.0, 0.0]


def _without_hidden(nodes: list[Any], names: Sequence[str], read: Sequence[Box]) -> list[Any]:
    """Beside visible text, invisible text is no part of the page's layout, but for that which OCR ``read``."""
    at = {name: index - len(_OWN) for index, name in enumerate(names)}

    def visible(node: Any) -> bool:
        return not node[2][at["invisible"]]

    def printed(node: Any) -> bool:
        return bool(node[2][at["num_numerals"]] + node[2][at["num_non_numerals"]] > 0)

    def is_read(node: Any) -> bool:
        x, y = (node[0][0] + node[0][2]) / 2, (node[0][1] + node[0][3]) / 2
        return any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in read)

    if not any(visible(node) and printed(node) for node in nodes):
        return nodes
    return [node for node in nodes if visible(node) or is_read(node)]


def _connected(boxes: list[list[float]], texts: list[str], known: Any) -> Elements:
    common: Any = importlib.import_module("pymupdf.layout.common_util")
    graph: Any = importlib.import_module("pymupdf.layout.pymupdf_util_edge")
    array = np.array(boxes, dtype=np.float32)
    if len(boxes) == 1:
        edges, relations = np.zeros((2, 1), dtype=np.int64), np.zeros((1, 24), dtype=np.float32)
    else:
        pairs = graph.build_edge_index(array, "4D")
        relations = graph.get_edge_attr(array, pairs, "SEO", None, None)
        edges = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    inputs = {
        "x": common.get_boxes_transform(boxes).astype(np.float32),
        "edge_index": edges,
        "edge_attr": relations,
        "k": np.array(min(len(boxes), 20), dtype=np.int64),
        "batch": np.zeros(len(boxes), dtype=np.int64),
        "rf_features": known,
        "text_patterns": np.array([text_pattern(text) for text in texts], dtype=np.float32),
    }
    return Elements(boxes, texts, inputs, edges)


def text_pattern(text: str) -> list[float]:
    """The first signs of a text by kind, each with how often it repeats, as octal digits over 8."""
    digits: list[float] = []
    for kind, run in groupby(map(_kind_of, text)):
        for value in (kind, *map(int, str(sum(1 for _ in run)))):
            digits += divmod(value, 8)
        if len(digits) >= _PATTERN:
            break
    return [digit / 8 for digit in digits[:_PATTERN]] + [0.0] * (_PATTERN - len(digits))


@cache
def _kind_of(char: str) -> int:
    if char in _SYMBOLS:
        return _SYMBOLS[char]
    if char.isspace():
        return _SPACE
    if char.isdigit():
        return _DIGIT
    return _LETTER if char.isalnum() else _SIGN
