"""Formulas inside lines of text: what reaches over and under the line belongs to it, and nothing is torn."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.math.fonts import letter_of
from pipeline.engines.math.signs import Rule
from tests.printed_formulas import ITALIC, LARGE, ROMAN, SYMBOLS, display, line, taken, tall, text_of

WORDS = "so that we gain "  # 70 points wide


def _words(text: str = WORDS, x: float = 100.0, base: float = 100.0) -> tuple[str, float, float, float, str]:
    return text, x, base, 10.0, ROMAN


def test_a_fraction_in_a_line_is_part_of_it() -> None:
    lines = [
        line(_words(), ("b", 170, 100, 10, ITALIC), ("=", 178, 100, 10, ROMAN)),
        line(("1", 188.5, 96, 7, ROMAN)),
        line(("m", 188.5, 105.5, 7, ITALIC)),
        line(_words(" of all", 197)),
    ]
    assert text_of(lines, [Rule(186, 195, 97.5)]) == r"so that we gain $b = \frac{1}{m}$ of all"
    assert display(lines, [Rule(186, 195, 97.5)]) == []


def test_a_lone_fraction_of_text_fonts_is_one_where_a_page_has_formulas() -> None:
    lines = [
        line(_words()),
        line(("1", 172, 96, 7, ROMAN)),
        line(("2", 172, 105.5, 7, ROMAN)),
        line(_words("of it", 180)),
    ]
    assert text_of(lines, [Rule(171, 176.5, 97.5)]) == r"so that we gain $\frac{1}{2}$of it"


def test_a_line_that_strikes_words_out_makes_no_fraction() -> None:
    lines = [
        line(_words(), ("x", 170, 100, 10, ITALIC), ("i", 175, 102, 7, ITALIC)),
        line(("m", 130, 105.5, 7, ITALIC)),
    ]
    assert r"\frac" not in text_of(lines, [Rule(120, 140, 97.5)])


def test_limits_over_and_under_a_sum_in_a_line_are_its_own() -> None:
    lines = [
        line(_words()),
        tall("∑", 172, 90, 105),
        line(("n", 174.5, 88, 7, ITALIC)),
        line(("i", 171, 112, 7, ITALIC), ("=", 174.5, 112, 7, ROMAN), ("1", 178, 112, 7, ROMAN)),
        line(("x", 182, 100, 10, ITALIC), ("i", 187, 102, 7, ITALIC), (" of all", 191, 100, 10, ROMAN)),
    ]
    assert text_of(lines) == r"so that we gain $\sum_{i = 1}^{n}x_{i}$ of all"


def test_indices_beside_a_sum_do_not_part_it_from_its_term() -> None:
    lines = [
        line(_words(), ("a", 170, 100, 10, ITALIC), ("=", 178, 100, 10, ROMAN)),
        tall("∑", 186, 92, 103),
        line(("n", 194.5, 95, 7, ITALIC)),
        line(("i", 194.5, 104, 7, ITALIC), ("=", 198, 104, 7, ROMAN), ("1", 201.5, 104, 7, ROMAN)),
        line(("y", 207, 100, 10, ITALIC), ("i", 212, 102, 7, ITALIC), (" of all", 216, 100, 10, ROMAN)),
    ]
    assert text_of(lines) == r"so that we gain $a = \sum_{i = 1}^{n}y_{i}$ of all"


def test_a_small_matrix_in_a_line_has_rows_and_columns() -> None:
    lines = [
        line(_words(), ("T", 170, 100, 10, ITALIC), ("=", 178, 100, 10, ROMAN), ("(", 186, 100, 10, ROMAN)),
        line(("1", 191.5, 96.5, 7, ROMAN), ("0", 198, 96.5, 7, ROMAN)),
        line(("0", 191.5, 103, 7, ROMAN), ("1", 198, 103, 7, ROMAN)),
        line((")", 202, 100, 10, ROMAN), (" of it", 208, 100, 10, ROMAN)),
    ]
    assert text_of(lines) == r"so that we gain $T = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}$ of it"


def test_a_binomial_in_a_line_is_one_sign_of_it() -> None:
    lines = [
        line(_words()),
        tall("(", 172, 85, 110),
        line(("n", 182, 92, 10, ITALIC)),
        line(("k", 182, 108, 10, ITALIC)),
        tall(")", 189, 85, 110),
        line(_words("of it", 199)),
    ]
    assert text_of(lines) == r"so that we gain $\binom{n}{k}$of it"


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param(
            [("c", 170, 100, 10, ITALIC), ("=", 178, 100, 10, ROMAN), ("x", 186, 100, 10, ITALIC),
             ("¯", 186.5, 100, 10, ROMAN)],
            r"$c = \bar{x}$",
            id="bar at the end",
        ),
        pytest.param(
            [("e", 170, 100, 10, ROMAN), ("−", 175, 96, 7, SYMBOLS), ("x", 178.5, 96, 7, ITALIC)],
            "$\\mathrm{e}^{-x}$",
            id="exponent of a letter of text",
        ),
        pytest.param(
            [("SL", 170, 100, 10, ROMAN), ("2", 180, 102, 7, ROMAN), ("(", 184, 100, 10, ROMAN),
             ("R", 189, 100, 10, "MSBM10"), (")", 194, 100, 10, ROMAN)],
            r"$\mathrm{SL}_{2}(\mathbb{R})$",
            id="name with an index",
        ),
        pytest.param(
            [("x", 170, 100, 10, ITALIC), ("nk+nm", 175, 96, 7, ITALIC), ("y", 193, 100, 10, ITALIC)],
            "$x^{nk + nm}y$",
            id="long exponent",
        ),
        pytest.param(
            [("E", 170, 100, 10, "MSBM10"), ("[", 175, 100, 10, ROMAN), ("e", 180, 100, 10, ITALIC),
             ("]", 185, 100, 10, ROMAN), ("=", 193, 100, 10, ROMAN), ("0", 201, 100, 10, ROMAN)],
            r"$\mathbb{E}[e] = 0$",
            id="value behind a bracket",
        ),
        pytest.param(
            [("Pr", 170, 100, 10, ROMAN), ("(", 180, 100, 10, ROMAN), ("x", 185, 100, 10, ITALIC),
             ("i", 190, 102, 7, ITALIC), (")", 194, 100, 10, ROMAN)],
            r"$\Pr(x_{i})$",
            id="name of a function",
        ),
        pytest.param(
            [("x", 170, 100, 10, ITALIC), ("n", 175, 102, 7, ITALIC), ("−", 184, 100, 10, SYMBOLS),
             ("→", 189, 100, 10, SYMBOLS), ("p", 187, 93, 7, ITALIC), ("c", 198, 100, 10, ITALIC)],
            r"$x_{n} \xrightarrow{p} c$",
            id="letter over an arrow",
        ),
    ],
)  # fmt: skip
def test_what_belongs_to_a_formula_in_a_line_stays_with_it(runs: list[Any], expected: str) -> None:
    assert text_of([line(_words(), *runs)]).startswith(WORDS + expected)


def test_the_mark_of_a_note_behind_a_name_is_no_exponent() -> None:
    assert taken([line(_words("as Ada Lovelace"), ("a", 172.5, 96, 7, ITALIC))]) is None


def test_short_slanted_words_are_none_of_the_formula() -> None:
    slanted = "ABCDEF+CMTI10"
    printed = line(
        ("every function ", 100, 100, 10, slanted), ("f", 172.5, 100, 10, ITALIC), ("i", 177.5, 102, 7, ITALIC),
        (" is of the form ", 181, 100, 10, slanted), ("g", 252, 100, 10, ITALIC), ("i", 257, 102, 7, ITALIC),
    )  # fmt: skip
    assert text_of([printed]) == "every function $f_{i}$ is of the form $g_{i}$"


def test_a_full_line_goes_on_with_a_line_of_formulas() -> None:
    lines = [
        line(_words("these are words over all of the width of it")),
        line(_words("and these are words over all the width of it", base=114)),
        line(("u", 100, 128, 10, ITALIC), ("i", 105, 130, 7, ITALIC), ("=", 112, 128, 10, ROMAN)),
        line(("1", 121.5, 124, 7, ROMAN)),
        line(("m", 121.5, 133.5, 7, ITALIC)),
    ]
    assert text_of(lines, [Rule(120, 128, 125.5)]).endswith(r"$u_{i} = \frac{1}{m}$")
    assert display(lines, [Rule(120, 128, 125.5)]) == []


def test_words_under_a_sum_that_stands_alone_are_its_limit() -> None:
    lines = [
        tall("∑", 110, 90, 105),
        line(("h", 104, 112, 7, ITALIC), (" (mod ", 107.5, 112, 7, ROMAN), ("12)", 127, 112, 7, ROMAN)),
        line(("f", 140, 100, 10, ITALIC), ("(", 145, 100, 10, ROMAN), ("h", 150, 100, 10, ITALIC),
             (")", 155, 100, 10, ROMAN), ("=", 163, 100, 10, ROMAN), ("0", 171, 100, 10, ROMAN)),
    ]  # fmt: skip
    (tex,) = display(lines)
    assert tex.startswith(r"\sum_{h") and tex.endswith("f(h) = 0")


def test_an_arrow_without_a_width_stands_over_the_next_letter() -> None:
    printed = line(_words(), ("\u20d7", 167, 100, 10, ITALIC), ("H", 170, 100, 10, ITALIC), ("(", 175, 100, 10, ROMAN),
                   ("t", 180, 100, 10, ITALIC), (")", 185, 100, 10, ROMAN))  # fmt: skip
    mark = printed["spans"][1]["chars"][0]
    mark["bbox"] = (167, 92, 167, 94)
    assert text_of([printed]) == WORDS + r"$\vec{H}(t)$"


def test_hats_stand_over_the_nearest_letter_below_them() -> None:
    lines = [
        line(("y", 100, 100, 10, ITALIC), ("=", 108, 100, 10, ROMAN)),
        line(("x", 118, 94, 10, ITALIC)), line(("x", 118, 108, 10, ITALIC)),
        line(("ˆ", 118, 94, 10, ROMAN)), line(("ˆ", 118, 108, 10, ROMAN)),
    ]  # fmt: skip
    assert display(lines, [Rule(117, 124, 97.5)]) == [r"y = \frac{\hat{x}}{\hat{x}}"]


def test_rows_of_aligned_equations_are_formulas_of_their_own() -> None:
    lines = []
    for base in (100.0, 132.0):
        lines += [
            line(("=", 100, base, 10, ROMAN)),
            tall("∑", 110, base - 10, base + 5),
            line(("n", 112.5, base - 12, 7, ITALIC)),
            line(("k", 112.5, base + 12, 7, ITALIC)),
            line(("x", 122, base, 10, ITALIC), ("k", 127, base + 2, 7, ITALIC)),
        ]
    assert display(lines) == [r"= \sum_{k}^{n}x_{k}"] * 2


def test_a_column_of_fractions_between_brackets_is_a_matrix() -> None:
    lines = [
        line(("g", 100, 120, 10, ITALIC), ("=", 108, 120, 10, ROMAN)),
        tall("[", 118, 90, 145),
        tall("]", 140, 90, 145),
    ]
    rules = []
    for axis in (104.0, 124.0):
        lines += [line(("a", 129, axis - 2, 7, ITALIC)), line(("b", 129, axis + 7, 7, ITALIC))]
        rules.append(Rule(128, 133.5, axis))
    lines.append(line(("c", 129, 143, 10, ITALIC)))
    (tex,) = display(lines, rules)
    assert tex == r"g = \begin{bmatrix} \frac{a}{b} \\ \frac{a}{b} \\ c \end{bmatrix}"


def test_a_bar_in_a_limit_makes_no_fraction_of_the_sum_above() -> None:
    lines = [
        tall("∑", 110, 90, 105),
        line(("C", 112, 113, 7, ITALIC)),
        line(("f", 122, 100, 10, ITALIC), ("=", 130, 100, 10, ROMAN), ("0", 138, 100, 10, ROMAN)),
    ]
    assert display(lines, [Rule(112, 115.5, 107.5)]) == [r"\sum_{\bar{C}}f = 0"]


def test_integrals_of_esint_are_known() -> None:
    assert letter_of("ˆ", "", "ABCDEF+esint10", False, False).char == "∫"
    assert letter_of("ˆ", "", LARGE.replace("CMEX", "CMR"), False, False).char == "ˆ"


def test_a_sign_that_the_text_layer_does_not_know_is_written_where_its_code_is_known() -> None:
    printed = line(
        _words(), ("l", 170, 100, 10, ITALIC), ("\ufffd", 178, 100, 10, SYMBOLS), ("→", 178.2, 100, 10, SYMBOLS),
        ("m", 190, 100, 10, ITALIC),
    )  # fmt: skip
    coded = line(("7", 178, 100, 10, SYMBOLS))  # the code of the tail of an arrow
    result = taken([printed], codes=[coded])
    text = "".join(
        char["c"] for block in result.blocks for one in block["lines"] for s in one["spans"] for char in s["chars"]
    )
    assert text == WORDS + r"$l \mapsto m$"
