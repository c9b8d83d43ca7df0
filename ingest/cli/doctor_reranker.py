"""The check of ``ingot doctor`` on the reranker: two texts are ranked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.cli.finding import Finding, Level
from stores.errors import IngotError

if TYPE_CHECKING:
    from pipeline.settings import Settings

_QUERY, _RIGHT, _WRONG = "When is payment due?", "Payment is due within 45 days.", "The meadow is green."


def examine_reranker(settings: Settings) -> Iterator[Finding]:
    """Have the reranker that is set rank two texts; nothing where none is set."""
    name = settings.reranker
    if not name:
        return
    try:
        if missing := _not_here(name):
            yield missing
            return
        right, wrong = _scores(settings)
    except IngotError as error:
        yield Finding(
            Level.FAIL, "reranker", error.message, "check INGOT_RERANKER, INGOT_RERANKER_MODEL and its key, or unset it"
        )
        return
    if right > wrong:
        yield Finding(Level.OK, "reranker", f"{name} ranks texts")
    else:
        words = f"{name} answers, but puts a text that does not answer a question before one that does"
        yield Finding(Level.WARN, "reranker", words, "take a model that was trained to rerank: a cross-encoder")


def _not_here(name: str) -> Finding | None:
    """Report a model of the hub that is not on this machine; it is not fetched for a check."""
    from pipeline.engines.got.checkpoint import is_here, is_hub_id

    if name.startswith(("http://", "https://")) or not is_hub_id(name) or is_here(name):
        return None
    words = f"{name} is not on this machine: the first search downloads it"
    return Finding(Level.WARN, "reranker", words, f"hf download {name.partition('@')[0]}")


def _scores(settings: Settings) -> tuple[float, float]:
    from pipeline import wiring

    reranker = wiring.build(settings).reranker()
    assert reranker is not None
    right, wrong = reranker.scores(_QUERY, (_RIGHT, _WRONG))
    return right, wrong
