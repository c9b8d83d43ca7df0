"""A draft of a schema, from the labels and the tables of a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.rules.contacts import find_emails, find_urls
from pipeline.engines.rules.dates import prefers_month_first
from pipeline.engines.rules.page_rows import Row, printed_rows
from pipeline.engines.rules.tables.cell_values import CellStyle, cell_date, cell_number, style_of
from pipeline.schemas.names import fitting_name
from stores.models import Label, Page

_LABELLED = re.compile(r"^\W{0,2}(?P<label>[^\W\d_][^:：|]{1,38}?)\s*[:：]\s*(?P<value>\S.*)$")
_ENDS_AS_LABEL = re.compile(r"^\W{0,2}(?P<label>[^\W\d_][^:：|]{1,38}?)\s*[:：]$")
_MOST_FIELDS = 40
_LEAST_COLUMNS = 3
_LEAST_ROWS = 2
_MOST_LABEL_WORDS = 5
_ALIKE = 0.6  # of the cells of a column


def draft(pages: Sequence[Page]) -> dict[str, Any]:
    """Properties of a JSON Schema: a field for each labelled value, an array of objects for each kind of table."""
    lines = [line for line in page_lines(pages) if line.label not in (Label.HEADER, Label.FOOTER)]
    rows = printed_rows(lines)
    style = style_of((line.text for line in lines), prefers_month_first(line.text for line in lines))
    properties: dict[str, Any] = {}
    for label, value in _labelled(rows):
        name = _name(label)
        if name and name not in properties and len(properties) < _MOST_FIELDS:
            properties[name] = {**_type_of([value], style), "x-labels": [label], "x-examples": [value[:60]]}
    for header, below in _tables(rows):
        columns = {
            name: {**_type_of(cells, style), "x-labels": [label]}
            for label, cells in zip(header, zip(*below, strict=True), strict=True)
            if (name := _name(label))
        }
        array = {"type": "array", "items": {"type": "object", "properties": columns}}
        if array not in properties.values():
            properties[f"table_{sum(key.startswith('table_') for key in properties) + 1}"] = array
    return properties


def _name(label: str) -> str:
    words = label.split()
    name = fitting_name("_".join(words).lower())
    return name if len(words) <= _MOST_LABEL_WORDS and name != "field_" else ""


def _labelled(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """(label, value): behind a colon in one line, or in the next cell of the row."""
    for row in rows:
        for at, cell in enumerate(row.cells):
            match = _LABELLED.match(cell.text)
            alone = _ENDS_AS_LABEL.match(cell.text)
            if match and not match["value"].startswith("//"):
                yield match["label"].strip(), match["value"].strip()
            elif alone and at + 1 < len(row.cells):
                yield alone["label"].strip(), row.cells[at + 1].text.strip()


def _tables(rows: Sequence[Row]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """(header, rows of as many cells below it) where a row of words stands over rows with numbers or dates."""
    taken = -1
    for at, row in enumerate(rows):
        header = [cell.text.strip() for cell in row.cells]
        if at <= taken or len(header) < _LEAST_COLUMNS or any(c.isdigit() for text in header for c in text):
            continue
        below = []
        for following in rows[at + 1 :]:
            if len(following.cells) == len(header) and _has_digits(following):
                below.append([cell.text.strip() for cell in following.cells])
            elif len(following.cells) >= len(header) or len(below) >= _LEAST_ROWS:
                break
        if len(below) >= _LEAST_ROWS and len(set(header)) == len(header):
            taken = at + len(below)
            yield header, below


def _has_digits(row: Row) -> bool:
    return any(c.isdigit() for cell in row.cells for c in cell.text)


def _type_of(texts: Sequence[str], style: CellStyle) -> dict[str, str]:
    """The type that most of the values have."""
    tests = (
        ({"type": "string", "format": "date"}, lambda text: cell_date(text, style) is not None),
        ({"type": "string", "format": "email"}, lambda text: bool(find_emails(text))),
        ({"type": "string", "format": "uri"}, lambda text: bool(find_urls(text))),
        ({"type": "integer"}, lambda text: re.fullmatch(r"\d{1,6}", text) is not None and not text.startswith("0")),
        ({"type": "number"}, lambda text: cell_number(text, style) is not None and not re.fullmatch(r"[\d ]+", text)),
    )
    for kind, test in tests:
        if sum(map(test, texts)) >= _ALIKE * len(texts):
            return dict(kind)
    return {"type": "string"}
