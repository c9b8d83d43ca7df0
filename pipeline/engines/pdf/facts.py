"""Facts of a PDF page: how much text it has, of what kind, and what covers it. Takes 2 to 10 ms a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.contracts import PageFacts
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.attachments import attached_to
from pipeline.engines.pdf.picture_lines import lines_in_pictures

_INVISIBLE = 3  # text render mode: neither filled nor stroked
_GRID = 48  # cells a side of the grid on which covered area is counted
_COVERS = 0.9
_PICTURES = 0.2  # of the page: pictures of less hold no text of a page
_LITTLE_TEXT = 600  # characters: more are the text of a page
_IMAGES = ("fill-image", "fill-imgmask")
_LETTER_PT = (2.0, 60.0)  # the height of a letter
_LETTERS = 18  # letters of the three short lines that make a page one for OCR
_LINE = 3.0  # times as long as high
_MEANS_NOTHING = re.compile(r"[\x00-\x1f\x7f-\x9f\ue000-\uf01f\uf100-\uf8ff\ufff0-\ufffd\U000f0000-\U0010ffff]")
_PATHS = ("fill-path", "stroke-path", "fill-shade")


def facts_of_page(page: Any, number: int) -> PageFacts:
    """Collect the facts of an open page. Errors of MuPDF are not translated."""
    pymupdf = mupdf.load()
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE
    text = page.get_text("text", flags=flags & ~pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE)
    log = page.get_bboxlog()
    images = [(order, pymupdf.Rect(box)) for order, (kind, box) in enumerate(log) if kind in _IMAGES]
    rect = pymupdf.Rect(page.rect)
    image_share = _covered(rect, [box for _, box in images])
    return PageFacts(
        number=number,
        width_pt=rect.width,
        height_pt=rect.height,
        text=text,
        hidden_share=_hidden_share(page, images) if images and text.strip() else 0.0,
        image_share=image_share,
        unmapped_share=unmapped_share(text),
        drawings=sum(kind in _PATHS for kind, _ in log),
        picture_lines=_picture_lines(page, text, image_share, log),
        attachments=tuple(attached_to(page)),
        ink=any(kind != "ignore-text" for kind, _ in log) or bool(text.strip()),
    )


def _picture_lines(page: Any, text: str, image_share: float, log: Sequence[tuple[str, Any]]) -> int:
    """Lines of print in the large pictures and the outlines of a page with little text; 0 for others, unseen."""
    if not 0 < len("".join(text.split())) < _LITTLE_TEXT:
        return 0
    pictures = [box for kind, box in log if kind in _IMAGES] if image_share >= _PICTURES else []
    shown = [*pictures, *_outlines([box for kind, box in log if kind == "fill-path"])]
    return lines_in_pictures(page, shown) if shown else 0


def _outlines(filled: Sequence[Any]) -> list[Any]:
    """Filled shapes as high as letters or lines of print, where they are many: text that a program drew as shapes."""
    high = [box for box in filled if _LETTER_PT[0] <= box[3] - box[1] <= _LETTER_PT[1]]
    long = [box for box in high if box[2] - box[0] >= _LINE * (box[3] - box[1])]
    return high if len(high) >= _LETTERS else long


def unmapped_share(text: str) -> float:
    """Share of the printed characters without a meaning: replacement, private use and control characters.

    U+F020 to U+F0FF do not count: symbol fonts use these codes, and the layout reader decodes them.
    """
    printed = "".join(text.split())
    return len(_MEANS_NOTHING.findall(printed)) / len(printed) if printed else 0.0


def _hidden_share(page: Any, images: list[tuple[int, Any]]) -> float:
    """Share of the characters that are drawn invisibly, or before an image that covers them."""
    total = hidden = 0
    for span in page.get_texttrace():
        count = len(span["chars"])
        total += count
        if span["type"] == _INVISIBLE or span.get("opacity", 1.0) == 0 or _is_under(span, images):
            hidden += count
    return hidden / total if total else 0.0


def _is_under(span: dict[str, Any], images: Iterable[tuple[int, Any]]) -> bool:
    later = [box for order, box in images if order > span["seqno"]]
    if not later:
        return False
    x0, y0, x1, y1 = span["bbox"]
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    return any(box.x0 <= middle_x <= box.x1 and box.y0 <= middle_y <= box.y1 for box in later)


def _covered(rect: Any, boxes: list[Any]) -> float:
    """Share of ``rect`` that is covered by at least one of the boxes."""
    if not boxes or rect.is_empty:
        return 0.0
    if any((box & rect).get_area() >= _COVERS * rect.get_area() for box in boxes):
        return 1.0
    cells: set[tuple[int, int]] = set()
    for box in boxes[:2000]:
        part = box & rect
        if not part.is_empty:
            cells |= _cells(part, rect)
    return len(cells) / (_GRID * _GRID)


def _cells(part: Any, rect: Any) -> set[tuple[int, int]]:
    """The cells of the grid whose centre lies in ``part``."""
    width, height = rect.width / _GRID, rect.height / _GRID
    columns = range(round((part.x0 - rect.x0) / width), round((part.x1 - rect.x0) / width))
    rows = range(round((part.y0 - rect.y0) / height), round((part.y1 - rect.y0) / height))
    return {(column, row) for column in columns for row in rows}
