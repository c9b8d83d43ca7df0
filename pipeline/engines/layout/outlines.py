"""Says how many lines of print a page shows as drawn outlines: its text layer lacks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.engines.pdf.picture_lines import lines_in_pictures
from stores.models import Fault

if TYPE_CHECKING:
    import pymupdf

OUTLINED = "outlined_text"
_HEIGHT_PT = (5.0, 40.0)
_LINE = 3.0  # times as long as high
_LEAST_PIECES = 24  # of a drawn path: two letters or three
_PIECES = 4.0  # for each height of its length
_MARGIN = 0.07  # of the page: what is drawn there are logos and running headers
_MOST = 40  # such paths: more are a drawing


def outlined(page: pymupdf.Page, paths: Sequence[dict[str, Any]]) -> list[Fault]:
    """Lines of print among the drawings of a page, each one filled path, where no text stands over them."""
    boxes = [tuple(path["rect"]) for path in paths if _may_be_print(path, page.rect.height)]
    count = lines_in_pictures(page, boxes) if 0 < len(boxes) <= _MOST else 0
    if not count:
        return []
    lines, were, them = ("a line", "was", "it") if count == 1 else (f"about {count} lines", "were", "them")
    return [
        Fault(code=OUTLINED, message=f"{lines} of print drawn as outlines {were} not read: `--ocr always` reads {them}")
    ]


def _may_be_print(path: dict[str, Any], page_height: float) -> bool:
    box = path["rect"]
    high = _HEIGHT_PT[0] <= box.height <= _HEIGHT_PT[1]
    if not high or "f" not in path["type"] or box.width < _LINE * box.height:
        return False
    inside = box.y0 > _MARGIN * page_height and box.y1 < (1 - _MARGIN) * page_height
    return bool(inside and len(path["items"]) >= max(_LEAST_PIECES, _PIECES * box.width / box.height))
