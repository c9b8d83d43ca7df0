"""What may be handed out of a document: the version that answers; before there is one, only what is asked for by name.

A client that stores what it gets must never store the emptiness of a document that is still being made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stores.errors import NotFoundError, NotReadyError
from stores.models import DocumentState, Page

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.queries.availability import Availability

ASK_AGAIN_S = 5.0


def standing(store: KnowledgeStore, name: str, *, so_far: bool = False) -> Availability:
    """Which version of a document answers. NotReadyError where none does, unless what is there ``so_far`` will do."""
    with _refused_ones(store, name):
        found = store.queries.standing(store.queries.find(name))
    if found.visible or so_far:
        return found
    raise _not_ready(name, found)


def check_page(name: str, page: Page, *, so_far: bool = False) -> None:
    """NotReadyError for a page that could not be read, or is not read yet, unless what is there will do."""
    if so_far or page.read:
        return
    if page.error:
        why = f"page {page.number} of {name!r} could not be read: {page.error}"
        raise NotReadyError(why, code="page_failed", state=DocumentState.FAILED)
    why = f"page {page.number} of {name!r} is not read yet: ask again later"
    raise NotReadyError(why, state=DocumentState.RUNNING, retry_after_s=ASK_AGAIN_S)


def _not_ready(name: str, found: Availability) -> NotReadyError:
    reason = f": {found.error.message}" if found.error else ""
    if found.state is DocumentState.FAILED:
        why = f"there is nothing to show of {name!r}: it failed{reason}"
        return NotReadyError(why, code="document_failed", state=found.state)
    if found.state is DocumentState.CANCELLED:
        why = f"there is nothing to show of {name!r}: it was cancelled; `ingot docs retry` takes it up again"
        return NotReadyError(why, code="document_cancelled", state=found.state)
    why = f"{name!r} is {found.state}: ask again when it is done, or now for what is there so far"
    return NotReadyError(why, state=found.state, retry_after_s=ASK_AGAIN_S)


@contextmanager
def _refused_ones(store: KnowledgeStore, name: str) -> Iterator[None]:
    """A file that could never be taken is in the list, with its reason: that is told, not that there is none."""
    try:
        yield
    except NotFoundError:
        refused = store.queries.refused(name)
        if refused is None:
            raise
        reason = f": {refused.error.message}" if refused.error else ""
        why = f"there is nothing to show of {name!r}: it could not be taken{reason}"
        raise NotReadyError(why, code="document_failed", state=DocumentState.FAILED) from None
