"""From a picture of a page to its lines of text, upright whatever way the page lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.engines.ctc_text import Reading
from pipeline.engines.line_finding import find_lines
from pipeline.engines.text_lines import LineModels, cut
from pipeline.engines.upright import LONG, Turn, lengths, longest, runs_sideways, skew_of
from stores.models import Box

FIND_SIDE = 960
SAMPLE_LINES = 4
SURE = 0.88  # mean confidence: upright lines have 0.95 and more, lines on their head 0.81 and less
MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A line of text; ``box`` is in pixels of the upright picture.

    ``quarters``: 0 runs to the right, 1 downwards, 3 upwards.
    """

    box: Box
    reading: Reading
    quarters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPicture:
    """The lines of a picture and the turn that makes it upright. ``picture`` is quarter-turned, not levelled."""

    picture: np.ndarray
    turn: Turn
    lines: tuple[ReadLine, ...]


def read_lines(models: LineModels, picture: np.ndarray) -> ReadPicture:
    """All lines of a picture, uint8 (height, width, 3)."""
    quarters, turned, quads, known = _stand_up(models, picture)
    height, width = picture.shape[:2]
    turn = Turn(width=width, height=height, quarters=quarters, skew=skew_of(quads))
    lines = []
    for index, quad in enumerate(quads):
        reading, way = (known[index], 0) if index in known else _read_quad(models, turned, quad)
        if reading.text.strip() and reading.confidence >= MIN_CONFIDENCE:
            lines.append(ReadLine(box=_level_box(turn, quad), reading=reading, quarters=way))
    return ReadPicture(picture=turned, turn=turn, lines=tuple(lines))


def _stand_up(models: LineModels, picture: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, dict[int, Reading]]:
    """Quarter turns clockwise, the picture turned, the boxes on it, and the lines that were read on the way."""
    quads, _ = find_lines(models, picture)
    if not len(quads):
        return 0, picture, quads, {}
    if runs_sideways(quads):
        quarters = _sideways_quarters(models, picture, quads)
        turned = np.ascontiguousarray(np.rot90(picture, -quarters))
        return quarters, turned, find_lines(models, turned)[0], {}
    sample = longest(quads, SAMPLE_LINES)
    crops = [cut(picture, quads[index]) for index in sample]
    readings = models.read(crops)
    if _mean(readings) >= SURE or _mean(models.read([_half_turn(crop) for crop in crops])) <= _mean(readings):
        return 0, picture, quads, dict(zip(sample, readings, strict=True))
    turned = np.ascontiguousarray(np.rot90(picture, 2))
    return 2, turned, find_lines(models, turned)[0], {}


def _sideways_quarters(models: LineModels, picture: np.ndarray, quads: np.ndarray) -> int:
    """1 or 3, whichever makes the longest lines readable."""
    crops = [cut(picture, quads[index]) for index in longest(quads, SAMPLE_LINES)]
    clockwise = _mean(models.read([np.ascontiguousarray(np.rot90(crop, -1)) for crop in crops]))
    if clockwise >= SURE:
        return 1
    return 1 if clockwise >= _mean(models.read([np.ascontiguousarray(np.rot90(crop)) for crop in crops])) else 3


def _read_quad(models: LineModels, picture: np.ndarray, quad: np.ndarray) -> tuple[Reading, int]:
    """The reading of one box and the way its text runs: 0 to the right, 1 downwards, 3 upwards."""
    crop = cut(picture, quad)
    width, height = (float(size[0]) for size in lengths(quad[None]))
    if height < LONG * width:
        return models.read([crop])[0], 0
    ways = (0, 1, 3)
    readings = models.read([np.ascontiguousarray(np.rot90(crop, way)) for way in ways])
    best = max(range(len(ways)), key=lambda index: readings[index].confidence)
    return readings[best], ways[best]


def _level_box(turn: Turn, quad: np.ndarray) -> Box:
    """The level box of a line: its middle, length and height, without what the skew would add to its bounds."""
    points = turn.level(quad)
    width, height = (float(size[0]) for size in lengths(quad[None]))
    x, y = (float(value) for value in points.mean(axis=0))
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _half_turn(crop: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(crop[::-1, ::-1])


def _mean(readings: list[Reading]) -> float:
    return sum(reading.confidence for reading in readings) / max(len(readings), 1)
