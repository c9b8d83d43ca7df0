"""The hosts that use a home: who they are, and where each has its vector index."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FRESH_S = 45.0
"""A host that was not seen for so long does not count."""
FORGET_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUse:
    """A process that uses a home.

    ``machine``: the id of its boot, equal for containers on one kernel; ``folder``: the id of its ``INGOT_HOME``;
    ``chroma_url``: empty where its vector index is in that folder.
    """

    process: str
    name: str
    machine: str
    folder: str
    chroma_url: str = ""

    @property
    def place(self) -> str:
        """Where its vector index is."""
        return self.chroma_url or f"{self.machine}/{self.folder}"


@cache
def machine_id() -> str:
    """Identify this machine until it starts again. Containers on one kernel count as one: they share file locks."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return boot.read_text().strip() if boot.exists() else socket.gethostname()
