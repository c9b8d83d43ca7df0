"""How a document stands: which generation of it is shown, and whether something newer is made or has failed."""

from __future__ import annotations

from sqlalchemy import Connection, select

from stores.contracts.queries import Availability
from stores.lifecycle.known_files import fault_of
from stores.models import DocumentState
from stores.sql.tables import document, source


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
