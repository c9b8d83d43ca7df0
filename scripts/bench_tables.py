"""How many rows of generated long tables are right and in order, of ``bench records --tables``."""

from __future__ import annotations

import difflib
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from pipeline.engines.evidence.located_values import squash
from scripts.document_pages import read_pages
from scripts.layouts.scan_looks import LOOKS, ScanLook, scanned
from scripts.layouts.tables import LAYOUTS, SCHEMA, rows_of, sheet_of


def measure_tables(folder: Path, count: int, layouts: Container[str], looks: Sequence[str] = ()) -> None:
    """Print the share of right rows for each layout. ``looks``: of scans, which the layouts take in turn."""
    from pipeline.engines.rules.labels import LabelsRules

    right = 0
    chosen = {name: layout for name, layout in LAYOUTS.items() if not layouts or name in layouts}
    for at, (name, layout) in enumerate(chosen.items()):
        rows = rows_of(layout, count)
        kind = looks[at % len(looks)] if looks else ""
        look = LOOKS[kind] if kind else ScanLook()
        path = folder / f"{name}-{count}.pdf"
        sheet_of(layout, rows, look.face, look.size).save(path)
        pages = read_pages(scanned(path, look) if kind else path)
        record = LabelsRules().extract(SCHEMA, pages, path.name)
        wanted = [_comparable(row) for row in rows]
        extracted = [_comparable(tuple(row.values())) for row in record.fields["parts"]]
        matcher = difflib.SequenceMatcher(None, wanted, extracted, autojunk=False)
        same = sum(block.size for block in matcher.get_matching_blocks())
        right += same
        counts = f"{len(pages):3} pages  {len(extracted):5} rows  {same / count:.3f} right"
        print(f"{name:16} {kind:9} {counts}  {record.remarks[:1]}")
    print(f"{'all':16} {right / (count * len(chosen)):.3f}")


def _comparable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(squash(cell) if isinstance(cell, str) else cell for cell in row)
