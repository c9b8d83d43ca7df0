"""The use case "export": a knowledge base as one stream of bytes, of one moment, while it is in use."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pipeline.commands.archive import FORMAT, HEADER, ArchiveWriter, packed_rows
from pipeline.step_context import Resources
from stores.errors import InputError

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_PART_BYTES = 8 << 20  # rows of one member, about


def export(resources: Resources, knowledge_id: str, program: str, tell: Callable[[str, int], None]) -> Iterator[bytes]:
    """Yield the archive of a knowledge base. NotFoundError, before the first bytes, where there is none.

    What is in work is exported as it stands; an import cancels it. ``program``: the version that is noted.
    """
    store = resources.catalog.store(knowledge_id)
    return _archive(resources, store, program, tell)


def _archive(
    resources: Resources, store: KnowledgeStore, program: str, tell: Callable[[str, int], None]
) -> Iterator[bytes]:
    writer, hashes = ArchiveWriter(), list[str]()
    header = {
        "format": FORMAT,
        "program": program,
        "tables": store.transfer.version(),
        "knowledge_id": store.knowledge_id,
    }
    yield from writer.small(HEADER, json.dumps(header).encode())
    counts: dict[str, int] = {}
    with store.transfer.reading() as parts:
        for table, rows in _larger(parts):
            number = sum(member.name.startswith(f"rows/{table}/") for member in writer.members)
            yield from writer.small(f"rows/{table}/{number}.jsonl.gz", packed_rows(rows))
            counts[table] = counts.get(table, 0) + len(rows)
            hashes += [row["sha256"] for row in rows if table == "document"]
            tell("rows", sum(counts.values()))
    missing: list[str] = []
    for number, sha256 in enumerate(hashes, 1):
        yield from _original(resources, store.knowledge_id, sha256, writer, missing)
        tell("originals", number)
    yield from writer.end({"rows": counts, "missing": missing})


def _larger(parts: Iterator[tuple[str, list[Any]]]) -> Iterator[tuple[str, list[Any]]]:
    """Join parts of one table until they are worth a member."""
    table, rows, size = "", list[Any](), 0
    for name, some in parts:
        if rows and (name != table or size > _PART_BYTES):
            yield table, rows
            rows, size = [], 0
        table, rows = name, [*rows, *some]
        size += sum(len(str(value)) for row in some for value in row.values())
    if rows:
        yield table, rows


def _original(
    resources: Resources, knowledge_id: str, sha256: str, writer: ArchiveWriter, missing: list[str]
) -> Iterator[bytes]:
    """Yield an original; one that is gone, or has other bytes, is noted as missing."""
    with resources.workspaces.workspace(knowledge_id, "export") as folder:
        try:
            stream = resources.files.local_original(knowledge_id, sha256, folder).open("rb")
        except (InputError, OSError):
            missing.append(sha256)
            return
        with stream:
            yield from writer.large(f"originals/{sha256}", stream, os.fstat(stream.fileno()).st_size)
    if writer.members[-1].sha256 != sha256:
        missing.append(sha256)
