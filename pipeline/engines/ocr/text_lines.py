"""Find and read printed lines in an image with the PP-OCR models of rapidocr, on one CPU thread.

The models are opened and called one by one instead of through ``RapidOCR()``: opening all of it takes 0.6 CPU seconds,
lines are cropped from the full image though they are found on a smaller one, narrow lines are not padded to 320
pixels, and the raw scores are kept, out of which ``ctc_text`` restores the spaces that the model is unsure of.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engines.inference import Model, open_model
from pipeline.engines.ocr.ctc_text import Reading, decode
from pipeline.engines.ocr.line_boxes import boxes_of
from stores.errors import UnavailableError

if TYPE_CHECKING:
    import numpy as np

READ_HEIGHT = 48  # pixels, fixed by the recognition model
READ_MIN_WIDTH = 96
READ_WIDTH_STEPS = ((256, 32), (640, 64), (math.inf, 128))
"""Up to which width lines are padded to multiples of how many pixels. Few distinct widths keep a runtime's memory
small, and OpenVINO takes thrice as long to make its code for a new one as to read a line with it."""
_FIND_SIZES = 4  # of different pages, at least
_READ_SIZES = 24  # all of them, but for lines longer than 44 times their height
READ_STEP = 8  # pixels between the scores of the recognition model
FIND_STEP = 32  # the detection model needs sides that are multiples of this
MIN_FIND_SIDE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    detector: Model
    recogniser: Model
    characters: Sequence[str]  # by class of the recognition model: the blank first, the space last


class LineModels:
    """The detection and recognition models; cheap to make, loaded with the first image."""

    def __init__(self) -> None:
        self._loaded: _Loaded | None = None
        self._loading = threading.Lock()

    def find(self, pixels: np.ndarray, scale: float) -> np.ndarray:
        """Find the boxes of lines: float32 (n, 4, 2) in pixels, corners clockwise from top left.

        ``pixels`` is uint8 (height, width, 3); it is scaled by ``scale`` first.
        """
        loaded = self._load()
        scores = _run(loaded.detector, _detection_input(pixels, scale))
        return boxes_of(scores[0, 0], *pixels.shape[:2])

    def read(self, crops: Sequence[np.ndarray], stretch: float = 1.0) -> list[Reading]:
        """Read images of one upright line each, uint8 (height, width, 3).

        ``stretch`` below 1 makes them narrower, and faster to read.
        """
        loaded = self._load()
        return [_read_one(loaded, crop, stretch) for crop in crops]

    def close(self) -> None:
        """Drop the models and what they keep of earlier pages; the next image opens them again."""
        with self._loading:
            self._loaded = None

    def _load(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                try:
                    self._loaded = _load_models()
                except Exception as error:
                    then = "install it again: pip install rapidocr"
                    raise UnavailableError(f"the OCR models of rapidocr cannot be loaded ({error}); {then}") from error
            return self._loaded


@cache
def line_models() -> LineModels:
    """Those of this process: pages and pictures on pages are read with one copy, which holds 170 to 350 MB."""
    return LineModels()


def model_names() -> str:
    """The package version and the names of the models, for fingerprints.

    onnxruntime stands for both runtimes: workers on other processors share the pages that are read.
    """
    from importlib.metadata import version

    return f"rapidocr {version('rapidocr')} onnxruntime {version('onnxruntime')} PP-OCRv6 small"


def cut(pixels: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """Crop a quadrilateral (4, 2) out of an image and turn it level; at least one pixel each way."""
    import cv2
    import numpy as np

    width = max(int(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))), 1)
    height = max(int(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))), 1)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def steps_of(crop: np.ndarray) -> float:
    """Count the scores that the recognition model gives for the image of a line: at most one character each."""
    height, width = crop.shape[:2]
    return float(READ_HEIGHT * width / max(height, 1) / READ_STEP)


def padded_width(filled: int) -> int:
    """The width of the recogniser's input for a line that fills so many pixels of it."""
    step = next(step for most, step in READ_WIDTH_STEPS if filled <= most)
    return max(READ_MIN_WIDTH, math.ceil(filled / step) * int(step))


def _load_models() -> _Loaded:
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    recogniser = open_model(folder / "PP-OCRv6_rec_small.onnx", keeps_memory=True, bfloat16_sizes=_READ_SIZES)
    return _Loaded(
        detector=open_model(folder / "PP-OCRv6_det_small.onnx", keeps_memory=True, bfloat16_sizes=_FIND_SIZES),
        recogniser=recogniser,
        characters=["", *recogniser.get_modelmeta().custom_metadata_map["character"].splitlines(), " "],
    )


def _read_one(loaded: _Loaded, crop: np.ndarray, stretch: float) -> Reading:
    pixels, used = _recognition_input(crop, stretch)
    return decode(_run(loaded.recogniser, pixels)[0], loaded.characters, used)


def _run(model: Model, pixels: np.ndarray) -> np.ndarray:
    answer: np.ndarray = model.run(None, {model.get_inputs()[0].name: pixels})[0]
    return answer


def _detection_input(pixels: np.ndarray, scale: float) -> np.ndarray:
    import cv2

    height, width = pixels.shape[:2]
    size = [max(MIN_FIND_SIDE, round(length * scale / FIND_STEP) * FIND_STEP) for length in (width, height)]
    return _normalised(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def _recognition_input(crop: np.ndarray, stretch: float = 1.0) -> tuple[np.ndarray, float]:
    """Float32 (1, 3, 48, width) and the share of its width that the line fills."""
    import cv2
    import numpy as np

    height, width = crop.shape[:2]
    filled = max(8, math.ceil(READ_HEIGHT * width / height * stretch))
    padded = padded_width(filled)
    pixels = np.zeros((1, 3, READ_HEIGHT, padded), dtype=np.float32)
    pixels[:, :, :, :filled] = _normalised(cv2.resize(crop, (filled, READ_HEIGHT)))
    return pixels, filled / padded


def _normalised(pixels: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) as float32 (1, 3, h, w) between -1 and 1."""
    import numpy as np

    scaled = pixels.astype(np.float32)
    scaled *= 2 / 255
    scaled -= 1
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])
