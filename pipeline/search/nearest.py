"""The chunks whose vectors are nearest to that of a query."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import fmean
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
_LEAD_SHARE = 0.5  # of what chunks in scripts without spaces are nearer by; some of them are nearer for good reason
_OF_SCRIPT = 50  # nearest chunks of a script whose mean tells how near it is
_FEWEST = 3  # chunks that a mean needs


@dataclass(frozen=True, slots=True)
class Nearest:
    """Visible chunk ids, nearest first, with their cosine; and the fingerprint of the embedder that found them.

    ``nearness`` is the cosine less what a chunk has for its script alone; the order is by it. ``unspaced``: those of
    documents in scripts without spaces.
    """

    embedder: str
    similarity: Mapping[str, float]
    nearness: Mapping[str, float]
    unspaced: frozenset[str]

    def lead_of_other_script(self, *, unspaced: bool) -> float | None:
        """How much nearer the first chunk is than the first in the query's script; 0 where it is itself in that.

        ``unspaced``: whether the query is in a script without spaces. None where no chunk is in its script.
        """
        own = (nearness for at, nearness in self.nearness.items() if (at in self.unspaced) == unspaced)
        first_own = next(own, None)
        return None if first_own is None else next(iter(self.nearness.values())) - first_own


NO_VECTORS = Nearest("", {}, {}, frozenset())


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
            nearest = _nearest_visible(choice, store, query, wanted, documents)
            if nearest.similarity:
                return nearest
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
) -> Nearest:
    embedder = resources.embedder()
    vector = embedder.embed_query(query).astype("<f4").tobytes()
    where: Where = {"document": sorted(documents)} if documents else {}
    mixed = is_unspaced(unspaced_share(query)) and _is_mixed(store.chunks.languages())
    needed = wanted * (_MORE_WHERE_MIXED if mixed else 1)
    asked = needed
    while True:
        nearest = _nearest(resources, store, vector, asked, where)
        languages = store.chunks.visible([at for at, _ in nearest])
        if len(languages) >= needed or len(nearest) < asked:
            break
        asked *= 4
    similarity = {at: 1.0 - distance for at, distance in nearest if at in languages}
    unspaced = frozenset(at for at in similarity if languages[at] in UNSPACED_LANGUAGES)
    nearness = _without_lead(similarity, unspaced) if mixed else similarity
    first = sorted(nearness, key=lambda at: -nearness[at])[:wanted]
    cosines, corrected = ({at: of[at] for at in first} for of in (similarity, nearness))
    return Nearest(embedder.fingerprint, cosines, corrected, unspaced)


def _is_mixed(languages: Collection[str]) -> bool:
    """Whether some languages are written without spaces and others with them."""
    return 0 < len(UNSPACED_LANGUAGES.intersection(languages)) < len(languages)


def _without_lead(similarity: Mapping[str, float], unspaced: Collection[str]) -> Mapping[str, float]:
    """Take from the chunks in scripts without spaces half of what they are nearer on average than all others.

    An embedder puts a Chinese query nearer to anything Chinese, so that pages in another language that answer it would
    stand behind Chinese ones that do not. Spaced scripts have no such lead.
    """
    own = [cosine for at, cosine in similarity.items() if at in unspaced][:_OF_SCRIPT]
    others = [cosine for at, cosine in similarity.items() if at not in unspaced][:_OF_SCRIPT]
    if min(len(own), len(others)) < _FEWEST:
        return similarity
    lead = max(_LEAD_SHARE * (fmean(own) - fmean(others)), 0.0)
    return {at: cosine - lead if at in unspaced else cosine for at, cosine in similarity.items()}


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
