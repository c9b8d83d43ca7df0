"""Reorders the first hits by the scores of a reranker. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.search.ranking import Id, Ranked


def reordered(ranked: Sequence[Ranked[Id]], scores: Mapping[Id, float]) -> list[Ranked[Id]]:
    """Put the hits with scores into the order of these, and leave the others where they are.

    The places keep their own scores: those of a reranker are on a scale of its own, and hits of several knowledge
    bases are compared.
    """
    places = [at for at, hit in enumerate(ranked) if hit.id in scores]
    best = sorted((ranked[at] for at in places), key=lambda hit: -scores[hit.id])
    new = list(ranked)
    for at, hit in zip(places, best, strict=True):
        new[at] = replace(hit, score=ranked[at].score)
    return new
