"""``bench confidence``: how many values are right by the confidence of the OCR for their page.

Generated CVs (``scripts/layouts/resumes``) and, where the corpora are, scanned receipts are read at several
resolutions. Printed are the shares of right values by confidence, made monotone by pooling neighbours, and how right
the values are that the checking queue states as sure (a doubt below 0.1) and as doubtful. The steps of the first
table stand in ``pipeline/queries/ocr_doubt.py``.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scripts.bench_machine import machine
from scripts.bench_records import FIELDS, compared, truth_of, values_of
from scripts.document_pages import read_pages
from scripts.layouts.resume_people import person
from scripts.layouts.resumes import LAYOUTS
from scripts.text_likeness import alike

_EDGES = (0.0, 0.8, 0.85, 0.9, 0.93, 0.96, 0.97, 0.98, 0.99)
_DPI = (65, 95, 150)
_SCALES = (0.3, 0.45, 1.0)


class Value(NamedTuple):
    """An extracted value: the confidence of its page, and whether it is right."""

    confidence: float
    right: bool


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench confidence", description=__doc__)
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"), help="real receipts, where they are")
    parser.add_argument("--most", type=int, default=20, help="documents of each kind")
    given = parser.parse_args(arguments)
    print(machine())
    with tempfile.TemporaryDirectory(prefix="ingot-confidence-") as folder:
        values = [*_of_resumes(Path(folder), given.most), *_of_receipts(given.corpora, Path(folder), given.most)]
    _print_by_confidence(values)
    _print_stated(values)


def _of_resumes(folder: Path, most: int) -> Iterator[Value]:
    from pipeline.engines.rules.resume.extractor import ResumeRules
    from pipeline.schemas.loader import load_schemas

    schema = load_schemas(None)["resume"]
    for at, (name, layout) in enumerate(list(LAYOUTS.items())[:most]):
        who = person(layout.languages[0], at)
        layout.make(who).save(folder / f"{name}.pdf")
        truth = truth_of(who, layout.place)
        image = _scan(folder / f"{name}.pdf", _DPI[at % len(_DPI)])
        pages = read_pages(image)
        values = values_of(ResumeRules().extract(schema, pages, image.name).fields)
        confidence = pages[0].text.confidence if pages and pages[0].text else None
        for field in FIELDS if confidence is not None else ():
            _, wrong, right = compared(truth[field], values[field], field)
            yield from [Value(confidence or 0.0, True)] * right + [Value(confidence or 0.0, False)] * len(wrong)


def _of_receipts(corpora: Path, folder: Path, most: int) -> Iterator[Value]:
    from pipeline.engines.rules.receipt.extractor import ReceiptRules
    from pipeline.schemas.loader import load_schemas

    schema = load_schemas(None)["receipt"]
    for key in sorted(corpora.glob("sroie/data/key/*.json"))[:most]:
        truth = json.loads(key.read_text(encoding="utf-8"))
        for scale in _SCALES:
            image = _smaller(key.parent.parent / "img" / f"{key.stem}.jpg", scale, folder)
            pages = read_pages(image)
            confidence = pages[0].text.confidence if pages and pages[0].text else None
            fields = ReceiptRules().extract(schema, pages, image.name).fields
            for name in truth if confidence is not None else ():
                if fields.get(name) not in (None, ""):
                    yield Value(confidence or 0.0, _is_right(name, truth[name], fields[name]))


def _is_right(name: str, wanted: str, value: Any) -> bool:
    if name == "total":
        return abs(float(re.sub(r"[^\d.]", "", wanted)) - float(value)) < 0.005
    if name == "date":
        return _day(wanted) == _day(str(value))
    return alike(wanted, str(value))


def _day(text: str) -> list[int]:
    """The numbers of a date in any order, its year without the century."""
    return sorted(int(number) % 100 for number in re.findall(r"\d+", text)[:3])


def _scan(document: Path, dpi: int) -> Path:
    """The first page as a photocopier sends it: small, blurred, a little turned."""
    import pymupdf
    from PIL import Image, ImageFilter

    with pymupdf.open(document) as opened:
        pixels = opened[0].get_pixmap(dpi=dpi)
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    path = document.with_suffix(".jpg")
    image.filter(ImageFilter.GaussianBlur(0.6)).rotate(0.4, fillcolor="white").save(path, quality=40)
    return path


def _smaller(image: Path, scale: float, folder: Path) -> Path:
    from PIL import Image

    path = folder / f"{image.stem}-{scale}.jpg"
    with Image.open(image) as opened:
        size = int(opened.width * scale), int(opened.height * scale)
        opened.convert("RGB").resize(size).save(path, quality=40)
    return path


def _print_by_confidence(values: Sequence[Value]) -> None:
    counts: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for value in values:
        edge = _EDGES[bisect_right(_EDGES, value.confidence) - 1]
        counts[edge][0] += value.right
        counts[edge][1] += 1
    steps: list[list[float]] = []  # confidence, right, of so many
    for edge, (right, count) in sorted(counts.items()):
        steps.append([edge, right, count])
        while len(steps) > 1 and steps[-2][1] * steps[-1][2] > steps[-1][1] * steps[-2][2]:
            _, right_of_last, count_of_last = steps.pop()
            steps[-1][1] += right_of_last
            steps[-1][2] += count_of_last
    print("\nconfidence of the page   values   right")
    for edge, right, count in steps:
        print(f"from {edge:<19.2f} {count:7.0f}   {right / count:.3f}")


def _print_stated(values: Sequence[Value]) -> None:
    from pipeline.queries.ocr_doubt import ocr_doubt

    counts: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for value in values:
        counts[1.0 - ocr_doubt(value.confidence)][0] += value.right
        counts[1.0 - ocr_doubt(value.confidence)][1] += 1
    print("\nstated confidence        values   right")
    for stated, (right, count) in sorted(counts.items()):
        print(f"{stated:<24.2f} {count:7}   {right / count:.3f}")


if __name__ == "__main__":
    main()
