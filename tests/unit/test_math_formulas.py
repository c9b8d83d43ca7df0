"""Formulas read from glyphs: what is set where, in which font, decides what TeX comes out."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.layout.reader import read_page
from pipeline.engines.math.fonts import is_math_font, letter_of
from pipeline.engines.math.formulas import take_formulas
from pipeline.engines.math.printed import lacks_meanings, may_hold_formulas, rules_of
from pipeline.engines.math.signs import Rule
from pipeline.engines.pdf import mupdf
from stores.models import Label
from tests.printed_formulas import ITALIC, ROMAN, SYMBOLS, Run, display, line, taken, tall, text_of


def test_indices_and_exponents() -> None:
    printed = line(
        ("y", 100, 100, 10, ITALIC), ("i", 105, 102, 7, ITALIC), ("=", 112, 100, 10, ROMAN),
        ("e", 120, 100, 10, ITALIC), ("x", 125, 96, 7, ITALIC), ("2", 128.5, 93, 5, ROMAN),
    )  # fmt: skip
    assert display([printed]) == ["y_{i} = e^{x^{2}}"]


def test_a_fraction_has_a_drawn_bar_between_its_parts() -> None:
    above, below = line(("a+b", 122, 93, 10, ITALIC)), line(("c", 127, 107, 10, ITALIC))
    row = line(("x", 100, 100, 10, ITALIC), ("=", 108, 100, 10, ROMAN))
    assert display([row, above, below], [Rule(121, 138, 97.5)]) == [r"x = \frac{a + b}{c}"]


def test_a_root_reaches_as_far_as_its_bar() -> None:
    row = line(("y", 100, 100, 10, ITALIC), ("=", 107, 100, 10, ROMAN))
    root = tall("√", 115, 90, 101, SYMBOLS)
    inside = line(("x+1", 124, 100, 10, ITALIC), ("−", 142, 100, 10, SYMBOLS), ("z", 150, 100, 10, ITALIC))
    assert display([row, root, inside], [Rule(123, 140, 90)]) == [r"y = \sqrt{x + 1} - z"]


def test_limits_of_sums_stand_over_and_under_them() -> None:
    row = line(("s", 100, 100, 10, ITALIC), ("=", 107, 100, 10, ROMAN))
    total = tall("∑", 118, 90, 104)
    below, above = line(("i=1", 116, 111, 7, ITALIC)), line(("n", 120, 88, 7, ITALIC))
    rest = line(("x", 128, 100, 10, ITALIC), ("i", 133, 102, 7, ITALIC))
    assert display([row, total, below, above, rest]) == [r"s = \sum_{i = 1}^{n}x_{i}"]


def test_rows_between_tall_brackets_are_a_matrix() -> None:
    lines = [
        line(("A", 100, 100, 10, ITALIC), ("=", 107, 100, 10, ROMAN)),
        tall("(", 115, 85, 110),
        line(("a", 124, 94, 10, ITALIC)),
        line(("b", 140, 94, 10, ITALIC)),
        line(("c", 124, 106, 10, ITALIC)),
        line(("d", 140, 106, 10, ITALIC)),
        tall(")", 146, 85, 110),
    ]
    assert display(lines) == [r"A = \begin{pmatrix} a & b \\ c & d \end{pmatrix}"]


def test_a_brace_that_is_never_closed_begins_cases() -> None:
    lines = [
        line(("f", 100, 100, 10, ITALIC), ("=", 107, 100, 10, ROMAN)),
        tall("{", 115, 85, 112),
        line(("x", 124, 94, 10, ITALIC)),
        line(("if ", 145, 94, 10, ROMAN), ("x>0", 158, 94, 10, ITALIC)),
        line(("0", 124, 107, 10, ROMAN)),
        line(("otherwise", 145, 107, 10, ROMAN)),
    ]
    assert display(lines) == [r"f = \begin{cases} x & \text{ if }x > 0 \\ 0 & \text{ otherwise } \end{cases}"]


def test_the_number_beside_a_formula_is_its_tag() -> None:
    lines = [line(("a=b", 200, 100, 10, ITALIC)), line(("(12)", 480, 100, 10, ROMAN))]
    assert display(lines) == [r"a = b \tag{12}"]


def test_signs_of_tex_fonts_without_meaning_are_known_by_their_codes() -> None:
    def lines(left: str, right: str) -> list[dict[str, Any]]:
        return [
            tall(left, 100, 85, 109), line(("x+y", 109, 100, 10, ITALIC)), tall(right, 125, 85, 109),
            line(("2", 134, 90, 7, ROMAN)), line(("=", 140, 100, 10, ROMAN), ("z", 148, 100, 10, ITALIC)),
        ]  # fmt: skip

    printed = lines("\ufffd", "\ufffd")
    assert lacks_meanings([{"lines": printed}])
    result = taken(printed, codes=lines("\x12", "\x13"))
    assert [formula.tex for formula in result.formulas] == [r"\left( x + y \right)^{2} = z"]
    assert taken(printed) is None or not taken(printed).formulas  # what cannot be told stays text


@pytest.mark.parametrize(
    ("char", "font", "expected"),
    [
        ("R", "MSBM10", ("R", "mathbb")),
        ("L", "CMSY10", ("L", "mathcal")),
        ("g", "EUFM10", ("g", "mathfrak")),
        ("w", "CMBX10", ("w", "mathbf")),
        ("𝑥", "CambriaMath", ("x", "")),
        ("𝔽", "STIXTwoMath-Regular", ("F", "mathbb")),
        ("L", "MT-Extra", ("⋯", "")),
        ("\uf061", "Symbol", ("α", "")),
        ("\uf8f1", "CMEX10", ("⎧", "")),
    ],
)
def test_alphabets_and_encodings_of_fonts(char: str, font: str, expected: tuple[str, str]) -> None:
    assert letter_of(char, char, font, False, False)[:2] == expected


def test_fonts_of_text_are_none_of_formulas() -> None:
    assert all(map(is_math_font, ("AAAAAA+CMMI8", "STIXTwoMath-Regular", "Cambria Math", "LatinModernMath-Regular")))
    assert not any(map(is_math_font, ("CMR10", "Times-Italic", "Arial", "NimbusRomNo9L-ReguItal", "SymbolMT")))


def test_a_formula_in_a_line_is_written_in_its_place() -> None:
    printed = line(
        ("The weight ", 100, 100, 10, ROMAN), ("w", 152.5, 100, 10, ITALIC), ("i", 157.5, 102, 7, ITALIC),
        (" ", 161, 100, 10, ROMAN), ("∈", 164, 100, 10, SYMBOLS), (" ", 169, 100, 10, ROMAN),
        ("R", 172, 100, 10, "MSBM10"), ("n", 177, 96, 7, ITALIC), (", of course", 180.5, 100, 10, ROMAN),
    )  # fmt: skip
    assert text_of([printed]) == r"The weight $w_{i} \in \mathbb{R}^{n}$, of course"


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param([("an area of 27 mm", 100, 100, 10, ROMAN), ("2", 177, 96, 7, ROMAN)], id="unit"),
        pytest.param([("Ada Lovelace", 100, 100, 10, ROMAN), ("∗", 158, 96, 7, SYMBOLS)], id="affiliation"),
        pytest.param([("the point (1,1) of it", 100, 100, 10, ROMAN)], id="point"),
        pytest.param([("the value ", 100, 100, 10, ROMAN), ("x", 147.5, 100, 10, ITALIC)], id="lone letter"),
        pytest.param([("about 5 ", 100, 100, 10, ROMAN), ("±", 137.5, 100, 10, SYMBOLS)], id="sign"),
    ],
)
def test_what_plain_text_says_as_well_stays_text(runs: list[Run]) -> None:
    assert taken([line(*runs)]) is None


def test_the_end_of_a_paragraph_is_no_formula_of_its_own() -> None:
    lines = [
        line(("as all of these points together give us the sum", 100, 100, 10, ROMAN)),
        line(("a+b=c.", 100, 112, 10, ITALIC)),
    ]
    assert display(lines) == []


def test_rows_of_numbers_are_no_formulas() -> None:
    lines = [line((f"{at}±{at}", 100 + 60 * at, 100, 10, SYMBOLS)) for at in range(1, 6)]
    assert display(lines) == []


def test_text_in_tables_stays() -> None:
    printed = line(("y", 100, 100, 10, ITALIC), ("i", 105, 102, 7, ITALIC), ("=2", 112, 100, 10, ROMAN))
    assert take_formulas([{"lines": [printed]}], {}, [], [(50, 50, 400, 400)]) is None


def test_pages_without_signs_of_formulas_are_not_looked_at() -> None:
    plain = [{"lines": [line(("Total 12 → 5 − 3 = 27 mm", 100, 100, 10, "Times-Italic"))]}]
    assert not may_hold_formulas(plain)
    assert may_hold_formulas([{"lines": [line(("∑", 100, 100, 10, "Times-Roman"))]}])


def test_only_level_lines_are_bars() -> None:
    boxes = [(10.0, 10.0, 30.0, 10.4), (10.0, 10.0, 10.4, 80.0), (0.0, 50.0, 599.0, 50.4)]
    assert rules_of(boxes, 600) == [Rule(10.0, 30.0, 10.2)]


def test_a_page_shows_its_formulas_as_blocks_between_its_paragraphs() -> None:
    pymupdf = mupdf.load()
    document = pymupdf.open()
    page = document.new_page()
    words = "Every paragraph of this page is set in the same way and runs over the whole width of the column."
    for y in (100, 114, 220, 234):
        page.insert_text((72, y), words, fontname="tiro", fontsize=11)
    letters, signs = pymupdf.Font("tiit"), pymupdf.Font("cjk")
    writer = pymupdf.TextWriter(page.rect)
    for y, name in ((160, "u"), (176, "t")):
        writer.append((280, y), "∂", font=signs, fontsize=11)
        writer.append((291, y), name, font=letters, fontsize=11)
    for text, x, y, size in (("=", 304, 167, 11), ("a", 316, 167, 11), ("2", 322, 162, 7), ("u", 328, 167, 11)):
        writer.append((x, y), text, font=letters, fontsize=size)
    writer.write_text(page)
    page.draw_line((278, 164), (298, 164), width=0.4)
    result = read_page(page, "test", False, None)
    formula = next(block for block in result.blocks if block.label is Label.FORMULA)
    assert result.markdown[formula.start : formula.end] == r"$$\frac{\partial u}{\partial t} = a^{2}u$$"
    before, after = result.markdown.split("$$")[::2]
    assert before.count("Every paragraph") == after.count("Every paragraph") == 2
    assert "∂" in "".join(printed.text for printed in formula.lines)  # evidence is looked for in what is printed
