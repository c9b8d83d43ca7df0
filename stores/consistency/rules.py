"""A rule: rows that must not be, found by one query, and the statement that mends them.

What the rows of one transaction say together is never damage, since every change of a state is one transaction; so
a rule needs no look at the clock. Documents in work are left out where several transactions make a change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, String, cast, exists, literal, select

from stores.effects import Order
from stores.lifecycle.states import OPEN_STATES
from stores.sql.tables import document, generation, source

Mend = Callable[[Connection, str, Order], bool]
"""Mends one item inside a write transaction; False where there is nothing to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows that contradict each other, read by ``query``, or by ``look`` where one query does not do.

    The columns of ``query``, joined by colons, name an item. ``mend`` is None where SQL alone cannot.
    """

    code: str
    query: Callable[[], Any] | None = None
    look: Callable[[Connection, int], list[str]] | None = None
    mend: Mend | None = None

    def items(self, connection: Connection, most: int) -> list[str]:
        """Read at most so many items."""
        if self.query is None:
            return self.look(connection, most) if self.look else []
        rows: Sequence[Any] = connection.execute(self.query().limit(most)).all()
        return [":".join(map(str, row)) for row in rows]

    def holds(self, connection: Connection, item: str) -> bool:
        """Tell whether an item is still wrong. A mend of rules without ``query`` may be repeated."""
        if self.query is None:
            return True
        rows = self.query().subquery()
        parts = zip(rows.c, item.split(":"), strict=True)
        wanted = [cast(part, String) == value for part, value in parts]
        return connection.execute(select(literal(1)).select_from(rows).where(*wanted).limit(1)).first() is not None


def document_and_generation(item: str) -> tuple[str, int]:
    """Split ``<document>:<generation>``."""
    name, _, number = item.partition(":")
    return name, int(number)


def in_work() -> Any:
    """Tell in SQL whether a generation of the document is not final."""
    return exists().where(generation.c.document == document.c.id, generation.c.state.in_(OPEN_STATES))


def named() -> Any:
    """Tell in SQL whether a source holds the document, or waits for it."""
    return exists().where((source.c.document == document.c.id) | (source.c.pending == document.c.id))


def visible_generations(*columns: Any) -> Any:
    """Select from the visible generations of documents that are not in work."""
    return (
        select(*columns)
        .select_from(generation)
        .join(document, (document.c.id == generation.c.document) & (document.c.visible == generation.c.number))
        .where(~in_work().correlate(document))
    )
