"""The layout models in PyMuPDF's wheel: which boxes of a page are headings, paragraphs, tables, pictures.

There are two. The small one knows geometry and fonts (about 40 ms a page), the large one sees the page as a picture
too (about 150 ms). Measured on pages of running text they agree; tables, figures and scans need the large one. So a
page goes to the small one first, unless it shows pictures, and to the large one where the small one finds anything
but text.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from pipeline.engines import mupdf

_PICTURES = ("fill-image", "fill-imgmask", "fill-shade", "clip-image")
_NEEDS_EYES = ("table", "picture", "formula", "caption")


def boxes_of(page: Any, *, recognised: bool) -> list[dict[str, Any]]:
    """The model's boxes of an upright page: ``class_name``, ``group_bbox`` in points, ``table_grid`` of tables."""
    if not recognised and not _shows_pictures(page):
        found = _predicted(_small(), page)
        if found and not any(group["class_name"] in _NEEDS_EYES for group in found):
            return found
    return _predicted(_large(), page)


def _predicted(model: Any, page: Any) -> list[dict[str, Any]]:
    return list(model.predict(page, return_raw=True, do_sort=False))


def _shows_pictures(page: Any) -> bool:
    return any(kind in _PICTURES for kind, _ in page.get_bboxlog())


@functools.cache
def _large() -> Any:
    return _model_class()(feature_set_name="imf+rf", use_sort=False)


@functools.cache
def _small() -> Any:
    model = _model_class()(feature_set_name="rf", use_sort=False)
    model.table_grid_extractor = None  # where there is a table, the large model reads the page
    model.feature_extractor = None
    return model


@functools.cache
def _model_class() -> Any:
    """The class of the models, with sessions of one thread each."""
    pymupdf = mupdf.load()
    if not callable(pymupdf._get_layout):
        pymupdf._get_layout = _no_layout  # keeps pymupdf.layout from loading its own, many-threaded copy
    sessions: Any = importlib.import_module("pymupdf.layout.onnx.common_util")
    sessions.make_session = _single_threaded
    module: Any = importlib.import_module("pymupdf.layout.onnx.BoxRFDGNN")
    module.make_session = _single_threaded
    return module.BoxRFDGNN


def _no_layout(page: Any, **_: Any) -> None:
    return None


def _single_threaded(model_path: str, providers: Any = None) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False  # the arena keeps the peak of all pages for ever
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model_path), sess_options=options, providers=["CPUExecutionProvider"])
