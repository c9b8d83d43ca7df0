"""Who a home is, whatever path or machine it is seen from: a random id in a file of its folder, made once."""

from __future__ import annotations

import uuid
from pathlib import Path

from stores.errors import UnavailableError
from stores.write_once import write_once

_FILE = "home.id"


def home_id(home: Path) -> str:
    """The id of a home; the first to ask makes it, all others read what that one made."""
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
