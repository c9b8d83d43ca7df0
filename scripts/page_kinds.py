"""The kinds of pages that ``bench pages`` reads: real ones where the corpora are there, else pages made here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from scripts.bench_documents import born_digital, scanned

_PROSE = "the of and to in report survey bridge harbor winter supply board members contract service notice"
_A4 = (595, 842)
Documents = list[tuple[Path, list[int] | None]]


@dataclass(frozen=True)
class Kind:
    """Documents of one kind and their pages (None: all); ``note`` says where they come from."""

    name: str
    note: str
    documents: Documents


_REAL: dict[str, tuple[tuple[str, list[int] | None], ...]] = {
    "10-K": (("questions/docs/financebench/NIKE_2021_10K.pdf", list(range(20, 51))),),
    "plain": (
        ("questions/docs/financebench/NIKE_2021_10K.pdf", list(range(8, 22))),
        ("questions/docs/financebench/BESTBUY_2019_10K.pdf", list(range(5, 20))),
    ),
    "columns": (
        ("questions/docs/mmlongbench/tacl_a_00660.pdf", [1, 2, 3, 5, 6, 8]),
        ("unstructured/example-docs/pdf/multi-column-2p.pdf", None),
    ),
    "tables": (
        ("tabula/src/test/resources/technology/tabula/icdar2013-dataset/competition-dataset-eu/eu-004.pdf", None),
        ("questions/docs/financebench/ULTABEAUTY_2023Q4_EARNINGS.pdf", [5, 6, 7, 8, 9]),
    ),
    "scan": (("ocrmypdf/tests/resources/linn.pdf", None), ("ocrmypdf/tests/resources/c02-22.pdf", None)),
    "receipt": (("sroie/data/img", [1]),),
    "Chinese": (("dl500zh/79d70c0/ch10_强化学习/第十章_强化学习.pdf", None),),
}


def kinds(corpora: Path, folder: Path) -> list[Kind]:
    """All kinds; what is made goes to ``folder``."""
    return [_kind(name, corpora, folder) for name in _REAL]


def _kind(name: str, corpora: Path, folder: Path) -> Kind:
    documents = [(path, pages) for part, pages in _REAL[name] for path in _files(corpora / part)]
    if documents:
        return Kind(name, f"{len(documents)} real documents", documents)
    return Kind(name, "made here", [(path, None) for path in _MADE[name](folder / name)])


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.jpg"))[:4]
    return [path] if path.exists() else []


def _made(folder: Path, draw: Callable[[Any, Random], None], pages: int = 4) -> list[Path]:
    import pymupdf

    folder.mkdir(parents=True, exist_ok=True)
    document, chance = pymupdf.open(), Random(3)
    for _ in range(pages):
        draw(document.new_page(width=_A4[0], height=_A4[1]), chance)
    document.save(folder / "made.pdf")
    document.close()
    return [folder / "made.pdf"]


def _text(chance: Random, words: int) -> str:
    return " ".join(chance.choices(_PROSE.split(), k=words)).capitalize() + "."


def _plain(page: Any, chance: Random) -> None:
    page.insert_text((60, 70), "1. " + _text(chance, 4), fontsize=15, fontname="hebo")
    for at in range(6):
        page.insert_textbox((60, 90 + 115 * at, 535, 200 + 115 * at), _text(chance, 90), fontsize=10)


def _columns(page: Any, chance: Random) -> None:
    for left in (50, 310):
        for at in range(4):
            page.insert_textbox((left, 60 + 180 * at, left + 235, 235 + 180 * at), _text(chance, 90), fontsize=9)


def _tables(page: Any, chance: Random) -> None:
    for row in range(30):
        page.draw_line((50, 60 + 24 * row), (545, 60 + 24 * row))
        for column in range(5):
            page.insert_text((56 + 99 * column, 76 + 24 * row), str(chance.randint(10, 99999)), fontsize=9)


def _receipt(folder: Path) -> list[Path]:
    import pymupdf

    def draw(page: Any, chance: Random) -> None:
        for line in range(30):
            page.insert_text((20, 30 + 18 * line), f"{_text(chance, 2)[:-1]}   {chance.randint(1, 99)}.50", fontsize=10)

    source = pymupdf.open(_made(folder, draw, pages=2)[0])
    clip = pymupdf.Rect(0, 0, 260, 590)
    made = []
    for number, page in enumerate(source):
        made.append(folder / f"receipt-{number}.png")
        page.get_pixmap(dpi=150, clip=clip).save(made[-1])
    return made


_MADE: dict[str, Callable[[Path], list[Path]]] = {
    "10-K": lambda folder: born_digital(folder, 2, 4, seed=31)[:1],
    "plain": lambda folder: _made(folder, _plain),
    "columns": lambda folder: _made(folder, _columns),
    "tables": lambda folder: _made(folder, _tables),
    "scan": lambda folder: scanned(folder, 1, 2, seed=32),
    "receipt": _receipt,
    "Chinese": lambda folder: born_digital(folder, 3, 4, seed=33)[2:],
}
