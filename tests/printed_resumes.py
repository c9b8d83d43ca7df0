"""Jobs, studies and names that rules extract from curricula vitae drawn as text, for tests."""

from __future__ import annotations

from dataclasses import replace

from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.schemas.loader import load_schemas
from stores.models import Label, Page, Record
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["resume"]


def extracted(*drawings: str) -> Record:
    pages = [printed_page(drawing, number) for number, drawing in enumerate(drawings, 1)]
    return ResumeRules().extract(SCHEMA, pages, "cv.pdf")


def jobs(*drawings: str, columns: tuple[str, ...] = ("position", "company")) -> list[tuple[str | None, ...]]:
    return _rows("experience", columns, drawings)


def studies(*drawings: str, columns: tuple[str, ...] = ("degree", "institution")) -> list[tuple[str | None, ...]]:
    return _rows("education", columns, drawings)


def _rows(table: str, columns: tuple[str, ...], drawings: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    return [tuple(row[column] for column in columns) for row in extracted(*drawings).fields[table]]


def with_headings(drawing: str, *headings: str) -> Page:
    """A drawn page of which each cell is a block, those of ``headings`` a heading."""
    page = printed_page(drawing)
    assert page.text is not None
    blocks = tuple(
        replace(
            block,
            label=Label.HEADING if line.text in headings else Label.TEXT,
            level=2 if line.text in headings else 0,
            box=line.box,
            text=line.text,
            lines=(line,),
        )
        for block in page.text.blocks
        for line in block.lines
    )
    return replace(page, text=replace(page.text, blocks=blocks))


def with_label(drawing: str, number: int, header: str) -> Page:
    """A drawn page of which one line is taken for a running header."""
    page = with_headings(drawing, header)
    assert page.text is not None
    blocks = (replace(block, label=Label.HEADER) if block.text == header else block for block in page.text.blocks)
    return replace(page, number=number, text=replace(page.text, blocks=tuple(blocks)))
