"""Text files beside the printed documents that they are copies of: a text is one hit, on the printed page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

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
    paged = {hit.id: hit for hit in hits if not is_unpaged(hit.id)}
    if not paged:
        return list(hits)
    runs = {id: _runs(text(id)) for id in paged}
    folded: dict[Id, Ranked[Id]] = {}
    for hit in hits:
        kept = hit if hit.id in paged else _original(hit, _runs(text(hit.id)), paged, runs)
        folded.setdefault(kept.id, replace(kept, score=max(hit.score, kept.score)))
    return list(folded.values())


def _original(
    hit: Ranked[Id], own: frozenset[tuple[str, ...]], paged: Mapping[Id, Ranked[Id]], runs: Mapping[Id, frozenset[Any]]
) -> Ranked[Id]:
    """Return the hit with pages that one without them repeats, else this one itself."""
    shares = {id: _shared(own, runs[id]) for id in paged}
    nearest = max(shares, key=shares.__getitem__)
    return paged[nearest] if shares[nearest] >= _COPIED else hit


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = spelled(text).split()
    return frozenset(zip(*(words[at:] for at in range(_RUN)), strict=False))


def _shared(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    fewer = min(len(one), len(other))
    return len(one & other) / fewer if fewer >= _FEWEST else 0.0
