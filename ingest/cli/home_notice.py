"""Notice that the home of a command holds nothing: often another home was meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.settings import Settings


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
