"""Checks of the home that a command uses, with a notice where it is empty: often another home was meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stores.errors import InputError
from stores.source_names import kept_name

if TYPE_CHECKING:
    from pipeline.settings import Settings


def usable_home(home: Path) -> Path:
    """Return the absolute path of a home. InputError where it is not UTF-8, which the vector index cannot open."""
    path = home.expanduser().resolve()
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = kept_name(path)
        raise InputError(
            f"the home {shown} has a name in another encoding than UTF-8: choose another with --home or INGOT_HOME",
            code="bad_home",
        ) from error
    return path


def unused_home(settings: Settings, by_flag: Path | None) -> str:
    """Return a notice that a home holds no knowledge base, with its path and how it was chosen; else an empty text."""
    home = settings.home
    if settings.database_url or next(home.glob("*/kb.db"), None) is not None:
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
