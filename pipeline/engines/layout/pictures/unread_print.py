"""Print that a page with a text layer shows without text: where it may stand, and what OCR reads there.

Only places that show lines of letters outside the page's own text are read: photos, logos and plain pages cost next to
nothing. What the text layer has is painted over before, so nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.engines.layout.lines.glyphs import Fragment, split_at_wide_gaps
from pipeline.engines.layout.pictures.bare_pictures import pictures_of
from pipeline.engines.layout.pictures.outlines import outlines_of
from pipeline.engines.layout.pictures.page_part import pixels_of
from pipeline.engines.layout.regions.regions import share_of, union
from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.ocr.searchable_page import TextLine
from pipeline.engines.pdf.picture_lines import PageLook
from stores.errors import PageError, UnavailableError
from stores.models import Box, Fault

if TYPE_CHECKING:
    import numpy as np

UNREAD, UNSURE = "unread_print", "unsure_print"
SURE = 0.88  # print has 0.9 and more; what formulas and drawings look like has less
_MOSTLY_SURE = 0.8  # of the lines of a place
_LEVEL, _AS_LARGE = 0.6, 1.4  # heights between lines in a row, doubled; times the size
_LEAST_WORD = 3  # letters of a line that is worth a word
_PICTURE_DPI, _OUTLINE_DPI = 200, 300  # pictures seldom have more; words in drawings are small
_LEAST_AREA = 0.01  # of the page: smaller pictures are icons
_LEAST_SIDE_PT = 20.0
_AROUND_PT = 4.0  # shown around outlines: OCR finds no letters at the edge of an image
_SAME = 0.8  # of a place lies in another one

_COVERED = 0.5  # of a line: the text layer has it


class PrintReader(Protocol):
    """Reads the print in a part of a page."""

    @property
    def engine(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...

    def lines(self, pixels: np.ndarray, scale: float) -> list[TextLine]:
        """Read lines, also those of which it is not sure; ``pixels`` uint8 (height, width, 3), BGR.

        ``scale``: points per pixel. Boxes are in points from the top left of the pixels. UnavailableError where the
        models cannot be loaded.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPlace:
    """A part of a page, in points, that shows lines of print without text; ``lines``: what OCR read there."""

    box: Box
    is_picture: bool  # else outlines
    shown: int  # lines of print, about
    lines: tuple[TextLine, ...] = ()


def places_of_print(sheet: Sheet, paths: Sequence[dict[str, Any]], fragments: Sequence[Fragment]) -> list[PrintPlace]:
    """Where a page shows print that is not among its texts, outlines first. ``paths``: its drawings."""
    least = _LEAST_AREA * sheet.width * sheet.height
    pictures = _distinct([box for box in pictures_of(sheet.log, sheet.width, sheet.height) if _is_large(box, least)])
    lines, words = outlines_of(paths)
    if not pictures and not lines:
        return []
    look, covered = PageLook(sheet.page), _texts(fragments)
    sure = [box for box in lines if look.lines_in_outlines(box, covered)]
    outlines = _gathered(sure, [*words, *(box for box in lines if box not in sure)])
    covered += [place.box for place in outlines]
    counts = [(box, look.lines_in_picture(box, covered)) for box in pictures]
    return outlines + [PrintPlace(box=box, is_picture=True, shown=count) for box, count in counts if count]


def read_places(
    sheet: Sheet, places: Sequence[PrintPlace], fragments: Sequence[Fragment], reader: PrintReader | None
) -> tuple[list[PrintPlace], list[Fault]]:
    """The places in which ``reader`` finds print, with its lines, and what was not read.

    What one place shows is not read again in the next. A page whose pictures cannot be read keeps its text. Lines of
    which OCR is not sure are left out, and counted.
    """
    if reader is None:
        return [], _unread(places, "OCR is switched off")
    texts = _texts(fragments)
    read: list[PrintPlace] = []
    unsure = 0
    for at, place in enumerate(places):
        try:
            legible = tuple(_read(sheet, place, texts, reader))
        except (PageError, UnavailableError) as error:
            return read, [*_unread(places[at:], error.message), *_left_out(unsure)]
        lines = _believed(legible)
        unsure += sum(_letters(line) >= _LEAST_WORD for line in legible if line not in lines)
        texts += [line.box for line in lines]
        if lines:
            read.append(replace(place, lines=lines))
    return read, _left_out(unsure)


def _believed(legible: Sequence[TextLine]) -> tuple[TextLine, ...]:
    """The lines of which OCR is sure, and those that stand in a row with them where it is sure of nearly all."""
    sure = [line for line in legible if line.confidence >= SURE]
    mostly = len(sure) >= _MOSTLY_SURE * len(legible)
    return tuple(line for line in legible if line.confidence >= SURE or (mostly and _stands_in_row(line, sure)))


def _stands_in_row(line: TextLine, sure: Sequence[TextLine]) -> bool:
    """Whether print of about the size of a line stands level with it: cells of a table, labels and values."""
    top, bottom = line.box[1], line.box[3]
    level = [other.size for other in sure if abs(other.box[1] + other.box[3] - top - bottom) < _LEVEL * (bottom - top)]
    return any(1 / _AS_LARGE < line.size / size < _AS_LARGE for size in level if size > 0)


def _letters(line: TextLine) -> int:
    return sum(char.isalnum() for word in line.words for char in word.text)


def _left_out(unsure: int) -> list[Fault]:
    if not unsure:
        return []
    lines = "a line of print in pictures was" if unsure == 1 else f"{unsure} lines of print in pictures were"
    return [Fault(code=UNSURE, message=f"{lines} left out: OCR is not sure what they say")]


def _unread(places: Sequence[PrintPlace], reason: str) -> list[Fault]:
    count = sum(place.shown for place in places)
    if not count:
        return []
    lines = "a line of print in pictures or outlines was"
    lines = lines if count == 1 else f"about {count} lines of print in pictures or outlines were"
    return [Fault(code=UNREAD, message=f"{lines} not read: {reason}")]


def _is_large(box: Box, least: float) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return min(width, height) >= _LEAST_SIDE_PT and width * height >= least


def _distinct(boxes: Sequence[Box]) -> list[Box]:
    """The boxes, largest first, without those that lie in another."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box[0] - box[2]) * (box[3] - box[1])):
        if not any(share_of(box, other) > _SAME for other in kept):
            kept.append(box)
    return kept


def _gathered(lines: Sequence[Box], words: Sequence[Box]) -> list[PrintPlace]:
    """Outlined lines with some room around them, those that touch then put together, with the words that touch them."""
    gathered: list[PrintPlace] = []
    for line in sorted(lines, key=lambda box: box[1]):
        _join(gathered, PrintPlace(box=_grown(line), is_picture=False, shown=1))
    for word in sorted(words, key=lambda box: box[1]):
        box = _grown(word)
        if any(_touch(place.box, box) for place in gathered):
            _join(gathered, PrintPlace(box=box, is_picture=False, shown=0))
    return gathered


def _join(places: list[PrintPlace], place: PrintPlace) -> None:
    """Add a place to those that it touches, which become one, or to the end."""
    near = [other for other in places if _touch(other.box, place.box)]
    for other in near:
        places.remove(other)
        place = replace(place, box=union(place.box, other.box), shown=place.shown + other.shown)
    places.append(place)


def _grown(box: Box) -> Box:
    """A line with room around it, to the sides for a letter that was not drawn like the others."""
    beside = max(_AROUND_PT, box[3] - box[1])
    return box[0] - beside, box[1] - _AROUND_PT, box[2] + beside, box[3] + _AROUND_PT


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _texts(fragments: Iterable[Fragment]) -> list[Box]:
    return [piece.box for part in fragments for piece in split_at_wide_gaps(part)]


def _read(sheet: Sheet, place: PrintPlace, texts: Sequence[Box], reader: PrintReader) -> Iterable[TextLine]:
    pixels, box, scale = pixels_of(sheet, place.box, _PICTURE_DPI if place.is_picture else _OUTLINE_DPI)
    if not pixels.size:
        return
    for text in texts:
        if _touch(text, box):
            _paint_over(pixels, tuple((v - box[at % 2]) / scale for at, v in enumerate(text)))
    for line in reader.lines(pixels, scale):
        x0, y0, x1, y1 = line.box
        moved = (x0 + box[0], y0 + box[1], x1 + box[0], y1 + box[1])
        if sum(share_of(moved, text) for text in texts if _touch(text, moved)) < _COVERED:
            yield replace(line, box=moved)


def _paint_over(pixels: Any, box: Sequence[float]) -> None:
    """Give the pixels of a text, in place, the colour that most of them have: that of its ground."""
    import numpy as np

    height, width = pixels.shape[:2]
    x0, y0 = max(0, int(box[0]) - 1), max(0, int(box[1]) - 1)
    part = pixels[y0 : min(height, int(box[3]) + 2), x0 : min(width, int(box[2]) + 2)]
    if part.size:
        part[:] = np.median(part.reshape(-1, part.shape[-1]), axis=0)
