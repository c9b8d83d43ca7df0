"""The reranker that the settings name."""

from __future__ import annotations

from pipeline.contracts import Reranker
from pipeline.engines.model.key import api_key
from pipeline.engines.rerankers.cross_encoder import CrossEncoderReranker
from pipeline.engines.rerankers.rerank_api import RerankApi
from pipeline.engines.rerankers.time_limited import TimeLimited
from pipeline.settings import Settings


def chosen_reranker(settings: Settings) -> Reranker | None:
    """Return the client of a rerank API for a URL, else a cross-encoder, both with a time limit; None where unset."""
    given, limit_s = settings.reranker, settings.reranker_timeout_s
    if not given:
        return None
    if not given.startswith(("http://", "https://")):
        return TimeLimited(CrossEncoderReranker(given), limit_s)
    key = api_key(settings.reranker_api_key, settings.reranker_api_key_file, "reranker_api_key_file")
    return TimeLimited(RerankApi(given, settings.reranker_model, key, timeout_s=limit_s), limit_s)
