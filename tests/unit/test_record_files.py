"""Records as workbooks and Parquet files: typed, safe, with their evidence."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.parquet import write_parquet
from ingest.workbook import write_workbook
from stores.models import Field, FieldKind, Schema

LONG = "a_list_with_a_name_that_is_longer_than_excel_takes"
SCHEMA = Schema(
    name="bill",
    description="",
    fields=(
        Field(name="issuer", kind=FieldKind.TEXT),
        Field(name="date", kind=FieldKind.DATE),
        Field(name="total", kind=FieldKind.NUMBER),
        Field(name="paid", kind=FieldKind.BOOLEAN),
        Field(name="marks", kind=FieldKind.TEXTS),
        Field(name=LONG, kind=FieldKind.ROWS, fields=(Field(name="pieces", kind=FieldKind.INTEGER),)),
        Field(name=f"{LONG}_too", kind=FieldKind.ROWS, fields=(Field(name="pieces", kind=FieldKind.INTEGER),)),
    ),
)
RECORD: dict[str, Any] = {
    "document": "d1",
    "source": "=cmd|' /c calc'!A1.pdf",
    "schema": "bill",
    "fields": {
        "issuer": "=1+1\x0b",
        "date": "2026-04-17",
        "total": 9.5,
        "paid": True,
        "marks": ["a", "b"],
        LONG: [{"pieces": 2}, {"pieces": None}],
        f"{LONG}_too": [],
    },
    "evidence": {
        "total": {"page": 3, "boxes": [[1.0, 2.0, 3.0, 4.0]], "quote": "9,50", "found": True},
        f"{LONG}[0].pieces": {"page": 0, "boxes": [], "quote": "", "found": False},
    },
    "corrections": [{"path": "total", "verdict": "corrected", "applied": True}],
}
OLD = {**RECORD, "document": "d2", "fields": {"date": "2026", "total": "nine"}, "evidence": {}, "corrections": []}


def test_a_workbook_has_typed_cells_no_formulas_and_a_sheet_for_each_list(tmp_path: Path) -> None:
    import openpyxl

    assert write_workbook(tmp_path / "a.xlsx", SCHEMA, [RECORD, OLD], evidence=True) == 2
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert len(book.sheetnames) == 3 and all(len(name) <= 31 for name in book.sheetnames)
    header, row, old = [[cell.value for cell in cells] for cells in book["bill"].iter_rows()]
    values = dict(zip(header, row, strict=True))
    assert (values["date"], values["total"], values["paid"]) == (datetime(2026, 4, 17), 9.5, True)
    assert (values["total page"], values["total quote"], values["total found"]) == (3, "9,50", True)
    assert (values["marks"], values["corrected_fields"]) == ("a; b", "total corrected")
    assert values["issuer"].startswith("=1+1") and values["source"].startswith("=cmd")
    assert {cell.data_type for cell in next(book["bill"].iter_rows(min_row=2, max_row=2))[:3]} == {"s"}
    assert dict(zip(header, old, strict=True))["date"] == "2026"
    lines = [[cell.value for cell in cells] for cells in book[book.sheetnames[1]].iter_rows()]
    assert [row[2:4] for row in lines] == [["row", "pieces"], [1, 2], [2, None]]


def test_a_parquet_file_has_lists_and_structs(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert write_parquet(tmp_path / "a.parquet", SCHEMA, [RECORD, OLD], evidence=True) == 2
    one, old = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert (one["total"], one["paid"], one["date"]) == (9.5, True, "2026-04-17")
    assert one[LONG] == [{"pieces": 2}, {"pieces": None}] and one["marks"] == ["a", "b"]
    assert one["corrected_fields"] == ["total corrected"] and one["evidence"][0]["boxes"] == [[1.0, 2.0, 3.0, 4.0]]
    assert (old["total"], old["date"], old[LONG]) == (None, "2026", [])
