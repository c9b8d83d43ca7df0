"""The user of the system whom this process runs as."""

from __future__ import annotations

import getpass
from functools import cache


@cache
def system_user() -> str:
    """Return the name of the user; a container may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local user"
