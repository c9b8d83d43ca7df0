"""The files of a submission: uploads as they were staged, and paths of the server, kept inside the allowed folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.commands.content_detection import gather_documents
from pipeline.commands.submission import Candidate, Upload
from pipeline.engines.media import sniff
from pipeline.file_discovery import FoundFile
from pipeline.processing_plan import KnownState, WantedFingerprints
from pipeline.step_context import Resources
from stores.errors import InputError, NotFoundError
from stores.models import Fault, SkippedFile

if TYPE_CHECKING:
    from stores.knowledge_store import KnowledgeStore


def of_uploads(uploads: Sequence[Upload]) -> tuple[Candidate, ...]:
    """Uploads as candidates; their root is found when they are placed."""
    return tuple(
        Candidate(
            file=FoundFile(root="", name=upload.name, path=upload.path, size_bytes=upload.size_bytes),
            sha256=upload.sha256,
            media_type=upload.media_type,
            staged=upload.path,
            fault=upload.fault,
        )
        for upload in uploads
    )


def of_paths(
    resources: Resources, knowledge_id: str, paths: Sequence[Path]
) -> tuple[tuple[Candidate, ...], tuple[SkippedFile, ...]]:
    """The files that paths of the server name, copied among the originals where they are new or changed; and the rest.

    InputError (403) for what lies outside ``settings.ingest_root``, by links too; NotFoundError for what is not there.
    """
    root = _root(resources)
    allowed = tuple(_inside(root, path) for path in paths)
    store = _existing(resources, knowledge_id)
    known_roots = _roots(store)
    found = gather_documents(allowed, (), (), known_roots)
    files = [_kept_inside(root, file) for file in found.files]
    memory = _memory(resources, store, files)
    resources.catalog.create(knowledge_id)
    return tuple(_candidate(resources, knowledge_id, memory, store, file) for file in files), found.skipped


def _root(resources: Resources) -> Path:
    if resources.settings.ingest_root is None:
        raise InputError(
            "paths of the server are not taken: upload the file, or set INGOT_INGEST_ROOT to the folder they may be in",
            code="no_ingest_root",
        )
    return resources.settings.ingest_root.resolve()


def _inside(root: Path, path: Path) -> Path:
    """The path with every link followed; what is outside is refused before it is told whether it exists."""
    try:
        full = (root / path).resolve()
        inside = full.is_relative_to(root)
        there = inside and full.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"the path {str(path)!r} cannot be followed", code="bad_path") from error
    if not inside:
        raise InputError(f"the path {str(path)!r} leads out of the allowed folder", code="forbidden")
    if not there:
        raise NotFoundError(f"there is no file or folder {str(path)!r} in the allowed folder", code="no_path")
    return full


def _kept_inside(root: Path, file: FoundFile) -> FoundFile:
    """A link in a walked folder may lead anywhere: it is followed inside the allowed folder only."""
    try:
        inside = file.path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        inside = file.fault is not None
    if inside:
        return file
    fault = Fault(code="forbidden", message="it is a link that leads out of the allowed folder")
    return replace(file, fault=fault)


def _existing(resources: Resources, knowledge_id: str) -> KnowledgeStore | None:
    try:
        return resources.catalog.store(knowledge_id)
    except NotFoundError:
        return None


def _roots(store: KnowledgeStore | None) -> set[str]:
    if store is None:
        return set()
    with store.submissions.looking() as door:
        return {root for root in door.roots() if Path(root).is_absolute()}


def _memory(resources: Resources, store: KnowledgeStore | None, files: Sequence[FoundFile]) -> KnownState:
    if store is None:
        return KnownState(WantedFingerprints(resources))
    with store.submissions.looking() as door:
        return KnownState.of(WantedFingerprints(resources), door.sources([file.name for file in files]), {}, ())


def _candidate(
    resources: Resources, knowledge_id: str, memory: KnownState, store: KnowledgeStore | None, file: FoundFile
) -> Candidate:
    if file.fault:
        return Candidate(file=file, fault=file.fault)
    document = memory.unchanged_document(file)
    sha256 = store.queries.sha256(document) if store and document else ""
    if sha256:
        return Candidate(file=file, sha256=sha256, unchanged=True)
    try:
        media_type = sniff(file.path)
        sha256 = resources.files.put_original(knowledge_id, file.path, resources.settings.max_file_mb << 20)
    except InputError as error:
        return Candidate(file=file, fault=Fault(code=error.code, message=error.message))
    return Candidate(file=file, sha256=sha256, media_type=media_type)
