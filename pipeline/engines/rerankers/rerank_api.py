"""The client of a rerank API as Jina, Cohere, vLLM and Text Embeddings Inference have it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stores.errors import InputError, UnavailableError

if TYPE_CHECKING:
    import httpx2

_REFUSES_THE_FORM = (400, 422)


class RerankApi:
    """A Reranker at ``url``: the address of the endpoint, or the one below which ``/rerank`` is. Threads share it.

    The request is ``{model, query, documents, top_n}``; a server that wants ``{query, texts}`` gets that.
    """

    def __init__(self, url: str, model: str, api_key: str, *, timeout_s: float) -> None:
        self._url = url if urlsplit(url).path.rstrip("/").endswith("rerank") else f"{url.rstrip('/')}/rerank"
        self._host = f"{urlsplit(url).hostname}"
        self._model, self._api_key, self._timeout_s = model, api_key, timeout_s
        self._wants_texts = False

    @cached_property
    def _client(self) -> httpx2.Client:
        import httpx2

        headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        return httpx2.Client(headers=headers, timeout=self._timeout_s)

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        answer = self._answer(query, texts)
        rows: Any = answer.get("results", answer.get("data")) if isinstance(answer, dict) else answer
        try:
            given = {row["index"]: float(row.get("relevance_score", row.get("score"))) for row in rows}
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise self._no_api("its answer has no results with index and relevance_score") from error
        if not given or not all(at in range(len(texts)) and math.isfinite(score) for at, score in given.items()):
            raise self._no_api("its answer names texts that were not sent, or scores that are no numbers")
        lowest = min(given.values())
        return [given.get(at, lowest) for at in range(len(texts))]

    def _answer(self, query: str, texts: Sequence[str]) -> Any:
        import httpx2

        try:
            answer = self._client.post(self._url, json=self._request(query, texts))
            if answer.status_code in _REFUSES_THE_FORM and "texts" in answer.text and not self._wants_texts:
                self._wants_texts = True
                answer = self._client.post(self._url, json=self._request(query, texts))
            if answer.status_code != 200:
                raise self._of_status(answer.status_code)
            return answer.json()
        except httpx2.TimeoutException as error:
            raise UnavailableError(f"the reranker at {self._host} said nothing for {self._timeout_s:g} s") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise UnavailableError(f"the reranker at {self._host} cannot be reached ({error})") from error
        except ValueError as error:
            raise self._no_api("its answer is no JSON") from error

    def _request(self, query: str, texts: Sequence[str]) -> dict[str, Any]:
        if self._wants_texts:
            return {"query": query, "texts": list(texts), "truncate": True}
        named = {"model": self._model} if self._model else {}
        return {**named, "query": query, "documents": list(texts), "top_n": len(texts)}

    def _of_status(self, status: int) -> InputError | UnavailableError:
        if status in (401, 403):
            return InputError(f"the reranker at {self._host} refuses the key: set INGOT_RERANKER_API_KEY")
        if status == 429 or status >= 500:
            return UnavailableError(f"the reranker at {self._host} answers {status}")
        return self._no_api(f"it answers {status}")

    def _no_api(self, why: str) -> InputError:
        return InputError(f"{self._host} is no rerank API ({why}): check INGOT_RERANKER and INGOT_RERANKER_MODEL")
