"""Reads the print in parts of pages whose other text comes from a text layer, with the line models of PP-OCR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.engines.layout.pictures.unread_print import SURE
from pipeline.engines.ocr.text_lines import line_models, model_names
from stores.errors import IngotError, PageError

if TYPE_CHECKING:
    import numpy as np

    from pipeline.engines.ocr.recognised_lines import ReadImage, ReadLine
    from pipeline.engines.ocr.searchable_page import TextLine

VERSION = "2"  # increase it with every change of the output
_LEGIBLE = 0.6  # textures of photos have less
_LEAST_LETTERS = 2


class LinePrintReader:
    """A PrintReader on the CPU with one thread. Models (30 MB on disk) load with the first picture that shows print."""

    engine = "rapidocr"

    def __init__(self) -> None:
        self.fingerprint = f"print:{VERSION}:{model_names()}"
        self._models = line_models()

    def lines(self, pixels: np.ndarray, scale: float) -> list[TextLine]:
        """Read the lines that may be print; ``scale`` is points per pixel. PageError where the models fail."""
        from pipeline.engines.ocr.recognised_lines import read_lines

        try:
            return list(_set(read_lines(self._models, pixels), scale))
        except IngotError:
            raise
        except MemoryError as error:
            self._models.close()
            raise PageError("a picture on the page cannot be read by OCR: it needs too much memory") from error
        except Exception as error:
            raise PageError(f"a picture on the page cannot be read by OCR ({error})") from error


def _set(read: ReadImage, scale: float) -> Iterator[TextLine]:
    """The lines of an image as they stand on it; upside-down ones, which cannot be set, are left out."""
    from pipeline.engines.ocr.line_setting import set_lines

    turn = read.turn.scaled(scale)
    legible = [line for line in read.lines if _is_legible(line)]
    for sure in (True, False):  # the sizes of the sure ones do not depend on the others
        for line in set_lines([line for line in legible if (line.reading.confidence >= SURE) is sure], scale):
            quarters = (line.quarters - turn.quarters) % 4
            if quarters != 2:
                yield replace(line, box=turn.back(line.box), quarters=quarters)


def _is_legible(line: ReadLine) -> bool:
    letters = sum(map(str.isalnum, line.reading.text))
    return line.reading.confidence >= _LEGIBLE and letters >= _LEAST_LETTERS
