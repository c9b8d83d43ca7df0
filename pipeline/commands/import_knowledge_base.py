"""The use case "import": a knowledge base out of an archive, complete or not at all.

Rows and originals are taken from it, all checked; keywords, vectors, record tables and files are made from the rows.
What was in work where it was exported is cancelled here and can be retried; its callbacks are not sent twice.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pipeline.commands import check_files
from pipeline.commands.archive import FORMAT, HEADER, MANIFEST, ORIGINAL, ROWS, ArchiveReader, bad, unpacked_rows
from pipeline.profiles import ProcessingProfile
from pipeline.reindexing import rebuild
from pipeline.step_context import Resources
from stores.models import Schema, check_knowledge_id

if TYPE_CHECKING:
    from stores.contracts import FileStore, KnowledgeStore

_SLICE = 500
Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What was imported. ``missing``: originals that the archive lacks; ``cancelled``: documents that were in work."""

    knowledge_id: str
    documents: int
    chunks: int
    missing: tuple[str, ...]
    cancelled: int


@dataclass(slots=True)
class _Import:
    """An archive on its way into a knowledge base that nobody sees yet."""

    reader: ArchiveReader
    store: KnowledgeStore
    files: FileStore
    staging: Path
    renamed: tuple[str, str]
    tell: Tell
    rows: dict[str, int] = field(default_factory=dict)
    hashes: set[str] = field(default_factory=set)  # of documents
    originals: set[str] = field(default_factory=set)

    def take(self, name: str, content: IO[bytes]) -> None:
        """Take one member."""
        if match := ROWS.fullmatch(name):
            self._rows(match[1], unpacked_rows(self.reader.content_of(name, content)))
        elif match := ORIGINAL.fullmatch(name):
            self._original(name, content, match[1])
        else:
            raise bad(f"{name} stands twice in it")

    def _rows(self, table: str, rows: list[Any]) -> None:
        for start in range(0, len(rows), _SLICE):
            self.store.transfer.write(table, rows[start : start + _SLICE], self.renamed)
        self.rows[table] = self.rows.get(table, 0) + len(rows)
        self.hashes |= {row["sha256"] for row in rows if table == "document"}
        self.tell("rows", sum(self.rows.values()))

    def _original(self, name: str, content: IO[bytes], sha256: str) -> None:
        if sha256 not in self.hashes:
            raise bad(f"{name} in it belongs to no document")
        part = self.staging / uuid.uuid4().hex
        try:
            with part.open("xb") as target:
                copied = self.reader.copy(name, content, target)
                target.flush()
                os.fsync(target.fileno())
            if copied == sha256:
                self.files.adopt_original(self.store.knowledge_id, part, sha256)
                self.originals.add(sha256)
        finally:
            part.unlink(missing_ok=True)
        self.tell("originals", len(self.originals))

    def verify(self, manifest: Mapping[str, Any]) -> tuple[str, ...]:
        """Compare with the manifest; return the hashes of the originals that it says are missing."""
        self.reader.verify(manifest)
        missing = self.hashes - self.originals
        if manifest.get("rows") != self.rows or set(manifest.get("missing", ())) != missing:
            raise bad("its rows and originals are not those that its manifest names")
        return tuple(sorted(missing))


def import_archive(resources: Resources, stream: IO[bytes], name: str, tell: Tell) -> ImportReport:
    """Import an archive as the knowledge base ``name``, "" for the name that it had.

    Raises InputError for an archive that is damaged, hostile or of a newer version, and where the name is taken.
    """
    reader = ArchiveReader(stream)
    members = iter(reader)
    header = reader.object_of(*_first(members))
    had = _checked(header)
    with resources.importing(check_knowledge_id(name or had)) as (store, files):
        if header["tables"] > store.transfer.version():
            raise bad("it was made by a newer version: upgrade Ingot")
        coming = _Import(reader, store, files, resources.workspaces.staging(), (had, store.knowledge_id), tell)
        missing: tuple[str, ...] | None = None
        for member, content in members:
            if missing is not None:
                raise bad("something stands behind its manifest")
            if member == MANIFEST:
                missing = coming.verify(reader.object_of(member, content))
            else:
                coming.take(member, content)
        if missing is None:
            raise bad("it is cut off: copy it again")
        return _complete(replace(resources, files=files), coming, missing)


def _first(members: Any) -> tuple[str, IO[bytes]]:
    first: tuple[str, IO[bytes]] | None = next(members, None)
    if first is None or first[0] != HEADER:
        raise bad("it does not begin as an export of Ingot does")
    return first


def _checked(header: Mapping[str, Any]) -> str:
    """Check the head of an archive; the id that the knowledge base had."""
    number, tables, had = header.get("format"), header.get("tables"), header.get("knowledge_id")
    if not isinstance(number, int) or not isinstance(tables, int) or not isinstance(had, str):
        raise bad(f"{HEADER} in it says nothing of its format")
    if number > FORMAT:
        raise bad("it was made by a newer version: upgrade Ingot")
    return check_knowledge_id(had)


def _complete(resources: Resources, coming: _Import, missing: tuple[str, ...]) -> ImportReport:
    """Make from the rows what is not in the archive."""
    store, tell = coming.store, coming.tell
    cancelled = store.transfer.settle(_schemas(resources, store))
    if coming.originals:
        resources.files.sync_originals(store.knowledge_id)
    after: int | None = 0
    while after is not None:
        _written, after = store.consistency.mend_keywords(after, _SLICE)
    _write_files(resources, store, tell)
    _index_vectors(resources, store)
    return ImportReport(
        knowledge_id=store.knowledge_id,
        documents=coming.rows.get("document", 0),
        chunks=coming.rows.get("chunk", 0),
        missing=missing,
        cancelled=cancelled,
    )


def _schemas(resources: Resources, store: KnowledgeStore) -> list[Schema]:
    """The schemas of all profiles, and those of this process."""
    schemas = dict(resources.schemas)
    try:
        for content in store.profiles.read().values():
            schemas |= ProcessingProfile.read(content).schemas
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise bad("its profiles cannot be read") from error
    return list(schemas.values())


def _write_files(resources: Resources, store: KnowledgeStore, tell: Tell) -> None:
    after, written = "", 0
    while views := store.consistency.visible(after, _SLICE):
        written += check_files.write_results(resources, store, {view.document for view in views})
        after = views[-1].document
        tell("Markdown and JSON files", written)


def _index_vectors(resources: Resources, store: KnowledgeStore) -> None:
    embedders, mine = store.chunks.embedders(), resources.embedder().fingerprint
    if not embedders:
        return
    try:
        rebuild(resources, store, mine if mine in embedders else embedders[0])
    except BaseException:
        resources.vectors().drop(store.knowledge_id)
        raise
