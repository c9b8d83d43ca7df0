"""Settings -> Tools: the only file that names concrete engines and stores, inside functions: importing it is cheap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from pipeline.contracts import DocumentEngine, Embedder, Extractor, PageReader, TextReader, Web
from pipeline.schemas.loader import load_schemas
from pipeline.settings import Settings
from pipeline.work import Tools
from stores.catalog import Catalog
from stores.contracts import VectorStore
from stores.errors import InputError
from stores.files import LocalFiles

T = TypeVar("T")


def build(settings: Settings, *, pooled: bool = False, durable: bool = False) -> Tools:
    """The tools of one process. ``pooled`` and ``durable``: see ``Catalog``."""
    home = settings.home.absolute()
    return Tools(
        settings=settings,
        catalog=Catalog(home, durable=durable, pooled=pooled),
        files=LocalFiles(home),
        schemas=load_schemas(settings.schema_dir),
        documents=_once(lambda: _chosen("text_engine", settings.text_engine, DOCUMENTS)(settings)),
        text_reader=_once(lambda: _chosen("text_engine", settings.text_engine, TEXT_READERS)(settings)),
        page_reader=_once(lambda: _chosen("ocr_engine", settings.ocr_engine, PAGE_READERS)(settings)),
        extractor=_once(lambda name: _chosen("engine", name, EXTRACTORS)(settings)),
        embedder=_once(lambda: _chosen("embedder", settings.embedder, EMBEDDERS)(settings)),
        vectors=_once(lambda: _vectors(settings)),
        web=_once(lambda: _guarded_web(settings)),
    )


def _once(make: Callable[..., T]) -> Callable[..., T]:
    """``make`` remembered; threads that ask at the same time wait for one answer instead of making several."""
    lock, made = threading.RLock(), cache(make)

    def ask(*names: Any) -> T:
        with lock:
            return made(*names)

    return ask


def _chosen(setting: str, name: str, known: Mapping[str, Callable[[Settings], T]]) -> Callable[[Settings], T]:
    if name not in known:
        raise InputError(f"{setting} {name!r} is not known: choose one of {', '.join(sorted(known))}")
    return known[name]


def _pymupdf_documents(settings: Settings) -> DocumentEngine:
    from pipeline.engines.pdf.documents import PyMuPdfDocuments

    return PyMuPdfDocuments(settings.dpi, settings.max_page_megapixels)


def _fake_documents(_: Settings) -> DocumentEngine:
    from pipeline.engines.fakes import FakeDocuments

    return FakeDocuments()


def _pymupdf_text(_: Settings) -> TextReader:
    from pipeline.engines.pdf.text_layer import PyMuPdfText

    return PyMuPdfText()


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


def _document_rules(_: Settings) -> Extractor:
    from pipeline.engines.rules.document import DocumentRules

    return DocumentRules()


def _resume_rules(_: Settings) -> Extractor:
    from pipeline.engines.rules.resume import ResumeRules

    return ResumeRules()


def _invoice_rules(_: Settings) -> Extractor:
    from pipeline.engines.rules.invoice import InvoiceRules

    return InvoiceRules()


def _receipt_rules(_: Settings) -> Extractor:
    from pipeline.engines.rules.receipt import ReceiptRules

    return ReceiptRules()


def _label_rules(_: Settings) -> Extractor:
    from pipeline.engines.rules.labels import LabelsRules

    return LabelsRules()


def _minilm(_: Settings) -> Embedder:
    from pipeline.engines.embedders.minilm import MiniLm

    return MiniLm()


def _sentence_transformers(settings: Settings) -> Embedder:
    from pipeline.engines.embedders.sentence_transformers_embedder import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(settings.embedder_model)


def _fake_embedder(_: Settings) -> Embedder:
    from pipeline.engines.embedders.fake import FakeEmbedder

    return FakeEmbedder()


def _guarded_web(settings: Settings) -> Web:
    from pipeline.engines.web.client import GuardedWeb

    return GuardedWeb(allow_private=settings.allow_private_urls)


def _vectors(settings: Settings) -> VectorStore:
    from stores.vectors import ChromaVectors

    return ChromaVectors(settings.chroma_url or None, settings.home.absolute() / "chroma")


DOCUMENTS = {"pymupdf": _pymupdf_documents, "fake": _fake_documents}
TEXT_READERS = {"pymupdf": _pymupdf_text, "fake": _fake_text}
PAGE_READERS = {"rapidocr": _rapidocr, "got": _got, "fake": _fake_reader}
EXTRACTORS = {
    "document": _document_rules,
    "resume": _resume_rules,
    "invoice": _invoice_rules,
    "receipt": _receipt_rules,
    "labels": _label_rules,
}
EMBEDDERS = {"minilm": _minilm, "sentence-transformers": _sentence_transformers, "fake": _fake_embedder}
