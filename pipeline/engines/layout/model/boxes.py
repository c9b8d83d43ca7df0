"""The layout models in PyMuPDF's wheel: which boxes of a page are headings, paragraphs, tables, pictures.

There are two. The small one knows geometry and fonts (about 20 ms a page), the large one sees the page as a picture
too (about 100 ms). Measured on pages of running text they agree; figures, tables and scans need the large one. So a
page goes to the small one first, unless it shows pictures or is full of numbers, and to the large one where the small
one finds anything but text. Both are told the same of a page, worked out once.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from pipeline.engines.inference import Model, open_model
from pipeline.engines.layout.model.elements import Elements, elements_of, share_of_numbers
from pipeline.engines.layout.model.page_features import ENLARGED, features_of
from pipeline.engines.layout.model.resizing import resized
from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.onnx_graphs import with_small_maps
from pipeline.engines.pdf import mupdf

_NEEDS_EYES = ("picture", "formula", "caption", "table")
_FIXED = ("feature_", "table_grid_")  # models of one input size: for others the arena keeps the peak of all pages
_MANY, _NUMBERS = 20, 1 / 3  # texts of a page, and the share of numbers among them: fewer may be anything
_CONNECTED = 0.55  # least probability of an edge between two lines of one box


def boxes_of(sheet: Sheet) -> list[dict[str, Any]]:
    """The model's boxes of an upright page: ``class_name``, ``group_bbox`` in points, ``table_grid`` of tables."""
    elements = elements_of(sheet, _small().cfg["data"]["rf_names"])
    if elements is None:
        return []
    if not (sheet.recognised or sheet.shows_pictures or _is_tabular(elements.texts)):
        groups = _groups(_small(), elements, elements.inputs)
        if groups and not any(group["class_name"] in _NEEDS_EYES for group in groups):
            return _with_grids(sheet, elements, groups)
    model = _large()
    groups = _groups(model, elements, {**elements.inputs, "image_features": _seen(model, sheet, elements)})
    groups = model._merge_overlapping_pictures([[*g["group_bbox"], g["class_name"]] for g in groups], groups)[1]
    return _with_grids(sheet, elements, groups)


def _is_tabular(texts: Sequence[str]) -> bool:
    """Whether so many texts of a page are numbers that the small model is sure to find a table.

    On 243 pages without pictures it found one wherever this is so (83), and on 63 others.
    """
    return len(texts) >= _MANY and share_of_numbers(texts) >= _NUMBERS


def _with_grids(sheet: Sheet, elements: Elements, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for group in groups:
        if group["class_name"] == "table":
            group["table_grid"] = _grid(sheet, elements, group)
    return groups


def _groups(model: Any, elements: Elements, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Boxes made of the elements that the model connects, each with the class of most of them."""
    common: Any = importlib.import_module("pymupdf.layout.common_util")
    nodes, links = model.session.run(None, {name: inputs[name] for name in model._onnx_input_names})
    kinds = _probabilities(nodes)
    labels = kinds.argmax(axis=1)
    connected = (_probabilities(links)[:, 1] > _CONNECTED).astype(np.int64) if links.size else np.empty(0, np.int64)
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    matrix[elements.edges[0], elements.edges[1]] = connected
    boxes = np.array(elements.boxes, dtype=np.float32)
    groups = common.group_node_by_edge(labels, kinds.max(axis=1), matrix, boxes, model.class_priority_list)
    for group in groups:
        group["class_name"] = model.data_class_names[group["group_class"]]
    return list(groups)


def _probabilities(logits: Any) -> Any:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _seen(model: Any, sheet: Sheet, elements: Elements) -> Any:
    """What the large model sees at each element in the picture of the page."""
    session: Model = model.feature_extractor._session
    looked_at: Any = importlib.import_module("pymupdf.layout.onnx.ImageFeatureExtractorV1")
    given = session.get_inputs()[0]
    small = looked_at.resize_image(sheet.picture, (given.shape[3], given.shape[2]))
    grey = looked_at.to_gray(small).astype(np.float32)
    least, most = grey.min(), grey.max()
    shades = (grey - least) / (most - least) if most > least else np.zeros_like(grey)
    *maps, logits = session.run(None, {given.name: shades[None, None]})
    height, width = sheet.picture.shape[:2]
    return features_of(maps, logits, elements.boxes, width, height)


def _grid(sheet: Sheet, elements: Elements, group: dict[str, Any]) -> Any:
    """The lines of the grid of a table, None where its box lies outside the picture."""
    x0, y0, x1, y1 = group["group_bbox"][:4]
    cut = sheet.picture[max(0, int(y0)) : max(0, int(y1)), max(0, int(x0)) : max(0, int(x1))]
    if 0 in cut.shape[:2]:
        return None
    boxes = np.array([elements.boxes[at] for at in group["indicies"]]) - np.array([x0, y0, x0, y0])
    texts = [elements.texts[at] for at in group["indicies"]]
    return _small().table_grid_extractor.predict(cut, boxes, texts=texts)[0]


@contextmanager
def text_without_pictures(sheet: Sheet) -> Iterator[None]:
    """Let the page's text leave pictures and styles out and be remembered: finding tables asks for it repeatedly."""
    page, plain = sheet.page, sheet.page.get_text
    known: dict[str, Any] = {}

    def get_text(kind: str = "text", **options: Any) -> Any:
        if options or kind not in ("dict", "rawdict", "words"):
            return plain(kind, **options)
        if not known:
            flags = mupdf.load().TEXTFLAGS_DICT & ~mupdf.load().TEXT_PRESERVE_IMAGES
            known["page"] = sheet.textpage(flags)
        if kind not in known:
            known[kind] = plain(kind, textpage=known["page"])
        return known[kind]

    def get_textpage(clip: Any = None, flags: int = 0, matrix: Any = None) -> Any:
        if clip is None and matrix is None:
            return sheet.textpage(flags)
        return type(page).get_textpage(page, clip=clip, flags=flags, matrix=matrix)

    page.get_text, page.get_textpage = get_text, get_textpage
    try:
        yield
    finally:
        del page.get_text, page.get_textpage


class _CellsLater:
    """The model of cells of tables, opened for the first table: many documents have none."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def _opened(self) -> Any:
        extractor = self._make()
        extractor._post_process_grid = lambda **_: []  # cells with their texts, which nobody asks for
        return extractor

    def predict(self, *given: Any, **named: Any) -> Any:
        return self._opened.predict(*given, **named)


@contextmanager
def _cells_made_by(make: Callable[..., Any]) -> Iterator[None]:
    """Let the models that are opened meanwhile have another model of cells of tables than their own."""
    module, own = _module(), _module().TableGridExtractorV2
    module.TableGridExtractorV2 = lambda *given, **named: make(functools.partial(own, *given, **named))
    try:
        yield
    finally:
        module.TableGridExtractorV2 = own


@functools.cache
def _large() -> Any:
    """Open the large model, without the model of cells of tables: that of the small one does for both."""
    model = _model_class()
    with _cells_made_by(lambda _: None):
        return model(feature_set_name="imf+rf", use_sort=False)


@functools.cache
def _small() -> Any:
    """Open the small model, without the image part, which only the large one uses."""
    model = _model_class()
    with _cells_made_by(_CellsLater):
        return model(feature_set_name="rf", imf_model_path="", use_sort=False)


@functools.cache
def _model_class() -> Any:
    """The class of the models, with sessions of one thread each."""
    pymupdf = mupdf.load()
    if not callable(pymupdf._get_layout):
        pymupdf._get_layout = _no_layout  # keeps pymupdf.layout from loading its own, many-threaded copy
    sessions: Any = importlib.import_module("pymupdf.layout.onnx.common_util")
    sessions.make_session = _session
    for name in ("ImageFeatureExtractorV1", "TableGridExtractorV2"):
        importlib.import_module(f"pymupdf.layout.onnx.{name}").resize_image = resized  # type: ignore[attr-defined]
    _module().make_session = _session
    _module().yaml = SimpleNamespace(safe_load=_configuration)
    return _module().BoxRFDGNN


def _configuration(file: Any) -> Any:
    """What a YAML file holds, read by the parser in C where there is one: it takes a tenth of the time."""
    import yaml

    return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _module() -> Any:
    return importlib.import_module("pymupdf.layout.onnx.BoxRFDGNN")


def _no_layout(page: Any, **_: Any) -> None:
    return None


def _session(model_path: str, providers: Any = None) -> Model:
    path = Path(model_path)
    rewrite = _with_small_maps if path.name.startswith("feature_") else None
    return open_model(path, keeps_memory=path.name.startswith(_FIXED), rewrite=rewrite)


def _with_small_maps(image_part: bytes) -> bytes:
    return with_small_maps(image_part, b"combined", ENLARGED)
