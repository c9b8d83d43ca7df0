"""Print outside the boxes that were found, and specks of black and white scans."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.engines.ocr.missed_print import missed_bands
from pipeline.engines.ocr.specks import without_specks

Box = tuple[int, int, int, int]


def sheet(*texts: tuple[str, int, int, float], width: int = 800, height: int = 600) -> np.ndarray:
    """A white page, BGR, with texts at the left ends of their base lines, in sizes of OpenCV's font."""
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    for text, x, y, size in texts:
        cv2.putText(pixels, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 1, cv2.LINE_AA)
    return pixels


def quads(*boxes: Box) -> np.ndarray:
    corners = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes]
    return np.array(corners, dtype=np.float32).reshape(-1, 4, 2)


LARGE = ("Estimate of the repair", 50, 100, 1.0)
SMALL = ("All work is carried out under our general terms", 50, 400, 0.35)
ROW = [("Bolt, steel", 50, 200, 0.6), ("3", 350, 200, 0.6), ("79.90", 450, 200, 0.6)]


def test_small_print_outside_all_boxes_is_missed() -> None:
    bands = missed_bands(sheet(LARGE, SMALL), quads((45, 70, 450, 112)))
    assert len(bands) == 1
    assert bands[0][0] < 390 and bands[0][1] > 402


def test_a_digit_between_two_cells_is_missed() -> None:
    bands = missed_bands(sheet(*ROW), quads((45, 178, 180, 208), (445, 178, 530, 208)))
    assert [(top <= 178, bottom >= 208) for top, bottom in bands] == [(True, True)]  # no box is cut


def test_nothing_is_missed_where_boxes_hold_all_print() -> None:
    boxes = quads((45, 70, 450, 112), (45, 385, 400, 408))
    assert missed_bands(sheet(LARGE, SMALL), boxes) == []


def test_rules_frames_and_specks_are_no_print() -> None:
    pixels = sheet(LARGE)
    cv2.rectangle(pixels, (40, 150), (760, 560), (0, 0, 0), 2)
    cv2.line(pixels, (400, 150), (400, 560), (0, 0, 0), 2)
    pixels[np.random.default_rng(1).random(pixels.shape[:2]) < 0.001] = 0
    assert missed_bands(pixels, quads((45, 70, 450, 112))) == []


def test_bands_are_given_in_pixels_of_large_images() -> None:
    large = cv2.resize(sheet(LARGE, SMALL), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    bands = missed_bands(large, quads((180, 280, 1800, 448)))
    assert len(bands) == 1
    assert bands[0][0] < 1560 and bands[0][1] > 1608


def specked(pixels: np.ndarray) -> np.ndarray:
    black = pixels.copy()
    black[black < 128], black[black >= 128] = 0, 255
    black[np.random.default_rng(2).random(black.shape[:2]) < 0.002] = 0
    return black


def test_specks_go_and_letters_stay() -> None:
    text = sheet(("i.e. a full stop.", 50, 100, 1.0))
    cleaned = without_specks(specked(text))
    assert (cleaned[150:] < 128).any(axis=2).mean() < 0.0002
    left = (cleaned[:110] < 128).any(axis=2).sum() / (text[:110] < 128).any(axis=2).sum()
    assert 0.95 < left < 1.05


def test_grey_scans_and_clean_pages_stay_as_they_are() -> None:
    grey = sheet(LARGE).astype(np.int16) - np.random.default_rng(3).integers(0, 90, (600, 800, 1))
    grey = grey.clip(0, 255).astype(np.uint8)
    assert without_specks(grey) is grey
    clean = sheet(LARGE, SMALL)
    assert without_specks(clean) is clean
