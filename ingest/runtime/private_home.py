"""A home for one command: a temporary folder with a runtime of its own, which is gone afterwards."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ingest.runtime import embedded
from pipeline.settings import Settings

_SERVERS = ("broker_url", "database_url", "chroma_url", "files_url")


@contextlib.contextmanager
def private_home(settings: Settings) -> Iterator[Settings]:
    """Yield the settings of an empty home on this machine, whatever servers are set; stop its runtime at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))  # a short path: the name of a socket has 107 bytes at most
    servers = dict.fromkeys(_SERVERS, "")
    own = settings.model_copy(update={"home": folder, **servers, "embedder": "fake"})  # nobody searches it
    try:
        yield own
    finally:
        try:
            embedded.down(own)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
