"""The transformer page reader: one model for many threads, and what happens where it cannot read."""

from __future__ import annotations

import builtins
import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from pipeline.contracts import PageImage  # noqa: E402
from pipeline.engines.got import checkpoint  # noqa: E402
from pipeline.engines.got import reader as reader_module  # noqa: E402
from pipeline.engines.got.guards import Finish  # noqa: E402
from pipeline.engines.got.reader import TransformerReader  # noqa: E402
from pipeline.engines.got.slots import Reading  # noqa: E402
from stores.errors import InputError, PageError, UnavailableError  # noqa: E402
from stores.models import PageText  # noqa: E402
from tests.tiny_got import build, make_tokenizer  # noqa: E402

pytestmark = pytest.mark.torch
TEXT = "A page of plain words that anybody can read without any trouble at all."


@dataclass
class Fallback:
    """Reads every page the same, and counts."""

    batch_pages: int = 8
    fingerprint: str = "other:1"
    markdown: str = "What the other reader sees."
    pages: list[int] = field(default_factory=list)

    def read(self, image: PageImage) -> PageText:
        self.pages.append(image.number)
        return PageText(markdown=self.markdown, blocks=(), engine="other", confidence=0.8)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("tiny-got"), stops=0)


@pytest.fixture
def made() -> Iterator[list[TransformerReader]]:
    readers: list[TransformerReader] = []
    yield readers
    for made_reader in readers:
        made_reader.close()


@pytest.fixture
def page(tmp_path: Path) -> PageImage:
    return picture_of(tmp_path / "page.png", 1)


def picture_of(path: Path, number: int, *, blank: bool = False) -> PageImage:
    """A page with bars that look like words, or an empty one."""
    import cv2

    picture = np.full((400, 300, 3), 255, np.uint8)
    if not blank:
        for row in range(40, 360, 24):
            picture[row : row + 10, 30 : 200 + 2 * number] = 20
    cv2.imwrite(str(path), picture)
    return PageImage(number=number, path=path, width_pt=300.0, height_pt=400.0)


def reader_of(
    tiny: Path, made: list[TransformerReader], fallback: Fallback | None = None, **settings: Any
) -> TransformerReader:
    reader = TransformerReader(str(tiny), slots=4, max_tokens=settings.pop("max_tokens", 120), fallback=fallback)
    made.append(reader)
    return reader


def answers(monkeypatch: pytest.MonkeyPatch, text: str, finish: Finish = Finish.STOP) -> None:
    """The model answers every page with this."""
    tokens = tuple(make_tokenizer()(text)["input_ids"])

    def submit(self: Any, picture: Any) -> Any:
        future: Future[Reading] = Future()
        future.set_result(Reading(tokens, finish))
        return future

    monkeypatch.setattr(reader_module.Engine, "submit", submit)


def fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def submit(self: Any, picture: Any) -> Any:
        raise error

    monkeypatch.setattr(reader_module.Engine, "submit", submit)


def test_a_page_that_is_read_says_so(
    tiny: Path, page: PageImage, made: list[TransformerReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, r"\title{" + "\nReport\n}\n\n" + TEXT)
    other = Fallback()
    text = reader_of(tiny, made, other).read(page)
    assert text.engine == "got"
    assert text.markdown == f"# Report\n\n{TEXT}"
    assert not other.pages


@pytest.mark.parametrize(
    ("text", "finish", "why"),
    [
        ("VLO, " * 50, Finish.REPETITION, "repetition"),
        (TEXT, Finish.LENGTH, "token limit"),
        ("", Finish.STOP, "empty"),
        ("};", Finish.STOP, "empty"),
        ("\ufffd\ufffd\ufffd\ufffd a \ufffd\ufffd\ufffd\ufffd", Finish.STOP, "90% of the characters"),
    ],
)
def test_what_is_not_trusted_is_read_by_the_fallback(
    text: str,
    finish: Finish,
    why: str,
    tiny: Path,
    page: PageImage,
    made: list[TransformerReader],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(monkeypatch, text, finish)
    page_text = reader_of(tiny, made, Fallback()).read(page)
    assert page_text.markdown == "What the other reader sees."
    assert page_text.engine.startswith("other (got: ")
    assert why in page_text.engine or "letters" in page_text.engine or "characters" in page_text.engine


def test_the_cut_text_stays_where_the_fallback_sees_nothing(
    tiny: Path, page: PageImage, made: list[TransformerReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, TEXT, Finish.LENGTH)
    assert reader_of(tiny, made, Fallback(markdown="")).read(page).engine == "got (token limit)"
    text = reader_of(tiny, made).read(page)
    assert (text.markdown, text.engine, text.confidence) == (TEXT, "got (token limit)", 0.0)


@pytest.mark.parametrize(
    ("error", "why"),
    [(torch.OutOfMemoryError("CUDA out of memory"), "out of memory"), (ValueError("bad"), "failed with ValueError")],
)
def test_a_page_on_which_the_model_fails_is_read_by_the_fallback(
    error: Exception, why: str, tiny: Path, page: PageImage, made: list[TransformerReader], monkeypatch: Any
) -> None:
    fails(monkeypatch, error)
    assert reader_of(tiny, made, Fallback()).read(page).engine == f"other (got: {why})"
    with pytest.raises(PageError, match=why):
        reader_of(tiny, made).read(page)


def test_a_gpu_that_is_gone_is_no_fault_of_the_page(
    tiny: Path, page: PageImage, made: list[TransformerReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(UnavailableError, match="restart this worker"):
        reader_of(tiny, made, Fallback()).read(page)


def test_blank_pages_never_reach_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, AssertionError("the model was asked"))
    text = TransformerReader("nowhere/at-all").read(picture_of(tmp_path / "blank.png", 1, blank=True))
    assert (text.markdown, text.blocks, text.engine, text.confidence) == ("", (), "got", None)


def test_a_real_model_that_never_ends_is_stopped(tiny: Path, page: PageImage, made: list[TransformerReader]) -> None:
    """Random weights without an end either repeat themselves or reach the limit."""
    other = Fallback()
    text = reader_of(tiny, made, other, max_tokens=400).read(page)
    assert other.pages == [1]
    assert text.engine.startswith("other (got: ")


def test_many_threads_share_one_model(tiny: Path, tmp_path: Path, made: list[TransformerReader]) -> None:
    pages = [picture_of(tmp_path / f"{number}.png", number) for number in range(1, 21)]
    alone = {page.number: reader_of(tiny, made, max_tokens=30).read(page).markdown for page in pages}
    readers = [reader_of(tiny, made, max_tokens=30) for _ in range(2)]
    loads = []
    together: dict[int, str] = {}

    def read(page: PageImage) -> None:
        together[page.number] = readers[page.number % 2].read(page).markdown
        loads.append(len(reader_module._engines))

    threads = [threading.Thread(target=read, args=(page,)) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
    assert set(loads) == {1}


def test_a_damaged_picture(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(b"no picture")
    with pytest.raises(PageError, match="damaged"):
        TransformerReader(str(tiny)).read(PageImage(number=1, path=path, width_pt=100.0, height_pt=100.0))


def test_a_missing_checkpoint(tmp_path: Path, page: PageImage) -> None:
    with pytest.raises(UnavailableError, match="INGOT_OCR_MODEL"):
        TransformerReader(str(tmp_path / "nothing" / "here" / "at-all")).read(page)


def test_a_checkpoint_of_another_architecture(tmp_path: Path, page: PageImage) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError, match=r"'bert'.*deepseek_ocr2, got_ocr2, granite_docling"):
        TransformerReader(str(tmp_path)).read(page)


def test_a_checkpoint_without_its_weights(tiny: Path, tmp_path: Path, page: PageImage) -> None:
    folder = tmp_path / "half"
    shutil.copytree(tiny, folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(UnavailableError, match="weights"):
        TransformerReader(str(folder)).read(page)


def test_without_the_packages(tiny: Path, page: PageImage, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_transformers(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "transformers":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_transformers)
    with pytest.raises(UnavailableError, match=r"pip install 'ingot\[gpu\]'"):
        TransformerReader(str(tiny)).read(page)


def test_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert checkpoint.choose_device().precision == "float32"
    assert "no GPU" in checkpoint.choose_device().remark
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla T4")
    assert checkpoint.choose_device().precision == "float16"
    assert "Tesla T4 has no bfloat16" in checkpoint.choose_device().remark
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)
    assert checkpoint.choose_device() == checkpoint.Device("cuda", "bfloat16")


def test_the_fingerprint_names_the_checkpoint(tiny: Path, tmp_path: Path) -> None:
    hub = TransformerReader("stepfun-ai/GOT-OCR-2.0-hf").fingerprint
    assert "stepfun-ai/GOT-OCR-2.0-hf@main" in hub
    assert TransformerReader("stepfun-ai/GOT-OCR-2.0-hf@abc").fingerprint != hub
    first = TransformerReader(str(tiny)).fingerprint
    folder = tmp_path / "copy"
    shutil.copytree(tiny, folder)
    assert TransformerReader(str(folder)).fingerprint.split("/")[1] == first.split("/")[1]
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"other": 1}))
    assert TransformerReader(str(folder)).fingerprint.split("/")[1] != first.split("/")[1]
    assert TransformerReader(str(tiny), max_tokens=64).fingerprint != first
    assert TransformerReader(str(tiny), fallback=Fallback()).fingerprint != first
