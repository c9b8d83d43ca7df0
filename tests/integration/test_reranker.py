"""The reranker as a step of the search: over HTTP it orders the first hits, and whatever it does wrong is a remark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.cli.doctor_reranker import examine_reranker
from pipeline.engines.rerankers.rerank_api import RerankApi
from pipeline.engines.rerankers.time_limited import TimeLimited
from pipeline.search.ranking import Ranked
from pipeline.search.reranking import reordered
from pipeline.search.search import search_result
from pipeline.service.search import Search
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from stores.errors import InputError, UnavailableError
from stores.search_views import SearchResult
from tests.in_process import KB, fake_document, fake_resources, ingest_now
from tests.model_server import ModelServer, Request, model_server, plain, reset, silent, status

TEXTS = [
    "The harbor letter.",
    "The harbor garden and a cat.",
    "The harbor garden on thirty days.",
    "The REF-2044 sofa.",
]


def scored(score: Callable[[str], float], form: str = "results") -> Callable[[Request], str]:
    """The answer of a rerank API, best first, as those that it copies give it."""

    def answer(request: Request) -> str:
        texts = request["documents"] if form == "results" else request["texts"]
        rows = sorted(((score(text), at) for at, text in enumerate(texts)), reverse=True)
        if form == "texts":
            return json.dumps([{"index": at, "score": one} for one, at in rows])
        return json.dumps({"results": [{"index": at, "relevance_score": one} for one, at in rows]})

    return answer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(scored(lambda text: float("cat" in text))) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MemoryVectors]:
    folder, vectors = tmp_path_factory.mktemp("reranker"), MemoryVectors()
    for number, text in enumerate(TEXTS):
        fake_document(folder / f"docs/{number}.pdf", text)
    ingest_now(fake_resources(folder / "home", vectors=vectors), folder / "docs")
    return folder / "home", vectors


@pytest.fixture
def with_reranker(home: tuple[Path, MemoryVectors]) -> Callable[..., Resources]:
    return lambda **settings: fake_resources(home[0], vectors=home[1], **settings)


def found(resources: Resources, query: str = "harbor garden", mode: str = "hybrid") -> SearchResult:
    return search_result(resources, KB, query, 10, mode)


def sources(result: SearchResult) -> list[str]:
    return [hit.source for hit in result.hits]


def test_the_first_hits_get_its_order(server: ModelServer, with_reranker: Callable[..., Resources]) -> None:
    usual = found(with_reranker())
    given = {"reranker": server.url, "reranker_model": "r", "reranker_api_key": "secret"}
    result = found(with_reranker(**given))
    assert sources(result)[0] == "1.pdf" and not result.remark
    assert sorted(sources(result)) == sorted(sources(usual))
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in usual.hits), reverse=True)
    (request,) = server.requests
    assert (request["model"], request["query"], request["top_n"]) == ("r", "harbor garden", len(request["documents"]))
    assert server.headers[0]["authorization"] == "Bearer secret"
    server.answer = scored(lambda text: float("letter" in text))
    only_two = found(with_reranker(**given, reranker_hits=2))
    assert set(sources(only_two)[:2]) == set(sources(usual)[:2]) and len(server.requests[-1]["documents"]) == 2


def test_the_doctor_has_it_rank_two_texts(server: ModelServer) -> None:
    def told(**given: Any) -> list[tuple[str, str]]:
        return [(finding.level.value, finding.words) for finding in examine_reranker(Settings(**given))]

    assert told() == []
    server.answer = scored(lambda text: float("45 days" in text))
    assert told(reranker=server.url) == [("OK", f"{server.url} ranks texts")]
    server.answer = scored(lambda text: float("45 days" not in text))
    ((level, words),) = told(reranker=server.url)
    assert level == "WARN" and "before one that does" in words
    server.answer = lambda request: "no"
    assert told(reranker=server.url)[0][0] == "FAIL"
    assert told(reranker="nobody/has-this-model")[0][0] == "WARN", "a model of the hub is not fetched for a check"


def test_what_is_written_exactly_stays_first(server: ModelServer, with_reranker: Callable[..., Resources]) -> None:
    server.answer = scored(lambda text: float("harbor" in text))
    assert sources(found(with_reranker(reranker=server.url), "REF-2044 harbor"))[0] == "3.pdf"


def test_one_half_of_the_search_is_shown_as_it_is(server: ModelServer, with_reranker: Callable[..., Resources]) -> None:
    for mode in ("keyword", "vector"):
        found(with_reranker(reranker=server.url), mode=mode)
    assert not server.requests


WRONG = [
    "no JSON",
    "[]",
    "{}",
    '{"results": [{"index": 99, "relevance_score": 1}]}',
    '{"results": [{"index": 0, "relevance_score": NaN}]}',
    '{"results": [{"index": 0}]}',
    '{"results": [1]}',
    '{"results": [{"index": "0", "relevance_score": 1}]}',
    '{"results": [{"index": [], "relevance_score": 1}]}',
]


@pytest.mark.parametrize("behaviour", [status(401), status(404), status(500), reset, silent, *WRONG])
def test_a_fault_is_a_remark(server: ModelServer, with_reranker: Callable[..., Resources], behaviour: Any) -> None:
    usual = sources(found(with_reranker()))
    if isinstance(behaviour, str):
        server.plan = [plain(behaviour)]
    else:
        server.plan = [behaviour]
    resources = with_reranker(reranker=f"{server.url}/rerank", reranker_timeout_s=0.3 if behaviour is silent else 30.0)
    for _ in range(2):  # the second search does not wait for it
        result = Search(resources).result_over([KB], "harbor garden")
        assert sources(result) == usual and result.remark.startswith("Not reranked: ")
    assert len(server.requests) == 1


def test_the_other_form_of_a_request() -> None:
    with model_server() as server:
        refusal = status(422, "missing field `texts`")
        server.answer = scored(len, "texts")
        server.plan = [refusal]
        api = RerankApi(server.url, "", "", timeout_s=30.0)
        assert api.scores("q", ["one", "four five"]) == [3.0, 9.0]
        assert [sorted(one) for one in server.requests] == [
            ["documents", "query", "top_n"],
            ["query", "texts", "truncate"],
        ]


def test_a_reranker_that_fails_is_left_alone_for_a_while() -> None:
    now, asked = [0.0], list[str]()

    class Away:
        def scores(self, query: str, texts: Any) -> list[float]:
            asked.append(query)
            if query == "good":
                return [1.0]
            raise UnavailableError("away")

    reranker = TimeLimited(Away(), 30.0, pause_s=10.0, clock=lambda: now[0])
    for query in ("bad", "good"):
        with pytest.raises(UnavailableError, match="away"):
            reranker.scores(query, ["x"])
    now[0] = 11.0
    assert reranker.scores("good", ["x"]) == [1.0] and asked == ["bad", "good"]


def test_others_keep_their_places() -> None:
    ranked = [Ranked(name, score, None, None) for name, score in (("a", 0.9), ("b", 0.8), ("c", 0.7))]
    assert [(hit.id, hit.score) for hit in reordered(ranked, {"a": 0.1, "c": 5.0})] == [
        ("c", 0.9),
        ("b", 0.8),
        ("a", 0.7),
    ]


def test_without_its_package_or_model_there_is_a_remark(with_reranker: Callable[..., Resources]) -> None:
    result = found(with_reranker(reranker="/no/such/folder"))
    assert result.hits and result.remark.startswith("Not reranked: ")


@pytest.mark.torch
def test_a_cross_encoder_orders_hits(tmp_path: Path, with_reranker: Callable[..., Resources]) -> None:
    pytest.importorskip("sentence_transformers")
    from pipeline.engines.rerankers.cross_encoder import CrossEncoderReranker
    from tests.tiny_bert import build_cross_encoder

    model = build_cross_encoder(tmp_path / "model")
    texts = TEXTS[:3]
    scores = CrossEncoderReranker(str(model), "cpu").scores("harbor garden", texts)
    assert len(set(scores)) == 3
    result = found(with_reranker(reranker=str(model), reranker_hits=3, reranker_timeout_s=60.0))
    assert not result.remark
    of = {f"{at}.pdf": score for at, score in enumerate(scores)}
    first = [of[name] for name in sources(result) if name in of]
    assert first == sorted(first, reverse=True)
    several = build_cross_encoder(tmp_path / "classes", labels=3)
    with pytest.raises(InputError, match="no score"):
        CrossEncoderReranker(str(several), "cpu").scores("harbor", texts)
