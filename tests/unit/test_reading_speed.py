"""What reading a page costs: counted in operations, so that a slow machine changes nothing."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.cells import cells
from pipeline.engines.layout.cells.cells import filled, frames_of_grid
from pipeline.engines.layout.cells.finder import _make_chars, outermost
from pipeline.engines.layout.lines import glyphs
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment, printed_lines
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.model import boxes as layout_model
from pipeline.engines.layout.model.elements import elements_of, text_pattern
from pipeline.engines.layout.sheet.line_numbers import line_number_spans
from pipeline.engines.layout.sheet.sheet import Sheet, prints_twice
from pipeline.engines.layout.sheet.unseen import _ground
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.text_layer import PyMuPdfText
from stores.errors import PageError
from tests.counting import operations

BODY = Style(size=10.0, bold=False, mono=False, raised=False, hidden=False)
SMALL = Style(size=6.0, bold=False, mono=False, raised=False, hidden=False)
LOREM = "Reading a page means finding out which words belong together, and in what order they are read aloud. "


class Counted(str):
    """A character that counts how often it is asked whether it is a blank."""

    asked = 0

    def isspace(self) -> bool:
        Counted.asked += 1
        return super().isspace()


def line(count: int) -> list[Fragment]:
    return [fragment([Glyph(Counted("a"), 5.0 * at, 0.0, 5.0 * at + 5, 10.0, BODY) for at in range(count)])]


def word(text: str, x: float, y: float, style: Style = BODY) -> Fragment:
    step = 0.5 * style.size
    return fragment(
        [Glyph(c, x + step * at, y, x + step * (at + 1), y + style.size, style) for at, c in enumerate(text)]
    )


def growth(cost: Callable[[int], int], size: int) -> float:
    """How many times the work grows when there is twice as much to do."""
    return cost(2 * size) / cost(size)


def test_twice_as_long_a_line_is_twice_the_work() -> None:
    def cost(count: int) -> int:
        Counted.asked = 0
        assert printed_lines(line(count))[0].text == "a" * count
        return Counted.asked

    assert growth(cost, 200) < 2.2


def test_exponents_look_for_their_host_on_their_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    carries = glyphs._carries
    monkeypatch.setattr(glyphs, "_carries", lambda host, part: asked.append(1) or carries(host, part))

    def cost(lines: int) -> int:
        asked.clear()
        printed = printed_lines(
            [f for y in range(lines) for f in (word("metre", 50, 30.0 * y), word("2", 75, 30.0 * y - 2, SMALL))]
        )
        assert [one.text for one in printed] == ["metre²"] * lines
        return len(asked)

    assert growth(cost, 40) < 2.2


def test_twice_as_long_a_table_is_twice_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    distance = cells._distance
    monkeypatch.setattr(cells, "_distance", lambda box, x, y: asked.append(1) or distance(box, x, y))

    def cost(rows: int) -> int:
        asked.clear()
        frames = frames_of_grid([0, 100, 200, 300], [20.0 * row for row in range(rows + 1)])
        parts = [
            word(f"{row}{column}", 10 + 100 * column, 20.0 * row + 4) for row in range(rows) for column in range(3)
        ]
        table = filled(parts, frames, frozenset())
        assert table and table.cells[-1].text == f"{rows - 1}2"
        return len(asked)

    assert growth(cost, 40) < 2.2


def drawn(draw: Callable[[Any], None]) -> Any:
    document = mupdf.load().open()
    page = document.new_page(width=595, height=842)
    draw(page)
    return document


def article(page: Any) -> None:
    page.insert_text((72, 90), "2.1 Reading pages", fontsize=18, fontname="hebo")
    page.insert_textbox((72, 120, 523, 300), LOREM * 4, fontsize=11)
    page.insert_text((290, 820), "17", fontsize=9)


def ruled(page: Any) -> None:
    for row in range(6):
        page.draw_line((72, 100 + 24 * row), (472, 100 + 24 * row))
        for column in range(4):
            page.insert_text(
                (80 + 100 * column, 117 + 24 * row), f"{row}{column} cell", fontsize=10
            ) if row < 5 else None
    for column in range(5):
        page.draw_line((72 + 100 * column, 100), (72 + 100 * column, 220))


@pytest.mark.parametrize(("draw", "most"), [(article, 2), (ruled, 4)])
def test_a_page_is_made_text_once_for_itself_and_once_for_the_models(
    draw: Callable[[Any], None], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pymupdf, made = mupdf.load(), []
    plain = pymupdf.Page._get_textpage
    monkeypatch.setattr(pymupdf.Page, "_get_textpage", lambda *a, **k: made.append(k["flags"]) or plain(*a, **k))
    document = drawn(draw)
    assert layout.read_page(document[0], "test", False, None).markdown
    assert len(made) <= most  # finding tables asks for two or three of its own
    assert sum(bool(flags & pymupdf.TEXT_COLLECT_STYLES) for flags in made) <= 1
    document.close()


def test_a_full_page_is_never_searched_for_styles(monkeypatch: pytest.MonkeyPatch) -> None:
    pymupdf, made = mupdf.load(), []
    plain = pymupdf.Page._get_textpage
    monkeypatch.setattr(pymupdf.Page, "_get_textpage", lambda *a, **k: made.append(k["flags"]) or plain(*a, **k))
    document = drawn(lambda page: page.insert_textbox((40, 40, 555, 800), LOREM * 40, fontsize=9))
    assert len(layout.read_page(document[0], "test", False, None).markdown) > 3000
    assert not any(flags & (pymupdf.TEXT_COLLECT_STYLES | pymupdf.TEXT_SEGMENT) for flags in made)
    document.close()


def statement(page: Any) -> None:
    for row, column in np.ndindex(40, 3):
        page.insert_text((72 + 150 * column, 60 + 18 * row), f"{row + 1},{column}30.5", fontsize=9)


@pytest.mark.parametrize(("draw", "segmented"), [(statement, 0), (article, 1)])
def test_a_page_full_of_numbers_is_not_segmented(
    draw: Callable[[Any], None], segmented: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pymupdf, made = mupdf.load(), []
    plain = pymupdf.Page._get_textpage
    monkeypatch.setattr(pymupdf.Page, "_get_textpage", lambda *a, **k: made.append(k["flags"]) or plain(*a, **k))
    document = drawn(draw)
    layout_model.boxes_of(Sheet(document[0], False))
    assert sum(bool(flags & pymupdf.TEXT_SEGMENT) for flags in made) == segmented
    document.close()


def test_models_are_loaded_once_and_without_parts_that_nobody_asks() -> None:
    assert layout_model._large().table_grid_extractor is None and layout_model._large().feature_extractor
    assert layout_model._small().feature_extractor is None and layout_model._small().table_grid_extractor


def test_shaded_cells_are_those_that_the_library_finds_and_twice_as_many_are_twice_the_work() -> None:
    rect = mupdf.load().Rect
    plainly = importlib.import_module("pymupdf._table_refine")._refine_cell_background_rects
    plainly = getattr(plainly, "keywords", {}).get("plainly", plainly)  # another test may have replaced it

    def cells(rows: int) -> list[Any]:
        shaded = [rect(60 + 80 * (row % 5), 10 * row, 130 + 80 * (row % 5), 10 * row + 9) for row in range(rows)]
        return [*shaded, rect(50, 0, 500, 45), rect(60, 10, 70, 14)]

    for rects in (cells(40), [*cells(3), rect(5, 5, 5, 9)], []):
        assert list(map(id, outermost(rects, plainly=plainly))) == list(map(id, plainly(rects)))
    assert growth(lambda rows: operations(lambda: outermost(cells(rows), plainly=plainly)), 100) < 2.2


def test_what_a_text_stands_on_is_looked_up_at_once() -> None:
    fills = [{"rect": (0, 0, 100, 100), "fill": (1, 1, 1)}, {"rect": (10, 10, 20, 20), "fill": (0, 0, 0)}]

    def cost(count: int) -> int:
        ground = _ground(fills * count)
        return operations(lambda: ground((15, 15)))

    assert [_ground(fills)(point) for point in ((15, 15), (50, 50), (200, 1))] == [fills[1], fills[0], None]
    assert _ground([])((15, 15)) is None
    assert growth(cost, 50) < 1.1


def test_of_a_line_of_text_the_search_for_line_numbers_looks_at_the_beginning() -> None:
    def cost(length: int) -> int:
        chars = [{"c": Counted("a"), "bbox": (0, 0, 5, 10)} for _ in range(length)]
        line = {"spans": [{"chars": chars, "size": 10.0}], "dir": (1, 0), "bbox": (0, 0, 5 * length, 10)}
        return operations(lambda: line_number_spans([{"lines": [line]}]))

    assert growth(cost, 200) < 1.1


@pytest.mark.parametrize("draw", [article, ruled])
def test_boxes_are_those_of_the_librarys_own_front_end(draw: Callable[[Any], None]) -> None:
    document = drawn(draw)
    own = layout_model._groups(layout_model._small(), *_inputs(Sheet(document[0], False)))
    theirs = layout_model._small().predict(document[0], return_raw=True, do_sort=False)
    assert _named(own) == _named(theirs)
    document.close()


def _inputs(sheet: Sheet) -> tuple[Any, Any]:
    elements = elements_of(sheet, layout_model._small().cfg["data"]["rf_names"])
    assert elements is not None
    return elements, elements.inputs


def _named(groups: Iterable[dict[str, Any]]) -> list[Any]:
    return sorted((group["class_name"], [round(float(v), 1) for v in group["group_bbox"]]) for group in groups)


@pytest.mark.parametrize(
    "text", ["", "• 12.5 kg of (dry) air", "第3章 绪论", "a" * 200, "№ 7/8: x→y", "1 2 3 4 5 6 7 8 9 10 11 12 13 14"]
)
def test_text_patterns_are_those_that_the_models_learned(text: str) -> None:
    mupdf.load()
    layout_model._model_class()
    common = importlib.import_module("pymupdf.layout.common_util")
    assert text_pattern(text) == pytest.approx(common.get_text_pattern(text, return_vector=True))


def test_the_table_finder_is_told_the_same_characters() -> None:
    document = drawn(ruled)
    spec = importlib.util.find_spec("pymupdf.table")
    assert spec and spec.loader
    plain: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plain)
    finder: Any = importlib.import_module("pymupdf.table")
    plain._CHARS_VAR.set([])
    finder._CHARS_VAR.set([])
    plain.make_chars(document[0])
    _make_chars(document[0])
    assert len(plain.CHARS) > 60
    for own, theirs in zip(sorted(map(_place, finder.CHARS)), sorted(map(_place, plain.CHARS)), strict=True):
        assert own == theirs
    document.close()


_KEYS = ("text", "x0", "x1", "top", "bottom", "y0", "y1")


def _place(char: dict[str, Any]) -> tuple[Any, ...]:
    return (char["text"], *(round(char[key], 2) for key in _KEYS[1:]))


def bold_by_runs(page: Any) -> None:
    for shift in (0.0, 0.4):
        page.insert_text((72 + shift, 90), "Annual balance sheet", fontsize=11)
    page.insert_textbox((72, 120, 523, 300), LOREM * 4, fontsize=11)


def bold_by_letters(page: Any) -> None:
    for at, char in enumerate("ANNUAL"):
        for shift in (0.0, 0.4):
            page.insert_text((72 + 9 * at + shift, 90), char, fontsize=11)
    page.insert_textbox((72, 120, 523, 300), LOREM * 4, fontsize=11)


@pytest.mark.parametrize("draw", [bold_by_runs, bold_by_letters])
def test_text_printed_twice_is_read_once_and_as_bold(draw: Callable[[Any], None]) -> None:
    document = drawn(draw)
    sheet = Sheet(document[0], False)
    assert sheet.prints_twice
    assert any(glyph.style.bold for part in glyphs.fragments_of(sheet.blocks)[:6] for glyph in part.glyphs)
    text = layout.read_page(document[0], "test", False, None)
    assert text.markdown.lower().replace(" ", "").count("annual") == 1
    document.close()


def test_equal_words_elsewhere_are_not_text_printed_twice() -> None:
    document = drawn(lambda page: page.insert_textbox((72, 120, 523, 300), "all all all ill ill " * 30, fontsize=11))
    assert not Sheet(document[0], False).prints_twice
    document.close()
    assert prints_twice([(0, 0, 50, 10), (60, 0, 110, 10), (0.5, 0.2, 50.5, 10.2)])
    assert not prints_twice([(0, 0, 50, 10), (0, 12, 50, 22), (50, 0, 100, 10)])


@pytest.mark.parametrize("colours", [1, 3], ids=["grey", "coloured"])
def test_models_see_grey_pictures_as_before(colours: int) -> None:
    layout_model._model_class()
    original = importlib.import_module("pymupdf.layout.common_util").resize_image
    quick = importlib.import_module("pymupdf.layout.onnx.ImageFeatureExtractorV1").resize_image
    assert quick is not original
    noise = np.random.default_rng(4).integers(0, 256, (90, 70, colours), dtype=np.uint8)
    picture = np.repeat(noise, 3 // colours, axis=2)
    assert np.array_equal(quick(picture, (60, 50)), original(picture, (60, 50)))
    assert np.array_equal(quick(picture[:, :, 0], (60, 50)), original(picture[:, :, 0], (60, 50)))


def test_a_page_full_of_numbers_is_not_shown_to_the_small_model_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    plain = layout_model._groups
    monkeypatch.setattr(layout_model, "_groups", lambda model, *a: asked.append(model) or plain(model, *a))
    document = mupdf.load().open()
    for cell in ("{row}{column}.5", "word {row} {column}"):
        page = document.new_page(width=595, height=842)
        for row, column in np.ndindex(12, 4):
            page.insert_text((80 + 100 * column, 117 + 24 * row), cell.format(row=row, column=column), fontsize=10)
        layout_model.boxes_of(Sheet(page, False))
    assert asked[:2] == [layout_model._large(), layout_model._small()]
    document.close()


@pytest.mark.parametrize("enabled", [True, False])
def test_no_garbage_is_collected_while_a_page_is_read(
    enabled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    plain = layout.read_page
    monkeypatch.setattr(layout, "read_page", lambda *a, **k: seen.append(gc.isenabled()) or plain(*a, **k))
    document = drawn(article)
    document.save(tmp_path / "article.pdf")
    document.close()
    reader = PyMuPdfText()
    (gc.enable if enabled else gc.disable)()
    try:
        assert "Reading pages" in reader.read(tmp_path / "article.pdf", "", 1).markdown
        assert (seen, gc.isenabled()) == ([False], enabled)
        monkeypatch.setattr(layout, "read_page", lambda *_, **__: 1 / 0)
        with pytest.raises(PageError):
            reader.read(tmp_path / "article.pdf", "", 1)
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
        reader.close()


def test_commands_that_read_no_page_do_without_numpy() -> None:
    ask = (
        "import sys\nfrom pipeline import wiring\nfrom pipeline.settings import Settings\n"
        "resources = wiring.build(Settings())\n"
        "print([engine().fingerprint for engine in (resources.text_reader, resources.page_reader, resources.embedder)])"
        "\nassert 'numpy' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "pymupdf-layout" in run.stdout, run.stderr
