"""What is served as the source is the source."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from ingest.api import source


def test_the_archive_holds_the_code_that_runs_and_nothing_compiled() -> None:
    with tarfile.open(fileobj=io.BytesIO(source.archive())) as tar:
        names = tar.getnames()
        packed = tar.extractfile("ingot/ingest/api/source.py")
        assert packed is not None
        assert packed.read() == Path(source.__file__).read_bytes()
    assert "ingot/pipeline/flow.py" in names
    assert not [name for name in names if name.endswith(".pyc")]
