"""Files that are written once: the first of several processes writes, the others keep what is there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_once(path: Path, content: str) -> None:
    """Write ``content``, readable by its owner alone, unless ``path`` is there. Raises OSError.

    The file is written whole beside its place, then linked there, which fails where another process was first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(part)
    except FileExistsError:
        return
    finally:
        part.unlink(missing_ok=True)
