"""Pages for benches, set by hand: text in fonts that come with MuPDF, flows that wrap, rows, rules and shades."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pymupdf

WIDTH, HEIGHT = 595.0, 842.0
BOTTOM = HEIGHT - 50.0
_FACES = {(False, False): "helv", (True, False): "hebo", (False, True): "heit", (True, True): "hebi"}
_SERIF = {(False, False): "tiro", (True, False): "tibo", (False, True): "tiit", (True, True): "tibi"}
_MONO = {(False, False): "cour", (True, False): "cobo", (False, True): "coit", (True, True): "cobi"}


@cache
def _font(name: str) -> Any:
    return pymupdf.Font(name)


class Sheet:
    """A PDF that is written from the top of its first page downwards; lengths in points."""

    def __init__(self, serif: bool = False, mono: bool = False) -> None:
        self.document = pymupdf.open()
        self._faces = _MONO if mono else _SERIF if serif else _FACES
        self.pages: list[Any] = []

    def page(self, number: int) -> Any:
        """Page ``number`` (from 0), made where it does not exist yet."""
        while len(self.pages) <= number:
            self.pages.append(self.document.new_page(width=WIDTH, height=HEIGHT))
        return self.pages[number]

    def face(self, text: str, bold: bool, italic: bool) -> Any:
        wide = any(unicodedata.east_asian_width(c) in "WF" for c in text)
        return _font("china-s" if wide else self._faces[bold, italic])

    def width(self, text: str, size: float, bold: bool = False, italic: bool = False) -> float:
        return float(self.face(text, bold, italic).text_length(text, size))

    def put(
        self, number: int, at: tuple[float, float], text: str, size: float = 10.0, *, bold: bool = False,
        italic: bool = False, grey: float = 0.0,
    ) -> None:  # fmt: skip
        """Write one line; ``at`` is the left end of its base line."""
        page = self.page(number)
        writer = pymupdf.TextWriter(page.rect)
        writer.append(at, text, font=self.face(text, bold, italic), fontsize=size)
        writer.write_text(page, color=(grey, grey, grey))

    def rule(self, number: int, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page(number).draw_line(start, end, width=0.6)

    def shade(self, number: int, box: tuple[float, float, float, float], grey: float = 0.9) -> None:
        self.page(number).draw_rect(box, color=None, fill=(grey, grey, grey))

    def save(self, path: Path) -> None:
        self.document.save(path)
        self.document.close()


class Flow:
    """A column that is filled from ``y`` downwards, over pages."""

    def __init__(self, sheet: Sheet, x: float, width: float, y: float = 50.0, size: float = 10.0) -> None:
        self.sheet, self.x, self.width, self.y, self.size = sheet, x, width, y, size
        self.number = 0
        sheet.page(0)

    def line(
        self, text: str, size: float = 0.0, *, bold: bool = False, italic: bool = False, grey: float = 0.0,
        indent: float = 0.0, right: str = "", centred: bool = False,
    ) -> None:  # fmt: skip
        """Write a text, wrapped to the column; ``right``: what stands at the right margin of its first line."""
        size = size or self.size
        room = self.width - indent - (self.sheet.width(right, size) + 12.0 if right else 0.0)
        for at, part in enumerate(self._wrapped(text, room, size, bold, italic)):
            self._advance(size)
            left = self.x + indent
            if centred:
                left = self.x + (self.width - self.sheet.width(part, size, bold, italic)) / 2
            self.sheet.put(self.number, (left, self.y), part, size, bold=bold, italic=italic, grey=grey)
            if right and not at:
                end = self.x + self.width - self.sheet.width(right, size)
                self.sheet.put(self.number, (end, self.y), right, size, grey=grey)

    def cells(self, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False, ruled: bool = False) -> None:
        """Write a row of cells, each wrapped in its column; ``ruled``: with lines around them."""
        parts = [self._wrapped(t, w - 8.0, self.size, bold, False) for t, w in zip(texts, widths, strict=True)]
        lines = max(1, *(len(part) for part in parts))
        height = lines * self.size * 1.35 + 6.0
        if self.y + height > BOTTOM:
            self._turn()
        top, left = self.y + 2.0, self.x
        for part, width in zip(parts, widths, strict=True):
            for at, text in enumerate(part):
                base = (left + 4.0, top + self.size * (1.1 + 1.35 * at) + 2.0)
                self.sheet.put(self.number, base, text, self.size, bold=bold)
            if ruled:
                self.sheet.page(self.number).draw_rect((left, top, left + width, top + height), width=0.6)
            left += width
        self.y = top + height - 2.0

    def bullet(self, text: str, mark: str = "•") -> None:
        self.line(f"{mark} {text}", indent=10.0)

    def gap(self, points: float = 6.0) -> None:
        self.y += points

    def rule(self) -> None:
        self.sheet.rule(self.number, (self.x, self.y + 4.0), (self.x + self.width, self.y + 4.0))
        self.y += 4.0

    def _advance(self, size: float) -> None:
        if self.y + size * 1.35 > BOTTOM:
            self._turn()
        self.y += size * 1.35

    def _turn(self) -> None:
        self.number += 1
        self.sheet.page(self.number)
        self.y = 50.0

    def _wrapped(self, text: str, room: float, size: float, bold: bool, italic: bool) -> list[str]:
        wide = any(unicodedata.east_asian_width(c) in "WF" for c in text)
        joint, words = ("", list(text)) if wide else (" ", text.split(" "))
        lines, line = [], ""
        for word in words:
            longer = line + joint + word if line else word
            if line and self.sheet.width(longer, size, bold, italic) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        return [*lines, line]
