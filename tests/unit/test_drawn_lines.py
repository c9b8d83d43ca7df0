"""Pages of very many drawings: rules of dots become lines, and no page is searched for tables for ever."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.sheet import drawn_lines, unseen
from pipeline.engines.layout.sheet.drawn_lines import Drawings, rules_of
from pipeline.engines.pdf import mupdf
from stores.models import Label, PageText
from tests.counting import calls

LEFT, TOP, RIGHT, BOTTOM = 40.0, 60.0, 555.0, 780.0


def grid_of_dots(columns: int, rows: int, step: float, size: float = 0.5, *, one_path: bool = False) -> str:
    """PDF operators of a grid whose rules are rows of small boxes."""
    marks = []
    end = "" if one_path else " f"
    for row in range(rows + 1):
        y = 842 - (TOP + (BOTTOM - TOP) * row / rows)
        marks += [f"{LEFT + step * n:.2f} {y:.2f} {size} {size} re{end}" for n in range(int((RIGHT - LEFT) / step))]
    for column in range(columns + 1):
        x = LEFT + (RIGHT - LEFT) * column / columns
        marks += [
            f"{x:.2f} {842 - TOP - step * n:.2f} {size} {size} re{end}" for n in range(int((BOTTOM - TOP) / step))
        ]
    return "\n".join([*marks, "f"] if one_path else marks)


def grid_of_lines(columns: int, rows: int) -> str:
    lines = [LEFT + (RIGHT - LEFT) * n / columns for n in range(columns + 1)]
    heights = [842 - TOP - (BOTTOM - TOP) * n / rows for n in range(rows + 1)]
    drawn = [f"{x:.2f} {842 - TOP} m {x:.2f} {842 - BOTTOM} l S" for x in lines]
    return "\n".join([*drawn, *(f"{LEFT} {y:.2f} m {RIGHT} {y:.2f} l S" for y in heights)])


def opened(operators: str, columns: int = 0, rows: int = 0) -> Any:
    """A document of one page with these drawings and a text in every cell."""
    document = mupdf.load().open()
    page = document.new_page(width=595, height=842)
    page.insert_text((50, 40), "Population by district", fontsize=14)
    for row in range(rows):
        for column in range(columns):
            at = (LEFT + 4 + (RIGHT - LEFT) * column / columns, TOP + 14 + (BOTTOM - TOP) * row / rows)
            page.insert_text(at, f"r{row}c{column}", fontsize=8)
    last = page.get_contents()[-1]
    document.update_stream(last, document.xref_stream(last) + b"\n" + operators.encode())
    return mupdf.load().open("pdf", document.tobytes())


def crowded(words: int) -> Any:
    """A document of one page with so many small words, each by itself."""
    pymupdf = mupdf.load()
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    writer = pymupdf.TextWriter(page.rect)
    for n in range(words):
        writer.append((30 + 20 * (n % 26), 60 + n // 26 * 4), f"w{n}", fontsize=3.4)
    writer.write_text(page)
    return pymupdf.open("pdf", document.tobytes())


def read(document: Any, *, plain: bool = False) -> PageText:
    return layout.read_page(document[0], "test", False, None, plain=plain)


@pytest.mark.parametrize("one_path", [False, True], ids=["a path per dot", "one path"])
def test_a_table_ruled_in_dots_is_a_table(one_path: bool) -> None:
    page = read(opened(grid_of_dots(6, 25, 1.2, one_path=one_path), 6, 25))
    (table,) = [block for block in page.blocks if block.label is Label.TABLE]
    rows = [line.split("\t") for line in table.text.splitlines()]
    assert rows == [[f"r{row}c{column}" for column in range(6)] for row in range(25)]
    assert page.warning is None and "Population by district" in page.markdown


def test_rows_of_dots_become_as_many_lines_as_there_are_rules() -> None:
    rules = rules_of(opened(grid_of_dots(6, 25, 1.2))[0].get_drawings())
    flat = [path["rect"] for path in rules if path["rect"].width > path["rect"].height]
    tall = [path["rect"] for path in rules if path["rect"].height > path["rect"].width]
    assert (len(flat), len(tall)) == (26, 7)
    assert all(rect.width > 500 for rect in flat) and all(rect.height > 700 for rect in tall)


def test_few_drawings_are_taken_as_they_are() -> None:
    paths = opened(grid_of_lines(6, 25))[0].get_drawings()
    assert rules_of(paths) is paths and Drawings(paths=paths, rules=paths).searchable


def test_scattered_dots_and_curves_rule_nothing() -> None:
    dots = "\n".join(f"{(n * 7919) % 500 + 40} {(n * 104729) % 700 + 60} 1 1 re f" for n in range(2000))
    curves = "\n".join(f"{n % 90 + 50} 100 m 60 {n % 70 + 90} 80 120 90 {n % 50 + 100} c S" for n in range(2000))
    paths = opened(f"{dots}\n{curves}\n40 400 m 500 400 l S")[0].get_drawings()
    longest = max(rules_of(paths), key=lambda path: path["rect"].width)
    assert len(rules_of(paths)) < 200 and longest["rect"].width == pytest.approx(460, abs=2)


def test_graph_paper_is_not_searched() -> None:
    paths = opened(grid_of_lines(150, 200))[0].get_drawings()
    assert not Drawings(paths=paths, rules=rules_of(paths)).searchable


def test_what_is_not_searched_keeps_its_text_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_lines, "_MOST_CROSSINGS", 20)
    page = read(opened(grid_of_lines(6, 25), 6, 25))
    assert page.warning is not None and page.warning.code == "tables_left_out"
    assert all(f"r{row}c{column}" in page.markdown for row in range(25) for column in range(6))


def test_a_page_of_a_hundred_thousand_dots_ends() -> None:
    page = read(opened(grid_of_dots(6, 25, 0.2, 0.1), 6, 25))
    assert "r24c5" in page.markdown and "Population by district" in page.markdown


def test_a_path_of_many_dots_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    edges, sizes = unseen._edges, list[int]()
    monkeypatch.setattr(unseen, "_edges", lambda items: edges(sizes.append(len(items)) or items))
    read(opened(grid_of_dots(6, 25, 9.0, one_path=True), 6, 25))
    assert len(sizes) == 1 and sizes[0] > 2000


def test_the_work_grows_as_the_words_of_a_crowded_page() -> None:
    few, many = (crowded(words) for words in (600, 1800))
    assert calls(lambda: read(many, plain=True)) < 5 * calls(lambda: read(few, plain=True))


def test_a_plain_reading_needs_no_model_and_says_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("the layout was looked for")

    monkeypatch.setattr("pipeline.engines.layout.model.boxes.boxes_of", never)
    monkeypatch.setattr(layout, "_found_tables", never)
    page = read(opened(grid_of_lines(3, 5), 3, 5), plain=True)
    assert page.warning is not None and page.warning.code == "layout_left_out"
    assert all(f"r{row}c{column}" in page.markdown for row in range(5) for column in range(3))


def test_the_page_is_as_before_when_it_was_read() -> None:
    page = opened(grid_of_dots(6, 25, 1.2), 6, 25)[0]
    layout.read_page(page, "test", False, None)
    assert not {"get_drawings", "get_textpage", "get_text"} & set(vars(page))
