"""The id of a home's folder: random, made once, in a file of it, the same from whatever path or machine it is seen."""

from __future__ import annotations

import uuid
from pathlib import Path

from stores.errors import UnavailableError
from stores.write_once import write_once

_FILE = "home.id"


def folder_id(home: Path) -> str:
    """The id of the folder of a home."""
    path = home / _FILE
    try:
        if not path.exists():
            write_once(path, f"{uuid.uuid4().hex}\n")
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"{path} cannot be read or made ({error}): choose another home with --home or INGOT_HOME",
            code="home_unusable",
        ) from error
