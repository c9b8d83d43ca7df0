"""Text that nobody sees: in the colour of its ground, too small to read, or under what is painted over it.

Such text is how documents give orders to language models. A page is drawn for this only where the colours and the
order of what it paints leave a doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from pipeline.engines.layout.sheet.sheet import Sheet
from stores.models import Box

Span = dict[str, Any]

_NEAR = 16  # steps of 255 in each colour: nobody tells two such colours apart
_SMALLEST_PT = 2.0
_SMALLEST_OF_PAGE = 1 / 400  # of the page's longer side: a page drawn small is meant to be enlarged
_FAINT = 0.06  # opacity
_ONE_COLOUR = 0.92  # of the pixels around a text
_FLAT = 0.97
_OUTLINE_HIGH = (0.4, 1.5)  # of an outline, in heights of the text that lies on it
_OUTLINE_ITEMS = 3  # of an outline: a rectangle has one
_OUTLINED = 0.6  # of the width of a text, for its letters to be drawn
_SHOWS = 0.01  # of the pixels have the text's colour: it is seen through the picture
_AROUND_PT = 1.5  # looked at around a text
_COVERS = 20.0  # square points: nothing smaller hides a word
_MOST_COVERS = 400
_MOST_SPANS = 6000
_DRAWN, _CUT_OUT = 16 | 32, 64  # char_flags: filled or stroked; the shape in which something else is painted
_FILLS = ("fill-path", "fill-shade", "fill-image")
_WHITE = (255, 255, 255)


def unseen_spans(sheet: Sheet, spans: Sequence[Span], paths: Sequence[dict[str, Any]]) -> set[int]:
    """The ids of those spans of a page that nobody sees. ``paths``: its drawings, as MuPDF lists them."""
    if sheet.recognised or len(spans) > _MOST_SPANS:
        return set()
    unseen = {id(span) for span in _tiny(sheet, spans)}
    faint = [span for span in spans if span.get("alpha", 255) < 255 * _FAINT and _is_drawn(span)]
    unseen |= {id(span) for span in faint if not _is_outlined(span, paths)}
    rest = [span for span in spans if id(span) not in unseen and _is_drawn(span)]
    unseen |= {id(span) for span in _doubtful(rest, paths) if _has_colour_of_ground(sheet, span)}
    covers = _later_fills(sheet, paths)
    if covers:
        unseen |= {id(span) for span in rest if id(span) not in unseen and _lies_under(sheet, span, covers)}
    return unseen


def _is_drawn(span: Span) -> bool:
    """Whether a span is filled or stroked in a colour: render mode 3 is another matter, a cut in a picture another.

    Signs without an extent, as some spaces of no width, draw nothing.
    """
    return (
        bool(span["char_flags"] & _DRAWN)
        and not span["char_flags"] & _CUT_OUT
        and any(not char["c"].isspace() and _has_extent(char["bbox"]) for char in span["chars"])
    )


def _has_extent(box: Box) -> bool:
    x0, y0, x1, y1 = box
    return x0 < x1 and y0 < y1


def _is_outlined(span: Span, paths: Sequence[dict[str, Any]]) -> bool:
    """Whether a text without colour lies on outlines of letters: browsers draw bold type so where a font has none."""
    x0, y0, x1, y1 = _box(span)
    middle, drawn = (y0 + y1) / 2, 0.0
    for path in paths:
        box = path["rect"]
        if not box.y0 <= middle <= box.y1 or not _OUTLINE_HIGH[0] < (box.y1 - box.y0) / (y1 - y0) < _OUTLINE_HIGH[1]:
            continue
        if len(path["items"]) >= _OUTLINE_ITEMS and path.get("fill_opacity") == 1:
            drawn += max(0.0, min(x1, box.x1) - max(x0, box.x0))
    return drawn > _OUTLINED * (x1 - x0)


def _tiny(sheet: Sheet, spans: Sequence[Span]) -> list[Span]:
    """Spans too small to read on a page that has others."""
    least = min(_SMALLEST_PT * sheet.scale, max(sheet.width, sheet.height) * _SMALLEST_OF_PAGE)
    tiny = [span for span in spans if span["size"] < least]
    return tiny if len(tiny) < len(spans) else []


def _doubtful(spans: Sequence[Span], paths: Sequence[dict[str, Any]]) -> list[Span]:
    """Spans in about the colour of the paper, or of what is filled under them."""
    fills = [path for path in paths if path.get("fill") is not None and path.get("fill_opacity") != 0]
    colours = {_colour(path["fill"]) for path in fills}
    ground_of = _ground(fills)
    doubtful = []
    for span in spans:
        colour = _rgb(span["color"])
        if not _is_near(colour, _WHITE) and not any(_is_near(colour, fill) for fill in colours):
            continue
        ground = ground_of(_middle(span))
        if ground is None and not _is_near(colour, _WHITE):
            continue
        if ground is None or _is_near(colour, _colour(ground["fill"])) or ground.get("fill_opacity", 1) != 1:
            doubtful.append(span)
    return doubtful


def _ground(fills: Sequence[dict[str, Any]]) -> Callable[[tuple[float, float]], dict[str, Any] | None]:
    """A function that returns the last of these drawings that holds a point, None where none does."""
    import numpy as np

    if not fills:
        return lambda _: None
    x0, y0, x1, y1 = np.array([tuple(path["rect"]) for path in fills]).T

    def last(point: tuple[float, float]) -> dict[str, Any] | None:
        x, y = point
        holding = np.flatnonzero((x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1))
        return fills[holding[-1]] if holding.size else None

    return last


def _has_colour_of_ground(sheet: Sheet, span: Span) -> bool:
    """Whether nearly all that is drawn where a text stands has the colour of the text."""
    pixels = _pixels(sheet.picture, _box(span))
    return pixels.size > 0 and float(_near(pixels, _rgb(span["color"])).mean()) > _ONE_COLOUR


@dataclass(frozen=True)
class _Cover:
    """What is painted over text: the place of its painting in the order of the page, whether it is a picture."""

    order: int
    box: Box
    picture: bool
    path: dict[str, Any] | None  # the drawing, as MuPDF lists it

    @property
    def opaque(self) -> bool:
        """Whether nothing shows through."""
        return self.path is None or self.path.get("fill_opacity", 1) == 1

    def covers(self, point: tuple[float, float]) -> bool:
        """Whether a point lies in what is painted: a frame around a picture has a larger box than its fill."""
        if not _holds(self.box, point):
            return False
        if self.picture or self.path is None or len(self.path["items"]) == 1:
            return True
        return _crossed(self._sides, point) % 2 == 1

    @cached_property
    def _sides(self) -> Any:
        """(n, 4) floats: x0, y0, x1, y1 of each straight side of the shape, which may have a hundred thousand."""
        import numpy as np

        items = self.path["items"] if self.path else ()
        return np.array([(*start, *end) for start, end in _edges(items)], dtype=float).reshape(-1, 4)


def _later_fills(sheet: Sheet, paths: Sequence[dict[str, Any]]) -> list[_Cover]:
    """Fills and pictures that are painted after a text that they cover."""
    import numpy as np

    drawn = {path.get("seqno", -1): path for path in paths if path.get("fill") is not None}
    fills = [
        _Cover(at, box, kind == "fill-image", drawn.get(at))
        for at, (kind, box) in enumerate(sheet.log)
        if kind in _FILLS and (box[2] - box[0]) * (box[3] - box[1]) > _COVERS
    ]
    texts = [
        (at, (b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for at, (kind, b) in enumerate(sheet.log) if kind == "fill-text"
    ]
    if not fills or not texts:
        return []
    fills.sort(key=lambda fill: (fill.box[0] - fill.box[2]) * (fill.box[3] - fill.box[1]))
    order, x, y = np.array(texts).T
    covers = []
    for fill in fills[:_MOST_COVERS]:
        x0, y0, x1, y1 = fill.box
        if bool(((order < fill.order) & (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)).any()):
            covers.append(fill)
    return covers


def _lies_under(sheet: Sheet, span: Span, covers: Sequence[_Cover]) -> bool:
    """Whether something opaque is painted over a text: a flat colour, or a picture that shows nothing of it."""
    order = sheet.order_of(span)
    over = [cover for cover in covers if order < cover.order and cover.covers(_middle(span))]
    if order < 0 or not over:
        return False
    last = max(over, key=lambda cover: cover.order)
    if last.picture:
        return _is_behind(sheet, span)
    pixels = _pixels(sheet.picture, _box(span), 0.0)
    flat = pixels.size > 0 and _is_flat(pixels)
    return last.opaque and (flat or sheet.is_written_over(span, last.order))


def _is_behind(sheet: Sheet, span: Span) -> bool:
    """Whether a picture without a mask lies on a text, and nothing there has the colour of the text."""
    if not any(_holds(box, _middle(span)) for box in sheet.opaque_pictures):
        return False
    x0, y0, x1, y1 = _box(span)
    pixels = _pixels(sheet.sharp_picture, (3 * x0, 3 * y0, 3 * x1, 3 * y1), 0.0)
    return pixels.size > 0 and float(_near(pixels, _rgb(span["color"])).mean()) < _SHOWS


def _edges(items: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, Any]]:
    """The straight sides of a drawn shape, as MuPDF lists its pieces; a curve counts as the line between its ends."""
    first = last = None
    for kind, *points in items:
        if kind in ("re", "qu"):
            yield from pairwise(_corners(points[0]) if kind == "re" else _round(points[0]))
            continue
        if points[0] != last:
            if last is not None:
                yield last, first
            first = points[0]
        last = points[-1]
        yield points[0], last
    if last is not None:
        yield last, first


def _corners(rect: Any) -> tuple[tuple[float, float], ...]:
    x0, y0, x1, y1 = rect
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)


def _round(quad: Any) -> tuple[Any, ...]:
    return quad.ul, quad.ur, quad.lr, quad.ll, quad.ul


def _crossed(sides: Any, point: tuple[float, float]) -> int:
    """How many sides pass to the right of a point at its height."""
    x, y = point
    x0, y0, x1, y1 = sides[(sides[:, 1] > y) != (sides[:, 3] > y)].T
    return int((x0 + (y - y0) * (x1 - x0) / (y1 - y0) > x).sum())


def _is_flat(pixels: Any) -> bool:
    import numpy as np

    middle = np.median(pixels.reshape(-1, pixels.shape[-1]), axis=0)
    return float(_near(pixels, middle).mean()) > _FLAT


def _near(pixels: Any, colour: Any) -> Any:
    import numpy as np

    return (np.abs(pixels.astype(np.int16) - np.asarray(colour)[:3]) <= _NEAR).all(axis=-1)


def _pixels(picture: Any, box: Box, around: float = _AROUND_PT) -> Any:
    """What a picture of the page shows in a box of pixels."""
    height, width = picture.shape[:2]
    x0, y0 = max(0, int(box[0] - around)), max(0, int(box[1] - around))
    x1, y1 = min(width, round(box[2] + around) + 1), min(height, round(box[3] + around) + 1)
    return picture[y0:y1, x0:x1, :3]


def _box(span: Span) -> Box:
    """The box of the printed characters of a span."""
    boxes = [char["bbox"] for char in span["chars"] if not char["c"].isspace()]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _middle(span: Span) -> tuple[float, float]:
    x0, y0, x1, y1 = span["bbox"]
    return (x0 + x1) / 2, (y0 + y1) / 2


def _holds(box: Sequence[float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _rgb(colour: int) -> tuple[int, int, int]:
    return colour >> 16 & 255, colour >> 8 & 255, colour & 255


def _colour(shares: Iterable[float]) -> tuple[int, ...]:
    return tuple(round(255 * share) for share in shares)


def _is_near(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))


def spans_of(blocks: Iterable[dict[str, Any]]) -> Iterator[Span]:
    """All spans of MuPDF's text blocks."""
    return (span for block in blocks for line in block.get("lines", ()) for span in line["spans"])
