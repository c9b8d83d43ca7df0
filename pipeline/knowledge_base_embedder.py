"""Which embedder a knowledge base goes on with.

Vectors of two embedders cannot be compared, so a knowledge base has those of one. An embedder that is set (flag,
environment, ``ingot.toml``) is used as it is. Where none is set, a knowledge base keeps the embedder that its newest
vectors are ordered from, and the default serves those that have none yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.profiles import ProcessingProfile
from pipeline.step_context import Resources

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

DEFAULTS = ("e5", "minilm")
"""The embedders that are, or were once, the default; newest first. Each is made without loading its model."""


def with_own_embedder(resources: Resources, store: KnowledgeStore | None) -> Resources:
    """The resources with the embedder of a knowledge base; unchanged where it is new, or an embedder is set."""
    return next(embedder_choices(resources, store))


def embedder_choices(resources: Resources, store: KnowledgeStore | None) -> Iterator[Resources]:
    """The resources with each embedder that the index of a knowledge base may be made by, the likeliest first.

    While documents are embedded anew, the index has the vectors of the former embedder until the first is published.
    """
    newest = None if is_set(resources) or store is None else store.chunks.newest_embedder()
    if newest is None:
        yield resources
        return
    choices = [resources.adapt(resources, ProcessingProfile(settings={"embedder": name})) for name in DEFAULTS]
    made_it = [choice for choice in choices if choice.embedder().fingerprint == newest]
    yield from made_it or [resources]
    yield from (choice for choice in choices if made_it and choice not in made_it)


def is_set(resources: Resources) -> bool:
    """Tell whether an embedder was chosen, rather than left to the default."""
    return "embedder" in resources.settings.model_fields_set


def remarks(own: Resources, default: Resources, knowledge_id: str) -> list[str]:
    """What the user is told of a knowledge base that goes on with another embedder than the default."""
    if own.settings.embedder == default.settings.embedder:
        return []
    return [
        f"{knowledge_id} goes on with the embedder {own.settings.embedder}, which made its vectors; for "
        f"{default.settings.embedder}, the default, run: ingot kb embed {knowledge_id} (no page is read again)"
    ]
