"""Rows of tables: layouts of statements, parts lists and price lists, over many pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.engines.rules.labels import LabelsRules
from scripts.layouts.tables import SCHEMA as PARTS
from stores.models import Record
from tests.printed_pages import printed_page


def extract(*drawings: str) -> Record:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    return LabelsRules().extract(PARTS, pages, "parts.pdf")


def rows_of(*drawings: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in extract(*drawings).fields["parts"]]


FIRST = """
Acme Parts List                              2024-05-01

Part no   Description            Qty    Unit price      Total
A-1       Bolt, steel             10          1.50      15.00
          galvanised
A-2       Nut                    100          0.10      10.00
          Carried forward                               25.00
Page 1 of 2
"""
SECOND = """
Acme Parts List                              2024-05-01

Part no   Description            Qty    Unit price      Total
          Brought forward                               25.00
A-3       Washer                   4          2.00       8.00
          Total                                         33.00

Please order by telephone: 5 555 1234.
Prices hold until 31 December 2024.
"""


def test_a_table_over_two_pages_is_one() -> None:
    assert rows_of(FIRST, SECOND) == [
        ("A-1", "Bolt, steel galvanised", 10, 1.5, 15.0),
        ("A-2", "Nut", 100, 0.1, 10.0),
        ("A-3", "Washer", 4, 2.0, 8.0),
    ]


def test_every_cell_has_its_own_boxes() -> None:
    evidence = {one.path: one for one in extract(FIRST, SECOND).evidence}
    wrapped, last = evidence["parts[0].name"], evidence["parts[2].total"]
    assert (wrapped.page, len(wrapped.boxes)) == (1, 2)
    assert (last.page, last.quote, len(last.boxes)) == (2, "8.00", 1)


def test_sums_are_checked_against_the_printed_total() -> None:
    assert extract(FIRST, SECOND).remarks == ()
    wrong = extract(FIRST, SECOND.replace("33.00", "34.00"))
    assert wrong.remarks == (
        "parts.total: the 3 rows add up to 33.00, the total printed on page 2 is 34.00 (difference 1.00)",
    )


def test_a_further_page_needs_no_header() -> None:
    second = "\n".join(line for line in SECOND.splitlines() if "Part no" not in line)
    assert len(rows_of(FIRST, second)) == 3


def test_subtotals_are_no_rows() -> None:
    record = extract("""
Part no   Description            Qty    Unit price     Amount
A-1       Bolt                    10          1.50      15.00
A-2       Nut                    100          0.10      10.00
          Subtotal                                      25.00
B-1       Washer                   4          2.00       8.00
          Subtotal                                       8.00
          Grand total                                   33.00
""")
    assert [row["number"] for row in record.fields["parts"]] == ["A-1", "A-2", "B-1"]
    assert record.remarks == ()


def test_decimal_comma_thousands_and_negative_numbers() -> None:
    assert rows_of("""
Part no   Description            Qty    Unit price       Total
A-1       Motor                    2      1.234,50    2.469,00
A-2       Credit                   1        (20,00)     (20,00)
A-3       Return                   1          5,00-       5,00-
A-4       Pallet               1.000         1.500    1.500.000
""") == [
        ("A-1", "Motor", 2, 1234.5, 2469.0),
        ("A-2", "Credit", 1, -20.0, -20.0),
        ("A-3", "Return", 1, -5.0, -5.0),
        ("A-4", "Pallet", 1000, 1500.0, 1500000.0),
    ]


def test_a_point_before_two_last_digits_is_no_mark_of_thousands() -> None:
    """OCR takes a comma for a point at times: groups of thousands have three digits, the last one at least."""
    assert rows_of("""
Part no   Description            Qty    Unit price        Total
A-1       Motor                    2      1.234,50     2.469,00
A-2       Pump                     3        779.38     2.338,14
A-3       Crane                    7     12.176.96    85.238.72
""") == [
        ("A-1", "Motor", 2, 1234.5, 2469.0),
        ("A-2", "Pump", 3, 779.38, 2338.14),
        ("A-3", "Crane", 7, 12176.96, 85238.72),
    ]


def test_chinese_headers_and_totals() -> None:
    assert rows_of("""
零件号    名称                   数量    单价(元)       金额(元)
A-1       螺栓                     10        1.50        15.00
A-2       螺母                    100        0.10        10.00
          合计                                           25.00
""") == [("A-1", "螺栓", 10, 1.5, 15.0), ("A-2", "螺母", 100, 0.1, 10.0)]


def test_a_header_of_two_lines() -> None:
    assert rows_of("""
Part      Description                  Unit
no                               Qty   price           Total
A-1       Bolt                    10         1.50      15.00
A-2       Nut                    100         0.10      10.00
""") == [("A-1", "Bolt", 10, 1.5, 15.0), ("A-2", "Nut", 100, 0.1, 10.0)]


def test_rows_of_two_lines() -> None:
    assert rows_of("""
Part no                          Qty
Description                                Unit price      Total

A-1                               10
Bolt                                             1.50      15.00
A-2                              100
Nut                                              0.10      10.00
A-3                                4
Washer                                           2.00       8.00
""") == [("A-1", "Bolt", 10, 1.5, 15.0), ("A-2", "Nut", 100, 0.1, 10.0), ("A-3", "Washer", 4, 2.0, 8.0)]


def test_a_page_break_inside_a_row() -> None:
    first = FIRST.replace("          Carried forward                               25.00\n", "").replace(
        "Page 1 of 2", ""
    )
    second = SECOND.replace("          Brought forward                               25.00\n", "          hexagonal\n")
    assert [row[1] for row in rows_of(first, second)] == ["Bolt, steel galvanised", "Nut hexagonal", "Washer"]


def test_columns_without_a_field_are_left_out() -> None:
    assert rows_of("""
Pos   Part no   Description            Qty    Weight    Unit price      Total
1     A-1       Bolt                    10    1.2 kg          1.50      15.00
2     A-2       Nut                    100    0.2 kg          0.10      10.00
""") == [("A-1", "Bolt", 10, 1.5, 15.0), ("A-2", "Nut", 100, 0.1, 10.0)]


def test_empty_cells_stay_empty() -> None:
    assert rows_of("""
Part no   Description            Qty    Unit price      Total
A-1       Bolt                    10                    15.00
A-2       Nut                                 0.10      10.00
""") == [("A-1", "Bolt", 10, None, 15.0), ("A-2", "Nut", None, 0.1, 10.0)]


def test_no_header_no_rows() -> None:
    assert rows_of("The description says that 10 parts of 1.50 make 15.00 in total.") == []


def drawn_row(cells: Sequence[str]) -> str:
    return f"{cells[0]:<10}{cells[1]:<20}{cells[2]:>6}{cells[3]:>14}{cells[4]:>14}"


@pytest.mark.parametrize("pages", [60])
def test_two_thousand_rows_over_sixty_pages(pages: int) -> None:
    header = "Part no   Description            Qty    Unit price         Total"
    drawings, want = [], []
    for page in range(pages):
        rows = []
        for at in range(34):
            number = page * 34 + at
            price = (number % 97) / 4 + 0.25
            want.append((f"A-{number}", f"Part {number}", number % 9 + 1, price, price * (number % 9 + 1)))
            rows.append(
                drawn_row(
                    [f"A-{number}", f"Part {number}", str(number % 9 + 1), f"{price:,.2f}", f"{want[-1][4]:,.2f}"]
                )
            )
        drawings.append("\n".join(["Parts of 2024", "", header, *rows, "", f"Page {page + 1} of {pages}"]))
    record = extract(*drawings)
    assert [tuple(row.values()) for row in record.fields["parts"]] == want
    assert len(record.evidence) == 5 * len(want)
    assert all(re.search(r"\w", one.quote) and one.boxes for one in record.evidence)
