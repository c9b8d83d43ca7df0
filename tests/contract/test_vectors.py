"""What every VectorStore promises: Chroma under a path, Chroma on a server, and the fake."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.commands.check_vectors import not_found
from stores.chroma.memory import MemoryVectors
from stores.chroma.vectors import SYNC_THRESHOLD, ChromaVectors
from stores.contracts import Scalar, VectorRow, VectorStore
from stores.errors import DamagedIndexError, InputError, UnavailableError
from tests.chroma_server import chroma_server, free_port

EMBEDDER = "test/1"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture(params=["memory", "path", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorStore]:
    if request.param == "memory":
        yield MemoryVectors()
        return
    url = request.getfixturevalue("server") if request.param == "server" else None
    chroma = ChromaVectors(url, tmp_path)
    yield chroma
    for knowledge_id in ("kb", "other"):
        chroma.drop(knowledge_id)
    chroma.close()


def vector(*values: float) -> bytes:
    return array("f", values).tobytes()


def row(document: str, ordinal: int, values: Sequence[float], generation: int = 1, **more: Scalar) -> VectorRow:
    return VectorRow(
        id=f"{document}:{generation}:{ordinal}",
        text=f"text {ordinal}",
        embedding=vector(*values),
        metadata={"document": document, "generation": generation, "name": f"{document}.pdf", **more},
    )


ROWS = [row("a", 0, [1, 0, 0], language="en"), row("a", 1, [0, 1, 0]), row("b", 0, [0.9, 0.1, 0], language="zh")]


def found(store: VectorStore, *values: float, limit: int = 10, **where: Scalar) -> list[str]:
    return [id for id, _ in store.query("kb", EMBEDDER, vector(*values), limit, where)]


def test_the_nearest_come_first_with_their_cosine_distance(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS)
    hits = store.query("kb", EMBEDDER, vector(2, 0, 0), 2, {})
    assert [id for id, _ in hits] == ["a:1:0", "b:1:0"]
    assert hits[0][1] == pytest.approx(0, abs=1e-5)
    assert hits[1][1] == pytest.approx(1 - 0.9 / (0.82**0.5), abs=1e-5)


def test_a_limit_past_the_end_gives_all(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS)
    assert len(found(store, 1, 0, 0, limit=100)) == 3


def test_upsert_twice_changes_nothing_and_replaces_what_differs(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS)
    store.upsert("kb", EMBEDDER, ROWS)
    assert store.ids("kb") == {"a:1:0", "a:1:1", "b:1:0"}
    store.upsert("kb", EMBEDDER, [row("a", 0, [0, 0, 1])])
    assert found(store, 0, 0, 1, limit=1) == ["a:1:0"]


def test_more_rows_than_a_batch(store: VectorStore) -> None:
    rows = [row("many", at, [1, at / 1000, 0]) for at in range(600)]
    store.upsert("kb", EMBEDDER, rows)
    assert len(store.ids("kb")) == 600
    store.delete("kb", "many")
    assert store.ids("kb") == set()


def test_conditions_hold_together(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS)
    assert found(store, 1, 0, 0, language="zh") == ["b:1:0"]
    assert found(store, 1, 0, 0, language="en", document="a") == ["a:1:0"]
    assert found(store, 1, 0, 0, language="en", document="b") == []
    some = store.query("kb", EMBEDDER, vector(1, 0, 0), 10, {"document": ["b", "c"]})
    assert [id for id, _ in some] == ["b:1:0"]


@pytest.mark.parametrize("value", [9.45, -0.07, 132.7433628, 1234567890.12, 123456789012345.0, 0, 5e-05])
def test_a_number_is_found_by_its_very_value(store: VectorStore, value: float) -> None:
    store.upsert("kb", EMBEDDER, [row("a", 0, [1, 0, 0], amount=value), row("b", 0, [1, 0, 0], amount=value + 1)])
    assert found(store, 1, 0, 0, amount=value) == ["a:1:0"]


def test_delete_keeps_the_generation_that_is_named(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, [*ROWS, row("a", 0, [1, 0, 0], generation=2), row("a", 0, [1, 0, 0], generation=12)])
    store.delete("kb", "a", keep_generation=2)
    assert store.ids("kb") == {"a:2:0", "b:1:0"}
    store.delete("kb", "a", keep_generation=2)
    store.delete("kb", "a")
    assert store.ids("kb") == {"b:1:0"}


def test_knowledge_bases_do_not_know_each_other(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS[:1])
    store.upsert("other", "another/1", [row("z", 0, [1, 0])])
    assert store.ids("other") == {"z:1:0"}
    store.drop("kb")
    assert store.ids("kb") == set()
    assert store.ids("other") == {"z:1:0"}


def test_what_is_not_there_is_empty(store: VectorStore) -> None:
    assert store.ids("kb") == set()
    assert found(store, 1, 0, 0) == []
    store.delete("kb", "a")
    store.drop("kb")
    store.upsert("kb", EMBEDDER, [])
    assert store.ids("kb") == set()


def test_another_embedder_is_refused_with_the_remedy(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS)
    for ask in (
        lambda: store.upsert("kb", "other/2", [row("c", 0, [1, 0, 0])]),
        lambda: store.query("kb", "other/2", vector(1, 0, 0), 1, {}),
    ):
        with pytest.raises(InputError, match="ingot kb embed"):
            ask()
    store.drop("kb")
    store.upsert("kb", "other/2", [row("c", 0, [1, 0, 0])])
    assert store.ids("kb") == {"c:1:0"}


def test_a_store_made_anew_by_somebody_else_is_found_again(server: str, tmp_path: Path) -> None:
    one, other = ChromaVectors(server, tmp_path), ChromaVectors(server, tmp_path)
    one.upsert("again", EMBEDDER, ROWS)
    assert other.ids("again") == {"a:1:0", "a:1:1", "b:1:0"}
    other.drop("again")
    one.upsert("again", EMBEDDER, ROWS[:1])
    assert other.query("again", EMBEDDER, vector(1, 0, 0), 5, {})[0][0] == "a:1:0"
    other.drop("again")


def test_other_chroma_clients_open_the_collection(server: str, tmp_path: Path) -> None:
    chromadb = pytest.importorskip("chromadb")
    ours = ChromaVectors(server, tmp_path)
    ours.upsert("open-to-all", EMBEDDER, ROWS)
    host, port = server.removeprefix("http://").split(":")
    theirs = chromadb.HttpClient(host, int(port)).get_collection("kb-open-to-all", embedding_function=None)
    assert theirs.metadata["embedder"] == EMBEDDER
    assert theirs.metadata["dimension"] == 3
    assert theirs.configuration_json["hnsw"]["sync_threshold"] == SYNC_THRESHOLD
    assert theirs.configuration_json["hnsw"]["space"] == "cosine"
    assert theirs.get("a:1:0", include=["documents", "metadatas"])["documents"] == ["text 0"]
    ours.drop("open-to-all")


def test_a_restarted_server_is_met_again(tmp_path: Path) -> None:
    port = free_port()
    store = ChromaVectors(f"http://127.0.0.1:{port}", tmp_path)
    with chroma_server(tmp_path / "chroma", port):
        store.upsert("kb", EMBEDDER, ROWS)
    with pytest.raises(UnavailableError, match="does not answer"):
        store.ids("kb")
    with chroma_server(tmp_path / "chroma", port):
        assert found(store, 1, 0, 0, limit=1) == ["a:1:0"]


def test_a_server_that_hangs_is_given_up(tmp_path: Path) -> None:
    import socket

    from stores.chroma.http import ChromaHttp

    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = ChromaHttp(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)
        with pytest.raises(UnavailableError, match="does not answer"):
            client.metadata("kb-any")


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="http://host:port"):
        ChromaVectors("chroma:8000", tmp_path)


def test_a_path_is_opened_by_one_process(tmp_path: Path) -> None:
    store = ChromaVectors(None, tmp_path)
    store.upsert("kb", EMBEDDER, ROWS)
    program = "import sys; from pathlib import Path; from stores.chroma.vectors import ChromaVectors as C; " + (
        "print(len(C(None, Path(sys.argv[1])).ids('kb')))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    second = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert second.returncode != 0
    assert f"in use by process {os.getpid()}" in second.stderr
    store.close()
    third = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert third.stdout.strip() == "3"


def _filled(path: Path, count: int) -> ChromaVectors:
    store = ChromaVectors(None, path)
    rows = [row("doc", at, [1, at % 97, at % 89, at % 83]) for at in range(count)]
    store.upsert("kb", EMBEDDER, rows)
    store.query("kb", EMBEDDER, vector(1, 0, 0, 0), 1, {})
    return store


@pytest.mark.parametrize("file", ["index_metadata.pickle", "header.bin"])
def test_torn_index_files_are_told_and_the_collection_can_be_dropped(tmp_path: Path, file: str) -> None:
    _filled(tmp_path, SYNC_THRESHOLD + 300).close()
    for torn in tmp_path.glob(f"*/{file}"):
        os.truncate(torn, 0)
    store = ChromaVectors(None, tmp_path)
    with pytest.raises(DamagedIndexError, match="rebuilt"):
        store.query("kb", EMBEDDER, vector(1, 0, 0, 0), 1, {})
    store.drop("kb")
    store.upsert("kb", EMBEDDER, [row("doc", 0, [1, 0, 0, 0])])
    assert store.ids("kb") == {"doc:1:0"}
    store.close()


def test_links_of_terabytes_are_never_opened(tmp_path: Path) -> None:
    _filled(tmp_path, SYNC_THRESHOLD + 300).close()
    for links in tmp_path.glob("*/link_lists.bin"):
        os.truncate(links, 1 << 32)  # sparse: takes no space
    store = ChromaVectors(None, tmp_path)
    with pytest.raises(DamagedIndexError):
        store.ids("kb")
    store.drop("kb")
    store.close()


def test_ids_are_listed_looked_up_and_removed(store: VectorStore) -> None:
    assert list(store.id_slices("kb")) in ([], [[]]) and store.existing("kb", ["a:1:0"]) == set()
    store.upsert("kb", EMBEDDER, ROWS)
    assert sorted(id for ids in store.id_slices("kb") for id in ids) == sorted(row.id for row in ROWS)
    assert store.existing("kb", ["a:1:0", "c:1:0"]) == {"a:1:0"}
    store.delete_ids("kb", ["a:1:0", "c:1:0"])
    assert store.ids("kb") == {row.id for row in ROWS} - {"a:1:0"}


def test_a_healthy_index_finds_its_vectors(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS)
    assert list(not_found(store, "kb", EMBEDDER, {r.id: r.embedding for r in ROWS})) == []


def test_a_vector_of_another_chunk_is_damage(store: VectorStore) -> None:
    store.upsert("kb", EMBEDDER, ROWS)
    sample = {ROWS[0].id: vector(0.3, -0.2, 0.9)}
    assert list(not_found(store, "kb", EMBEDDER, sample)) == [("vectors_unfound", ROWS[0].id)]


def test_vectors_that_queries_do_not_find_are_damage(tmp_path: Path) -> None:
    """A lost pickle loses the graph without an error: the ids are all there, only queries do not find them."""
    store = _filled(tmp_path, SYNC_THRESHOLD + 300)
    ids = store.ids("kb")
    sample = {f"doc:1:{at}": struct.pack("<4f", 1, at % 97, at % 89, at % 83) for at in range(0, 200, 10)}
    assert not list(not_found(store, "kb", EMBEDDER, sample))
    store.close()
    for pickle in tmp_path.glob("*/index_metadata.pickle"):
        pickle.unlink()
    store = ChromaVectors(None, tmp_path)
    assert store.existing("kb", sorted(ids)) == ids
    assert list(not_found(store, "kb", EMBEDDER, sample))
