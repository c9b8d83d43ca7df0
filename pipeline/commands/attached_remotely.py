"""Files attached to mails and PDFs of a bucket or mailbox, whose bytes come to this host one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.archives import staged_member
from pipeline.commands.attachments import AttachmentReader, why_not_taken
from pipeline.commands.content_detection import check_content
from pipeline.step_context import Resources
from stores.errors import InputError, NotFoundError
from stores.placement import SkippedFile, StagedFile

if TYPE_CHECKING:
    from pipeline.commands.ingest_request import IngestRequest
    from stores.contracts import KnowledgeStore

_META_KEY = "sources_with_attachments"


@dataclass(slots=True)
class RemoteAttachments:
    """What is attached to the files of one source, where that is asked for.

    ``read``: the files whose attachments were read now; ``names``: these attachments. Of files that did not change they
    are read once more where the source was read without them before: from the originals that are kept.
    """

    read: set[tuple[str, str]] = field(default_factory=set)
    names: set[tuple[str, str]] = field(default_factory=set)
    skipped: list[SkippedFile] = field(default_factory=list)
    _reader: AttachmentReader | None = None
    _of_all: bool = False

    def begin(self, reader: AttachmentReader, store: KnowledgeStore, url: str) -> None:
        """Read attachments from now on."""
        self._reader, self._of_all = reader, url not in _urls(store)

    def original(self, resources: Resources, store: KnowledgeStore, document: str, stack: ExitStack) -> Path:
        """Return the bytes of a file that did not change, good inside ``stack``; no path where they are not needed."""
        sha256 = store.document_queries.sha256(document) if self._reader and self._of_all else ""
        if not sha256:
            return Path()
        folder = stack.enter_context(resources.workspaces.workspace(store.knowledge_id, "original"))
        try:
            return resources.files.local_original(store.knowledge_id, sha256, folder)
        except (InputError, NotFoundError):
            return Path()

    def of(self, file: StagedFile, path: Path, request: IngestRequest) -> Iterator[StagedFile]:
        """Yield what is attached to a file whose bytes are at ``path``, each good until the next."""
        if self._reader is None or file.fault or not path.name:
            return
        self.read.add((file.root, file.name))
        for member in self._reader.attached_to(path):
            name = f"{file.name}/{member.name}"
            if reason := why_not_taken(member, name, request.globs, request.excludes, check_content):
                self.skipped.append(SkippedFile(source=name.rstrip("/"), code=reason[0], reason=reason[1]))
            else:
                self.names.add((file.root, name))
                yield staged_member(file, name, member)
            if member.path.name:
                member.path.unlink(missing_ok=True)

    def end(self, store: KnowledgeStore, request: IngestRequest) -> None:
        """Keep whether the files of the source were read with their attachments."""
        if not request.remote:
            return
        known = _urls(store)
        urls = known | {request.remote} if request.attachments else known - {request.remote}
        if urls != known:
            store.set_meta(_META_KEY, json.dumps(sorted(urls)))


def _urls(store: KnowledgeStore) -> set[str]:
    return set(json.loads(store.get_meta(_META_KEY) or "[]"))
