"""``bench search``: how long a search takes over a large knowledge base, made up for the purpose.

Chunks are made of words with the frequencies of real text (English and Chinese documents by turns), their vectors lie
in clusters, and the questions are asked through the same use case as ``ingot search``: the question is embedded by
e5 each time, then the vector of a made-up neighbour takes its place, since made-up words mean nothing to a model.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from random import Random

import numpy as np
from sqlalchemy import func, insert, select

from pipeline import wiring
from pipeline.engines.embedders.e5 import E5
from pipeline.search.search import search
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.chroma.http import ChromaHttp
from stores.chroma.vectors import ChromaVectors
from stores.contracts import Scalar, VectorRow
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import chunk_id
from stores.sql import keywords, tables

KNOWLEDGE_ID = "bench"
PER_DOCUMENT = 100  # chunks
CLUSTERS = 500
_SPREAD = 0.6  # distance of a vector from the middle of its cluster, before it is scaled to length 1
_GRAMMAR = "the of and to in a is that for on with as are by be this from at or an it which was not have has"
_SERVER = "import sys; from chromadb_rust_bindings import cli; cli(sys.argv)"


class Language:
    """Words with frequencies that fall with their rank, as in real text."""

    def __init__(self, words: list[str], join: str, length: int, random: Random) -> None:
        self.words, self.join, self.length, self.random = words, join, length, random
        self.weights = list(accumulate(1 / (rank + 8) for rank in range(len(words))))

    def text(self, about: list[str]) -> str:
        """A chunk; every fifth word is one of ``about``, so that a document has its own."""
        drawn = self.random.choices(self.words, cum_weights=self.weights, k=self.length)
        drawn[::5] = self.random.choices(about, k=len(drawn[::5]))
        return self.join.join(drawn)

    def about(self) -> list[str]:
        return self.random.sample(self.words[200:], 40)


def english(random: Random) -> Language:
    parts = [consonant + vowel for consonant in "bcdfghklmnprstvw" for vowel in ("a", "e", "i", "o", "u", "ar", "en")]
    made = {"".join(random.choices(parts, k=random.randint(2, 4))) for _ in range(40_000)}
    return Language([*_GRAMMAR.split(), *sorted(made)], " ", 150, random)


def chinese(random: Random) -> Language:
    signs = [chr(code) for code in random.sample(range(0x4E00, 0x8000), 3500)]
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(signs))))
    made = {
        "".join(random.choices(signs, cum_weights=weights, k=random.choice((1, 2, 2, 2, 3)))) for _ in range(40_000)
    }
    return Language(sorted(made, key=lambda word: (len(word), word)), "", 110, random)


class Neighbour:
    """Embeds for the sake of the time it takes, then answers with the vector that was chosen for the question."""

    english_only = False

    def __init__(self) -> None:
        self._real = E5()
        self.fingerprint, self.dimension = self._real.fingerprint, self._real.dimension
        self.max_tokens = self._real.max_tokens
        self.chosen = np.zeros(self.dimension, np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._real.count_tokens(texts)

    def embed_chunks(self, texts: Sequence[str]) -> np.ndarray:
        return self._real.embed_chunks(texts)

    def embed_query(self, text: str) -> np.ndarray:
        self._real.embed_query(text)
        return self.chosen


@contextlib.contextmanager
def chroma(folder: Path) -> Iterator[str]:
    """A Chroma server on loopback that ends with the bench."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", _SERVER, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not ChromaHttp(f"http://127.0.0.1:{port}").alive():
            if child.poll() is not None:
                raise SystemExit("the Chroma server did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait()


def near(random: np.random.Generator, middles: np.ndarray) -> np.ndarray:
    """Unit vectors around the middles."""
    noise = random.standard_normal(middles.shape).astype(np.float32) / np.sqrt(middles.shape[-1])
    moved = middles + _SPREAD * noise
    scaled: np.ndarray = moved / np.linalg.norm(moved, axis=-1, keepdims=True)
    return scaled.astype(np.float32)


def fill(resources: Resources, chunks: int, embedder: Neighbour) -> None:
    """Write documents, chunks, keywords and vectors."""
    random, numbers = Random(7), np.random.default_rng(7)
    middles = near(numbers, np.zeros((CLUSTERS, embedder.dimension), np.float32))
    languages = [english(random), english(random), chinese(random)]
    store, vectors = resources.catalog.create(KNOWLEDGE_ID), resources.vectors()
    for number in range(-(-chunks // PER_DOCUMENT)):
        language = languages[number % len(languages)]
        count = min(PER_DOCUMENT, chunks - number * PER_DOCUMENT)
        document, about = f"{number:032x}", language.about()
        texts = [language.text(about) for _ in range(count)]
        embedded = near(numbers, middles[numbers.integers(0, CLUSTERS, count)])
        write_rows(store, document, number, texts, embedded, language)
        vectors.upsert(KNOWLEDGE_ID, embedder.fingerprint, vector_rows(document, texts, embedded))
        if sys.stderr.isatty():
            print(f"\r{number * PER_DOCUMENT + count:,} of {chunks:,} chunks ", end="", file=sys.stderr)


def questions_of(resources: Resources, count: int) -> list[tuple[str, np.ndarray]]:
    """Questions made from random chunks, and the vector to be asked for each."""
    random, numbers = Random(11), np.random.default_rng(11)
    with resources.catalog.store(KNOWLEDGE_ID).database.read() as connection:
        highest = connection.execute(select(func.max(tables.chunk.c.id))).scalar_one()
        wanted = [random.randint(1, highest) for _ in range(count)]
        rows = connection.execute(select(tables.chunk).where(tables.chunk.c.id.in_(wanted))).all()
    vectors = (near(numbers, np.frombuffer(row.embedding, np.float32)) for row in rows)
    return [(question(row.text, random), vector) for row, vector in zip(rows, vectors, strict=True)]


def question(text: str, random: Random) -> str:
    """A few words from a chunk, some of them common, in words of grammar."""
    if " " not in text:
        start = random.randrange(max(1, len(text) - 10))
        return text[start : start + random.randint(4, 10)] + "是什么？"
    words = text.split()
    start = random.randrange(max(1, len(words) - 6))
    return "What is the " + " ".join(words[start : start + random.randint(2, 6)]) + "?"


def write_rows(
    store: SqlKnowledgeStore, document: str, number: int, texts: list[str], embedded: np.ndarray, language: Language
) -> None:
    title = language.join.join(language.about()[:5])
    write_chunks(store, document, number * PER_DOCUMENT + 1, texts, embedded, title, "en" if language.join else "zh")


def write_chunks(
    store: SqlKnowledgeStore, document: str, first: int, texts: list[str], embedded: np.ndarray, title: str, code: str
) -> None:
    """Write a document of two chunks a page; ``first`` is the row id of its first chunk, ``code`` its language."""
    now = time.time()
    with store.database.write() as connection:
        facts = {"id": document, "sha256": document, "size_bytes": 0, "media_type": "application/pdf", "state": "done"}
        connection.execute(
            insert(tables.document), {**facts, "newest": 1, "visible": 1, "created_at": now, "updated_at": now}
        )
        version = {"document": document, "number": 1, "state": "done", "options": {}, "fingerprints": {}, "pages": 50}
        connection.execute(insert(tables.generation), {**version, "title": title, "language": code, "created_at": now})
        source = {"root": "/", "name": f"{first}.pdf", "document": document, "size_bytes": 0, "modified_ns": 0}
        connection.execute(insert(tables.source), source)
        rows = [
            {
                "id": first + at, "document": document, "generation": 1, "ordinal": at, "text": text,
                "heading": title, "first_page": at // 2 + 1, "last_page": at // 2 + 1, "boxes": [],
                "embedding": embedded[at].tobytes(),
            }
            for at, text in enumerate(texts)
        ]  # fmt: skip
        connection.execute(insert(tables.chunk), rows)
        words = [
            keywords.Words(rowid=first + at, text=text, heading=title, title=title) for at, text in enumerate(texts)
        ]
        keywords.write(connection, words)


def vector_rows(document: str, texts: list[str], embedded: np.ndarray) -> list[VectorRow]:
    about: dict[str, Scalar] = {"document": document, "generation": 1, "name": "bench.pdf", "language": "en"}
    return [
        VectorRow(
            id=chunk_id(document, 1, at), text=text, embedding=embedded[at].tobytes(),
            metadata={**about, "first_page": at // 2 + 1, "last_page": at // 2 + 1},
        )
        for at, text in enumerate(texts)
    ]  # fmt: skip


def chunks_in(resources: Resources) -> int:
    with resources.catalog.store(KNOWLEDGE_ID).database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.chunk)).scalar_one())


def measure(resources: Resources, embedder: Neighbour, asked: list[tuple[str, np.ndarray]], mode: str) -> list[float]:
    """Milliseconds of each question, after a few that warm up."""
    times = []
    for at, (question, vector) in enumerate([*asked[:10], *asked]):
        embedder.chosen = vector
        begin = time.perf_counter()
        hits = search(resources, KNOWLEDGE_ID, question, 10, mode, {})
        if at >= 10:
            times.append((time.perf_counter() - begin) * 1000)
        if not hits:
            raise SystemExit(f"the question {question!r} found nothing")
    return times


def report(chunks: int, filled_s: float, size: int, times: dict[str, list[float]]) -> None:
    print(f"{chunks:,} chunks, filled in {filled_s:.0f} s, kb.db {size / 1e6:.0f} MB")
    for mode, took in times.items():
        p50, p99 = np.percentile(took, [50, 99])
        print(f"{mode:8} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   worst {max(took):6.1f} ms   ({len(took)} questions)")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    parts = " ".join(f"{name} {version(name)}" for name in ("chromadb", "onnxruntime", "sqlalchemy"))
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {load}, Python {platform.python_version()}, "
          f"SQLite {sqlite3.sqlite_version}, {parts}")  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="keep the made-up knowledge base here, and use it again")
    given = parser.parse_args(arguments)
    bench(given.chunks, given.questions, given.folder)


def bench(chunks: int, questions: int, folder: Path | None) -> None:
    """Fill a folder unless it is filled, ask, print. Without ``folder`` a temporary one is used."""
    with contextlib.ExitStack() as stack:
        home = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ingot-bench-")))
        url = stack.enter_context(chroma(home / "chroma"))
        embedder, vectors = Neighbour(), ChromaVectors(url, home / "chroma")
        resources = bench_tools(Settings(home=home, chroma_url=url, embedder="e5"), embedder, vectors)
        begin = time.perf_counter()
        if not resources.catalog.names():
            fill(resources, chunks, embedder)
        filled_s = time.perf_counter() - begin
        asked = questions_of(resources, questions)
        times = {mode: measure(resources, embedder, asked, mode) for mode in ("keyword", "vector", "hybrid")}
        report(chunks_in(resources), filled_s, (home / KNOWLEDGE_ID / "kb.db").stat().st_size, times)


def bench_tools(settings: Settings, embedder: Neighbour, vectors: ChromaVectors) -> Resources:
    return replace(wiring.build(settings, pooled=True), embedder=lambda: embedder, vectors=lambda: vectors)


if __name__ == "__main__":
    main()
