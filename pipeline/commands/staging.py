"""Staging the files that paths of the server name: found inside the allowed folder, copied among the originals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.archives import with_archives_unpacked
from pipeline.commands.attachments import AttachmentReader, with_attachments
from pipeline.commands.content_detection import check_content, discover_documents
from pipeline.engines.containers import ZIP
from pipeline.engines.media import sniff_named
from pipeline.processing_plan import KnownState, ProcessingPlans
from pipeline.step_context import Resources
from stores.errors import InputError, NotFoundError
from stores.models import Fault
from stores.placement import SkippedFile, StagedFile

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore


def stage_paths(
    resources: Resources,
    knowledge_id: str,
    paths: Sequence[Path],
    *,
    attachments: bool = False,
    passwords: Sequence[str] = (),
) -> tuple[tuple[StagedFile, ...], tuple[SkippedFile, ...]]:
    """Copy the files that paths name among the originals where they are new or changed; (files, what is skipped).

    InputError (403) for what lies outside ``settings.ingest_root``, by links too; NotFoundError for what is not there.
    """
    ingest_root = _ingest_root(resources)
    allowed = tuple(_allowed(ingest_root, path) for path in paths)
    store = existing_store(resources, knowledge_id)
    discovered = discover_documents(allowed, (), (), _known_roots(store))
    discovered = replace(discovered, files=tuple(_refused_outside(ingest_root, file) for file in discovered.files))
    resources.catalog.create(knowledge_id)
    with resources.workspaces.workspace(knowledge_id, "archive") as folder:
        largest_bytes = resources.settings.max_file_mb << 20
        discovered = with_archives_unpacked(discovered, folder, largest_bytes, check=check_content)
        if attachments:
            with AttachmentReader(folder, largest_bytes, passwords) as reader:
                discovered = with_attachments(discovered, reader, check=check_content)
        known = _known_state(resources, store, discovered.files)
        files = tuple(_staged(resources, knowledge_id, known, store, file) for file in discovered.files)
    return files, discovered.skipped


def send_uploads(resources: Resources, knowledge_id: str, uploads: Sequence[StagedFile]) -> None:
    """Send uploads to a remote file store."""
    for file in uploads:
        if file.in_staging and file.sha256 and not file.fault:
            resources.files.send_original(knowledge_id, file.path, file.sha256)


def existing_store(resources: Resources, knowledge_id: str) -> KnowledgeStore | None:
    """Open the store of a knowledge base, None where there is none yet."""
    try:
        return resources.catalog.store(knowledge_id)
    except NotFoundError:
        return None


def read_into_originals(resources: Resources, knowledge_id: str, file: StagedFile) -> StagedFile:
    """Copy a file among the originals, with its hash and media type. InputError where it cannot be ingested."""
    if file.fault:
        raise InputError(file.fault.message, code=file.fault.code)
    media_type = sniff_named(file.path, file.name)
    if media_type == ZIP:
        raise InputError("it is an archive inside an archive: unpack it", code="unsupported_media_type")
    largest_bytes = resources.settings.max_file_mb << 20
    sha256 = resources.files.put_original(knowledge_id, file.path, largest_bytes)
    return replace(file, sha256=sha256, media_type=media_type)


def _ingest_root(resources: Resources) -> Path:
    if resources.settings.ingest_root is None:
        raise InputError(
            "paths of the server are not taken: upload the file, or set INGOT_INGEST_ROOT to the folder they may be in",
            code="no_ingest_root",
        )
    return resources.settings.ingest_root.resolve()


def _allowed(ingest_root: Path, path: Path) -> Path:
    """Follow every link of a path; refuse what is outside before telling whether it exists."""
    try:
        full = (ingest_root / path).resolve()
        inside = full.is_relative_to(ingest_root)
        exists = inside and full.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"the path {str(path)!r} cannot be followed", code="bad_path") from error
    if not inside:
        raise InputError(f"the path {str(path)!r} leads out of the allowed folder", code="forbidden")
    if not exists:
        raise NotFoundError(f"there is no file or folder {str(path)!r} in the allowed folder", code="no_path")
    return full


def _refused_outside(ingest_root: Path, file: StagedFile) -> StagedFile:
    """Refuse a link in a walked folder that leads out of the allowed folder."""
    try:
        inside = file.path.resolve().is_relative_to(ingest_root)
    except (OSError, RuntimeError):
        inside = file.fault is not None
    if inside:
        return file
    fault = Fault(code="forbidden", message="it is a link that leads out of the allowed folder")
    return replace(file, fault=fault)


def _known_roots(store: KnowledgeStore | None) -> set[str]:
    if store is None:
        return set()
    with store.registration.snapshot() as unit:
        return {root for root in unit.roots() if Path(root).is_absolute()}


def _known_state(resources: Resources, store: KnowledgeStore | None, files: Sequence[StagedFile]) -> KnownState:
    plans = ProcessingPlans(resources)
    if store is None:
        return KnownState(plans)
    with store.registration.snapshot() as unit:
        return KnownState.looked_up(plans, unit, [file.name for file in files], ())


def _staged(
    resources: Resources, knowledge_id: str, known: KnownState, store: KnowledgeStore | None, file: StagedFile
) -> StagedFile:
    if file.fault:
        return file
    document = known.unchanged_document(file)
    sha256 = store.document_queries.sha256(document) if store and document else ""
    if sha256:
        return replace(file, sha256=sha256, unchanged=True)
    try:
        return read_into_originals(resources, knowledge_id, file)
    except InputError as error:
        return replace(file, fault=Fault(code=error.code, message=error.message))
