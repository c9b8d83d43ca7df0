"""One worker of threads reads many documents at once with a GOT that knows their pages by heart; and it is killed."""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from ingest.runtime import embedded
from pipeline.commands.ingest_request import IngestRequest
from stores.models import DocumentState, Options
from stores.views import JobView
from tests.conftest import ROOT
from tests.e2e.faults import KB, Running, contents, running
from tests.waiting import eventually

pytestmark = pytest.mark.torch

CHECKPOINT = ROOT / "tests" / "data" / "tiny_got"
SAMPLES = {"invoice.pdf": "# INVOICE\n\nLarkspur Paper Supply Ltd", "resume_en.pdf": "# Nora Lindqvist"}
COUNT, SLOTS = 20, 4
LEAST_FULL = 0.6
MOST_RSS_MB = 1100  # torch, onnxruntime and OpenCV take about 480
SETTINGS = {
    "ocr_engine": "got",
    "ocr_model": str(CHECKPOINT),
    "ocr_slots": SLOTS,
    "ocr_max_tokens": 1024,
    "ocr_boxes": False,
    "text_engine": "pymupdf",
}


@dataclass(frozen=True)
class Run:
    """What a run left behind: its job, its stores, the log of its GPU-style worker, and that worker's largest size."""

    job: JobView
    stores: dict[str, object]
    log: str
    rss_mb: float


@pytest.fixture(scope="module")
def documents() -> Iterator[Path]:
    """Copies of the pages that the model knows, each with bytes of its own behind its end."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-docs-"))
    names = list(SAMPLES)
    for number in range(COUNT):
        name = names[number % len(names)]
        data = (ROOT / "ingest" / "samples" / name).read_bytes()
        (folder / f"{number:02}-{name}").write_bytes(data + b"%% copy %d\n" % number)
    yield folder
    shutil.rmtree(folder)


def read_all(documents: Path, disturb: Callable[[Running], None]) -> Run:
    """Ingest all documents at once in an empty home."""
    home = Path(tempfile.mkdtemp(prefix="ingot-"))
    try:
        with running(home, **SETTINGS) as under_test:
            request = IngestRequest(paths=(documents,), options=Options(ocr="always"))
            report = under_test.service.ingestion.ingest(KB, request)
            assert report.job
            disturb(under_test)
            job = under_test.wait(report.job)
            rss_mb = largest_rss_mb(worker_of_cards(under_test))
            embedded.down(under_test.settings)
        return Run(job, contents(home), (home / "run" / "gpu.log").read_text(), rss_mb)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def worker_of_cards(under_test: Running) -> int:
    return int(embedded.status(under_test.settings).processes["gpu"]["pid"] or 0)  # 0 while it is started again


def largest_rss_mb(pid: int) -> float:
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert peak
    return int(peak[1]) / 1024


def in_the_middle(under_test: Running) -> None:
    """Return when some pages are read, and others are being read."""

    def middle() -> bool:
        (read,) = under_test.rows("SELECT count(*) FROM page WHERE engine IS NOT NULL AND engine != ''")[0]
        (begun,) = under_test.rows("SELECT count(*) FROM step WHERE stage = 'ocr' AND state = 'running'")[0]
        return 3 <= read <= COUNT // 2 and begun >= 2

    eventually(middle)


@pytest.fixture(scope="module")
def undisturbed(documents: Path) -> Run:
    return read_all(documents, lambda under_test: None)


def test_every_document_has_its_own_pages(undisturbed: Run) -> None:
    assert [document.state for document in undisturbed.job.documents] == [DocumentState.DONE] * COUNT
    sources = {document: name for name, document, _ in undisturbed.stores["sources"]}  # type: ignore[attr-defined]
    pages = undisturbed.stores["pages"]
    assert len(pages) == COUNT  # type: ignore[arg-type]
    for document, _, _, _, engine, markdown, error in pages:  # type: ignore[attr-defined]
        name = sources[document].partition("-")[2]
        assert (engine, error) == ("got", None), sources[document]
        assert markdown.startswith(SAMPLES[name]), f"{sources[document]} holds {markdown[:60]!r}"


def test_the_slots_are_filled_and_the_model_is_there_once(undisturbed: Run) -> None:
    told = re.findall(rf"(\d+) pages and \d+ tokens read so far, {SLOTS} slots (\d+)% full", undisturbed.log)
    assert told, undisturbed.log
    pages, full = int(told[-1][0]), int(told[-1][1]) / 100
    print(f"{pages} pages, {SLOTS} slots {full:.0%} full, worker {undisturbed.rss_mb:.0f} MB")
    assert pages == COUNT
    assert full >= LEAST_FULL
    assert len(re.findall(r"reads pages on cpu", undisturbed.log)) == 1
    assert undisturbed.rss_mb < MOST_RSS_MB


def assert_same(found: Run, expected: Run) -> None:
    assert {document.state for document in found.job.documents} == {DocumentState.DONE}
    for name, rows in expected.stores.items():
        assert found.stores[name] == rows, name


def test_a_killed_worker_loses_nothing(documents: Path, undisturbed: Run) -> None:
    def kill(under_test: Running) -> None:
        in_the_middle(under_test)
        under_test.kill("gpu", signal.SIGKILL)

    disturbed = read_all(documents, kill)
    assert len(re.findall(r"reads pages on cpu", disturbed.log)) == 2
    assert_same(disturbed, undisturbed)


def test_a_worker_that_is_told_to_end_hands_its_steps_back(documents: Path, undisturbed: Run) -> None:
    """No step waits for its lease, and none counts as lost: another worker could go on at once."""
    held: list[tuple] = []
    unread: list[int] = []

    def end(under_test: Running) -> None:
        in_the_middle(under_test)
        pid = worker_of_cards(under_test)
        under_test.kill("gpu", signal.SIGTERM)
        eventually(lambda: worker_of_cards(under_test) not in (0, pid))
        running = f"stage = 'ocr' AND state = 'running' AND worker LIKE '%#{pid}'"
        held.extend(under_test.rows(f"SELECT document, state, losses FROM step WHERE {running}"))
        ((left,),) = under_test.rows("SELECT count(*) FROM step WHERE stage = 'ocr' AND state != 'done'")
        unread.append(left)

    disturbed = read_all(documents, end)
    assert held == []
    assert unread[0] > 0, "it did not stay until all was read"
    assert_same(disturbed, undisturbed)
