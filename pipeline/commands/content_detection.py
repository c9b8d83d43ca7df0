"""Files whose names do not say that they are documents, judged by their first bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.engines.media import head_of, is_plainly, sniff_bytes, words_of
from pipeline.file_discovery import DiscoveredFiles, Why, discover_files
from stores.errors import InputError

_ENDING = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,8}")  # "v. 12" and "scan.2024" have none
_READ = "PDF and images are read"


def gather_documents(
    paths: Sequence[Path], globs: Sequence[str], excludes: Sequence[str], known_roots: Iterable[str] = ()
) -> DiscoveredFiles:
    """All files that ``paths`` name, as ``gather`` finds them; those without an ending by their contents."""
    return discover_files(paths, globs, excludes, known_roots, look)


def look(path: Path, suffix: str) -> Why | None:
    """A file whose name does not say that it is a document: taken where it has no ending and begins as one."""
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
        looks = f"ends in {suffix}" if has_ending else "begins with something else"
        return "unsupported", f"it looks like {words_of(head)}, but {looks}: name it itself, or by --glob"
    return "unsupported", f"it is {words_of(head)}: {_READ}"
