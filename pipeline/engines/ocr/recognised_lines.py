"""Read the lines of a page image, whichever way the page is turned."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.engines.ocr.cjk_spaces import is_ideograph
from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.line_finding import find_at, find_lines
from pipeline.engines.ocr.missed_print import missed_bands
from pipeline.engines.ocr.print_size import printed_size
from pipeline.engines.ocr.text_lines import LineModels, cut, steps_of
from pipeline.engines.ocr.upright import LONG, Turn, lengths, longest, runs_sideways, skew_of
from stores.models import Box

SAMPLE_LINES = 4
SURE = 0.88  # mean confidence: upright lines have 0.95 and more, upside-down lines 0.81 and less
MIN_CONFIDENCE = 0.5  # half-legible handwriting has 0.66 and more, texture of photos less than 0.5
MIN_CONFIDENCE_SHORT = 0.65  # one or two characters
CHINESE = 0.5  # share of ideographs that makes a line Chinese
_LEAST_LETTERS = 0.6  # per height of the line: Chinese has one and more, Latin two and more
_AS_HIGH = 1.5  # times
_LONG_LINE = 8  # times as wide as high: shorter ones are read quickly anyway
_LARGER = 2.0  # times: the scale at which passed-over print is looked for
_DENSE = 1.55  # steps of the model for a character: with fewer, double letters and commas are lost
_WIDENED = 2.0  # steps for a character where a dense line is read again
_MOST_WIDENED = 1.6  # times: wider still, letters are torn
_SURE_LINE = 0.995  # dense lines with this confidence are right as they are
CHINESE_STRETCH = 0.8  # Chinese lines narrowed by a fifth are read equally well and a fifth faster; Latin ones are not


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A line of text; ``box`` and font ``size`` are in pixels of the upright image.

    ``quarters``: 0 runs to the right, 1 downwards, 3 upwards.
    """

    box: Box
    size: float
    reading: Reading
    quarters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadImage:
    """The lines of an image and the turn that makes it upright. ``pixels`` is quarter-turned, not levelled.

    ``unread_share``: of the area of all long lines, that of those in which next to no letters were recognised;
    ``unread_lines``: how many of these are as high as the lines that were read.
    """

    pixels: np.ndarray
    turn: Turn
    lines: tuple[ReadLine, ...]
    unread_share: float = 0.0
    unread_lines: int = 0


def read_lines(models: LineModels, pixels: np.ndarray) -> ReadImage:
    """Read all lines of an image, uint8 (height, width, 3)."""
    page = _completed(models, _stand_up(models, pixels))
    turned, quads, known = page.pixels, page.quads, page.known
    height, width = pixels.shape[:2]
    turn = Turn(width=width, height=height, quarters=page.quarters, skew=skew_of(quads))
    chinese = _is_chinese("".join(reading.text for reading in known.values()))
    lines: dict[int, ReadLine] = {}
    heights, area, unread = list[int](), 0, 0  # of unread lines; of all long lines, and of the unread ones
    for index in _by_shape(quads):
        quad = quads[index]
        crop = cut(turned, quad)
        if index in known:
            reading, way = _read_wider(models, crop, known[index]), 0
        else:
            reading, way = _read_quad(models, crop, quad, chinese)
        if _is_text(reading):
            size = printed_size(np.ascontiguousarray(np.rot90(crop, way)), reading.text)
            lines[index] = ReadLine(box=_level_box(turn, quad), size=size, reading=reading, quarters=way)
        width, height = crop.shape[1] or 1, crop.shape[0] or 1
        if width > LONG * height:
            area += width * height
            if _lacks_letters(reading, width / height):
                heights.append(height)
                unread += width * height
    kept = tuple(lines[index] for index in sorted(lines))
    share = unread / area if area else 0.0
    return ReadImage(pixels=turned, turn=turn, lines=kept, unread_share=share, unread_lines=_like_lines(heights, kept))


def _like_lines(heights: Sequence[int], lines: Sequence[ReadLine]) -> int:
    """How many of these heights, in pixels, are those of the lines that were read."""
    usual = (
        statistics.median(min(line.box[2] - line.box[0], line.box[3] - line.box[1]) for line in lines) if lines else 0.0
    )
    return sum(usual / _AS_HIGH < height < _AS_HIGH * usual for height in heights)


def _by_shape(quads: np.ndarray) -> list[int]:
    """The boxes from the squarest to the longest: a runtime prepares itself anew for each width of its input."""
    if not len(quads):
        return []
    widths, heights = lengths(quads)
    ratios = np.maximum(widths, heights) / np.maximum(np.minimum(widths, heights), 1)
    return [int(index) for index in np.argsort(ratios, kind="stable")]


def _lacks_letters(reading: Reading, ratio: float) -> bool:
    """Whether a line, ``ratio`` times as wide as high, has far fewer letters than print: they are of another script."""
    return len("".join(reading.text.split())) < _LEAST_LETTERS * ratio


def _is_text(reading: Reading) -> bool:
    text = reading.text.strip()
    return bool(text) and reading.confidence >= (MIN_CONFIDENCE if len(text) > 2 else MIN_CONFIDENCE_SHORT)


def _is_chinese(text: str) -> bool:
    return sum(map(is_ideograph, text)) > CHINESE * len(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upright:
    """An image turned upright, ``quarters`` clockwise; its boxes, found at ``scale``; lines already read, by box."""

    pixels: np.ndarray
    quads: np.ndarray
    scale: float
    quarters: int = 0
    known: Mapping[int, Reading] = field(default_factory=dict)


def _stand_up(models: LineModels, pixels: np.ndarray) -> _Upright:
    quads, scale = find_lines(models, pixels)
    if not len(quads):
        return _Upright(pixels=pixels, quads=quads, scale=scale)
    if runs_sideways(quads):
        return _turned(models, pixels, _sideways_quarters(models, pixels, quads))
    sample = longest(quads, SAMPLE_LINES)
    crops = [cut(pixels, quads[index]) for index in sample]
    readings = models.read(crops)
    if _mean(readings) >= SURE or _mean(models.read([_half_turn(crop) for crop in crops])) <= _mean(readings):
        return _Upright(pixels=pixels, quads=quads, scale=scale, known=dict(zip(sample, readings, strict=True)))
    return _turned(models, pixels, 2)


def _turned(models: LineModels, pixels: np.ndarray, quarters: int) -> _Upright:
    turned = np.ascontiguousarray(np.rot90(pixels, -quarters))
    quads, scale = find_lines(models, turned)
    return _Upright(pixels=turned, quads=quads, scale=scale, quarters=quarters)


def _completed(models: LineModels, page: _Upright) -> _Upright:
    """Look again, larger, at the bands of a page in which print was passed over."""
    bands = missed_bands(page.pixels, page.quads) if page.scale < 1 and len(page.quads) else []
    if not bands:
        return page
    again = np.concatenate(
        [
            find_at(models, page.pixels[top:bottom], min(1.0, _LARGER * page.scale))
            + np.array([0, top], dtype=np.float32)
            for top, bottom in bands
        ]
    )
    middles = page.quads.mean(axis=1)
    replaced = np.zeros(len(middles), dtype=bool)
    for top, bottom in bands:
        replaced |= (middles[:, 1] >= top) & (middles[:, 1] < bottom)
    replaced &= _lie_in(middles, again)  # what is not found again stays
    kept = np.flatnonzero(~replaced)
    known = {place: page.known[at] for place, at in enumerate(map(int, kept)) if at in page.known}
    return replace(page, quads=np.concatenate([page.quads[kept], again]), known=known)


def _lie_in(points: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """Which points (n, 2) lie in the bounds of any box."""
    low, high = quads.min(axis=1), quads.max(axis=1)
    inside = (points[:, None] >= low) & (points[:, None] <= high)
    return np.asarray(inside.all(axis=2).any(axis=1))


def _sideways_quarters(models: LineModels, pixels: np.ndarray, quads: np.ndarray) -> int:
    """The quarter turns, 1 or 3, that make the longest lines readable."""
    crops = [cut(pixels, quads[index]) for index in longest(quads, SAMPLE_LINES)]
    clockwise = _mean(models.read([np.ascontiguousarray(np.rot90(crop, -1)) for crop in crops]))
    if clockwise >= SURE:
        return 1
    return 1 if clockwise >= _mean(models.read([np.ascontiguousarray(np.rot90(crop)) for crop in crops])) else 3


def _read_quad(models: LineModels, crop: np.ndarray, quad: np.ndarray, chinese: bool) -> tuple[Reading, int]:
    """Read the image of one box; also the direction of its text: 0 to the right, 1 downwards, 3 upwards."""
    width, height = (float(size[0]) for size in lengths(quad[None]))
    if height < LONG * width:
        return _read_level(models, crop, chinese), 0
    ways = (0, 1, 3)
    crops = [np.ascontiguousarray(np.rot90(crop, way)) for way in ways]
    readings = models.read(crops)
    best = max(range(len(ways)), key=lambda index: readings[index].confidence)
    return _read_wider(models, crops[best], readings[best]), ways[best]


def _read_level(models: LineModels, crop: np.ndarray, chinese: bool) -> Reading:
    """Read a level line; on a Chinese page narrowed first, and again at full width where it is another script."""
    if chinese and crop.shape[1] > _LONG_LINE * crop.shape[0]:
        reading = models.read([crop], CHINESE_STRETCH)[0]
        if _is_chinese(reading.text):
            return reading
    return _read_wider(models, crop, models.read([crop])[0])


def _read_wider(models: LineModels, crop: np.ndarray, reading: Reading) -> Reading:
    """Read a line again, widened, where its letters stood too close for the model to tell them apart.

    Measured on 3,148 lines of tables: 16 of 301 with fewer steps than ``_DENSE`` for a character are wrong, of the
    others none; widened, those are right, too.
    """
    steps = steps_of(crop) / max(len(reading.text), 1)
    if steps >= _DENSE or reading.confidence >= _SURE_LINE or not _is_text(reading):
        return reading
    again = models.read([crop], min(_WIDENED / steps, _MOST_WIDENED))[0]
    same = "".join(again.text.split()) == "".join(reading.text.split())  # widened, narrow gaps look like spaces
    return again if again.confidence > reading.confidence and not same else reading


def _level_box(turn: Turn, quad: np.ndarray) -> Box:
    """The level box of a line by its centre, length and height, without what skew would add to its bounds."""
    points = turn.level(quad)
    width, height = (float(size[0]) for size in lengths(quad[None]))
    x, y = (float(value) for value in points.mean(axis=0))
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _half_turn(crop: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(crop[::-1, ::-1])


def _mean(readings: list[Reading]) -> float:
    return sum(reading.confidence for reading in readings) / max(len(readings), 1)
