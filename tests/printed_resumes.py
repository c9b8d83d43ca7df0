"""Jobs, studies and names that rules extract from curricula vitae drawn as text, for tests."""

from __future__ import annotations

from pipeline.engines.rules.resume import ResumeRules
from pipeline.schemas.loader import load_schemas
from stores.models import Record
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
