"""The layout models in PyMuPDF's wheel: which boxes of a page are headings, paragraphs, tables, pictures.

There are two. The small one knows geometry and fonts (about 40 ms a page), the large one sees the page as a picture
too (about 150 ms). Measured on pages of running text they agree; tables, figures and scans need the large one. So a
page goes to the small one first, unless it shows pictures, and to the large one where the small one finds anything
but text.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.engines.pdf import mupdf

_PICTURES = ("fill-image", "fill-imgmask", "fill-shade", "clip-image")
_NEEDS_EYES = ("table", "picture", "formula", "caption")
_LOGO = 0.02  # of the page's area


def boxes_of(page: Any, *, recognised: bool) -> list[dict[str, Any]]:
    """The model's boxes of an upright page: ``class_name``, ``group_bbox`` in points, ``table_grid`` of tables."""
    if not recognised and not _shows_pictures(page):
        found = _predicted(_small(), page)
        if found and not any(group["class_name"] in _NEEDS_EYES for group in found):
            return found
    return _predicted(_large(), page)


def _predicted(model: Any, page: Any) -> list[dict[str, Any]]:
    return list(model.predict(_Lean(page), return_raw=True, do_sort=False))


class _Lean:
    """A page whose "dict" text holds no pictures: the models read lines only, and would else have every image of a
    page packed as PNG first, for seconds and hundreds of megabytes.
    """

    def __init__(self, page: Any) -> None:
        self._page = page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    def get_textpage(self, flags: int) -> Any:
        self._flags = flags
        return self._page.get_textpage(flags=flags)

    def get_text(self, kind: str, textpage: Any = None) -> Any:
        pymupdf = mupdf.load()
        lean = self._page.get_textpage(flags=self._flags & ~pymupdf.TEXT_PRESERVE_IMAGES)
        return lean.extractDICT() if kind == "dict" else self._page.get_text(kind, textpage=textpage)


def _shows_pictures(page: Any) -> bool:
    """Whether an image is large enough to be more than a logo."""
    least = _LOGO * float(page.rect.width) * float(page.rect.height)
    return any(kind in _PICTURES and (box[2] - box[0]) * (box[3] - box[1]) > least for kind, box in page.get_bboxlog())


@contextmanager
def text_without_pictures(page: Any) -> Iterator[None]:
    """Let ``page.get_text`` leave pictures out and remember its answers: finding tables asks for them repeatedly."""
    plain = page.get_text
    known: dict[str, Any] = {}

    def get_text(kind: str = "text", **options: Any) -> Any:
        if options or kind not in ("dict", "rawdict", "words"):
            return plain(kind, **options)
        if kind not in known:
            flags = mupdf.load().TEXTFLAGS_DICT & ~mupdf.load().TEXT_PRESERVE_IMAGES
            known[kind] = plain(kind, flags=flags)
        return known[kind]

    page.get_text = get_text
    try:
        yield
    finally:
        del page.get_text


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
