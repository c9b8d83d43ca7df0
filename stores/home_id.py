"""Who a home is, whatever path or machine it is seen from: a random id in a file of its folder, made once."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from stores.errors import UnavailableError

_FILE = "home.id"


def home_id(home: Path) -> str:
    """The id of a home; the first to ask makes it, all others read what that one made."""
    path = home / _FILE
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"{path} cannot be read or made ({error}): choose another home with --home or INGOT_HOME",
            code="home_unusable",
        ) from error


def _make(path: Path) -> None:
    """Write it whole beside its place, then link it there: that fails where another was quicker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = uuid.uuid4().hex
    part = path.with_name(f".{_FILE}-{made}")
    try:
        with part.open("x", encoding="ascii") as file:
            file.write(made + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(part)
    except FileExistsError:
        return
    finally:
        part.unlink(missing_ok=True)
