"""Makes PyMuPDF's table finder faster: the same tables from only the numbers that the search needs.

For every character it fills a dictionary of 22 entries by way of rectangles and matrices, of which the search for
grids reads seven; it looks through all characters for each drawing; and it classifies the same cell texts anew for
every row that it compares. That was nine tenths of its time. A third of the rest was spent on making rectangles of
rectangles, and on crossing them two C structures at a time.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from struct import Struct
from typing import Any

import numpy as np

Char = dict[str, Any]

_FAR = 1e6  # points
_FLOATS = Struct("4f")


@functools.cache
def lighten() -> None:
    """Replace the slow functions of this process's table finder by equivalent fast ones."""
    finder: Any = importlib.import_module("pymupdf.table")
    finder.make_chars = _make_chars
    finder.chars_in_rect = _chars_in_rect
    refine: Any = importlib.import_module("pymupdf._table_refine")
    refine._refine_cell_background_rects = functools.partial(outermost, plainly=refine._refine_cell_background_rects)
    headers: Any = importlib.import_module("pymupdf._table_headers")
    for name in ("count_alpha", "date_or_period_like", "numeric_like", "cell_type"):
        setattr(headers, name, functools.lru_cache(maxsize=4096)(getattr(headers, name)))
    known = functools.lru_cache(maxsize=1024)(headers.row_features)
    headers.row_features = lambda texts: dict(known(tuple(texts)))
    _make_rectangles_quickly(importlib.import_module("pymupdf"))


def _make_rectangles_quickly(pymupdf: Any) -> None:
    """Make rectangles from four numbers or a rectangle, and cross two of them, without PyMuPDF's look at all cases."""
    rect, make, cross = pymupdf.Rect, pymupdf.Rect.__init__, pymupdf.Rect.__and__

    def make_quickly(self: Any, *arguments: Any, **named: Any) -> None:
        sides: Any = arguments[0] if len(arguments) == 1 else arguments
        kind = type(sides)
        if named or not (kind is rect or ((kind is tuple or kind is list) and len(sides) == 4)):
            make(self, *arguments, **named)
        elif kind is rect:
            self.x0, self.y0, self.x1, self.y1 = sides.x0, sides.y0, sides.x1, sides.y1
        else:
            self.x0, self.y0, self.x1, self.y1 = map(float, sides)

    def cross_quickly(self: Any, other: Any) -> Any:
        if type(other) is not rect or not (_is_plain(self) and _is_plain(other)):
            return cross(self, other)
        crossed: Any = object.__new__(rect)
        sides = crossing((self.x0, self.y0, self.x1, self.y1), (other.x0, other.y0, other.x1, other.y1))
        crossed.x0, crossed.y0, crossed.x1, crossed.y1 = sides
        return crossed

    rect.__init__, rect.__and__ = make_quickly, cross_quickly


def _is_plain(rect: Any) -> bool:
    """Whether a rectangle is neither empty nor infinite."""
    return bool(-_FAR < rect.x0 < rect.x1 < _FAR and -_FAR < rect.y0 < rect.y1 < _FAR)


def crossing(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> tuple[float, ...]:
    """What two boxes that are neither empty nor infinite share, in MuPDF's precision; turned over where they do not."""
    sides = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return _FLOATS.unpack(_FLOATS.pack(*sides))


def outermost(rects: list[Any], *, plainly: Callable[..., list[Any]], contain_frac: float = 0.9) -> list[Any]:
    """The rectangles that lie in no larger one with ``contain_frac`` of their area, by arrays instead of pairs.

    ``plainly``: PyMuPDF's own function, which compares each with each, for rectangles that are empty or infinite.
    """
    if not all(map(_is_plain, rects)):
        return plainly(rects, contain_frac=contain_frac)
    sides = np.array([(rect.x0, rect.y0, rect.x1, rect.y1) for rect in rects]).reshape(-1, 4)
    areas = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
    x0, y0, x1, y1 = sides.astype(np.float32).astype(np.float64).T  # what two share is in MuPDF's precision
    kept = []
    for at, rect in enumerate(rects):
        larger = areas > areas[at] * 1.05
        width = np.minimum(x1[larger], x1[at]) - np.maximum(x0[larger], x0[at])
        height = np.minimum(y1[larger], y1[at]) - np.maximum(y0[larger], y0[at])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        if not (shared >= contain_frac * areas[at]).any():
            kept.append(rect)
    return kept


def _make_chars(page: Any, clip: Any = None) -> Any:
    """Fill the finder's list of characters; the text page that they come from."""
    finder: Any = importlib.import_module("pymupdf.table")
    text = page.get_textpage(clip=clip, flags=finder.FLAGS)
    matrix = page.transformation_matrix
    blocks = page.get_text("rawdict", textpage=text)["blocks"]
    finder.CHARS.extend(_char(char["c"], char["bbox"], matrix) for char in _all_chars(blocks))
    return text


def _all_chars(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (char for block in blocks for line in block["lines"] for span in line["spans"] for char in span["chars"])


def _char(text: str, box: tuple[float, float, float, float], matrix: Any) -> Char:
    """A character with its box on the page, and between ``y0`` and ``y1`` counted from the bottom as PDF does."""
    x0, top, x1, bottom = box
    one, other = matrix.d * top + matrix.f, matrix.d * bottom + matrix.f
    return {
        "text": text,
        "x0": x0,
        "x1": x1,
        "top": top,
        "bottom": bottom,
        "y0": min(one, other),
        "y1": max(one, other),
    }


def _chars_in_rect(chars: Any, rect: Any) -> bool:
    """Whether any character lies inside ``rect``."""
    x0, x1, y0, y1 = _sides(chars._list())
    inside = (x0 >= rect[0]) & (x1 <= rect[2]) & (y0 >= rect[1]) & (y1 <= rect[3])
    return bool(inside.any())


class _Sides:
    """The sides of the characters asked for last, as arrays."""

    chars: list[Char] | None = None
    length = 0
    arrays: Any = None


def _sides(chars: list[Char]) -> Any:
    if _Sides.chars is not chars or _Sides.length != len(chars):
        _Sides.chars, _Sides.length = chars, len(chars)
        _Sides.arrays = np.array([(c["x0"], c["x1"], c["y0"], c["y1"]) for c in chars]).reshape(-1, 4).T
    return _Sides.arrays
