"""Which names schemas and fields may have: those that work as tables and columns of SQL, and collide with no other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field as Rule

from stores.errors import InputError
from stores.models import FieldKind, Schema

SCHEMA_NAME_RULE = "a lower-case letter, then at most 47 of lower-case letters, digits and '_'"
FIELD_NAME_RULE = "a letter, then at most 47 of letters, digits and '_'"
_MOST_NAME_BYTES = 63  # of a name in PostgreSQL
_TAKEN = frozenset({"document", "generation", "ordinal", "source", "rowid", "oid"})
_NO_SCHEMA = frozenset({"auto"})

SchemaName = Annotated[str, Rule(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
FieldName = Annotated[str, Rule(pattern=r"^[^\W\d_]\w{0,47}$")]


def name_rule(pattern: str) -> str:
    """The rule that a pattern of this module stands for, in words."""
    return SCHEMA_NAME_RULE if pattern.startswith("^[a-z]") else FIELD_NAME_RULE


def fitting_name(text: str) -> str:
    """The nearest name that a field may have, for a suggestion."""
    name = re.sub(r"\W+", "_", text).strip("_")[:48]
    return name if name[:1].isalpha() else f"field_{name}"[:48]


def check_schema_name(name: str) -> None:
    """Raise ValueError for a name that means something else."""
    if name in _NO_SCHEMA:
        raise ValueError(f"the name {name!r} stands for all schemas that fit a document; choose another")


def check_field_names(names: list[str]) -> None:
    """Raise ValueError where two fields of one table have one name, or one is a column that every table has."""
    folded = [name.casefold() for name in names]
    for name in names:
        if name.casefold() in _TAKEN:
            raise ValueError(f"the name {name!r} is reserved for a column that all record tables have; choose another")
        if folded.count(name.casefold()) > 1:
            raise ValueError(f"the name {name!r} is used twice (SQL does not tell capitals apart); names must differ")


def table_names(schema: Schema) -> list[str]:
    """The tables and the view of a schema in SQL."""
    lists = [field.name for field in schema.fields if field.kind in (FieldKind.TEXTS, FieldKind.ROWS)]
    return [f"record_{schema.name}", f"{schema.name}_now", *(f"record_{schema.name}_{name}" for name in lists)]


def check_tables(schemas: Iterable[Schema]) -> None:
    """Raise InputError where two schemas would share a table, or a table's name is too long for SQL."""
    owners: dict[str, str] = {}
    for schema in schemas:
        for table in table_names(schema):
            if len(table.encode()) > _MOST_NAME_BYTES:
                raise InputError(
                    f"schema {schema.name!r}: the table {table} would have a name of more than {_MOST_NAME_BYTES} "
                    "bytes; shorten the name of the schema or of the list"
                )
            owner = owners.setdefault(table.casefold(), schema.name)
            if owner != schema.name:
                raise InputError(
                    f"the schemas {owner!r} and {schema.name!r} would share the table {table}; rename one of them"
                )
