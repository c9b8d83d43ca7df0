"""What a part of a page shows, as pixels."""

from __future__ import annotations

from typing import Any

from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.pdf import mupdf
from stores.models import Box

_MOST_PIXELS = 8_000_000


def pixels_of(sheet: Sheet, box: Box, dpi: float) -> tuple[Any, Box, float]:
    """Pixels, uint8 (height, width, 3), BGR; the part of the page in points that they show; points per pixel."""
    import numpy as np

    pymupdf = mupdf.load()
    area = pymupdf.Rect(*box) & sheet.page.rect
    zoom = min(dpi / 72.0, (_MOST_PIXELS / max(area.width * area.height, 1.0)) ** 0.5)
    drawn = sheet.page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), clip=area, alpha=False)
    pixels = np.frombuffer(drawn.samples, dtype=np.uint8).reshape(drawn.height, drawn.width, drawn.n)
    x0, y0 = drawn.x / zoom, drawn.y / zoom
    return pixels[:, :, ::-1].copy(), (x0, y0, x0 + drawn.width / zoom, y0 + drawn.height / zoom), 1 / zoom
