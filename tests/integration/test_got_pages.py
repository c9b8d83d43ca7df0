"""The whole way of a page through a GOT that knows the sample pages by heart: picture, model, Markdown, boxes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from pipeline.contracts import PageImage, PageReader
from pipeline.engines.got.reader import TransformerReader
from pipeline.settings import Settings
from pipeline.wiring import build
from stores.models import Label, PageText
from tests.conftest import ROOT

pytestmark = pytest.mark.torch
CHECKPOINT = ROOT / "tests" / "data" / "tiny_got"
PAGES = (("resume_en.pdf", 1), ("invoice.pdf", 1), ("notice_turned.jpg", 1))


if not CHECKPOINT.is_dir():
    pytest.skip("scripts/train_tiny_got tests/data/tiny_got makes the model for these", allow_module_level=True)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    return Settings(home=home, ocr_engine="got", ocr_model=str(CHECKPOINT), ocr_slots=3, ocr_max_tokens=1024)


@pytest.fixture(scope="module")
def reader(settings: Settings) -> Iterator[PageReader]:
    built = build(settings).page_reader()
    assert isinstance(built, TransformerReader)
    yield built
    built.close()


@pytest.fixture(scope="module")
def images(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], PageImage]:
    documents, folder = build(settings).documents(), tmp_path_factory.mktemp("pages")
    samples = ROOT / "ingest" / "samples"
    return {
        (name, number): documents.render(samples / name, "", number, folder / f"{name}-{number}.png")
        for name, number in PAGES
    }


@pytest.fixture(scope="module")
def pages(reader: PageReader, images: dict[tuple[str, int], PageImage]) -> dict[tuple[str, int], PageText]:
    """All pages, read by as many threads at once."""
    texts: dict[tuple[str, int], PageText] = {}

    def read(key: tuple[str, int]) -> None:
        texts[key] = reader.read(images[key])

    threads = [Thread(target=read, args=(key,)) for key in PAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


def test_every_page_is_read_by_the_model(pages: dict[tuple[str, int], PageText]) -> None:
    assert {key: text.engine for key, text in pages.items()} == dict.fromkeys(PAGES, "got")


def test_latex_became_markdown(pages: dict[tuple[str, int], PageText]) -> None:
    invoice, resume = pages["invoice.pdf", 1].markdown, pages["resume_en.pdf", 1].markdown
    assert invoice.startswith("# INVOICE\n\nLarkspur Paper Supply Ltd")
    assert "| Acid-free archive boxes | 40 | £3.75 | £150.00 |" in invoice
    assert "VAT 20%" in invoice and "\\" not in invoice
    assert resume.startswith("# Nora Lindqvist")
    assert "## Experience" in resume
    assert "\n- Surveyed 120 km of sewers and ranked the repairs by the risk of flooding." in resume


def test_blocks_stand_where_they_are_printed(
    pages: dict[tuple[str, int], PageText], images: dict[tuple[str, int], PageImage]
) -> None:
    terms = next(block for block in pages["invoice.pdf", 1].blocks if block.text == "Payment terms")
    assert terms.label is Label.HEADING
    assert 60 < terms.box[0] < 70 and 350 < terms.box[1] < 560
    for key, text in pages.items():
        image, placed = images[key], [block for block in text.blocks if block.box[2] > block.box[0]]
        assert len(placed) >= 0.8 * len(text.blocks), f"{key}: blocks without a place"
        assert all(block.box[2] <= image.width_pt and block.box[3] <= image.height_pt for block in placed)
        assert all(text.markdown[block.start : block.end] for block in text.blocks)


def test_a_page_on_its_side_has_boxes_as_it_lies(pages: dict[tuple[str, int], PageText]) -> None:
    """The title of the notice runs upwards or downwards on the page as given."""
    text = pages["notice_turned.jpg", 1]
    title = next(block for block in text.blocks if block.text == "Notice to all tenants")
    assert title.box[3] - title.box[1] > 3 * (title.box[2] - title.box[0])


def test_a_page_that_it_does_not_know_is_read_otherwise(reader: PageReader, tmp_path: Path) -> None:
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page(width=400, height=300)
        for row in range(8):
            page.insert_text((40, 50 + 26 * row), f"Line {row} speaks of apples and pears.", fontsize=14)
        page.get_pixmap(dpi=150).save(tmp_path / "page.png")
    text = reader.read(PageImage(number=1, path=tmp_path / "page.png", width_pt=400.0, height_pt=300.0))
    if text.engine != "got":  # what it makes of a strange page is its own affair; how it ends is ours
        assert text.engine.startswith("rapidocr (got: ")
        assert "apples and pears" in text.markdown
