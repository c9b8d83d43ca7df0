"""The rows of a knowledge base as plain JSON values, to be carried into another database of any dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from stores.models import Schema

Row = Mapping[str, Any]


class TransferStore(Protocol):
    """The tables of one knowledge base, read whole and written into an empty one.

    Left out is what can be made from the rest (keywords, record tables), and the answers to idempotent requests.
    """

    def version(self) -> int:
        """Return the number of the last migration of the tables."""

    def reading(self) -> AbstractContextManager[Iterator[tuple[str, list[Row]]]]:
        """Read (table, some rows of it) of all tables from one snapshot, owners before what belongs to them."""

    def write(self, table: str, rows: Sequence[Row], renamed: tuple[str, str]) -> None:
        """Insert rows that ``reading`` gave. ``renamed``: the knowledge base's id there and here, for job ids.

        Raises InputError for a table, column or value that is none of a knowledge base of this version.
        """

    def settle(self, schemas: Sequence[Schema]) -> int:
        """End what was in work there: it is cancelled, and callbacks are not sent from here; how many documents.

        The record tables are filled from the records. Call it once, after all rows are written.
        """
