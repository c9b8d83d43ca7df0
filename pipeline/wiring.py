"""Builds Resources from Settings. Only this file names concrete engines and stores, and imports them in functions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pipeline.contracts import ChatModel, DocumentEngine, Embedder, Extractor, PageReader, Reranker, TextReader, Web
from pipeline.engines.media import FAKE, IMAGES, PDF, WITHOUT_IMAGES
from pipeline.engines.rules.extractors import EXTRACTORS
from pipeline.mailbox_address import is_mailbox
from pipeline.once import Once
from pipeline.profiles import ProcessingProfile
from pipeline.schemas.loader import load_schemas
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.catalog import Catalog
from stores.contracts import FileStore, KnowledgeCatalog, VectorStore
from stores.contracts.remote_sources import RemoteSource
from stores.errors import InputError
from stores.files.local import LocalFiles
from stores.image_cache import ImageCache
from stores.importing import importing
from stores.models import Page
from stores.workspaces import Workspaces

T = TypeVar("T")
MOST_ENGINES = 8  # for jobs with other settings, that a process keeps beside its own


class FormatEngine(NamedTuple):
    """The factories of the two engines that read one document format."""

    documents: Callable[[Settings], DocumentEngine]
    text: Callable[[Settings], TextReader]


def build(settings: Settings, *, pooled: bool = False, durable: bool = False) -> Resources:
    """Build the resources of one process. ``pooled`` and ``durable``: see ``Catalog``."""
    home = settings.home.absolute()
    files, workspaces, vectors = _files(settings), Workspaces(home), Once(lambda: _vectors(settings))
    catalog, import_into = _catalog(settings, files, pooled=pooled, durable=durable)
    return Resources(
        settings=settings,
        catalog=catalog,
        files=files,
        workspaces=workspaces,
        image_cache=ImageCache(home),
        schemas=load_schemas(settings.schema_dir),
        extractor=Once(lambda name: _chosen("engine", name, EXTRACTORS)()),
        reranker=Once(lambda: _reranker(settings)),
        vectors=vectors,
        **{kind: Once(make) for kind, (_, make) in _kinds(settings).items()},
        remote=partial(_remote, settings),
        adapt=_EngineCache().adapted,
        importing=import_into,
        close=partial(_close, workspaces, vectors),
    )


def _close(workspaces: Workspaces, vectors: Once[VectorStore]) -> None:
    workspaces.close()
    if vectors.built():
        vectors().close()


def _catalog(
    settings: Settings, files: FileStore, *, pooled: bool, durable: bool
) -> tuple[KnowledgeCatalog, Callable[[str], Any]]:
    """The catalog, and how a knowledge base is imported into it."""
    home = settings.home.absolute()
    if not settings.database_url:
        catalog = Catalog(home, durable=durable, pooled=pooled)
        return catalog, lambda knowledge_id: importing(catalog, files, knowledge_id)
    from stores.importing_postgresql import importing_into_postgresql
    from stores.postgresql_catalog import PostgresCatalog

    database = PostgresCatalog.at(settings.database_url, home, settings.files_url)
    return database, lambda knowledge_id: importing_into_postgresql(database, files, knowledge_id)


def schema_properties(pages: Sequence[Page]) -> dict[str, Any]:
    """The properties of a draft of a schema, from the labels and tables of a document."""
    from pipeline.engines.rules.schema_draft import draft

    return draft(pages)


def _kinds(settings: Settings) -> dict[str, tuple[object, Callable[..., Any]]]:
    """The resources that depend on a job's settings: name -> (the settings that it reads, how it is built)."""
    text, reader, embedder = settings.text_engine, settings.ocr_engine, settings.embedder
    return {
        "documents": ((text, settings.dpi, settings.max_page_megapixels), lambda: _documents(settings)),
        "text_reader": (text, lambda: _text_reader(settings)),
        "page_reader": (
            (reader, _read_by_got(settings) if reader == "got" else None),
            lambda: _chosen("ocr_engine", reader, PAGE_READERS)(settings),
        ),
        "embedder": (
            (embedder, settings.embedder_model if embedder == "sentence-transformers" else None),
            lambda: _chosen("embedder", embedder, EMBEDDERS)(settings),
        ),
        "chat": (_asked_of_model(settings), lambda: _chat(settings)),
        "model_extractor": (_asked_of_model(settings), lambda: _model_extractor(settings)),
        "web": (settings.allow_private_urls, lambda: _guarded_web(settings)),
    }


def _read_by_got(settings: Settings) -> tuple[object, ...]:
    return settings.ocr_model, settings.ocr_slots, settings.ocr_max_tokens, settings.ocr_boxes


def _asked_of_model(settings: Settings) -> tuple[object, ...]:
    return settings.llm_model, settings.llm_timeout_s, settings.llm_max_tokens, settings.llm_window_tokens


class _EngineCache:
    """A cache of the engines that jobs need beside those of their process; the least recently used is dropped first."""

    # Two profiles share an engine, and its model, unless they differ in a setting that it reads.

    def __init__(self) -> None:
        self._engines: dict[tuple[str, object], Callable[..., Any]] = {}
        self._lock = threading.Lock()

    def adapted(self, base: Resources, profile: ProcessingProfile) -> Resources:
        """``base`` with the settings, schemas and engines of a profile."""
        settings = profile.over(base.settings)
        if settings == base.settings and profile.schemas.items() <= base.schemas.items():
            return base
        of_base: dict[str, Any] = _kinds(base.settings)
        engines: dict[str, Any] = {}
        for kind, (made_from, make) in _kinds(settings).items():
            if made_from != of_base[kind][0]:
                engines[kind] = self._engine((kind, made_from), make)
        return replace(base, settings=settings, schemas={**base.schemas, **profile.schemas}, **engines)

    def _engine(self, key: tuple[str, object], make: Callable[..., Any]) -> Callable[..., Any]:
        with self._lock:
            self._engines[key] = self._engines.pop(key) if key in self._engines else Once(make)
            while len(self._engines) > MOST_ENGINES:
                self._engines.pop(next(iter(self._engines)))  # a step that uses it keeps its reference
            return self._engines[key]


def _chosen(setting: str, name: str, known: Mapping[str, T]) -> T:
    """The row of a table that a setting names. InputError with all names where it names none."""
    if name not in known:
        raise InputError(f"{setting} {name!r} is not known: choose one of {', '.join(sorted(known))}")
    return known[name]


def _documents(settings: Settings) -> DocumentEngine:
    from pipeline.engines.by_media_type import DocumentsByMediaType

    formats = _formats(settings)
    engines = {factory: factory(settings) for factory in {row.documents for row in formats.values()}}
    return DocumentsByMediaType({media_type: engines[row.documents] for media_type, row in formats.items()})


def _text_reader(settings: Settings) -> TextReader:
    from pipeline.engines.by_media_type import TextByMediaType

    formats = _formats(settings)
    readers = {factory: factory(settings) for factory in {row.text for row in formats.values()}}
    return TextByMediaType({media_type: readers[row.text] for media_type, row in formats.items()})


def _formats(settings: Settings) -> dict[str, FormatEngine]:
    """Media type -> the engine that reads it with these settings."""
    by_setting = _chosen("text_engine", settings.text_engine, TEXT_ENGINES)
    return {media_type: row or by_setting for media_type, row in FORMATS.items()}


def _pymupdf_documents(settings: Settings) -> DocumentEngine:
    from pipeline.engines.pdf.documents import PyMuPdfDocuments

    return PyMuPdfDocuments(settings.dpi, settings.max_page_megapixels)


def _fake_documents(_: Settings) -> DocumentEngine:
    from pipeline.engines.fakes import FakeDocuments

    return FakeDocuments()


def _pymupdf_text(_: Settings) -> TextReader:
    from pipeline.engines.ocr.print_reader import LinePrintReader
    from pipeline.engines.pdf.text_layer import PyMuPdfText

    return PyMuPdfText(LinePrintReader())


def _format_documents(settings: Settings) -> DocumentEngine:
    from pipeline.engines.formats.documents import FormatDocuments

    return FormatDocuments(settings.dpi, settings.max_page_megapixels)


def _format_text(_: Settings) -> TextReader:
    from pipeline.engines.formats.documents import FormatText

    return FormatText()


def _fake_text(_: Settings) -> TextReader:
    from pipeline.engines.fakes import FakeText

    return FakeText()


def _rapidocr(_: Settings) -> PageReader:
    from pipeline.engines.ocr.rapidocr_reader import RapidOcrReader

    return RapidOcrReader()


def _got(settings: Settings) -> PageReader:
    from pipeline.engines.got.reader import TransformerReader
    from pipeline.engines.got.upright_page import LineLooker
    from pipeline.engines.ocr.rapidocr_reader import RapidOcrReader

    return TransformerReader(
        settings.ocr_model,
        slots=settings.ocr_slots,
        max_tokens=settings.ocr_max_tokens,
        fallback=RapidOcrReader(),
        look=LineLooker() if settings.ocr_boxes else None,
    )


def _fake_reader(_: Settings) -> PageReader:
    from pipeline.engines.fakes import FakeReader

    return FakeReader()


def _e5(_: Settings) -> Embedder:
    from pipeline.engines.embedders.e5 import E5

    return E5()


def _chat(settings: Settings) -> ChatModel:
    from pipeline.engines.model.chat import OpenAiChat
    from pipeline.engines.model.key import api_key

    missing = [f"INGOT_{name.upper()}" for name in ("llm_url", "llm_model") if not getattr(settings, name)]
    if missing:
        raise InputError(
            f"a language model is asked for, but none is set: set {' and '.join(missing)}", code="no_model"
        )
    return OpenAiChat(
        settings.llm_url,
        settings.llm_model,
        api_key(settings.llm_api_key, settings.llm_api_key_file),
        timeout_s=settings.llm_timeout_s,
        parallel=settings.llm_parallel,
    )


def _model_extractor(settings: Settings) -> Extractor:
    from pipeline.engines.model.extractor import ModelExtractor

    return ModelExtractor(
        _chat(settings),
        settings.llm_model,
        window_tokens=settings.llm_window_tokens,
        max_tokens=settings.llm_max_tokens,
        parallel=settings.llm_parallel,
    )


def _minilm(_: Settings) -> Embedder:
    from pipeline.engines.embedders.minilm import MiniLm

    return MiniLm()


def _sentence_transformers(settings: Settings) -> Embedder:
    from pipeline.engines.embedders.sentence_transformers_embedder import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(settings.embedder_model)


def _reranker(settings: Settings) -> Reranker | None:
    from pipeline.engines.rerankers.choice import chosen_reranker

    return chosen_reranker(settings)


def _fake_embedder(_: Settings) -> Embedder:
    from pipeline.engines.embedders.fake import FakeEmbedder

    return FakeEmbedder()


def _guarded_web(settings: Settings) -> Web:
    from pipeline.engines.web.client import GuardedWeb

    return GuardedWeb(allow_private=settings.allow_private_urls)


def _files(settings: Settings) -> FileStore:
    home = settings.home.absolute()
    if not settings.files_url:
        return LocalFiles(home)
    from stores.files.shared import SharedFiles

    return SharedFiles(settings.files_url, home, settings.files_cache_mb << 20)


def _remote(settings: Settings, url: str) -> RemoteSource:
    """Open a source on another machine; nothing is connected yet."""
    if is_mailbox(url):
        from pipeline.engines.mailbox import Mailbox

        return Mailbox.at(url, settings)
    from stores.files.source_bucket import S3SourceBucket

    return S3SourceBucket.at(url)


def _vectors(settings: Settings) -> VectorStore:
    from stores.chroma.vectors import ChromaVectors

    return ChromaVectors(settings.chroma_url or None, settings.home.absolute() / "chroma")


TEXT_ENGINES = {
    "pymupdf": FormatEngine(_pymupdf_documents, _pymupdf_text),
    "fake": FormatEngine(_fake_documents, _fake_text),
}
"""What the setting ``text_engine`` may name."""
FORMATS: dict[str, FormatEngine | None] = dict.fromkeys((PDF, *IMAGES, FAKE), None)
FORMATS |= dict.fromkeys(WITHOUT_IMAGES, FormatEngine(_format_documents, _format_text))
"""Media type -> the engine that reads it, None for the one that the setting ``text_engine`` names."""
PAGE_READERS = {"rapidocr": _rapidocr, "got": _got, "fake": _fake_reader}
EMBEDDERS = {"e5": _e5, "minilm": _minilm, "sentence-transformers": _sentence_transformers, "fake": _fake_embedder}
