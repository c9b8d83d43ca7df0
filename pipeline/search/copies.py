"""Text files beside the printed documents that they are copies of: a text is one hit, on the printed page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.search.ranking import Id, Ranked
from stores.words import spelled

_RUN = 4  # words, or characters without spaces, that are compared as one
_FEWEST = 8  # runs of a text that can be told to be a copy
_COPIED = 0.5  # least share of the runs of the shorter text that a copy has; both may be cut at other places


def fold_copies(
    hits: Sequence[Ranked[Id]], is_unpaged: Callable[[Id], bool], text: Callable[[Id], str]
) -> list[Ranked[Id]]:
    """Leave out each hit from a file without pages that repeats one with pages, which takes the better of both places.

    ``hits``: the best first. Between files of one kind nothing is left out: they may be two versions of a contract.
    """
    runs = {hit.id: _runs(text(hit.id)) for hit in hits}
    paged = [hit for hit in hits if not is_unpaged(hit.id)]
    folded: dict[Id, Ranked[Id]] = {}
    for hit in hits:
        original = max(paged, key=lambda one: _shared(runs[hit.id], runs[one.id]), default=hit)
        copied = is_unpaged(hit.id) and _shared(runs[hit.id], runs[original.id]) >= _COPIED
        kept = original if copied else hit
        folded.setdefault(kept.id, replace(kept, score=max(hit.score, kept.score)))
    return list(folded.values())


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = spelled(text).split()
    return frozenset(zip(*(words[at:] for at in range(_RUN)), strict=False))


def _shared(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    fewer = min(len(one), len(other))
    return len(one & other) / fewer if fewer >= _FEWEST else 0.0
