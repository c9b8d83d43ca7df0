"""Lines of print that a page draws as shapes are said to be missing; logos in its margins and charts are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.text_layer import PyMuPdfText
from stores.models import Fault

TEXT = "The harbour received more ships than in the year before, and most of them carried timber."


def letters(page: Any, top: float, count: int = 14) -> None:
    """A row of rings, as high as letters, in one drawn path."""
    shape = page.new_shape()
    for at in range(count):
        for radius in (4.0, 2.5):
            shape.draw_circle((80 + 10 * at, top), radius)
    shape.finish(fill=(0, 0, 0), color=None, even_odd=True)
    shape.commit()


def bars(page: Any, top: float) -> None:
    shape = page.new_shape()
    for at in range(30):
        shape.draw_rect((80 + 10 * at, top, 86 + 10 * at, top + 8))
    shape.finish(fill=(0, 0, 0), color=None)
    shape.commit()


def warning(folder: Path, *tops: float, draw: Callable[[Any, float], None] = letters) -> Fault | None:
    document = mupdf.load().open()
    page = document.new_page()
    for at in range(12):
        page.insert_text((72, 300 + 16 * at), TEXT, fontsize=10)
    for top in tops:
        draw(page, top)
    document.save(folder / "a.pdf")
    return PyMuPdfText().read(folder / "a.pdf", "", 1).warning


@pytest.mark.parametrize(("tops", "said"), [((200.0,), "a line "), ((200.0, 560.0), "about 2 lines ")])
def test_outlined_lines_are_said_to_be_missing(tmp_path: Path, tops: tuple[float, ...], said: str) -> None:
    fault = warning(tmp_path, *tops)
    assert fault is not None and fault.code == "outlined_text"
    assert fault.message.startswith(said) and "`--ocr always` reads" in fault.message


def test_a_logo_in_the_margin_and_bars_of_a_chart_are_none(tmp_path: Path) -> None:
    assert warning(tmp_path, 40.0) is None
    assert warning(tmp_path, 200.0, draw=bars) is None
    assert warning(tmp_path) is None
