"""Documents as a ZIP for people and other programs: Markdown, JSON, records as CSV, and the originals if wanted."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from ingest import record_serializers, serializers
from ingest.spreadsheet import csv_text, record_columns, record_row
from pipeline.service import Service
from stores.source_names import handed_out_name
from stores.views import DocumentFilter, DocumentView

_BLOCK = 1 << 20
_INDEX = ("source", "document", "state", "pages", "language", "title", "error", "files")
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names of devices on Windows
_LONGEST_PART = 100
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same documents are the same bytes


class _Blocks:
    """The target of the ZIP writer, which cannot seek; what was written is taken out after each member."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, block: bytes) -> int:
        self._written.append(bytes(block))
        return len(block)

    def flush(self) -> None:
        """Do nothing; a ZIP writer expects the method."""

    def close(self) -> None:
        """Do nothing; a ZIP writer expects the method."""

    def taken(self) -> bytes:
        block, self._written = b"".join(self._written), []
        return block


def zip_documents(
    service: Service, knowledge_id: str, names: Sequence[str] = (), *, originals: bool = False
) -> Iterator[bytes]:
    """Yield a ZIP of documents, all of a knowledge base where none is named. NotFoundError at once for unknown names.

    A folder for each form: ``markdown``, ``json``, ``records`` and ``originals``, and ``index.csv`` of all documents,
    with the reason where nothing was read. Documents that are not made yet are in the index only.
    """
    if names:
        views = [service.documents.get(knowledge_id, name) for name in dict.fromkeys(names)]
    else:
        views = service.documents.all(knowledge_id, DocumentFilter())
    return _blocks(service, knowledge_id, views, originals)


def _blocks(service: Service, knowledge_id: str, views: Sequence[DocumentView], originals: bool) -> Iterator[bytes]:
    target, rows = _Blocks(), []
    stems = _Stems()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for view in views:
            stem, files = stems.of(view), list[str]()
            if view.visible:
                files += _add_results(archive, service, knowledge_id, view, stem)
            if originals and view.document:
                yield from _add_original(archive, target, service, knowledge_id, view, f"originals/{stem}")
                files.append(f"originals/{stem}")
            rows.append({**serializers.document(view), "files": files})
            yield target.taken()
        selected = {view.document for view in views}
        for schema in service.records.counts(knowledge_id):
            _add(archive, f"records/{schema}.csv", _records_csv(service, knowledge_id, schema, selected))
            yield target.taken()
        _add(archive, "index.csv", csv_text(rows, _INDEX))
    yield target.taken()


def _add_results(
    archive: zipfile.ZipFile, service: Service, knowledge_id: str, view: DocumentView, stem: str
) -> Iterable[str]:
    """Add what was read from a document; return the names of the members."""
    pages = service.documents.pages(knowledge_id, view.document)
    records = service.records.of_document(knowledge_id, view.document)
    whole = {**serializers.document_pages(view, pages), "records": [record_serializers.record(one) for one in records]}
    texts = {
        f"markdown/{stem}.md": service.documents.markdown(knowledge_id, view.document),
        f"json/{stem}.json": json.dumps(whole, ensure_ascii=False, indent=1),
    }
    for name, text in texts.items():
        _add(archive, name, text)
    return texts


def _add_original(
    archive: zipfile.ZipFile, target: _Blocks, service: Service, knowledge_id: str, view: DocumentView, name: str
) -> Iterator[bytes]:
    """Add the bytes of a document, a block at a time: PDF and images are packed already."""
    with service.documents.original(knowledge_id, view.document) as original, original.path.open("rb") as source:
        info = zipfile.ZipInfo(name, _FIXED_TIME)
        with archive.open(info, "w", force_zip64=original.path.stat().st_size > 1 << 31) as member:
            while block := source.read(_BLOCK):
                member.write(block)
                yield target.taken()


def _records_csv(service: Service, knowledge_id: str, schema: str, documents: set[str]) -> str:
    fields = service.knowledge_bases.schemas(knowledge_id)[schema].fields
    rows = [
        record_row(record_serializers.record(record))
        for record in service.records.all(knowledge_id, schema)
        if record.document in documents
    ]
    return csv_text(rows, record_columns(field.name for field in fields))


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, _FIXED_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, text.encode("utf-8", "backslashreplace"))


class _Stems:
    """The names of documents inside the ZIP: their sources as relative paths that every system can write."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, view: DocumentView) -> str:
        name = serializers.writable(handed_out_name(view.source, view.renamed_from))
        parts = [_part(part) for part in re.split(r"[/\\]+", name)]
        stem = "/".join(part for part in parts if part.strip(".")) or view.document
        if stem.casefold() in self._taken:
            path = PurePosixPath(stem)
            stem = str(path.with_name(f"{path.stem}~{view.document[:12] or len(self._taken)}{path.suffix}"))
        self._taken.add(stem.casefold())
        return stem


def _part(text: str) -> str:
    cleaned = _NOT_IN_NAMES.sub("_", text).strip(" ").rstrip(".")
    if len(cleaned) > _LONGEST_PART:
        cleaned = f"{cleaned[: _LONGEST_PART - 12]}~{cleaned[-10:]}"
    return f"_{cleaned}" if _RESERVED.fullmatch(cleaned) else cleaned
