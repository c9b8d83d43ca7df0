"""Image files as documents: each frame of a file is a page whose size follows from its resolution."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contracts import PageFacts, PageImage
from stores.errors import IngotError, InputError, PageError

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]

_MAX_FRAME_PIXELS = 400_000_000  # more is a decompression bomb: decoding it needs a gigabyte
_DEFAULT_DPI = 150.0
_LARGEST_PAGE_PT = 1300.0  # photos often claim 72 dpi, which would make a page two metres wide


def count_frames(path: Path) -> int:
    with _opened(path) as image:
        return int(getattr(image, "n_frames", 1))


def facts(path: Path, number: int) -> PageFacts:
    """Facts of frame ``number`` (from 1): covered by an image, without text."""
    with _opened(path) as image:
        _seek(image, number)
        width_pt, height_pt = _size_pt(image)
    return PageFacts(
        number=number,
        width_pt=width_pt,
        height_pt=height_pt,
        text="",
        hidden_share=0.0,
        image_share=1.0,
        unmapped_share=0.0,
        drawings=0,
        ink=True,
    )


def render(path: Path, number: int, target: Path, dpi: int, max_pixels: int) -> PageImage:
    """Write frame ``number`` as PNG, upright as its EXIF tag says, never enlarged beyond ``dpi`` of its page."""
    from PIL import Image, ImageOps

    with _opened(path) as image:
        _seek(image, number)
        width_pt, height_pt = _size_pt(image)
        try:
            frame = ImageOps.exif_transpose(_flat(image))
            scale = _scale(frame.size, width_pt, dpi, max_pixels)
            if scale < 1.0:
                size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
                frame = frame.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
            write_png(frame.tobytes(), frame.width, frame.height, len(frame.getbands()), target)
        except (OSError, ValueError, SyntaxError, MemoryError) as error:
            raise PageError(f"Frame {number} of the image cannot be decoded ({error}); save it again.") from error
    return PageImage(number=number, path=target, width_pt=width_pt, height_pt=height_pt)


def write_png(samples: Buffer, width: int, height: int, channels: int, target: Path) -> None:
    """Write 8-bit grey (1) or RGB (3 channels) rows as a PNG, grey where no pixel has a colour, compressed lightly."""
    import cv2
    import numpy as np

    pixels: Any = np.frombuffer(samples, dtype=np.uint8).reshape(height, width, channels)
    if channels == 3:
        pixels = pixels[:, :, 0] if _is_grey(pixels) else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    quick = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
    done, data = cv2.imencode(".png", pixels, quick)  # without filters: half the time for a tenth more bytes
    if not done:
        raise PageError("The page could not be written as a picture.")
    target.write_bytes(data.tobytes())


def _is_grey(pixels: Any) -> bool:
    import numpy as np

    return bool(np.array_equal(pixels[:, :, 0], pixels[:, :, 1]) and np.array_equal(pixels[:, :, 1], pixels[:, :, 2]))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # Pillow's limit is off: the check below has a message of its own
    try:
        image = Image.open(path)
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError("The image is damaged or truncated and cannot be opened; save it again.") from error
    with image:
        try:
            yield image
        except IngotError:
            raise
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise InputError(f"The image is damaged ({error}); save it again.") from error


def _seek(image: Any, number: int) -> None:
    frames = int(getattr(image, "n_frames", 1))
    if not 1 <= number <= frames:
        raise PageError(f"There is no page {number}: the image has {frames}.")
    image.seek(number - 1)
    width, height = image.size
    if width * height > _MAX_FRAME_PIXELS:
        raise PageError(f"Frame {number} has {width} x {height} pixels, too many to decode; save it smaller.")


def _size_pt(image: Any) -> tuple[float, float]:
    """Width and height in points of a frame as it is shown, from its resolution tag, else 150 dpi."""
    width, height = image.size
    if image.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # EXIF orientation: shown turned by 90 degrees
        width, height = height, width
    dpi = _dpi(image)
    if max(width, height) * 72.0 / dpi > _LARGEST_PAGE_PT:
        dpi = max(_DEFAULT_DPI, max(width, height) * 72.0 / _LARGEST_PAGE_PT)
    return width * 72.0 / dpi, height * 72.0 / dpi


def _dpi(image: Any) -> float:
    try:
        dpi = float(image.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return _DEFAULT_DPI
    return dpi if 72 < dpi <= 2400 else _DEFAULT_DPI


def _flat(image: Any) -> Any:
    """The frame as 8-bit grey or RGB on white."""
    from PIL import Image

    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        low, high = image.getextrema()
        return image.point(lambda value: (value - low) * 255.0 / max(high - low, 1)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image.convert("RGB")


def _scale(size: tuple[int, int], width_pt: float, dpi: int, max_pixels: int) -> float:
    pixels = size[0] * size[1]
    by_limit = (max_pixels / pixels) ** 0.5 if pixels > max_pixels else 1.0
    by_dpi = max(width_pt / 72.0 * dpi / size[0], 1000 / max(size)) if size[0] else 1.0
    return float(min(1.0, by_limit, by_dpi))
