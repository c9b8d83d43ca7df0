"""A record under corrections: what is shown, where list elements move to, and what a later extraction changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stores.corrected_records import CorrectedRecord, corrected
from stores.correction_marks import Verdict
from stores.corrections import Correction, ValuePath
from stores.models import Box, Evidence, Record


def at(path: str, box: Box = (1.0, 2.0, 3.0, 4.0), page: int = 1) -> Evidence:
    return Evidence(path=path, page=page, boxes=(box,), quote=path)


ROWS = [{"what": "tea", "pieces": 2}, {"what": "milk", "pieces": 1}, {"what": "milk", "pieces": 1}]
RECORD = Record(
    schema="bill",
    fields={"total": 9.5, "due": None, "marks": ["a", "b", "c"], "lines": ROWS},
    evidence=(
        at("total"),
        at("marks[0]"),
        at("marks[1]"),
        at("marks[2]"),
        *(at(f"lines[{row}].what", (0.0, 20.0 * row, 9.0, 20.0 * row + 9.0)) for row in range(3)),
    ),
    remarks=("due is required, and was not found", "lines.pieces: they do not add up"),
)


def said(
    path: str, verdict: Verdict, value: Any = None, number: int = 1, record: Record = RECORD, **more: Any
) -> Correction:
    """A correction of a value of the extracted record."""
    place = ValuePath.read(path)
    assert place is not None
    anchor = CorrectedRecord(record, ()).anchor(place)
    made = Correction(
        document="d", schema="bill", path=path, verdict=verdict, value=value, author="ann", anchor=anchor, number=number
    )
    return made if not more else Correction(**{**{n: getattr(made, n) for n in made.__slots__}, **more})


def marks(record: Record) -> dict[str, tuple[str, bool]]:
    return {mark.path: (str(mark.verdict), mark.applied) for mark in record.corrections}


def paths(record: Record) -> dict[str, bool]:
    return {one.path: one.found for one in record.evidence}


def test_a_corrected_value_takes_the_place_of_the_extracted_one() -> None:
    place = at("", (5.0, 5.0, 6.0, 6.0), page=2)
    shown = corrected(RECORD, [said("total", Verdict.CORRECTED, 10.0, evidence=place)])
    assert shown.fields["total"] == 10.0 and shown.fields["lines"] == ROWS
    assert next(one for one in shown.evidence if one.path == "total").page == 2
    assert marks(shown) == {"total": ("corrected", True)}


def test_a_value_without_a_place_has_no_evidence_and_a_rejected_one_no_value() -> None:
    assert paths(corrected(RECORD, [said("total", Verdict.CORRECTED, 10.0)]))["total"] is False
    shown = corrected(RECORD, [said("total", Verdict.REJECTED)])
    assert shown.fields["total"] is None and "total" not in paths(shown)


def test_a_confirmed_value_stays_when_another_is_extracted() -> None:
    later = Record(schema="bill", fields={**RECORD.fields, "total": 1.0}, evidence=())
    assert corrected(later, [said("total", Verdict.CONFIRMED, 9.5, evidence=at("total"))]).fields["total"] == 9.5


def test_the_last_word_counts() -> None:
    shown = corrected(RECORD, [said("total", Verdict.CORRECTED, 1.0, 2), said("total", Verdict.REJECTED, None, 1)])
    assert shown.fields["total"] == 1.0


def test_a_given_value_settles_the_remark_that_it_is_missing() -> None:
    assert corrected(RECORD, [said("due", Verdict.CORRECTED, "2026-01-02")]).remarks == RECORD.remarks[1:]


def test_a_removed_element_moves_those_behind_it_with_their_evidence() -> None:
    corrections = [said("marks[0]", Verdict.REJECTED), said("marks[2]", Verdict.CORRECTED, "C", 2)]
    shown = corrected(RECORD, corrections)
    assert shown.fields["marks"] == ["b", "C"]
    assert paths(shown)["marks[0]"] is True and "marks[2]" not in paths(shown)
    assert marks(shown) == {"marks[1]": ("corrected", True), "marks": ("rejected", True)}
    state = CorrectedRecord(RECORD, corrections)
    assert str(state.extracted_path(ValuePath("marks", "1"))) == "marks[2]"
    assert str(state.extracted_path(ValuePath("marks", "2"))) == "marks[+1]"
    assert state.extracted_path(ValuePath("marks", "3")) is None


def test_a_cell_is_corrected_in_its_row_among_equal_rows() -> None:
    shown = corrected(RECORD, [said("lines[2].pieces", Verdict.CORRECTED, 7)])
    assert [row["pieces"] for row in shown.fields["lines"]] == [2, 1, 7]


@pytest.mark.parametrize(
    ("rows", "pieces"),
    [
        pytest.param([{"what": "new", "pieces": 5}, *ROWS], [5, 9, 1, 1], id="a row more before it"),
        pytest.param([ROWS[1], ROWS[0]], [1, 9], id="another order"),
        pytest.param([{"what": "tea", "pieces": 9}, ROWS[1]], [9, 1], id="read right meanwhile"),
        pytest.param([{"what": "tea", "pieces": 4}, ROWS[1]], [9, 1], id="its cell read otherwise"),
        pytest.param(ROWS[1:], [1, 1], id="gone"),
    ],
)
def test_a_correction_finds_its_row_in_a_later_extraction(rows: list[dict[str, Any]], pieces: list[int]) -> None:
    later = Record(schema="bill", fields={**RECORD.fields, "lines": rows})
    shown = corrected(later, [said("lines[0].pieces", Verdict.CORRECTED, 9)])
    assert [row["pieces"] for row in shown.fields["lines"]] == pieces
    assert all(mark.applied for mark in shown.corrections) == (9 in pieces)


def test_a_row_that_reads_otherwise_is_found_where_it_stood() -> None:
    rows = [{"what": "?", "pieces": 3}, {"what": "bread", "pieces": 5}]
    evidence = (at("lines[0].what", (0.0, 200.0, 9.0, 209.0)), at("lines[1].what", (0.0, 1.0, 9.0, 9.0)))
    later = Record(schema="bill", fields={"lines": rows}, evidence=evidence)
    shown = corrected(later, [said("lines[0].pieces", Verdict.CORRECTED, 9)])
    assert [row["pieces"] for row in shown.fields["lines"]] == [3, 9]


def test_an_added_row_goes_when_it_is_extracted_itself() -> None:
    added = said("lines[+1]", Verdict.CORRECTED, {"what": "jam", "pieces": None})
    assert corrected(RECORD, [added]).fields["lines"][3] == {"what": "jam", "pieces": None}
    later = Record(schema="bill", fields={"lines": [*ROWS, {"what": "jam", "pieces": 4}]})
    assert len(corrected(later, [added]).fields["lines"]) == 4


def test_what_the_schema_lost_or_types_otherwise_is_kept_and_not_shown() -> None:
    later = Record(schema="bill", fields={"total": "9.50"})
    shown = corrected(later, [said("total", Verdict.CORRECTED, 10.0), said("due", Verdict.CORRECTED, "2026", 2)])
    assert shown.fields == {"total": "9.50"}
    assert marks(shown) == {"total": ("corrected", False), "due": ("corrected", False)}


def test_an_accepted_remark_stays_and_is_marked() -> None:
    shown = corrected(RECORD, [said("@remarks[1]", Verdict.CONFIRMED)])
    assert shown.remarks == RECORD.remarks and marks(shown) == {"@remarks[1]": ("confirmed", True)}


SUM = "lines.pieces: the 3 rows add up to 4.00, the total printed on page 1 is 5.00 (difference 1.00)"
SUMMED = replace(RECORD, remarks=("due is required, and was not found", SUM))


def test_the_remark_on_a_total_follows_the_corrections_of_its_rows() -> None:
    settled = corrected(SUMMED, [said("lines[1].pieces", Verdict.CORRECTED, 2, record=SUMMED)])
    assert settled.remarks == SUMMED.remarks[:1]
    fewer = corrected(SUMMED, [said("lines[2]", Verdict.REJECTED, record=SUMMED)])
    assert fewer.remarks[1] == SUM.replace("3 rows", "2 rows").replace("4.00", "3.00").replace("1.00)", "2.00)")
    one = corrected(SUMMED, [said(f"lines[{at}]", Verdict.REJECTED, record=SUMMED) for at in (1, 2)])
    assert one.remarks[1].startswith("lines.pieces: the 1 row adds up to ")
    assert corrected(SUMMED, [said("lines[1].what", Verdict.CORRECTED, "cream", record=SUMMED)]).remarks[1] == SUM


def test_the_balances_of_a_statement_are_checked_again_after_a_correction() -> None:
    rows = [{"date": "2024-01-05", "amount": -60.0}, {"date": "2024-01-06", "amount": 20.0}]
    right = Record(
        schema="statement",
        fields={"opening_balance": 100.0, "closing_balance": 60.0, "transactions": rows},
        evidence=(),
    )
    wrong = corrected(right, [said("transactions[1].amount", Verdict.CORRECTED, 25.0, record=right)])
    remark = "closing_balance: the opening balance and 2 transactions give 65.00, 60.00 is printed (difference -5.00)"
    assert wrong.remarks == (remark,)
    both = [
        said("transactions[1].amount", Verdict.CORRECTED, 25.0, record=right),
        said("closing_balance", Verdict.CORRECTED, 65.0, number=2, record=right),
    ]
    assert corrected(right, both).remarks == ()
    remarked = replace(right, fields={**right.fields, "closing_balance": 61.0}, remarks=(remark.replace("65", "60"),))
    assert corrected(remarked, [said("closing_balance", Verdict.CORRECTED, 60.0, record=remarked)]).remarks == ()
