"""Which home a command looks at, said where nothing was ever put into it: most often another one is meant."""

from __future__ import annotations

import os
from pathlib import Path


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
