"""Messages of a worker for the commands of its home, in files beside its log: a remark, or why it cannot work here."""

from __future__ import annotations

import os
from pathlib import Path

SAYS_FILE = "INGOT_WORKER_SAYS"
"""Environment variable with the path, without suffix, of the files in which a worker leaves messages for its user."""
REMARK, REFUSAL = ".remark", ".refusal"


def say(kind: str, text: str) -> None:
    """Write a message into its file, atomically; nothing where this process has none, or ``text`` is empty."""
    if (told := os.environ.get(SAYS_FILE)) and text:
        part = Path(f"{told}.part")
        part.write_text(text)
        part.replace(told + kind)
