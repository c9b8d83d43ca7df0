"""The PageReader for machines without a GPU: PP-OCR reads lines, the layout model arranges them.

The page is turned upright first; boxes of the result refer to the page as it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts import PageImage
from pipeline.engines.layout import LAYOUT_VERSION
from pipeline.engines.ocr.text_lines import line_models, model_names
from stores.errors import IngotError, PageError
from stores.models import Block, Box, Fault, Label, Line, PageText

if TYPE_CHECKING:
    import numpy as np

    from pipeline.engines.ocr.recognised_lines import ReadImage, ReadLine
    from pipeline.engines.ocr.upright import Turn

ENGINE = "rapidocr"
MOSTLY_UNREAD = 0.5  # of the area of its lines: less may be pictures that look like lines
_MANY_UNREAD, _UNREAD_SHARE = 4, 0.05  # lines as high as those that were read, and share of the area
_VIETNAMESE, _FEWEST_OWN, _OWN_SHARE = "đ", 4, 0.015  # Croatian has it, too, in one letter of 400
_LARGE_PT, _A4_PT = 1000.0, 842.0  # the longer side of a page
VERSION = "6"  # increase it with every change of the output


class RapidOcrReader:
    """A PageReader on the CPU with one thread. Models (30 MB on disk) load with the first page."""

    def __init__(self, batch_pages: int = 16) -> None:
        self.batch_pages = batch_pages
        self.fingerprint = f"rapidocr:{VERSION}:{model_names()}:layout={LAYOUT_VERSION}"
        self._models = line_models()

    def read(self, image: PageImage) -> PageText:
        """Text of a page image; empty with confidence 0 where there is ink but nothing that can be read.

        Raises PageError where the image cannot be opened, UnavailableError where the models cannot be loaded.
        """
        from pipeline.engines.layout.sheet.left_out import combined
        from pipeline.engines.ocr.ink import is_blank
        from pipeline.engines.ocr.recognised_lines import read_lines
        from pipeline.engines.ocr.specks import without_specks

        pixels = load_pixels(image.path)
        if is_blank(pixels):
            return PageText(markdown="", blocks=(), engine=ENGINE)
        try:
            try:
                recognised = read_lines(self._models, without_specks(pixels))
            except MemoryError:
                self._models.close()
                recognised = read_lines(self._models, without_specks(pixels))
            text = _laid_out(recognised, image) if recognised.lines else _nothing()
            return replace(
                text, warning=combined([*filter(None, [text.warning]), *_unread(recognised), *_unknown(recognised)])
            )
        except IngotError:
            raise
        except Exception as error:
            raise PageError(f"page {image.number} cannot be read by OCR ({error})") from error


def load_pixels(path: Path) -> np.ndarray:
    """uint8 (height, width, 3), BGR. Raises PageError."""
    import cv2
    import numpy as np

    try:
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise PageError(f"the page image {path.name} cannot be opened ({error}); render the page again") from error
    if pixels is None:
        raise PageError(f"the page image {path.name} is damaged; render the page again")
    return pixels


def _nothing() -> PageText:
    return PageText(markdown="", blocks=(), engine=ENGINE, confidence=0.0)


def _unread(recognised: ReadImage) -> list[Fault]:
    """Say that most of the page was not read, or many of its lines, where that is so."""
    many = recognised.unread_lines >= _MANY_UNREAD and recognised.unread_share >= _UNREAD_SHARE
    if recognised.unread_share < MOSTLY_UNREAD and not many:
        return []
    message = f"about {recognised.unread_share:.0%} of its lines show no letters that OCR knows: perhaps another script"
    return [Fault(code="unread_lines", message=message)]


def _unknown(recognised: ReadImage) -> list[Fault]:
    """Say that letters are missing where a page is in Vietnamese: one of its letters is read, most are not."""
    letters = [char for line in recognised.lines for char in line.reading.text.lower() if char.isalpha()]
    own = letters.count(_VIETNAMESE)
    if own < _FEWEST_OWN or own < _OWN_SHARE * len(letters):
        return []
    message = "its Vietnamese letters with two marks or a dot below are missing: OCR does not know them"
    return [Fault(code="unread_letters", message=message)]


def _confidence(lines: Sequence[ReadLine]) -> float:
    """Mean over the characters, 0 to 1."""
    total = sum(len(line.reading.text) for line in lines)
    return round(sum(line.reading.confidence * len(line.reading.text) for line in lines) / max(total, 1), 4)


def _laid_out(page_lines: ReadImage, image: PageImage) -> PageText:
    from pipeline.engines.layout.reader import read_page
    from pipeline.engines.layout.sheet.left_out import combined, numbers_left_out
    from pipeline.engines.ocr.gutter_numbers import without_gutter_numbers
    from pipeline.engines.ocr.line_setting import set_lines
    from pipeline.engines.ocr.margin_numbers import without_margin_numbers
    from pipeline.engines.ocr.searchable_page import make_page
    from pipeline.engines.ocr.upright import level_pixels
    from pipeline.engines.pdf import mupdf

    usual = _to_usual_size(image)
    scale = image.width_pt * usual / page_lines.turn.width
    turn = replace(page_lines.turn.scaled(scale), height=image.height_pt * usual)
    width_pt, height_pt = turn.size
    level = level_pixels(page_lines.pixels, page_lines.turn)
    column, beside = without_margin_numbers(page_lines.lines)
    lines, numbers = without_gutter_numbers(set_lines(column, scale))
    with mupdf.alone:
        document = make_page(level, width_pt, height_pt, lines)
        try:
            page, sure = document[0], _confidence(page_lines.lines)
            text = read_page(page, ENGINE, recognised=True, confidence=sure, plain=image.plain)
        finally:
            document.close()
    text = replace(text, warning=combined([*filter(None, [text.warning]), *numbers_left_out(numbers)]))
    blocks = [*text.blocks, *(_at_margin(line, scale) for line in beside)]
    return replace(text, blocks=tuple(_block_back(block, turn, usual) for block in blocks))


def _at_margin(number: ReadLine, scale: float) -> Block:
    """The block of a number beside the column, which no text of the page holds. ``scale``: points per pixel."""
    box = _resized(number.box, scale)
    text = number.reading.text
    return Block(label=Label.FOOTER, box=box, text=text, lines=(Line(box=box, text=text),))


def _to_usual_size(image: PageImage) -> float:
    """The factor that makes a sheet of A4 of a page whose pixels were counted as points; 1 for all others.

    Its type would be as large as that of a slide. Receipts and other strips are as long as they please.
    """
    from pipeline.engines.layout.order.margins import has_margins

    longer = max(image.width_pt, image.height_pt)
    sheet = longer > _LARGE_PT and has_margins(image.width_pt, image.height_pt)
    return _A4_PT / longer if sheet else 1.0


def _block_back(block: Block, turn: Turn, usual: float) -> Block:
    """The same block with its boxes turned back to the page as it was given, and in its size."""
    lines = tuple(Line(box=_resized(turn.back(line.box), 1 / usual), text=line.text) for line in block.lines)
    style = block.style and replace(block.style, size_pt=round(block.style.size_pt / usual, 2))
    return replace(block, box=_resized(turn.back(block.box), 1 / usual), lines=lines, style=style)


def _resized(box: Box, factor: float) -> Box:
    x0, y0, x1, y1 = box
    return x0 * factor, y0 * factor, x1 * factor, y1 * factor
