"""How many rows of generated long tables are right and in order, of ``bench records --tables``."""

from __future__ import annotations

import difflib
from collections.abc import Container
from pathlib import Path
from typing import Any

from pipeline.engines.evidence.located_values import squash
from scripts.document_pages import read_pages
from scripts.table_layouts import LAYOUTS, SCHEMA, rows_of, sheet_of

_DPI = 200


def measure_tables(folder: Path, count: int, layouts: Container[str], *, scanned: bool) -> None:
    """Print the share of right rows for each layout."""
    from pipeline.engines.rules.labels import LabelsRules

    right = 0
    chosen = {name: layout for name, layout in LAYOUTS.items() if not layouts or name in layouts}
    for name, layout in chosen.items():
        rows = rows_of(layout, count)
        path = folder / f"{name}-{count}.pdf"
        sheet_of(layout, rows).save(path)
        pages = read_pages(_scan(path) if scanned else path)
        record = LabelsRules().extract(SCHEMA, pages, path.name)
        wanted = [_comparable(row) for row in rows]
        extracted = [_comparable(tuple(row.values())) for row in record.fields["parts"]]
        matcher = difflib.SequenceMatcher(None, wanted, extracted, autojunk=False)
        same = sum(block.size for block in matcher.get_matching_blocks())
        right += same
        print(
            f"{name:16} {len(pages):3} pages  {len(extracted):5} rows  {same / count:.3f} right  {record.remarks[:1]}"
        )
    print(f"{'all':16} {right / (count * len(chosen)):.3f}")


def _comparable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(squash(cell) if isinstance(cell, str) else cell for cell in row)


def _scan(document: Path) -> Path:
    """The document as pictures of its pages."""
    import pymupdf

    path = document.with_name(f"{document.stem}-scan.pdf")
    with pymupdf.open(document) as printed, pymupdf.open() as scans:
        for page in printed:
            pixels = page.get_pixmap(dpi=_DPI, colorspace=pymupdf.csGRAY)
            scans.new_page(width=page.rect.width, height=page.rect.height).insert_image(
                page.rect, stream=pixels.tobytes("jpg", jpg_quality=70)
            )
        scans.save(path)
    return path
