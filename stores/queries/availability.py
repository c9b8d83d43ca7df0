"""How a document stands: which generation of it is shown, and whether something newer is made or has failed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from stores.lifecycle.known_files import fault_of
from stores.models import DocumentState, Fault
from stores.sql.tables import document, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Which generation of a document is shown: the visible one, which answers, else the newest, as far as it came.

    ``state`` is that of what is newest: this document's, or that of the changed content that is to replace it.
    ``newer`` tells that this is not what is shown.
    """

    document: str
    generation: int
    visible: bool
    state: DocumentState
    newer: bool
    error: Fault | None

    @property
    def shown(self) -> str:
        """``current``, ``older`` than what is being made or failed, or what is there ``so-far``."""
        if not self.visible:
            return "so-far"
        return "older" if self.newer else "current"


def standing(connection: Connection, document_id: str) -> Availability | None:
    """None where there is no such document."""
    row = connection.execute(select(document).where(document.c.id == document_id)).first()
    if row is None:
        return None
    changed = document.alias()
    coming = connection.execute(
        select(changed.c.state)
        .join(source, source.c.pending == changed.c.id)
        .where(source.c.document == document_id)
        .limit(1)
    ).scalar_one_or_none()
    return Availability(
        document=row.id,
        generation=row.visible or row.newest,
        visible=row.visible is not None,
        state=DocumentState(coming or row.state),
        newer=coming is not None or row.visible not in (None, row.newest),
        error=fault_of(row),
    )
