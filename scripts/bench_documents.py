"""Documents that the benches read: made here, each with words of its own, so that every page is real work."""

from __future__ import annotations

from pathlib import Path
from random import Random

_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "for",
    "on",
    "with",
    "as",
    "by",
    "at",
    "from",
    "or",
    "an",
    "this",
    "that",
    "which",
    "are",
    "was",
    "were",
    "be",
    "been",
    "has",
    "have",
    "not",
    "but",
    "all",
    "report",
    "survey",
    "bridge",
    "harbor",
    "winter",
    "supply",
    "board",
    "members",
    "contract",
    "service",
    "payment",
    "notice",
    "quality",
    "method",
    "result",
    "figure",
    "region",
    "sample",
    "value",
    "growth",
    "rate",
    "change",
    "water",
    "energy",
    "price",
    "market",
    "station",
    "network",
    "machine",
    "document",
    "section",
]
_HAN = "本合同由双方签订付款期限为三十天内服务质量应符合国家标准如有违约责任承担相应赔偿项目管理系统数据分析结果报告"
_A4 = (595, 842)


def born_digital(folder: Path, documents: int, pages: int, seed: int = 1) -> list[Path]:
    """PDFs with a text layer: a heading, paragraphs and a ruled table on every page; every third is Chinese."""
    import pymupdf

    folder.mkdir(parents=True, exist_ok=True)
    chance, made = Random(seed), []
    for number in range(documents):
        document = pymupdf.open()
        for at in range(pages):
            _write_page(document.new_page(width=_A4[0], height=_A4[1]), chance, number, at)
        made.append(folder / f"digital-{seed}-{number:04}.pdf")
        document.subset_fonts()
        document.save(made[-1], deflate=True, garbage=3)
        document.close()
    return made


def scanned(folder: Path, documents: int, pages: int, seed: int = 2) -> list[Path]:
    """PDFs of pictures only: grey JPEG pages at 150 dpi, as an office scanner makes them."""
    import pymupdf

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for path in born_digital(folder / "originals", documents, pages, seed):
        source, scan = pymupdf.open(path), pymupdf.open()
        for page in source:
            picture = page.get_pixmap(dpi=150, colorspace=pymupdf.csGRAY).tobytes("jpeg", jpg_quality=80)
            scan.new_page(width=_A4[0], height=_A4[1]).insert_image(page.rect, stream=picture)
        made.append(folder / path.name.replace("digital", "scan"))
        scan.save(made[-1])
        path.unlink()
    (folder / "originals").rmdir()
    return made


def pictured(folder: Path, documents: int, pages: int, seed: int = 3) -> list[Path]:
    """PDFs whose pages have a text layer, and below it a picture of a table that only OCR can read."""
    import pymupdf

    folder.mkdir(parents=True, exist_ok=True)
    chance, made = Random(seed), []
    for number, path in enumerate(born_digital(folder / "originals", documents, pages, seed)):
        source, document = pymupdf.open(path), pymupdf.open()
        for page in source:
            table = page.get_pixmap(dpi=150, clip=(55, 615, 465, 735)).tobytes("jpeg", jpg_quality=80)
            own = document.new_page(width=_A4[0], height=_A4[1])
            text = " ".join(_sentence(chance, False) for _ in range(40))
            own.insert_textbox((60, 60, 535, 600), text, fontsize=10.5)
            own.insert_image((60, 620, 470, 740), stream=table)
        made.append(folder / f"pictured-{seed}-{number:04}.pdf")
        document.save(made[-1])
        path.unlink()
    (folder / "originals").rmdir()
    return made


def _write_page(page: object, chance: Random, document: int, at: int) -> None:
    chinese = document % 3 == 2
    font = "china-s" if chinese else "helv"
    page.insert_text((60, 70), f"{at + 1}. {_sentence(chance, chinese)[:40]}", fontsize=16, fontname=font)  # type: ignore[attr-defined]
    for block in range(4):
        text = " ".join(_sentence(chance, chinese) for _ in range(5))
        box = (60, 90 + block * 130, 535, 205 + block * 130)
        page.insert_textbox(box, text, fontsize=10.5, fontname=font)  # type: ignore[attr-defined]
    _draw_table(page, chance)


def _draw_table(page: object, chance: Random) -> None:
    for row in range(6):
        page.draw_line((60, 620 + row * 22), (460, 620 + row * 22))  # type: ignore[attr-defined]
        for column in range(4):
            if row < 5:
                word = chance.choice(_WORDS) if row == 0 or column == 0 else str(chance.randint(10, 9999))
                page.insert_text((66 + column * 100, 636 + row * 22), word, fontsize=9)  # type: ignore[attr-defined]
    for column in range(5):
        page.draw_line((60 + column * 100, 620), (60 + column * 100, 730))  # type: ignore[attr-defined]


def _sentence(chance: Random, chinese: bool) -> str:
    if chinese:
        return "".join(chance.choices(_HAN, k=chance.randint(12, 28))) + "。"
    return " ".join(chance.choices(_WORDS, k=chance.randint(8, 18))).capitalize() + "."
