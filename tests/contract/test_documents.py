"""What every DocumentEngine and TextReader promises: real engine and fake."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.contracts import DocumentEngine, TextReader
from pipeline.engines.by_media_type import DocumentsByMediaType, TextByMediaType
from pipeline.engines.fakes import FakeDocuments, FakeReader, FakeText
from pipeline.engines.media import FAKE, PDF
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.documents import PyMuPdfDocuments
from pipeline.engines.pdf.text_layer import PyMuPdfText
from stores.errors import EncryptedError, IngotError, InputError, PageError

PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Engines:
    documents: DocumentEngine
    text: TextReader
    make: Callable[[Path, list[str], str], Path]


def make_pdf(folder: Path, pages: list[str], password: str = "") -> Path:
    document = mupdf.load().open()
    for text in pages:
        page = document.new_page(width=595, height=842)
        if text:
            page.insert_text((72, 100), text, fontsize=12)
    path = folder / "made.pdf"
    options = {"encryption": 4, "user_pw": password, "owner_pw": password} if password else {}
    document.save(str(path), **options)
    document.close()
    return path


def make_fake(folder: Path, pages: list[str], password: str = "") -> Path:
    path = folder / "made.fake"
    path.write_text(f"%FAKE {password}".strip() + "\n" + "\f".join(text or "[blank]" for text in pages))
    return path


ENGINES = {
    "pymupdf": Engines(PyMuPdfDocuments(dpi=72, max_page_megapixels=1.0), PyMuPdfText(), make_pdf),
    "fake": Engines(FakeDocuments(), FakeText(), make_fake),
}
_BOTH = [(PDF, ENGINES["pymupdf"]), (FAKE, ENGINES["fake"])]
ENGINES["by media type"] = Engines(
    DocumentsByMediaType({media_type: engines.documents for media_type, engines in _BOTH}),
    TextByMediaType({media_type: engines.text for media_type, engines in _BOTH}),
    make_pdf,
)


@pytest.fixture(params=sorted(ENGINES))
def engines(request: pytest.FixtureRequest) -> Engines:
    return ENGINES[request.param]


def test_pages_are_counted_and_looked_at_in_the_order_asked_for(engines: Engines, tmp_path: Path) -> None:
    path = engines.make(tmp_path, ["One swallow", "makes no summer", ""], "")
    assert engines.documents.inspect(path, "").page_count == 3
    facts = list(engines.documents.look(path, "", [3, 1]))
    assert [fact.number for fact in facts] == [3, 1]
    assert (facts[0].ink, facts[1].ink, facts[1].text.strip()) == (False, True, "One swallow")
    assert (facts[1].width_pt, facts[1].height_pt) == (595.0, 842.0)


def test_pages_are_read(engines: Engines, tmp_path: Path) -> None:
    path = engines.make(tmp_path, ["One swallow", "makes no summer"], "")
    page = engines.text.read(path, "", 2)
    assert "makes no summer" in page.markdown
    block = page.blocks[0]
    assert page.markdown[block.start : block.end].endswith("makes no summer")
    assert block.lines[0].text == "makes no summer"


def test_pages_are_rendered(engines: Engines, tmp_path: Path) -> None:
    path = engines.make(tmp_path, ["One swallow"], "")
    image = engines.documents.render(path, "", 1, tmp_path / "page.png")
    assert image.path == tmp_path / "page.png" and image.path.stat().st_size > 0
    assert (image.number, image.width_pt, image.height_pt) == (1, 595.0, 842.0)


def test_a_page_that_is_not_there(engines: Engines, tmp_path: Path) -> None:
    path = engines.make(tmp_path, ["One swallow"], "")
    for call in (
        lambda: list(engines.documents.look(path, "", [2])),
        lambda: engines.documents.render(path, "", 2, tmp_path / "page.png"),
        lambda: engines.text.read(path, "", 2),
    ):
        with pytest.raises(PageError):
            call()


def test_passwords(engines: Engines, tmp_path: Path) -> None:
    path = engines.make(tmp_path, ["One swallow"], "sesame")
    for wrong in ("", "barley"):
        with pytest.raises(EncryptedError, match="--password"):
            engines.documents.inspect(path, wrong)
    assert engines.documents.inspect(path, "sesame").page_count == 1
    assert "swallow" in engines.text.read(path, "sesame", 1).markdown


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>%PDF</body></html>", "HTML"),
        (b"PK\x03\x04 and so on", "ZIP"),
        (b"just some words", "plain text"),
        (b"%PDF-1.7\n" + bytes(range(256)), "PDF"),
        (PNG + b"\0\0\0\rIHDR", "image"),
        (b"\xff\xd8\xff\xe0 no jpeg", "image"),
    ],
)
def test_what_is_no_document_is_refused_in_one_sentence(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "thing.pdf"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        ENGINES["pymupdf"].documents.inspect(path, "")
    assert why in caught.value.message
    assert "thing.pdf" not in caught.value.message and "\n" not in caught.value.message


def test_folders_and_missing_files(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.pdf"):
        with pytest.raises(IngotError):
            ENGINES["pymupdf"].documents.inspect(path, "")


def test_a_pdf_without_pages(tmp_path: Path) -> None:
    path = tmp_path / "none.pdf"
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )
    with pytest.raises(InputError, match="no pages"):
        ENGINES["pymupdf"].documents.inspect(path, "")


def test_a_page_of_a_hundred_square_metres_is_drawn_smaller(tmp_path: Path) -> None:
    from PIL import Image

    document = mupdf.load().open()
    document.new_page(width=14400, height=14400)
    page = document[0]
    document.xref_set_key(page.xref, "UserUnit", "2.5")
    path = tmp_path / "huge.pdf"
    document.save(str(path))
    document.close()
    ENGINES["pymupdf"].documents.render(path, "", 1, tmp_path / "huge.png")
    with Image.open(tmp_path / "huge.png") as image:
        assert 900_000 < image.width * image.height < 1_010_000


@pytest.mark.parametrize("suffix", ["png", "jpg", "tiff", "bmp", "webp"])
def test_images_are_documents(suffix: str, tmp_path: Path) -> None:
    from PIL import Image

    documents, path = ENGINES["pymupdf"].documents, tmp_path / f"photo.{suffix}"
    Image.new("RGB", (600, 300), "white").save(path, dpi=(150, 150))
    assert documents.inspect(path, "").page_count == 1
    (facts,) = documents.look(path, "", [1])
    assert (facts.image_share, facts.text, facts.ink) == (1.0, "", True)
    assert (facts.width_pt, facts.height_pt) == (pytest.approx(288, rel=0.01), pytest.approx(144, rel=0.01))
    image = documents.render(path, "", 1, tmp_path / "out.png")
    assert image.path.read_bytes().startswith(PNG)


def test_each_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "fax.tiff"
    frames = [Image.new("L", (400 + 100 * n, 500), 255 - 60 * n) for n in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(100, 100))
    documents = ENGINES["pymupdf"].documents
    assert documents.inspect(path, "").page_count == 3
    assert [round(fact.width_pt) for fact in documents.look(path, "", [1, 3])] == [288, 432]
    documents.render(path, "", 3, tmp_path / "third.png")
    with Image.open(tmp_path / "third.png") as third:
        assert third.getpixel((5, 5)) == 135


def test_a_bomb_of_pixels_is_refused(tmp_path: Path) -> None:
    width = (30_000).to_bytes(4, "big")
    header = b"IHDR" + width + width + b"\x01\x00\x00\x00\x00"
    path = tmp_path / "bomb.png"
    path.write_bytes(PNG + len(header[4:]).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big"))
    with pytest.raises(InputError):
        ENGINES["pymupdf"].documents.render(path, "", 1, tmp_path / "out.png")


def test_the_fake_reader_reads_what_the_fake_engine_rendered(tmp_path: Path) -> None:
    path = make_fake(tmp_path, ["[scan]\n# Title\nwords", "[broken]"])
    image = FakeDocuments().render(path, "", 1, tmp_path / "page")
    page = FakeReader().read(image)
    assert page.markdown == "# Title\n\nwords"
    assert [block.level for block in page.blocks] == [1, 0]
    with pytest.raises(PageError):
        FakeDocuments().render(path, "", 2, tmp_path / "page")
