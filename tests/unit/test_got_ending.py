"""A worker ends while pages are being read: what is done is kept, what is not is sent back, nobody waits for ever."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from pipeline.contracts import PageImage, SharedModel  # noqa: E402
from pipeline.engines.got.adapters import Family  # noqa: E402
from pipeline.engines.got.checkpoint import Device, Loaded, load  # noqa: E402
from pipeline.engines.got.got_model import GotModel  # noqa: E402
from pipeline.engines.got.reader import TransformerReader  # noqa: E402
from pipeline.engines.got.slots import Options, Reading, SlotBatcher  # noqa: E402
from pipeline.engines.got.static_batches import StaticBatcher  # noqa: E402
from stores.errors import StoppingError, UnavailableError  # noqa: E402
from tests.tiny_got import build, pictures  # noqa: E402
from tests.unit.test_got_static import inputs_of  # noqa: E402
from tests.waiting import GENEROUS_S, eventually  # noqa: E402

pytestmark = pytest.mark.torch
PAGES = 12


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("tiny-got"), stops=0)


@pytest.fixture(scope="module")
def loaded(checkpoint: Path) -> Loaded:
    return load(str(checkpoint), Device("cpu", "float32"))


def handed_in(loaded: Loaded, *, limit: int, slots: int = 2) -> tuple[SlotBatcher, list[Future[Reading]]]:
    reader = GotModel(loaded)
    made = SlotBatcher(reader, Options(slots=slots, max_tokens=limit))
    return made, [made.submit(reader.prepare(picture)) for picture in pictures(PAGES)]


def outcomes(futures: list[Future[Reading]]) -> list[str]:
    """What became of each page; all must be over by now."""
    assert all(future.done() for future in futures)
    return ["back" if isinstance(future.exception(), StoppingError) else "read" for future in futures]


def test_pages_in_the_slots_are_finished_and_the_others_sent_back(loaded: Loaded) -> None:
    made, futures = handed_in(loaded, limit=40)
    futures[0].result(timeout=GENEROUS_S)
    made.close(within_s=GENEROUS_S)
    ends = outcomes(futures)
    assert ends.count("read") >= 2 and ends.count("back") >= 2
    assert all(len(future.result().tokens) == 40 for future, what in zip(futures, ends, strict=True) if what == "read")
    with pytest.raises(StoppingError):
        made.submit(None)


def test_pages_that_take_too_long_are_sent_back(loaded: Loaded) -> None:
    made, futures = handed_in(loaded, limit=3000)
    eventually(lambda: made.counters.steps)
    made.close(within_s=0.1)
    assert outcomes(futures) == ["back"] * PAGES


def test_a_gpu_that_hangs_blocks_no_caller(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    awake = threading.Event()
    plain = SlotBatcher._decode

    def hanging(self: SlotBatcher, state: Any) -> Any:
        awake.wait()
        return plain(self, state)

    monkeypatch.setattr(SlotBatcher, "_decode", hanging)
    made, futures = handed_in(loaded, limit=20)
    eventually(lambda: any(made._owners))
    made.close(within_s=0.1)
    assert outcomes(futures) == ["back"] * PAGES
    awake.set()
    assert made._thread is not None
    made._thread.join(GENEROUS_S)
    assert not made._thread.is_alive()


def test_static_batches_are_sent_back_too(loaded: Loaded) -> None:
    from PIL import Image

    family = Family(name="tiny", inputs=inputs_of, markdown=str.strip)
    made = StaticBatcher(loaded, family, Options(slots=2, max_tokens=3000))
    futures = [made.submit(Image.fromarray(picture)) for picture in pictures(PAGES)]
    eventually(lambda: made._in_hand)
    made.close(within_s=0.2)
    assert outcomes(futures) == ["back"] * PAGES
    with pytest.raises(StoppingError):
        made.submit(None)


def page_at(path: Path) -> PageImage:
    import cv2

    cv2.imwrite(str(path), pictures(1)[0])
    return PageImage(number=1, path=path, width_pt=100.0, height_pt=100.0)


def test_a_reader_that_ended_reads_nothing_more(checkpoint: Path, tmp_path: Path) -> None:
    """Least of all by its fallback, or with a model that it loads anew."""
    reader = TransformerReader(str(checkpoint), slots=2, max_tokens=40)
    assert isinstance(reader, SharedModel)
    page = page_at(tmp_path / "page.png")
    reader.warm_up()
    assert reader.read(page).engine.startswith("got")
    reader.close(within_s=GENEROUS_S)
    with pytest.raises(StoppingError):
        reader.read(page)


def test_a_gpu_that_failed_is_said_to_be_broken(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: SlotBatcher, *_: Any) -> Any:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    reader = TransformerReader(str(checkpoint), slots=2, max_tokens=40)
    try:
        monkeypatch.setattr(SlotBatcher, "_decode", failing)
        with pytest.raises(UnavailableError, match="does not run"):
            reader.warm_up()
        assert not reader.broken
        with pytest.raises(UnavailableError, match="restart this worker"):
            reader.read(page_at(tmp_path / "page.png"))
        assert reader.broken
    finally:
        reader.close()
