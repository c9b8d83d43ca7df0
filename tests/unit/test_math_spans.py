"""Formulas between dollar signs: no amounts of money, and left alone by the escapes of table cells."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.cells.cells import Cell, Table
from pipeline.engines.rules.money import find_amounts
from pipeline.math_spans import blanked_math, map_around_math


@pytest.mark.parametrize(
    "text",
    ["For $m=1$, the light", r"where $x^{2}$ and $\frac{1}{2}$ hold", r"$$A=\pi r^{2} + 5.00$$", r"$-\infty \lt 0$"],
)
def test_a_formula_is_no_amount(text: str) -> None:
    assert not [amount for amount in find_amounts(text) if amount.currency]
    assert len(blanked_math(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("from $5 to $6 each", [5.0, 6.0]),
        ("$1,200.50 = $1,000.00 + tax", [1200.5, 1000.0]),
        ("rows of $4.00 < $5.00", [4.0, 5.0]),
        ("with $n=3$ of them at $12", [12.0]),
    ],
)
def test_dollars_stay_amounts(text: str, values: list[float]) -> None:
    assert [amount.value for amount in find_amounts(text) if amount.currency] == values


def test_what_stands_between_formulas_is_changed_apart() -> None:
    assert map_around_math(r"a\b $\pi=3$ c", str.upper, lambda math: f"[{math}]") == r"A\B [$\pi=3$] C"


def test_the_backslashes_of_a_formula_in_a_cell_are_its_own() -> None:
    texts = [["area", r"$A=\pi r^{2}$"], [r"C:\temp|x", r"$|x|=\|y\|$"]]
    cells = [
        Cell(row, column, (0, 0, 1, 1), text) for row, line in enumerate(texts) for column, text in enumerate(line)
    ]
    assert Table(tuple(cells), (0, 0, 2, 2)).markdown().split("\n") == [
        r"| area | $A=\pi r^{2}$ |",
        "| --- | --- |",
        r"| C:\\temp\|x | $\vert x\vert =\Vert y\Vert $ |",
    ]
