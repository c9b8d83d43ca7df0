"""Find and read printed lines in an image with the PP-OCR models of rapidocr, on onnxruntime and one CPU thread.

The models are called one by one instead of through ``RapidOCR()``: lines are cropped from the full image though they
are found on a smaller one, narrow lines are not padded to 320 pixels, and the raw scores are kept, out of which
``ctc_text`` restores the spaces that the model is unsure of.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.engines.ocr.ctc_text import Reading, decode
from stores.errors import UnavailableError

if TYPE_CHECKING:
    import numpy as np

READ_HEIGHT = 48  # pixels, fixed by the recognition model
READ_WIDTH_STEP = 32  # few distinct widths keep onnxruntime's memory small
READ_MIN_WIDTH = 96
FIND_STEP = 32  # the detection model needs sides that are multiples of this
MIN_FIND_SIDE = 64

PARAMETERS = {
    "Global.use_cls": False,
    "Global.log_level": "critical",
    "Rec.rec_img_shape": [3, READ_HEIGHT, READ_MIN_WIDTH],
    "Rec.rec_batch_num": 1,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
}


class LineModels:
    """The detection and recognition models; cheap to make, loaded with the first image."""

    def __init__(self) -> None:
        self._detector: Any = None
        self._recogniser: Any = None
        self._loading = threading.Lock()

    def find(self, pixels: np.ndarray, scale: float) -> np.ndarray:
        """Find the boxes of lines: float32 (n, 4, 2) in pixels, corners clockwise from top left.

        ``pixels`` is uint8 (height, width, 3); it is scaled by ``scale`` first.
        """
        import numpy as np

        self._load()
        scores = self._detector.session(_detection_input(pixels, scale))
        quads, _ = self._detector.postprocess_op(scores, pixels.shape[:2])
        return np.asarray(quads, dtype=np.float32).reshape(-1, 4, 2)

    def read(self, crops: Sequence[np.ndarray], stretch: float = 1.0) -> list[Reading]:
        """Read images of one upright line each, uint8 (height, width, 3).

        ``stretch`` below 1 makes them narrower, and faster to read.
        """
        self._load()
        return [self._read_one(crop, stretch) for crop in crops]

    def _read_one(self, crop: np.ndarray, stretch: float) -> Reading:
        pixels, used = _recognition_input(crop, stretch)
        scores = self._recogniser.session(pixels)[0]
        return decode(scores, self._recogniser.postprocess_op.character, used)

    def _load(self) -> None:
        with self._loading:
            if self._recogniser is not None:
                return
            try:
                self._detector, self._recogniser = _load_models()
            except Exception as error:
                then = "install it again: pip install rapidocr"
                raise UnavailableError(f"the OCR models of rapidocr cannot be loaded ({error}); {then}") from error


def model_names() -> str:
    """The package version and the names of the models, for fingerprints."""
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


def _load_models() -> tuple[Any, Any]:
    from rapidocr import RapidOCR
    from rapidocr.ch_ppocr_det import TextDetector
    from rapidocr.ch_ppocr_rec import TextRecognizer

    settings = RapidOCR(params=PARAMETERS).cfg
    for part in (settings.Det, settings.Rec):
        part.engine_cfg = settings.EngineConfig[part.engine_type.value]
        part.model_root_dir = settings.Global.model_root_dir
    settings.Rec.font_path = settings.Global.font_path
    return TextDetector(settings.Det), TextRecognizer(settings.Rec)


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
    padded = max(READ_MIN_WIDTH, math.ceil(filled / READ_WIDTH_STEP) * READ_WIDTH_STEP)
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
