"""Check marks and crosses that are drawn, not written: in the cells of tables, and as stamps over boxes to tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.pdf import mupdf
from stores.models import Box

_SMALL_PT = (3.0, 16.0)  # of a side of a mark
_MOST = 500  # drawings of a page that may be marks
_MOST_POINTS = 60
_CORNER = 0.3  # of a side: so near to a corner a stroke ends there
_STAMP_PT = 24.0  # no side of a stamp that ticks a box is longer
_REACH_PT = 2.0
_BOXES = "☐□❏❑"
_TICKED = "☑"


def is_small_drawing(box: Box) -> bool:
    """Whether a drawing has the size of a check mark or a cross."""
    width, height = box[2] - box[0], box[3] - box[1]
    return _SMALL_PT[0] <= min(width, height) and max(width, height) <= _SMALL_PT[1]


def marks_in_cells(
    page: Any, regions: Sequence[Region], paths: Sequence[dict[str, Any]], fragments: Sequence[Fragment]
) -> list[Fragment]:
    """The check marks and crosses that are drawn alone in cells of tables, as ✓ and ✗; small stamps as ☑."""
    frames = [frame.box for region in regions for frame in region.frames]
    small = [path for path in paths if frames and path.get("fill") is not None and is_small_drawing(path["rect"])]
    drawn = [(tuple(path["rect"]), mark_of(_points(path))) for path in small] if len(small) <= _MOST else []
    drawn += [(stamp, _TICKED) for stamp in _stamps(page)] if frames else []
    marks: list[Fragment] = []
    for box in frames if drawn else ():
        inside = [(place, sign) for place, sign in drawn if _holds(box, place)]
        if len(inside) == 1 and inside[0][1] and not any(_holds(box, part.box) for part in fragments):
            marks.append(_set(inside[0][1], inside[0][0]))
    return marks


def mark_of(points: Sequence[tuple[float, float]]) -> str:
    """✓ or ✗ for the outline of one, its ``points`` within a box from 0 to 1; "" for other shapes."""
    if not 6 <= len(points) <= _MOST_POINTS:
        return ""
    corners = [[_is_near(point, corner) for point in points] for corner in ((0, 0), (1, 0), (0, 1), (1, 1))]
    middle = sum(abs(x - 0.5) < 0.2 and abs(y - 0.5) < 0.2 for x, y in points)
    sides = any(
        (abs(x - 0.5) < 0.15 and abs(y - 0.5) > 0.4) or (abs(y - 0.5) < 0.15 and abs(x - 0.5) > 0.4) for x, y in points
    )
    top_left, top_right, _, bottom_right = map(any, corners)
    if all(map(any, corners)):
        return "✗" if middle >= 4 and not sides else ""
    ends_left = any(x < 0.15 and 0.3 < y < 0.85 for x, y in points)
    foot = any(y > 0.85 and 0.15 < x < 0.8 for x, y in points)
    return "✓" if top_right and ends_left and foot and not (top_left or bottom_right) else ""


def _is_near(point: tuple[float, float], corner: tuple[int, int]) -> bool:
    return abs(point[0] - corner[0]) < _CORNER and abs(point[1] - corner[1]) < _CORNER


def _points(path: dict[str, Any]) -> list[tuple[float, float]]:
    """The ends of the lines and curves of a drawing, its box being 0 to 1 wide and high."""
    x0, y0, x1, y1 = path["rect"]
    ends = [item[at] for item in path["items"] if item[0] in ("l", "c") for at in (1, -1)]
    return sorted({(round((x - x0) / (x1 - x0), 2), round((y - y0) / (y1 - y0), 2)) for x, y in ends})


def _holds(box: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _set(sign: str, box: Box) -> Fragment:
    style = Style(size=box[3] - box[1], bold=False, mono=False, raised=False, hidden=False)
    return fragment([Glyph(sign, *box, style)])


def with_ticked_boxes(page: Any, fragments: Sequence[Fragment]) -> list[Fragment]:
    """The fragments with each printed box ticked over which a small stamp was put: so readers of PDF fill in forms."""
    stamps = _stamps(page)
    if not stamps:
        return list(fragments)
    return [_ticked(part, stamps) if any(g.char in _BOXES for g in part.glyphs) else part for part in fragments]


def _stamps(page: Any) -> list[Box]:
    """The boxes of the small stamps on a page."""
    if page.first_annot is None:
        return []
    kinds = (mupdf.load().PDF_ANNOT_STAMP,)
    boxes = [tuple(map(float, stamp.rect)) for stamp in page.annots(types=kinds)]
    return [box for box in boxes if max(box[2] - box[0], box[3] - box[1]) <= _STAMP_PT]  # type: ignore[misc]


def _ticked(part: Fragment, stamps: Sequence[Box]) -> Fragment:
    def is_ticked(glyph: Glyph) -> bool:
        around = [(x0 - _REACH_PT, y0 - _REACH_PT, x1 + _REACH_PT, y1 + _REACH_PT) for x0, y0, x1, y1 in stamps]
        return glyph.char in _BOXES and any(_holds(box, (glyph.x0, glyph.y0, glyph.x1, glyph.y1)) for box in around)

    return replace(part, glyphs=tuple(g._replace(char=_TICKED) if is_ticked(g) else g for g in part.glyphs))
