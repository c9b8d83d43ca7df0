"""Judging files whose names do not say that they are documents by their first bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.engines.media import READ, head_of, is_plainly, sniff_bytes, words_of
from pipeline.file_discovery import DiscoveredFiles, SkipReason, discover_files
from stores.errors import InputError

_ENDING = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,8}")  # "v. 12" and "scan.2024" have none


def discover_documents(
    paths: Sequence[Path], globs: Sequence[str], excludes: Sequence[str], known_roots: Iterable[str] = ()
) -> DiscoveredFiles:
    """Find all files that ``paths`` name, as ``discover_files`` does; those without a suffix by their contents."""
    return discover_files(paths, globs, excludes, known_roots, check_content)


def check_content(path: Path, suffix: str) -> SkipReason | None:
    """Accept a file that has no suffix and begins as a document; else say why it is skipped."""
    try:
        head = head_of(path)
    except InputError as error:
        return "unreadable", error.message
    if not head:
        return "unsupported", "it is empty: 0 bytes"
    has_ending = _ENDING.fullmatch(suffix) is not None
    if not has_ending and is_plainly(head):
        return None
    if sniff_bytes(head):
        looks = f"ends in {suffix}" if has_ending else "has no ending that says so"
        return "unsupported", f"it looks like {words_of(head)}, but {looks}: name it itself, or by --glob"
    return "unsupported", f"it is {words_of(head)}: {READ}"
