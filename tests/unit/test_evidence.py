"""Where values stand."""

from __future__ import annotations

from pipeline.engines.evidence.located_values import LocatedValue, locate, located_in
from pipeline.engines.evidence.page_lines import page_lines, upright_boxes
from tests.printed_pages import printed_page

LINES = page_lines(
    [
        printed_page("Acme Consulting Ltd\n12 High Street"),
        printed_page("Grand  total\nof all the years", number=2),
    ]
)


def test_a_quote_is_found_within_a_line_whatever_its_spaces() -> None:
    location = locate("ACME consulting", LINES)
    assert [line.text for line in location.lines] == ["Acme Consulting Ltd"]
    assert location.evidence("issuer").page == 1


def test_a_quote_is_found_over_lines_and_cells() -> None:
    evidence = locate("grand total of all", LINES).evidence("x")
    assert (evidence.page, evidence.found, len(evidence.boxes)) == (2, True, 3)


def test_a_quote_with_a_misread_letter_is_found() -> None:
    assert locate("Acme Consu1ting Ltd", LINES).lines


def test_what_is_not_printed_is_kept_as_not_found() -> None:
    evidence = locate("Widget Company", LINES).evidence("issuer")
    assert (evidence.found, evidence.page, evidence.quote) == (False, 0, "")


def test_evidence_stays_on_one_page() -> None:
    evidence = located_in("x", [LINES[0], LINES[-1]]).evidence("x")
    assert (evidence.page, evidence.quote) == (1, "Acme Consulting Ltd")
    assert evidence.boxes == (LINES[0].printed_box,)


def test_the_box_of_a_value_in_a_line_is_that_of_its_words() -> None:
    (line,) = page_lines([printed_page("Invoice number: 4711 of today")])
    whole, own = line.printed_box, located_in("4711", [line]).evidence("number").boxes[0]
    assert whole[0] + 60 < own[0] < own[2] < whole[2] - 30
    assert located_in(4711.0, [line]).evidence("number").boxes == (whole,)


def test_without_lines_there_is_no_evidence() -> None:
    assert not LocatedValue(value="x").evidence("x").found


def test_lines_of_a_page_on_its_side_are_turned_upright() -> None:
    upwards = [((90.0, 280.0, 109.0, 511.0), "Notice to all"), ((141.0, 110.0, 156.0, 514.0), "Maple Court")]
    first, second = upright_boxes(upwards)
    assert first[3] < second[1] and first[2] - first[0] == 231.0
    downwards = [((141.0, 110.0, 156.0, 514.0), "Notice to all"), ((90.0, 280.0, 109.0, 511.0), "Maple Court")]
    first, second = upright_boxes(downwards)
    assert first[3] < second[1] and first[0] == 110.0


def test_cells_of_a_scan_that_stand_a_little_apart_do_not_turn_a_page_over() -> None:
    rows = [
        ((50.0, 60.2, 90.0, 70.0), "Part no"), ((120.0, 60.0, 180.0, 70.0), "Description"),
        ((380.0, 59.9, 420.0, 70.0), "Unit price"), ((450.0, 59.7, 490.0, 70.0), "Amount"),
        ((50.0, 76.1, 90.0, 86.0), "D-1044"), ((120.0, 76.0, 180.0, 86.0), "steel switch"),
        ((450.0, 75.8, 490.0, 86.0), "5.248,00"), ((50.0, 91.9, 90.0, 101.0), "Total"),
    ]  # fmt: skip
    assert upright_boxes(rows) == [box for box, _ in rows]


def test_the_rows_of_a_skewed_table_are_not_turned_over() -> None:
    columns = (45.0, 120.0, 350.0, 405.0, 480.0)
    rows = [
        ((x, 60 + 14 * row - 0.03 * x, x + 40, 70 + 14 * row - 0.03 * x), "bearing")
        for row in range(9)
        for x in columns
    ]
    turned = [((-x1, -y1, -x0, -y0), text) for (x0, y0, x1, y1), text in rows]
    assert upright_boxes(rows) == upright_boxes(turned) == [box for box, _ in rows]
