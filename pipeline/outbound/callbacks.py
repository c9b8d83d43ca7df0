"""Lists and shows callbacks, delivers them again, and returns the secrets that sign them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pipeline.outbound import signing
from pipeline.step_context import Resources
from pipeline.still_there import of_each
from stores.cursors import cursor_of, key_of
from stores.errors import NotFoundError
from stores.views import CallbackFilter, CallbackView, Slice

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore


def callbacks_page(resources: Resources, wanted: CallbackFilter, cursor: str | None, limit: int) -> Slice[CallbackView]:
    """A slice of the callbacks of some knowledge bases, or of all, the newest first; an unknown one has none.

    NotFoundError for a job that does not exist in one of them.
    """
    key = key_of(cursor, float, str)
    before = (float(key[0]), str(key[1])) if key else None
    store = resources.catalog.store
    parts = of_each(_names(resources, wanted), lambda name: store(name).callbacks.page(wanted, before, limit + 1))
    views = list(chain.from_iterable(parts))
    views.sort(key=lambda view: (view.created_at, view.id), reverse=True)
    shown = views[:limit]
    more = cursor_of(shown[-1].created_at, shown[-1].id) if len(views) > limit else None
    return Slice(items=tuple(shown), next_cursor=more)


def _names(resources: Resources, wanted: CallbackFilter) -> tuple[str, ...]:
    """The knowledge bases to read; a job's id names its own."""
    names = wanted.knowledge_ids if wanted.knowledge_ids is not None else tuple(resources.catalog.outboxes())
    if not wanted.job:
        return names
    owner = wanted.job.rpartition(".")[0]
    if owner not in names:
        raise NotFoundError(f"there is no job {wanted.job!r}: see `ingot jobs list`")
    resources.catalog.store(owner).job_queries.summary(wanted.job)
    return (owner,)


def callback(resources: Resources, callback_id: str) -> CallbackView:
    """One callback with the body that is sent."""
    return _store_of(resources, callback_id).callbacks.show(callback_id)


def replay(resources: Resources, callback_id: str) -> CallbackView:
    """Make a callback due at once, whatever became of it; its id stays."""
    store = _store_of(resources, callback_id)
    view = store.callbacks.replay(callback_id)
    resources.catalog.mark_outbound(store.knowledge_id)
    return view


def replay_dead(resources: Resources, knowledge_id: str | None) -> dict[str, int]:
    """Make all dead callbacks due. Returns their number by knowledge base, without zeros."""
    names = [knowledge_id] if knowledge_id else resources.catalog.outboxes()
    counts = of_each(names, lambda name: (name, resources.catalog.store(name).callbacks.replay_dead()))
    again = {name: count for name, count in counts if count}
    for name in again:
        resources.catalog.mark_outbound(name)
    return again


def secrets(resources: Resources) -> tuple[str, ...]:
    """The secrets that sign callbacks, the newest first; the home's own is created if it is missing."""
    return signing.secrets_of(resources.settings.callback_secret, resources.catalog)


def _store_of(resources: Resources, callback_id: str) -> KnowledgeStore:
    """The store of the knowledge base that a callback's id names."""
    knowledge_id, dot, _ = callback_id.rpartition(".")
    if not dot:
        raise NotFoundError(f"there is no callback {callback_id!r}: see `ingot callbacks list`")
    return resources.catalog.store(knowledge_id)
