"""Chunks per second of the embedder for sentence-transformers models: documents one after the other, and together.

    scripts/bench embed                          MiniLM, on the GPU where there is one
    scripts/bench embed --model BAAI/bge-m3      any model of the hub, or a folder
    scripts/bench embed --threads 8 16 32        as many documents at once

One after the other is what a single task of a worker does: its chunks by the 32, as they are saved. Together is what
a GPU worker does: tasks of several documents share the batches of one model. Both embed the same chunks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from random import Random
from time import perf_counter

import numpy as np

from pipeline.contracts import Embedder
from pipeline.engines.embedders.chunk_batcher import Counters
from pipeline.engines.embedders.minilm import MiniLm
from pipeline.engines.embedders.sentence_transformers_embedder import SentenceTransformersEmbedder
from pipeline.settings import Settings
from scripts import sample_texts
from scripts.bench_machine import machine

SLICE = 32  # chunks that a task embeds and saves at once
MEAN_CHUNKS, MEAN_WORDS, SPREAD = 12, 75, 0.7  # of a document, of a chunk; spread of the logarithms
MOST_WORDS = 190

Document = list[str]
Vectors = list[np.ndarray]


@dataclass(frozen=True, slots=True)
class Run:
    """One way to embed all documents: its best time, its vectors and what the batcher counted."""

    what: str
    seconds: float
    vectors: Vectors
    counters: Counters | None = None

    def line(self, chunks: int, first: Run) -> str:
        batches = self.counters.batches if self.counters else 0
        cells = (
            self.what,
            f"{chunks / self.seconds:.0f}",
            f"{first.seconds / self.seconds:.2f}",
            f"{chunks / batches:.1f}" if batches else "-",
            f"{self.counters.batch_requests / batches:.1f}" if self.counters and batches else "-",
            f"{self.counters.occupancy:.0%}" if self.counters and batches else "-",
            f"{difference(self.vectors, first.vectors):.1e}",
        )
        return "| " + " | ".join(cells) + " |"


def difference(some: Vectors, others: Vectors) -> float:
    """The largest between any two numbers of the vectors."""
    return max(float(np.abs(one - other).max()) for one, other in zip(some, others, strict=True))


def make_documents(count: int) -> list[Document]:
    """Chunks of words as the samples use them; lengths and numbers are lognormal, the same every time."""
    chance, drawn = Random(3), np.random.default_rng(3)
    words = [word for part in vars(sample_texts).values() if isinstance(part, tuple) for word in words_of(part)]
    sizes = np.clip(drawn.lognormal(np.log(MEAN_CHUNKS) - SPREAD**2 / 2, SPREAD, count), 1, 400).astype(int)
    return [
        [
            " ".join(chance.choices(words, k=int(length)))
            for length in np.clip(drawn.lognormal(np.log(MEAN_WORDS) - SPREAD**2 / 2, SPREAD, size), 3, MOST_WORDS)
        ]
        for size in sizes
    ]


def words_of(part: object) -> list[str]:
    if isinstance(part, str):
        return [word for word in part.split() if word.isascii()]
    return [word for inner in part for word in words_of(inner)] if isinstance(part, tuple) else []


def embed_document(embedder: Embedder, document: Document) -> np.ndarray:
    parts = [document[at : at + SLICE] for at in range(0, len(document), SLICE)]
    return np.concatenate([embedder.embed_chunks(part) for part in parts])


def one_after_the_other(embedder: Embedder, documents: Sequence[Document]) -> Vectors:
    return [embed_document(embedder, document) for document in documents]


def together(embedder: Embedder, documents: Sequence[Document], threads: int) -> Vectors:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda document: embed_document(embedder, document), documents))


def measure(asked: argparse.Namespace, documents: Sequence[Document]) -> list[Run]:
    """Every way in turn, ``rounds`` times, so that a busy moment of the machine meets all of them."""
    embedder = SentenceTransformersEmbedder(asked.model, batch_tokens=asked.batch_tokens)
    ways: dict[str, Callable[[], Vectors]] = {
        "one document after the other": lambda: one_after_the_other(embedder, documents)
    }
    for threads in asked.threads:
        ways[f"{threads} documents at once"] = lambda threads=threads: together(embedder, documents, threads)
    if MiniLm.fingerprint == embedder.fingerprint:
        ways["MiniLM on onnxruntime, one thread"] = lambda: one_after_the_other(MiniLm(), documents)
    embedder.embed_chunks([chunk for document in documents[:20] for chunk in document])
    best: dict[str, Run] = {}
    for _ in range(asked.rounds):
        for what, way in ways.items():
            run = timed(what, way, embedder)
            best[what] = min(run, best.get(what, run), key=lambda one: one.seconds)
    embedder.close()
    return list(best.values())


def timed(what: str, way: Callable[[], Vectors], embedder: SentenceTransformersEmbedder) -> Run:
    counters = embedder.counters
    for name in Counters.__dataclass_fields__:
        setattr(counters, name, 0)
    began = perf_counter()
    vectors = way()
    seconds = perf_counter() - began
    return Run(what, seconds, vectors, Counters(**{n: getattr(counters, n) for n in Counters.__dataclass_fields__}))


def describe(model: str) -> str:
    import torch

    card = torch.cuda.get_device_name() if torch.cuda.is_available() else f"no GPU, {torch.get_num_threads()} threads"
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "sentence-transformers"))
    return f"{machine()}\n{card}; {versions}\nmodel {model}, float32"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench embed", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=Settings().embedder_model)
    parser.add_argument("--documents", type=int, default=0, help="0: 40 on a CPU, 2000 on a GPU")
    parser.add_argument("--threads", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--batch-tokens", type=int, default=0, help="tokens of one batch; 0: the embedder's own choice")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    try:
        import torch
    except ImportError:
        sys.exit("this needs the extra gpu: pip install 'ingot[gpu]'")
    documents = make_documents(asked.documents or (2000 if torch.cuda.is_available() else 40))
    chunks = sum(map(len, documents))
    print(describe(asked.model), flush=True)
    runs = measure(asked, documents)
    print(f"{len(documents)} documents, {chunks} chunks, best of {asked.rounds} rounds\n")
    print("| how | chunks/s | ratio | chunks per batch | documents per batch | filled | largest difference |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for run in runs:
        print(run.line(chunks, runs[0]))


if __name__ == "__main__":
    main()
