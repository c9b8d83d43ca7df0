"""What OCR reads where a line of the text layer stands, and what of that is at one of its characters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from pipeline.engines.layout.pictures.page_part import pixels_of
from pipeline.engines.layout.pictures.unread_print import PrintReader
from pipeline.engines.layout.sheet.sheet import Sheet

_MOST = 24  # lines of a page that are read
_DPI = 300
_AROUND_PT = 2.0
_SAME_LINE = 0.5  # of a line's height
_LEAST_READ = 3  # characters of a line that both have
_UNSURE = "\0"

Chars = Sequence[dict[str, Any]]  # MuPDF's characters, of its rawdict


def level_lines(blocks: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines of MuPDF's text blocks that run to the right."""
    lines = (line for block in blocks for line in block.get("lines", ()))
    return (line for line in lines if line["dir"][0] > 0.99)


class LineReadings:
    """Reads lines of a page, each once, and not more than 24."""

    def __init__(self, sheet: Sheet, reader: PrintReader) -> None:
        self._sheet, self._reader = sheet, reader
        self._texts: dict[int, str] = {}  # by the id of a line

    def at(self, lines: Sequence[dict[str, Any]], places: Chars, alike: float) -> dict[int, str]:
        """By the id of a place: what OCR reads there. ``alike``: the least likeness, 0 to 1, of a line to its reading.

        PageError, UnavailableError where OCR fails.
        """
        ids = {id(char) for char in places}
        said: dict[int, str] = {}
        for line in lines:
            if id(line) not in self._texts:
                if len(self._texts) >= _MOST:
                    break
                self._texts[id(line)] = self._text_of(line)
            said |= _said_at(ids, line, self._texts[id(line)], alike)
        return said

    def _text_of(self, line: dict[str, Any]) -> str:
        """What OCR reads where a line stands, without blanks."""
        x0, y0, x1, y1 = line["bbox"]
        around = (x0 - _AROUND_PT, y0 - _AROUND_PT, x1 + _AROUND_PT, y1 + _AROUND_PT)
        pixels, box, scale = pixels_of(self._sheet, around, _DPI)
        if not pixels.size:
            return ""
        level = []
        for one in self._reader.lines(pixels, scale):
            top, bottom = one.box[1] + box[1], one.box[3] + box[1]
            if min(bottom, y1) - max(top, y0) > _SAME_LINE * (bottom - top):
                level.append(one)
        return "".join(word.text for one in sorted(level, key=lambda one: one.box[0]) for word in one.words)


def _said_at(places: Collection[int], line: dict[str, Any], read: str, alike: float) -> dict[int, str]:
    """What stands in ``read`` between the neighbours of each of these characters of a line, where both are found."""
    chars = [char for span in line["spans"] for char in span["chars"] if char["c"].strip()]
    printed = "".join(_UNSURE if id(char) in places else char["c"][0] for char in chars)
    blocks = SequenceMatcher(None, printed, read, autojunk=False).get_matching_blocks()
    where = {one + step: other + step for one, other, size in blocks for step in range(size)}
    unsure = printed.count(_UNSURE)
    if 2 * len(where) < alike * (len(printed) + len(read) - 2 * unsure) or len(where) < _LEAST_READ:
        return {}
    where |= {-1: -1, len(chars): len(read)}
    return {
        id(char): read[where[at - 1] + 1 : where[at + 1]]
        for at, char in enumerate(chars)
        if printed[at] == _UNSURE and at - 1 in where and at + 1 in where
    }
