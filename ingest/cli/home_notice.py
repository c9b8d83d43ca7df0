"""Which home a command looks at, said where nothing was ever put into it: most often another one is meant."""

from __future__ import annotations

import os
from pathlib import Path

from stores.errors import InputError
from stores.source_names import kept_name


def usable_home(home: Path) -> Path:
    """The absolute path of a home. InputError where it is in no UTF-8: the vector index could not live there."""
    found = home.expanduser().resolve()
    try:
        str(found).encode()
    except UnicodeEncodeError as error:
        shown = kept_name(found)
        raise InputError(
            f"the home {shown} has a name in another encoding than UTF-8: choose another with --home or INGOT_HOME",
            code="bad_home",
        ) from error
    return found


def unused_home(home: Path, by_flag: Path | None) -> str:
    """A sentence with the absolute path of a home that holds no knowledge base, and how it was chosen; else ""."""
    if next(home.glob("*/kb.db"), None) is not None:
        return ""
    state = "holds no knowledge base yet" if home.is_dir() else "does not exist yet"
    return f"the home is {home} ({_chosen(home, by_flag)}); it {state}"


def _chosen(home: Path, by_flag: Path | None) -> str:
    if by_flag:
        return "by --home"
    if os.environ.get("INGOT_HOME"):
        return "by INGOT_HOME"
    if home != (Path.cwd() / "ingot-data").resolve():
        return "by ingot.toml"
    return "by the working folder; --home or INGOT_HOME names another"
