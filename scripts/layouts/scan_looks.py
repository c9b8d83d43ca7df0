"""Ways in which printed pages become scans: resolution, skew, noise, grey paper, JPEG artefacts, fax."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanLook:
    """How pages are printed and scanned. ``face`` and ``size`` (points) are those of the print."""

    face: str = "sans"
    size: float = 9.5
    dpi: int = 200
    skew: float = 0.0  # degrees: each page is turned by up to so much
    noise: float = 0.0  # grey levels, of the paper and the print
    blur: float = 0.0  # pixels
    paper: float = 1.0  # brightness, 1 is white
    shade: float = 0.0  # the brightness that is lost from one side of the page to the other
    quality: int = 70  # of JPEG
    fax: bool = False  # black and white, with specks


LOOKS: Mapping[str, ScanLook] = {
    "clean": ScanLook(),
    "coarse": ScanLook(face="serif", size=9.0, dpi=150, skew=1.5, noise=7, blur=0.5, quality=55),
    "fine": ScanLook(face="mono", size=8.5, dpi=300, skew=0.8, noise=5, quality=75),
    "grey": ScanLook(face="serif", size=10.0, skew=0.6, noise=9, blur=0.6, paper=0.82, shade=0.2, quality=50),
    "fax": ScanLook(size=10.0, skew=1.0, noise=14, fax=True),
    "artefacts": ScanLook(size=9.0, dpi=150, skew=1.5, quality=25),
}


def scanned(document: Path, look: ScanLook) -> Path:
    """Write the document again as pictures of its pages. The damage depends on the page number alone."""
    import pymupdf

    path = document.with_name(f"{document.stem}-scan.pdf")
    with pymupdf.open(document) as printed, pymupdf.open() as scans:
        for page in printed:
            pixels = page.get_pixmap(dpi=look.dpi, colorspace=pymupdf.csGRAY)
            grey = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width)
            sheet = scans.new_page(width=page.rect.width, height=page.rect.height)
            sheet.insert_image(page.rect, stream=_encoded(_damaged(grey, look, page.number), look))
        scans.save(path)
    return path


def _damaged(grey: Any, look: ScanLook, number: int) -> Any:
    """The picture of a page, uint8 (height, width), as a scanner with this look gives it."""
    import cv2

    draw = np.random.default_rng(number)
    height, width = grey.shape
    if look.skew:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), draw.uniform(-look.skew, look.skew), 1)
        grey = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    if look.blur:
        grey = cv2.GaussianBlur(grey, (0, 0), look.blur)
    light = np.linspace(look.paper, look.paper - look.shade, width, dtype=np.float32)
    noisy = grey * light + draw.normal(0, look.noise, grey.shape) if look.noise else grey * light
    if not look.fax:
        return noisy.clip(0, 255).astype(np.uint8)
    black = noisy < 150 + draw.normal(0, 12, grey.shape)
    specks = draw.random(grey.shape)
    return np.where(specks < 0.0006, 0, np.where(black & (specks < 0.995), 0, 255)).astype(np.uint8)


def _encoded(grey: Any, look: ScanLook) -> bytes:
    from PIL import Image

    file, picture = io.BytesIO(), Image.fromarray(grey)
    if look.fax:
        picture.convert("1").save(file, "TIFF", compression="group4", dpi=(look.dpi, look.dpi))
    else:
        picture.save(file, "JPEG", quality=look.quality, dpi=(look.dpi, look.dpi))
    return file.getvalue()
