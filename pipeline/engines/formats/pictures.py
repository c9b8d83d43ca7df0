"""Which pictures of a document hold print, so that OCR reads them as pages of their own; 10 to 40 ms each."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pipeline.engines.formats.elements import Picture
from pipeline.engines.pdf.picture_lines import lines_of_print

_LEAST_SIDE, _LEAST_PIXELS = 40, 20_000  # smaller pictures are icons, bullets and lines
_MOST_PIXELS = 100_000_000
_LOOKED_AT = 1600  # pixels of the longer side
_MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Sorted:
    """The pictures that are read as pages (indices), and those that cannot be read, with why."""

    with_print: tuple[int, ...]
    unread: tuple[str, ...]


def sort_pictures(pictures: Sequence[Picture]) -> Sorted:
    """Find the pictures with at least one line of print; photos, logos and icons are left alone."""
    with_print, foreign = [], 0
    for index, picture in enumerate(pictures):
        lines = _lines(picture.data)
        if lines is None:
            foreign += 1
        elif lines:
            with_print.append(index)
    unread = [f"{foreign} picture{'s' * (foreign != 1)} in a form that is not known (EMF, WMF, SVG or damaged)"]
    more = len(with_print) - _MOST_READ
    unread = (unread if foreign else []) + ([f"{more} more pictures with print"] if more > 0 else [])
    return Sorted(tuple(with_print[:_MOST_READ]), tuple(unread))


def _lines(data: bytes) -> int | None:
    """Lines of print in a picture; None where it cannot be decoded."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(BytesIO(data)) as image:
            width, height = image.size
            if min(width, height) < _LEAST_SIDE or width * height < _LEAST_PIXELS or width * height > _MOST_PIXELS:
                return 0
            grey = _on_white(image)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, Image.DecompressionBombError):
        return None
    grey.thumbnail((_LOOKED_AT, _LOOKED_AT))
    return lines_of_print(np.asarray(grey))


def _on_white(image: Any) -> Any:
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("L")
    return image.convert("L")


def as_file(picture: Picture, folder: Path) -> Path:
    """Write a picture to a file that the engine for images reads, as PNG where it is of a kind that it does not."""
    from PIL import Image

    with tempfile.NamedTemporaryFile(dir=folder, prefix=".picture-", delete=False) as file:
        path = Path(file.name)
    with Image.open(BytesIO(picture.data)) as image:
        if image.format in ("PNG", "JPEG", "TIFF", "BMP", "WEBP"):
            path.write_bytes(picture.data)
        else:
            image.convert("RGBA").save(path, "PNG")
    return path
