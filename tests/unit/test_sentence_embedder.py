"""The embedder for any sentence-transformers model: many threads, one model; and what is said where there is none."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from pipeline.contracts import SharedModel  # noqa: E402
from pipeline.engines.embedders import model_source  # noqa: E402
from pipeline.engines.embedders.sentence_model import SentenceModel  # noqa: E402
from pipeline.engines.embedders.sentence_transformers_embedder import SentenceTransformersEmbedder  # noqa: E402
from stores.errors import InputError, StoppingError, UnavailableError  # noqa: E402
from tests.conftest import ROOT  # noqa: E402
from tests.tiny_bert import POSITIONS, build, build_static, texts  # noqa: E402
from tests.waiting import GENEROUS_S  # noqa: E402

pytestmark = pytest.mark.torch
PROMPTS = {"query": "question: ", "document": "passage: "}
TEXTS = list(texts(400))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def prompted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("models") / "prompted", prompts=PROMPTS)


@pytest.fixture
def embedder(tiny: Path) -> Iterator[SentenceTransformersEmbedder]:
    embedder = SentenceTransformersEmbedder(str(tiny))
    yield embedder
    embedder.close()


@pytest.fixture(scope="module")
def one_at_a_time(tiny: Path) -> np.ndarray:
    """By the library itself, each text alone."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny), device="cpu")
    return np.stack([model.encode([text], normalize_embeddings=True)[0] for text in TEXTS])


def test_eight_threads_get_the_vectors_of_one_text_at_a_time(
    embedder: SentenceTransformersEmbedder, one_at_a_time: np.ndarray
) -> None:
    parts = [range(start, len(TEXTS), 20) for start in range(20)]
    embedder.warm_up()
    together = threading.Barrier(4)

    def embed(part: range) -> np.ndarray:
        together.wait(GENEROUS_S)
        return embedder.embed_chunks([TEXTS[at] for at in part])

    with ThreadPoolExecutor(8) as threads:
        embedded = list(threads.map(embed, parts))
        counts = list(threads.map(lambda part: embedder.count_tokens([TEXTS[at] for at in part]), parts * 4))
    for part, vectors in zip(parts, embedded, strict=True):
        assert np.abs(vectors - one_at_a_time[list(part)]).max() < 1e-5
    assert counts[: len(parts)] == [embedder.count_tokens([TEXTS[at] for at in part]) for part in parts]
    counters = embedder.counters
    assert (counters.requests, counters.texts) == (21, len(TEXTS) + 1)
    assert counters.batch_requests > counters.batches, "no batch held the texts of several requests"
    assert 0.5 < counters.occupancy <= 1


def test_the_model_is_loaded_once_for_all_threads(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    class Counted(SentenceModel):
        def __init__(self, source: Any, device: str | None, asked_for: str) -> None:
            loaded.append(asked_for)
            super().__init__(source, device, asked_for)

    monkeypatch.setattr("pipeline.engines.embedders.sentence_model.SentenceModel", Counted)
    embedder = SentenceTransformersEmbedder(str(tiny))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda text: embedder.embed_chunks([text]), TEXTS[:16]))
    embedder.close()
    assert loaded == [str(tiny)]


def test_prompts_of_the_model_are_used(tiny: Path, prompted: Path) -> None:
    plain, with_prompts = SentenceTransformersEmbedder(str(tiny)), SentenceTransformersEmbedder(str(prompted))
    text = "the invoice is due"
    assert np.allclose(with_prompts.embed_query(text), plain.embed_query("question: " + text), atol=1e-6)
    assert np.allclose(with_prompts.embed_chunks([text]), plain.embed_chunks(["passage: " + text]), atol=1e-6)
    assert not np.allclose(plain.embed_query(text), with_prompts.embed_query(text), atol=1e-2)
    assert plain.max_tokens == POSITIONS - 2
    assert with_prompts.max_tokens == POSITIONS - 2 - plain.count_tokens(["passage: "])[0]


def test_a_model_without_attention_or_limit(tmp_path: Path) -> None:
    embedder = SentenceTransformersEmbedder(str(build_static(tmp_path / "static")))
    vectors = embedder.embed_chunks(["", "a cat sleeps", *TEXTS[:9]])
    assert vectors.shape == (11, embedder.dimension) and embedder.max_tokens > 10_000
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert int(np.argmax(vectors @ embedder.embed_query("cat sleeps"))) == 1


def test_half_precision_weights_are_computed_in_single(tmp_path: Path) -> None:
    """So that a vector does not depend on its neighbours in the batch."""
    embedder = SentenceTransformersEmbedder(str(build(tmp_path / "half", dtype="bfloat16")))
    together = embedder.embed_chunks(TEXTS[:64])
    assert np.abs(together - np.concatenate([embedder.embed_chunks([text]) for text in TEXTS[:64]])).max() < 1e-5


def test_fingerprint_tells_models_apart_and_forgets_the_place(tmp_path: Path, tiny: Path) -> None:
    def of(folder: Path) -> str:
        return SentenceTransformersEmbedder(str(folder)).fingerprint

    moved = Path(shutil.copytree(tiny, tmp_path / "elsewhere" / tiny.name))
    assert of(moved) == of(tiny)
    (moved / "README.md").write_text("another card")
    assert of(moved) == of(tiny)
    other = build(tmp_path / "other" / tiny.name, seed=1)
    assert (other / "model.safetensors").stat().st_size == (tiny / "model.safetensors").stat().st_size
    assert of(other) != of(tiny)
    pooling = moved / "1_Pooling" / "config.json"
    pooling.write_text(pooling.read_text().replace("mean", "cls"))
    assert of(moved) != of(tiny)


def test_the_card_says_whether_it_knows_only_english(tmp_path: Path, tiny: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "card"))
    cards = {
        "---\nlanguage: en\n---\n": True,
        "---\nlanguage:\n- en\n---\n": True,
        "---\nlanguage:\n- en\n- zh\n---\n": False,
        "---\nlanguage: multilingual\n---\n": False,
        "---\nlanguage: [\n---\n": False,
        "no card": False,
    }
    for card, expected in cards.items():
        (folder / "README.md").write_text(card)
        assert SentenceTransformersEmbedder(str(folder)).english_only is expected, card
    (folder / "README.md").unlink()
    assert SentenceTransformersEmbedder(str(folder)).english_only is False


def test_memory_that_is_short_halves_batches(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = SentenceTransformersEmbedder(str(tiny), batch_tokens=1 << 15)
    expected = embedder.embed_chunks(TEXTS[:64])
    encode = SentenceModel._encode

    def short(model: SentenceModel, texts: list[str], kind: str, device: str | None) -> np.ndarray:
        if len(texts) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return encode(model, texts, kind, device)

    monkeypatch.setattr(SentenceModel, "_encode", short)
    assert np.allclose(embedder.embed_chunks(TEXTS[:64]), expected, atol=1e-5)
    assert embedder.counters.halved >= 3


def test_no_memory_at_all_and_a_lost_gpu_are_one_sentence(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = SentenceTransformersEmbedder(str(tiny))
    for error, said in (
        (torch.OutOfMemoryError("CUDA out of memory"), "free some"),
        (RuntimeError("CUDA error: an illegal memory access was encountered\nmore"), "restart this worker"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(SentenceModel, "_encode", _raising(error))
            with pytest.raises(UnavailableError, match=said):
                embedder.embed_query("x")
        assert embedder.broken is ("restart" in said)
    assert isinstance(embedder, SharedModel)
    with monkeypatch.context() as patch:
        patch.setattr(SentenceModel, "_encode", _raising(KeyError("a bug")))
        with pytest.raises(KeyError):
            embedder.embed_query("x")
    assert embedder.embed_query("x").shape == (embedder.dimension,)


def _raising(error: Exception) -> Any:
    def encode(*_: Any) -> Any:
        raise error

    return encode


def test_a_model_that_cannot_be_is_one_sentence(tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "empty").mkdir()
    damaged = Path(shutil.copytree(tiny, tmp_path / "damaged"))
    (damaged / "model.safetensors").write_bytes(b"\0" * 100)
    misfit = Path(shutil.copytree(tiny, tmp_path / "misfit"))
    config = json.loads((misfit / "config.json").read_text())
    (misfit / "config.json").write_text(json.dumps({**config, "hidden_size": 64}))
    for model in (tmp_path / "empty", damaged, misfit, ROOT / "tests" / "data" / "tiny_got"):
        with pytest.raises((InputError, UnavailableError), match="INGOT_EMBEDDER_MODEL") as caught:
            SentenceTransformersEmbedder(str(model)).embed_query("x")
        assert len(str(caught.value)) < 600 and "\n" not in str(caught.value)


def test_a_model_of_the_hub_without_a_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for name in ("somebody/a-model", "somebody/a-model@v2", "a-model"):
        with pytest.raises(UnavailableError, match="check the network"):
            SentenceTransformersEmbedder(name).embed_query("x")
    with pytest.raises(InputError, match="no such folder"):
        SentenceTransformersEmbedder(str(tmp_path / "gone")).embed_query("x")


def test_a_model_of_the_hub_that_is_here_needs_no_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--somebody--a-model"
    shutil.copytree(tiny, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    embedder = SentenceTransformersEmbedder("somebody/a-model")
    assert embedder.fingerprint == f"somebody/a-model@{commit[:12]}/float32"
    folder = SentenceTransformersEmbedder(str(tiny))
    assert np.allclose(embedder.embed_chunks(TEXTS[:4]), folder.embed_chunks(TEXTS[:4]), atol=1e-6)
    assert SentenceTransformersEmbedder(f"somebody/a-model@{commit}").fingerprint == embedder.fingerprint


def test_what_is_no_number_is_refused(tmp_path: Path, tiny: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = Path(shutil.copytree(tiny, tmp_path / "broken"))
    weights = load_file(broken / "model.safetensors")
    save_file({name: values * float("nan") for name, values in weights.items()}, broken / "model.safetensors")
    with pytest.raises(InputError, match="not numbers"):
        SentenceTransformersEmbedder(str(broken)).embed_chunks(["x"])


def test_closed_and_used_again(embedder: SentenceTransformersEmbedder) -> None:
    embedder.warm_up()
    before = embedder.embed_query("x")
    embedder.close()
    embedder.close()
    assert np.array_equal(embedder.embed_query("x"), before)
    embedder.close(within_s=GENEROUS_S)
    with pytest.raises(StoppingError):
        embedder.embed_query("x")


def test_samples_of_weights_reach_from_first_to_last_byte(tmp_path: Path) -> None:
    for size in (0, 10, 5000, 3_000_000):
        path = tmp_path / "weights.bin"
        path.write_bytes(bytes(size))
        parts = list(model_source._samples(path))
        assert sum(len(part) for part in parts) <= 256 * 4096
    changed = bytearray(3_000_000)
    changed[-1] = 1
    path.write_bytes(changed)
    assert list(model_source._samples(path)) != parts
