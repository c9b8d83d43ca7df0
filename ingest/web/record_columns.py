"""The columns of the records page: what each is sorted by, and the conditions that its form builds. Pure functions.

Conditions are texts of the language of filters (``pipeline.search.filter_language``), as the API and the CLI take them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.web.shown_values import in_words
from stores.errors import InputError
from stores.models import Field, FieldKind, Schema

OPERATORS = {
    "has": "holds",
    "=": "is",
    "!=": "is not",
    ">": "is more than",
    ">=": "is at least",
    "<": "is less than",
    "<=": "is at most",
    "range": "is between",
}
"""Operator of a condition -> what the form calls it. ``range`` needs both ends."""
_PLAIN = re.compile(r"-?\d[\d,]*(\.\d+)?|\d{4}(-\d{2}){1,2}")  # numbers and dates read better without quotes


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. ``paths``: (path, name) of what conditions compare, one for each column of its rows."""

    name: str
    label: str
    number: bool
    paths: tuple[tuple[str, str], ...]


def columns_of(schema: Schema | None) -> list[Column]:
    """Return the columns of a schema; none where it is not defined any more."""
    return [_column(field) for field in schema.fields] if schema else []


def _column(field: Field) -> Column:
    label = in_words(field.name)
    paths = [(field.name, label)]
    if field.kind is FieldKind.ROWS:
        paths = [(f"{field.name}.{one.name}", f"{label}: {in_words(one.name)}") for one in field.fields]
    return Column(field.name, label, field.kind in (FieldKind.NUMBER, FieldKind.INTEGER), tuple(paths))


def condition(path: str, operator: str, value: str, to: str = "") -> str:
    """Write a condition: ``total = 10..20``, ``issuer has "Paper Ltd"``. InputError for half a range."""
    value, to = value.strip(), to.strip()
    if operator not in OPERATORS:
        raise InputError(f"there is no comparison {operator!r}: choose one of the list", code="bad_where")
    if not value or (operator == "range" and not to):
        wanted = "both ends of the range" if operator == "range" else "what it is compared with"
        raise InputError(f"a filter on {path!r} needs {wanted}", code="bad_where")
    if operator == "range":
        bare = _PLAIN.fullmatch(value) and _PLAIN.fullmatch(to)
        return f"{path} = {value}..{to}" if bare else f"{path} = {_quoted(value)}..{_quoted(to)}"
    return f"{path} {operator} {value if _PLAIN.fullmatch(value) else _quoted(value)}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def sort_links(columns: list[Column], sort: str, by_name: str) -> Iterator[tuple[str, str]]:
    """Yield (the sort that a click on the header asks for, the direction now) for the name and for each column."""
    for name in (by_name, *(column.name for column in columns)):
        if sort == name:
            yield f"-{name}", "ascending"
        elif sort == f"-{name}":
            yield name, "descending"
        else:
            yield name, ""
