"""Which generation of a document may be returned: the visible one; before there is one, only on explicit request.

A client that stores what it gets must never store an empty result of a document that is still being processed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stores.errors import NotFoundError, NotReadyError
from stores.models import DocumentState, Page

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.queries import Availability

ASK_AGAIN_S = 5.0


def standing(store: KnowledgeStore, name: str, *, so_far: bool = False) -> Availability:
    """Which generation of a document is shown. NotReadyError where none is visible, unless ``so_far`` is set."""
    with _explaining_refusals(store, name):
        shown = store.document_queries.standing(store.document_queries.find(name))
    if shown.visible or so_far:
        return shown
    raise _not_ready(name, shown)


def check_page(name: str, page: Page, *, so_far: bool = False) -> None:
    """Raise NotReadyError for a page that could not be read, or is not read yet, unless ``so_far`` is set."""
    if so_far or page.read:
        return
    if page.error:
        why = f"page {page.number} of {name!r} could not be read: {page.error}"
        raise NotReadyError(why, code="page_failed", state=DocumentState.FAILED)
    why = f"page {page.number} of {name!r} is not read yet: ask again later"
    raise NotReadyError(why, state=DocumentState.RUNNING, retry_after_s=ASK_AGAIN_S)


def _not_ready(name: str, shown: Availability) -> NotReadyError:
    reason = f": {shown.error.message}" if shown.error else ""
    if shown.state is DocumentState.FAILED:
        why = f"there is nothing to show of {name!r}: it failed{reason}"
        return NotReadyError(why, code="document_failed", state=shown.state)
    if shown.state is DocumentState.CANCELLED:
        why = f"there is nothing to show of {name!r}: it was cancelled; `ingot docs retry` takes it up again"
        return NotReadyError(why, code="document_cancelled", state=shown.state)
    why = f"{name!r} is {shown.state}: ask again when it is done, or now for what is there so far"
    return NotReadyError(why, state=shown.state, retry_after_s=ASK_AGAIN_S)


@contextmanager
def _explaining_refusals(store: KnowledgeStore, name: str) -> Iterator[None]:
    """Turn NotFoundError into NotReadyError with the reason, where the name is that of a refused file."""
    try:
        yield
    except NotFoundError:
        refused = store.document_queries.refused(name)
        if refused is None:
            raise
        reason = f": {refused.error.message}" if refused.error else ""
        why = f"there is nothing to show of {name!r}: it could not be taken{reason}"
        raise NotReadyError(why, code="document_failed", state=DocumentState.FAILED) from None
