"""Beside programs that want all of the processor the product's own run is slow, and loses nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymupdf
import pytest

from ingest.runtime import embedded
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from stores.models import DocumentState, JobState
from tests.e2e.faults import WORDS
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(600)
BUSY = 4
BUSY_S = 540.0  # a tenth of a processor for all of it: other tests run beside it
PAGE_LIMIT_S = 6.0  # of CPU; a page with the loading of its models needs some 3, by the clock far more than 6


@contextmanager
def busy_machine(programs: int) -> Iterator[None]:
    """Each with a session of its own, as programs of other terminals have: Linux shares among sessions first."""
    loop = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(loop, start_new_session=True) for _ in range(programs)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def scanned(folder: Path, count: int) -> None:
    """Documents of one page, a picture of a dozen lines."""
    folder.mkdir()
    chance = random.Random(3)
    for number in range(count):
        with pymupdf.open() as printed, pymupdf.open() as scan:
            page = printed.new_page()
            for row in range(12):
                page.insert_text((70, 90 + 30 * row), " ".join(chance.choices(WORDS, k=6)), fontsize=13)
            picture = page.get_pixmap(dpi=120, colorspace=pymupdf.csGRAY).tobytes("png")
            scan.new_page().insert_image(page.rect, stream=picture)
            scan.save(folder / f"scan-{number}.pdf")


def test_a_run_with_hardly_any_processor_time_loses_nothing(home: Path, tmp_path: Path) -> None:
    scanned(tmp_path / "d", 1)
    settings = Settings(home=home, workers=1, page_timeout_s=PAGE_LIMIT_S)
    with busy_machine(BUSY), embedded.session(settings) as connected:
        service = Service(connected)
        report = service.ingestion.ingest("kb", IngestRequest(paths=(tmp_path / "d",)))
        assert report.job
        job_id = report.job
        eventually(lambda: service.jobs.get(job_id).state is not JobState.RUNNING, within_s=BUSY_S, every_s=0.2)
        job = service.jobs.get(job_id)
    assert [document.state for document in job.documents] == [DocumentState.DONE]
    assert not [fault for document in job.documents if (fault := document.error)]
