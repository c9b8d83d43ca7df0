"""The chunks whose vectors are nearest to that of a query."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.knowledge_base_embedder import embedder_choices
from pipeline.reindexing import rebuild
from pipeline.search.floor import is_unspaced
from pipeline.step_context import Resources
from stores.contracts import Where
from stores.errors import DamagedIndexError, InputError
from stores.words import UNSPACED_LANGUAGES, unspaced_share

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_MORE_WHERE_MIXED = 4  # times as many are looked at where nearness is corrected, so that others can move up

LEADS: Mapping[str, float] = {"multilingual-e5-small/1571fc982750/int8-512/languages-1": 0.035}
"""How much nearer, in cosine, queries in scripts without spaces are to chunks of documents in such scripts than to
others that say the same. By the fingerprint of the embedder."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Visible chunk ids, nearest first, with their cosine; and the fingerprint of the embedder that found them."""

    embedder: str
    similarity: Mapping[str, float]


NO_VECTORS = Nearest("", {})


def nearest_chunks(
    resources: Resources, store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None
) -> Nearest:
    """The nearest visible chunks. Raises InputError ``other_embedder`` where no embedder of ours made the index.

    The index has the vectors of one embedder; it is asked with each that may have made it, the likeliest first.
    """
    refusals: list[InputError] = []
    answered = False
    for choice in embedder_choices(resources, store):
        try:
            if visible := _nearest_visible(choice, store, query, wanted, documents):
                return Nearest(choice.embedder().fingerprint, visible)
            answered = True
        except InputError as error:
            if error.code != "other_embedder":
                raise
            refusals.append(error)
    if refusals and not answered:
        raise refusals[0]
    return NO_VECTORS


def _nearest_visible(
    resources: Resources, store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None
) -> dict[str, float]:
    vector = resources.embedder().embed_query(query).astype("<f4").tobytes()
    where: Where = {"document": sorted(documents)} if documents else {}
    lead = LEADS.get(resources.embedder().fingerprint, 0.0) if is_unspaced(unspaced_share(query)) else 0.0
    needed = wanted * (_MORE_WHERE_MIXED if lead and _is_mixed(store.chunks.languages()) else 1)
    asked = needed
    while True:
        nearest = _nearest(resources, store, vector, asked, where)
        languages = store.chunks.visible([at for at, _ in nearest])
        if len(languages) >= needed or len(nearest) < asked:
            similarity = {at: 1.0 - distance for at, distance in nearest if at in languages}
            return dict(_corrected(similarity, languages, lead)[:wanted])
        asked *= 4


def _is_mixed(languages: Collection[str]) -> bool:
    """Whether some languages are written without spaces and others with them."""
    return 0 < len(UNSPACED_LANGUAGES.intersection(languages)) < len(languages)


def _corrected(similarity: Mapping[str, float], languages: Mapping[str, str], lead: float) -> list[tuple[str, float]]:
    corrected = {at: cosine - lead * (languages[at] in UNSPACED_LANGUAGES) for at, cosine in similarity.items()}
    return sorted(corrected.items(), key=lambda item: -item[1]) if lead else list(corrected.items())


def _nearest(
    resources: Resources, store: KnowledgeStore, vector: bytes, asked: int, where: Where
) -> list[tuple[str, float]]:
    """(chunk id, distance), nearest first. A damaged or missing index is rebuilt from SQL, once."""
    vectors, embedder = resources.vectors(), resources.embedder().fingerprint
    try:
        nearest = vectors.query(store.knowledge_id, embedder, vector, asked, where)
    except DamagedIndexError:
        nearest = []
    if nearest or where or not store.chunks.any_visible(embedder):
        return nearest
    rebuild(resources, store)
    return vectors.query(store.knowledge_id, embedder, vector, asked, where)
