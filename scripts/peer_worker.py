"""Makes a Chroma collection of a folder as others do it: peer_worker NAME DOCUMENTS TARGET PROCESSES.

``bench peers`` runs it in an environment of its own, which holds no Ingot but its embedder's packages. Each process
reads every n-th document; more than one of them write to a Chroma server, a single one opens the collection's folder.
The last line of output is ``{"chunks": ...}``.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pipeline.engines.embedders.e5 import E5

COLLECTION = "peers"
CHARACTERS, TOKENS = 1000, 200  # of a chunk, by what a splitter counts
_HEADERS = [("#", "h1"), ("##", "h2"), ("###", "h3")]


def main(arguments: list[str]) -> None:
    name, documents, target, processes = arguments[0], Path(arguments[1]), Path(arguments[2]), int(arguments[3])
    paths = sorted(str(path) for path in documents.iterdir())
    if processes == 1:
        PEERS[name](_client(str(target / "chroma"), 0), paths)
        print(json.dumps({"chunks": _client(str(target / "chroma"), 0).get_collection(COLLECTION).count()}))
        return
    with _server(target / "chroma") as port:
        _client("", port).get_or_create_collection(COLLECTION)
        parts = [paths[at::processes] for at in range(processes)]
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            list(pool.map(_read_part, [name] * processes, [port] * processes, parts))
        print(json.dumps({"chunks": _client("", port).get_collection(COLLECTION).count()}))


def _read_part(name: str, port: int, paths: list[str]) -> None:
    if paths:
        PEERS[name](_client("", port), paths)


def _client(path: str, port: int) -> Any:
    import chromadb

    return chromadb.HttpClient(host="127.0.0.1", port=port) if port else chromadb.PersistentClient(path)


@contextmanager
def _server(path: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                _client("", port).heartbeat()
                break
            except Exception:
                if server.poll() is not None:
                    raise SystemExit("the Chroma server ended at once") from None
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait()


def _store(client: Any) -> Any:
    """LangChain's view of the collection."""
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings

    class Ours(Embeddings):
        def __init__(self) -> None:
            self.model = E5()

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = self.model.embed_chunks(texts).tolist()
            return vectors

        def embed_query(self, text: str) -> list[float]:
            vector: list[float] = self.model.embed_query(text).tolist()
            return vector

    return Chroma(client=client, collection_name=COLLECTION, embedding_function=Ours())


def _splitter() -> Any:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(chunk_size=CHARACTERS, chunk_overlap=0)


def langchain(client: Any, paths: list[str]) -> None:
    from langchain_community.document_loaders import PyMuPDFLoader

    store, splitter = _store(client), _splitter()
    for path in paths:
        store.add_documents(splitter.split_documents(PyMuPDFLoader(path).load()))


def pymupdf4llm(client: Any, paths: list[str]) -> None:
    import pymupdf4llm
    from langchain_text_splitters import MarkdownHeaderTextSplitter

    store, splitter = _store(client), _splitter()
    by_header = MarkdownHeaderTextSplitter(_HEADERS, strip_headers=False)
    for path in paths:
        sections = by_header.split_text(str(pymupdf4llm.to_markdown(path, use_ocr=False)))
        store.add_documents(splitter.split_documents(sections))


def liteparse(client: Any, paths: list[str]) -> None:
    from liteparse import LiteParse

    store, splitter = _store(client), _splitter()
    parser = LiteParse(ocr_enabled=False, output_format="markdown", num_workers=1, quiet=True)
    for path in paths:
        texts = splitter.split_text(parser.parse(path).text)
        store.add_texts(texts, metadatas=[{"source": path}] * len(texts))


def llamaindex(client: Any, paths: list[str]) -> None:
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore

    model = E5()

    class Ours(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            vector: list[float] = model.embed_query(query).tolist()
            return vector

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = model.embed_chunks(texts).tolist()
            return vectors

    documents = SimpleDirectoryReader(input_files=paths).load_data()
    for document in documents:  # a path and dates in front of each chunk would be embedded with it
        document.excluded_embed_metadata_keys = list(document.metadata)
    store = ChromaVectorStore(chroma_collection=client.get_or_create_collection(COLLECTION))
    VectorStoreIndex.from_documents(
        documents,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=Ours(),
        transformations=[SentenceSplitter(chunk_size=TOKENS, chunk_overlap=0, include_metadata=False)],
    )


PEERS: dict[str, Callable[[Any, list[str]], None]] = {
    "pymupdf4llm": pymupdf4llm,
    "langchain": langchain,
    "llamaindex": llamaindex,
    "liteparse": liteparse,
}

if __name__ == "__main__":
    main(sys.argv[1:])
