"""Pictures of pages: drawn by processes that may be killed, kept up to a cap, gone with their document."""

from __future__ import annotations

import os
import signal
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.commands.ingest_request import IngestRequest
from pipeline.queries import page_images
from pipeline.queries.page_images import MOST_WAITING, PageImageWorkers
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import NotFoundError, PageError, TransientError
from stores.image_cache import ImageCache
from tests.waiting import GENEROUS_S, eventually
from tests.worker_processes import open_files

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[PageImageWorkers]:
    started = PageImageWorkers(Settings(home=tmp_path), within_s=GENEROUS_S)
    yield started
    started.close()


def pdf(path: Path, content: bytes) -> Path:
    """A PDF of one page that is drawn by ``content``."""
    packed = zlib.compress(content)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
    ]
    body = b"%PDF-1.4\n"
    for number, text in enumerate(objects, 1):
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    path.write_bytes(body + b"trailer << /Root 1 0 R >>\n")
    return path


def endless(path: Path) -> Path:
    """A small file whose page takes minutes to draw."""
    return pdf(path, b"5 w 0 0 m " + b"600 800 l 0 790 l 590 3 l 7 795 l " * 400_000 + b"S\n" * 30)


def test_a_page_is_drawn_at_its_size(workers: PageImageWorkers, samples: Path, tmp_path: Path) -> None:
    import cv2

    for dpi, width in ((72, 595), (144, 1190)):
        target = tmp_path / f"{dpi}.png"
        workers.draw(samples / "invoice.pdf", "", 1, dpi, target)
        assert target.read_bytes().startswith(PNG)
        assert abs(cv2.imread(str(target)).shape[1] - width) <= 1


def test_a_page_without_end_is_given_up_and_the_next_is_drawn(tmp_path: Path, samples: Path) -> None:
    workers = PageImageWorkers(Settings(home=tmp_path), within_s=3.0)
    try:
        with pytest.raises(PageError, match="takes too long"):
            workers.draw(endless(tmp_path / "endless.pdf"), "", 1, 300, tmp_path / "never.png")
        assert not (tmp_path / "never.png").exists()
        workers._within_s = GENEROUS_S
        workers.draw(samples / "invoice.pdf", "", 1, 50, tmp_path / "next.png")
    finally:
        workers.close()
    assert (tmp_path / "next.png").exists()


def test_a_process_that_died_alone_is_replaced(workers: PageImageWorkers, samples: Path, tmp_path: Path) -> None:
    workers.draw(samples / "invoice.pdf", "", 1, 50, tmp_path / "1.png")
    os.kill(workers._idle[0].process.pid, signal.SIGKILL)
    workers.draw(samples / "invoice.pdf", "", 1, 50, tmp_path / "2.png")
    assert (tmp_path / "2.png").exists()


def test_a_page_that_ends_its_process_is_a_page_error(tmp_path: Path) -> None:
    workers = PageImageWorkers(Settings(home=tmp_path), within_s=GENEROUS_S)

    def kill_when_it_draws() -> None:
        (pid,) = eventually(drawing)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_when_it_draws)
    killer.start()
    with pytest.raises(PageError, match="ended the process"):
        workers.draw(endless(tmp_path / "endless.pdf"), "", 1, 300, tmp_path / "never.png")
    killer.join()
    workers.close()


def drawing() -> list[int]:
    """Processes that draw a page without end."""
    return [pid for pid in studio_children() if any(path.name == "endless.pdf" for path in open_files(pid))]


def studio_children() -> set[int]:
    """Drawing processes that this process has started."""
    pids = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == os.getpid() and b"pipeline.queries.page_image_worker" in words:
            pids.add(int(entry.name))
    return pids


def test_what_is_no_document_is_told(workers: PageImageWorkers, tmp_path: Path) -> None:
    (tmp_path / "text.pdf").write_text("not a PDF at all")
    for source, number in ((tmp_path / "text.pdf", 1), (pdf(tmp_path / "one.pdf", b"0 0 m"), 7)):
        with pytest.raises(PageError) as refused:
            workers.draw(source, "", number, 72, tmp_path / "x.png")
        assert refused.value.message


def test_too_many_at_once_are_told_to_come_again(
    tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_images, "_PLACE_S", GENEROUS_S)
    workers = PageImageWorkers(Settings(home=tmp_path), within_s=10 * GENEROUS_S)
    slow = endless(tmp_path / "endless.pdf")

    def draw(number: int) -> str:
        try:
            with workers.waiting_place():
                workers.draw(slow, "", 1, 300, tmp_path / f"{number}.png")
        except (PageError, TransientError) as error:
            return error.code
        return "drawn"

    with ThreadPoolExecutor(MOST_WAITING + 6) as crowd:
        busy = [crowd.submit(draw, number) for number in range(MOST_WAITING + 6)]
        eventually(lambda: sum(one.done() for one in busy) == 6)
        both = eventually(lambda: pids if len(pids := drawing()) == 2 else None)
        workers._within_s = 0.05
        for pid in both:
            os.kill(pid, signal.SIGKILL)
        codes = [one.result() for one in busy]
    workers.close()
    assert codes.count("busy_pictures") == 6
    assert studio_children() == set()


def test_pictures_are_kept_up_to_a_cap(tmp_path: Path) -> None:
    cache = ImageCache(tmp_path)
    for number in range(6):
        target = cache.path_of("kb", f"d{number}", "1.110.png")
        cache.make_room(target)
        target.write_bytes(bytes(1000))
        os.utime(target, (number, number))
    assert cache.touch(cache.path_of("kb", "d0", "1.110.png"))
    cache.make_room(cache.path_of("kb", "new", "1.110.png"), most_bytes=3000)
    left = sorted(path.parent.name for path in (tmp_path / "run" / "pictures").rglob("*.png"))
    assert left == ["d0", "d4", "d5"], "the one just wanted stays, the longest unwanted go"
    cache.drop("kb", "d0")
    assert not cache.path_of("kb", "d0", "1.110.png").exists()
    cache.drop("kb")
    assert not (tmp_path / "run" / "pictures" / "kb").exists()


def test_a_service_draws_once_for_all(tmp_path: Path, samples: Path) -> None:
    from tests.in_process import run_until_done

    service = Service(Settings(home=tmp_path / "home", embedder="fake"))
    service.ingestion.ingest("kb", IngestRequest(paths=(samples / "invoice.pdf",)))
    with pytest.raises(NotFoundError, match="no page 1"):
        service.documents.page_image("kb", "invoice.pdf", 1)
    run_until_done(service.documents._resources, knowledge_id="kb", most=1)
    with ThreadPoolExecutor(8) as crowd:
        pictures = {crowd.submit(service.documents.page_image, "kb", "invoice.pdf", 1).result() for _ in range(8)}
    (picture,) = pictures
    drawn_at = picture.stat().st_ino
    assert service.documents.page_image("kb", "invoice.pdf", 1).stat().st_ino == drawn_at
    service.documents._page_images.close()


def test_a_page_that_cannot_be_drawn_costs_its_time_once(
    tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.in_process import run_until_done

    service = Service(Settings(home=tmp_path / "home", embedder="fake"))
    service.ingestion.ingest("kb", IngestRequest(paths=(samples / "invoice.pdf",)))
    run_until_done(service.documents._resources, knowledge_id="kb", most=1)
    begun: list[object] = []
    sent_away = threading.Event()

    def never(*asked: object) -> None:
        begun.append(asked)
        sent_away.wait(GENEROUS_S)
        raise PageError("it takes too long")

    monkeypatch.setattr(service.documents._page_images._workers, "draw", never)

    def ask(_: int) -> str:
        try:
            service.documents.page_image("kb", "invoice.pdf", 1)
        except TransientError as error:
            sent_away.set()
            return error.code
        except PageError as error:
            return error.code
        return "drawn"

    with ThreadPoolExecutor(3 * MOST_WAITING) as crowd:
        codes = list(crowd.map(ask, range(3 * MOST_WAITING)))
    assert set(codes) == {PageError.code, "busy_pictures"}, "who finds too many waiting is sent away at once"
    assert ask(0) == PageError.code
    assert len(begun) == 1
