"""A knowledge base knows which model made its vectors: another is refused, and taken over without reading again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")

from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.search.search import search
from pipeline.step_context import Resources
from stores.chroma.vectors import ChromaVectors
from stores.errors import InputError
from stores.models import DocumentState, Stage
from tests.in_process import (
    KB,
    fake_document,
    fake_resources,
    ingest_now,
    run_chain,
    run_until_done,
    sql_store,
    stages_run,
)
from tests.tiny_bert import build, texts

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same name and the same size, but for one: only the weights tell them apart."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "first": build(folder / "a" / "model", seed=1),
        "second": build(folder / "b" / "model", seed=2),
        "wider": build(folder / "c" / "model", seed=3, width=48),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fake_document(tmp_path / "docs" / "invoice.pdf", "The invoice is due in thirty days.", "Payment of the invoice.")
    fake_document(tmp_path / "docs" / "harbor.pdf", "A cat sleeps in the harbor garden.")
    return tmp_path / "docs"


@pytest.fixture
def chroma(home: Path) -> Iterator[ChromaVectors]:
    vectors = ChromaVectors(None, home / "chroma")
    yield vectors
    vectors.close()


def tools_of(home: Path, chroma: ChromaVectors, model: Path) -> Resources:
    made = fake_resources(home, embedder="sentence-transformers", embedder_model=str(model))
    return dataclasses.replace(made, vectors=lambda: chroma)


def nearest(resources: Resources, question: str) -> str:
    return search(resources, KB, question, 1, "vector", {})[0].source


@pytest.mark.parametrize("other", ["second", "wider"])
def test_another_model_is_refused_until_it_has_embedded_everything(
    home: Path, chroma: ChromaVectors, folder: Path, models: dict[str, Path], other: str
) -> None:
    before, after = (tools_of(home, chroma, models[name]) for name in ("first", other))
    ingest_now(before, folder)
    assert nearest(before, "when is the invoice due") == "invoice.pdf"

    refused = rf"made by model@\w+/float32, not by model@\w+/float32.*'ingot kb embed {KB}'"
    with pytest.raises(InputError, match=refused) as caught:
        search(after, KB, "when is the invoice due", 1, "hybrid", {})
    assert caught.value.code == "other_embedder"
    assert nearest(before, "when is the invoice due") == "invoice.pdf"

    store = sql_store(before, KB)
    assert store.chunks.embedders() == [before.embedder().fingerprint]
    report = ingest_now(after, folder)
    assert {file.outcome for file in report.files} == {"again"}
    assert store.chunks.embedders() == [after.embedder().fingerprint]
    for view in store.document_queries.all():
        done = {stage for stage, state in stages_run(store, view.document, view.generation).items() if state == "done"}
        assert view.state is DocumentState.DONE and {"embed", "publish"} <= done
        assert not done & {"plan", "render", "ocr", "parse", "extract"}
    assert nearest(after, "when is the invoice due") == "invoice.pdf"
    assert nearest(after, "the cat in the garden") == "harbor.pdf"
    with pytest.raises(InputError, match="INGOT_EMBEDDER_MODEL"):
        search(before, KB, "when is the invoice due", 1, "hybrid", {})
    assert ingest(after, KB, IngestRequest(paths=(folder,))).job is None


def test_a_worker_with_another_model_leaves_the_document_alone(
    home: Path, chroma: ChromaVectors, folder: Path, models: dict[str, Path]
) -> None:
    ordered, other = (tools_of(home, chroma, models[name]) for name in ("first", "second"))
    report = ingest(ordered, KB, IngestRequest(paths=(folder / "harbor.pdf",)))
    run_until_done(other)
    store = sql_store(ordered, KB)
    waiting = store.job_queries.get(report.job).documents[0]
    assert waiting.state is not DocumentState.DONE
    assert chroma.ids(KB) == set()


def embeddings(resources: Resources) -> dict[str, np.ndarray]:
    """Text of each chunk -> its vector as stored."""
    rows = resources.catalog.store(KB).chunks.vectors(resources.embedder().fingerprint)
    return {chunk.text: np.frombuffer(chunk.embedding, "<f4") for part in rows for _, _, chunk, _ in part}


def test_documents_of_many_threads_get_the_vectors_that_each_gets_alone(
    home: Path, tmp_path: Path, models: dict[str, Path]
) -> None:
    """What a GPU worker does: steps of several documents at once, one model for all."""
    for number in range(8):
        pages = [f"{text} {number}" for text in texts(5, 60)]
        fake_document(tmp_path / "many" / f"{number}.pdf", *pages)
    chosen = {"embedder": "sentence-transformers", "embedder_model": str(models["first"])}
    alone, together = (fake_resources(home / name, **chosen) for name in ("alone", "together"))
    ingest_now(alone, tmp_path / "many")
    ingest(together, KB, IngestRequest(paths=(tmp_path / "many",)))
    store = sql_store(together, KB)
    with ThreadPoolExecutor(8) as threads:
        todo = store.dispatch.take(100, frozenset(Stage))
        while todo:
            todo = [due for _, dues in threads.map(lambda key: run_chain(together, key), todo) for due in dues]
    assert {view.state for view in store.document_queries.all()} == {DocumentState.DONE}
    expected, batched = embeddings(alone), embeddings(together)
    assert batched.keys() == expected.keys() and len(batched) >= 20
    assert max(np.abs(batched[text] - expected[text]).max() for text in expected) < 1e-5
