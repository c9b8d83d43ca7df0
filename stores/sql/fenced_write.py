"""Writes that only the holder of a claim may make: updates of a few fixed forms, each with its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Table, Update, bindparam, update


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedUpdate:
    """An update of the rows whose columns have given values (None: are empty), and that meet a constant condition.

    Statements of one form are one object, with names for the values, so that SQLAlchemy builds and compiles it once.
    """

    table: Table
    where: Mapping[str, Any]
    set: Mapping[str, Any]
    condition: ColumnElement[bool] | None = None

    @property
    def statement(self) -> Update:
        empty = frozenset(name for name, value in self.where.items() if value is None)
        return _form(self.table, tuple(self.where), empty, tuple(self.set), self.condition)

    @property
    def values(self) -> dict[str, Any]:
        """The values of the statement's parameters."""
        table = self.table.name
        keys = {f"{table}_where_{name}": value for name, value in self.where.items() if value is not None}
        return keys | {f"{table}_set_{name}": value for name, value in self.set.items()}


@cache
def _form(
    table: Table,
    where: tuple[str, ...],
    empty: frozenset[str],
    changed: tuple[str, ...],
    condition: ColumnElement[bool] | None,
) -> Update:
    keys: list[ColumnElement[bool]] = [
        table.c[name].is_(None) if name in empty else table.c[name] == bindparam(f"{table.name}_where_{name}")
        for name in where
    ]
    keys += [] if condition is None else [condition]
    return update(table).where(*keys).values({name: bindparam(f"{table.name}_set_{name}") for name in changed})


@dataclass(frozen=True, slots=True, kw_only=True)
class FencedWrite:
    """An update; where it changed a row another one; and where that changed one too new rows of a table."""

    fence: KeyedUpdate
    then: KeyedUpdate | None = None
    table: Table | None = None
    rows: Sequence[Mapping[str, Any]] = ()
