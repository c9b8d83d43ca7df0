"""Scans read by RapidOCR: whatever way they lie, in English and Chinese, without losing lines."""

from __future__ import annotations

import csv
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pymupdf
import pytest

from pipeline.contracts import PageImage
from pipeline.engines.ocr import recognised_lines, text_lines
from pipeline.engines.ocr.print_reader import LinePrintReader
from pipeline.engines.ocr.rapidocr_reader import RapidOcrReader
from pipeline.engines.ocr.recognised_lines import ReadImage
from pipeline.engines.ocr.text_lines import LineModels
from pipeline.engines.pdf.documents import PyMuPdfDocuments
from stores.errors import PageError
from stores.models import PageText

DPI = 150
ENGLISH = [
    "The quarterly report was sent to all members of the board.",
    "Payment is due within thirty days of the date of the invoice.",
    "Questions are answered by the office in Rotterdam, room 214.",
]
CHINESE = ["迁移学习的目标是利用已有的知识解决新的问题。", "训练数据很少的时候，这种方法特别有用。", "实验结果见下表。"]


@pytest.fixture(scope="module")
def reader() -> RapidOcrReader:
    return RapidOcrReader()


def printed(lines: list[str]) -> np.ndarray:
    """A5 page with these lines, BGR."""
    document = pymupdf.open()
    page = document.new_page(width=420, height=595)
    for row, text in enumerate(lines):
        font = "china-s" if ord(text[0]) > 0x2E80 else "helv"
        page.insert_text((40, 80 + 24 * row), text, fontname=font, fontsize=11)
    pixels = page.get_pixmap(dpi=DPI, alpha=False)
    picture = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width, 3)
    return np.ascontiguousarray(picture[:, :, ::-1])


def skewed(picture: np.ndarray, degrees: float) -> np.ndarray:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(picture, matrix, (width, height), borderValue=(255, 255, 255))


def read(reader: RapidOcrReader, picture: np.ndarray, folder: Path, dpi: float = DPI) -> PageText:
    path = folder / "page.png"
    cv2.imwrite(str(path), picture)
    height, width = picture.shape[:2]
    return reader.read(PageImage(number=1, path=path, width_pt=width * 72 / dpi, height_pt=height * 72 / dpi))


def rendered(path: Path, number: int = 1, dpi: int = DPI) -> np.ndarray:
    page = pymupdf.open(path)[number - 1]
    pixels = page.get_pixmap(dpi=dpi, alpha=False, colorspace=pymupdf.csRGB)
    picture = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width, 3)
    return np.ascontiguousarray(picture[:, :, ::-1])


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_english_keeps_its_spaces(reader: RapidOcrReader, tmp_path: Path) -> None:
    text = read(reader, printed(ENGLISH), tmp_path)
    assert one_line(text.markdown) == " ".join(ENGLISH)
    assert text.confidence is not None and text.confidence > 0.9


def test_chinese_gets_no_spaces(reader: RapidOcrReader, tmp_path: Path) -> None:
    text = read(reader, printed(CHINESE), tmp_path)
    assert re.sub(r"\n+", "", text.markdown) == "".join(CHINESE)


@pytest.mark.parametrize("lines", [ENGLISH, CHINESE], ids=["english", "chinese"])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_pages_are_read_upright(reader: RapidOcrReader, tmp_path: Path, lines: list[str], turns: int) -> None:
    picture = np.ascontiguousarray(np.rot90(printed(lines), turns))
    text = read(reader, picture, tmp_path)
    assert re.sub(r"\s+", "", text.markdown) == re.sub(r"\s+", "", "".join(lines))


def test_a_page_whose_pixels_count_as_points_reads_like_the_same_sheet(reader: RapidOcrReader, tmp_path: Path) -> None:
    """Type as large as that of a slide, in lines that stand apart, is a paragraph still."""
    text = "这是一本扫描的书，它的每一页都是一幅图画。" * 3
    lines = [text[at : at + 28] for at in range(0, len(text), 28)]
    picture = printed(lines)
    sheet, large = read(reader, picture, tmp_path), read(reader, picture, tmp_path, dpi=72)
    assert large.markdown == sheet.markdown == text
    for one, other in zip(large.blocks, sheet.blocks, strict=True):
        assert one.box == pytest.approx([DPI / 72 * side for side in other.box], abs=3)
        assert one.style and other.style
        assert one.style.size_pt == pytest.approx(DPI / 72 * other.style.size_pt, rel=0.05)


@pytest.mark.parametrize("degrees", [2.0, -6.0])
def test_skewed_pages_are_read_level(reader: RapidOcrReader, tmp_path: Path, degrees: float) -> None:
    text = read(reader, skewed(printed(ENGLISH), degrees), tmp_path)
    assert one_line(text.markdown) == " ".join(ENGLISH)


def test_single_digits_and_small_print_are_not_passed_over(reader: RapidOcrReader, tmp_path: Path) -> None:
    page = pymupdf.open().new_page(width=595, height=842)
    names = [
        "Hydraulic oil",
        "Bolts of steel",
        "Filter element",
        "Rope of nylon",
        "Gaskets",
        "Lamp",
        "Cable drums",
        "Valve",
    ]
    rows = [(name, str(at + 2), f"{7 * at + 9}.90") for at, name in enumerate(names)]
    for at, (name, count, price) in enumerate(rows):
        for x, text in ((60, name), (380, count), (430, price)):
            page.insert_text((x, 120 + 16 * at), text, fontname="helv", fontsize=10)
    small = "Goods remain our property until they are paid for in full."
    page.insert_text((60, 400), small, fontname="helv", fontsize=6)
    pixels = page.get_pixmap(dpi=DPI, alpha=False)
    picture = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width, 3)
    text = read(reader, np.ascontiguousarray(picture), tmp_path).markdown
    assert small in one_line(text)
    assert all(re.search(rf"{re.escape(name)}\W+{count}\W+{price}", text) for name, count, price in rows)


def test_boxes_lie_on_the_page_as_given(reader: RapidOcrReader, tmp_path: Path) -> None:
    picture = np.ascontiguousarray(np.rot90(printed(ENGLISH), 1))  # the lines run upwards, the first one leftmost
    lines = [line for block in read(reader, picture, tmp_path).blocks for line in block.lines]
    first = next(line for line in lines if line.text.startswith("The quarterly"))
    length = pymupdf.get_text_length(ENGLISH[0], fontname="helv", fontsize=11)
    assert first.box == pytest.approx((71, 420 - 40 - length, 83, 420 - 40), abs=4)


def test_offsets_point_at_the_text_of_their_block(reader: RapidOcrReader, tmp_path: Path) -> None:
    text = read(reader, printed(ENGLISH), tmp_path)
    assert all(block.text in text.markdown[block.start : block.end] for block in text.blocks if block.end)


def test_a_blank_scan_is_empty(reader: RapidOcrReader, tmp_path: Path) -> None:
    text = read(reader, np.full((800, 600, 3), 250, dtype=np.uint8), tmp_path)
    assert (text.markdown, text.blocks) == ("", ())


def test_ink_without_letters_is_empty_and_unsure(reader: RapidOcrReader, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3), dtype=np.uint8)
    text = read(reader, noise, tmp_path)
    assert (text.markdown, text.blocks, text.confidence) == ("", (), 0.0)


def test_a_damaged_picture_is_a_page_error(reader: RapidOcrReader, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(PageError, match="damaged"):
        reader.read(PageImage(number=3, path=broken, width_pt=100, height_pt=100))


def test_a_strip_keeps_its_last_line_in_the_text(reader: RapidOcrReader, tmp_path: Path) -> None:
    rows = ["CORNER SHOP", "Milk 1.20", "Bread 2.45", "Total 3.65", "Goods sold are not returnable"]
    strip = printed(rows)[100:480, 60:420]
    long_strip = np.full((900, strip.shape[1], 3), 255, dtype=np.uint8)
    long_strip[: len(strip)] = strip
    text = one_line(read(reader, long_strip, tmp_path).markdown)
    places = [text.find(row.split()[-1]) for row in rows]
    assert -1 not in places and places == sorted(places)


@pytest.mark.corpora
def test_a_page_of_a_report_turned_by_90_degrees(reader: RapidOcrReader, corpora: Path, tmp_path: Path) -> None:
    path = corpora / "olmocr/tests/gnarly_pdfs/edgar-rotated90.pdf"
    printed_words = set(re.findall(r"[a-z]{5,}", pymupdf.open(path)[0].get_text().lower()))
    words = set(re.findall(r"[a-z]{5,}", read(reader, rendered(path), tmp_path).markdown.lower()))
    assert len(printed_words & words) > 0.85 * len(printed_words)


@pytest.mark.corpora
@pytest.mark.parametrize("turns", [0, 3])
def test_a_skewed_scan_in_every_direction(reader: RapidOcrReader, corpora: Path, tmp_path: Path, turns: int) -> None:
    folder = corpora / "ocrmypdf/tests/resources"
    wanted = set(re.findall(r"[a-z]{5,}", (folder / "linn.txt").read_text().lower()))
    picture = np.ascontiguousarray(np.rot90(rendered(folder / "skew.pdf"), turns))
    words = set(re.findall(r"[a-z]{5,}", read(reader, picture, tmp_path).markdown.lower()))
    assert len(wanted & words) > 0.8 * len(wanted)


@pytest.mark.corpora
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_page_of_a_scan_with_four_directions(
    reader: RapidOcrReader, corpora: Path, tmp_path: Path, number: int
) -> None:
    picture = rendered(corpora / "ocrmypdf/tests/resources/cardinal.pdf", number)
    assert len(re.findall(r"\b(?:the|and|of|in|to)\b", read(reader, picture, tmp_path).markdown)) > 20


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["helloworld.jpg", "multi-line_cn1.png", "multi-line_en_black.png"])
def test_pictures_of_lines(reader: RapidOcrReader, corpora: Path, tmp_path: Path, name: str) -> None:
    lines = json.loads((corpora / "cnocr/truth.dev.json").read_text(encoding="utf-8"))[name]
    path = corpora / "cnocr/docs/examples" / name
    text = read(reader, cv2.imread(str(path)), tmp_path).markdown
    squashed = re.sub(r"\W+", "", text).lower()
    read_lines = sum(re.sub(r"\W+", "", line).lower() in squashed for line in lines)
    assert read_lines >= len(lines) - 1


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["125", "408"])
def test_receipts_keep_their_words(reader: RapidOcrReader, corpora: Path, tmp_path: Path, name: str) -> None:
    folder = corpora / "sroie/data"
    with (folder / f"box/{name}.csv").open(encoding="utf-8", errors="replace") as rows:
        truth = [",".join(row[8:]) for row in csv.reader(rows) if len(row) > 8]
    wanted = {word for line in truth for word in re.findall(r"\w{3,}", line.lower())}
    text = read(reader, cv2.imread(str(folder / f"img/{name}.jpg")), tmp_path).markdown.lower()
    assert len([word for word in wanted if word in text]) > 0.93 * len(wanted)


def test_threads_share_one_reader(tmp_path: Path) -> None:
    """The models are loaded once, and PyMuPDF is entered by one thread at a time, whoever draws or lays out."""
    shared, drawing = RapidOcrReader(), PyMuPdfDocuments(DPI, 12)
    invoice = Path(__file__).resolve().parents[2] / "ingest" / "samples" / "invoice.pdf"
    pictures = [printed(ENGLISH), printed(CHINESE), skewed(printed(ENGLISH), 2)] * 2
    folders = [tmp_path / str(number) for number in range(len(pictures))]
    for folder in folders:
        folder.mkdir()

    def work(number: int) -> PageText:
        drawing.render(invoice, "", 1, folders[number] / "drawn.png")
        return read(shared, pictures[number], folders[number])

    alone = [work(number) for number in range(3)]
    with ThreadPoolExecutor(len(pictures)) as threads:
        assert list(threads.map(work, range(len(pictures)))) == alone * 2


def test_a_page_that_memory_does_not_suffice_for_is_read_with_fresh_models(
    loads: list[None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reader, used = RapidOcrReader(), []
    whole = recognised_lines.read_lines

    def short_of_memory(models: LineModels, pixels: np.ndarray) -> ReadImage:
        used.append(whole(models, pixels))
        if len(used) == 1:
            raise MemoryError
        return used[-1]

    monkeypatch.setattr(recognised_lines, "read_lines", short_of_memory)
    assert ENGLISH[0] in one_line(read(reader, printed(ENGLISH), tmp_path).markdown)
    assert (len(used), len(loads)) == (2, 2)


def test_pages_and_pictures_on_pages_are_read_with_one_copy_of_the_models(loads: list[None], tmp_path: Path) -> None:
    pixels = printed(ENGLISH)
    assert ENGLISH[0] in one_line(read(RapidOcrReader(), pixels, tmp_path).markdown)
    assert LinePrintReader().lines(np.ascontiguousarray(pixels), scale=0.5)
    assert len(loads) == 1


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each time that the models are opened from now on."""
    opened: list[None] = []
    really = text_lines._load_models

    def counted() -> text_lines._Loaded:
        opened.append(None)
        return really()

    text_lines.line_models().close()
    monkeypatch.setattr(text_lines, "_load_models", counted)
    return opened
