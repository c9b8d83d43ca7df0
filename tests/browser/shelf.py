"""A served knowledge base that the inspector shows, a hostile document for it, and where things stand on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.service import Service
from stores.models import Box
from tests.in_process import KB

HOSTILE_NAME = "<img src=x onerror=alert(5)>.pdf"
HOSTILE_TEXT = (
    "<script>alert(1)</script> and <img src=x onerror=alert(2)> and",
    "[click here](javascript:alert(3)) <svg onload=alert(4)> <iframe srcdoc=x>",
    "</textarea></article><script>window.ran = 1</script> Invoice number: <b>7</b>",
)
TOLERANCE_PT = 4.0  # the room around a box, and the width of its line


@dataclass(frozen=True)
class Shelf:
    """A served knowledge base and its use cases."""

    address: str
    service: Service

    def id(self, name: str) -> str:
        return self.service.documents.get(KB, name).document

    def url(self, name: str, query: str = "") -> str:
        return f"{self.address}/knowledge/{KB}/documents/{self.id(name)}{query}"

    def evidence(self, name: str, schema: str, path: str) -> dict[str, Any]:
        records = self.service.records.of_document(KB, name)
        return next(dict(record.evidence[path]) for record in records if record.schema == schema)


def write_hostile_pdf(path: Path) -> None:
    import pymupdf

    document = pymupdf.open()
    sheet = document.new_page()
    for row, text in enumerate(HOSTILE_TEXT):
        sheet.insert_text((60, 90 + 40 * row), text, fontsize=10)
    document.set_metadata({"title": "<svg onload=alert(6)>", "author": "<script>alert(7)</script>"})
    document.save(path)


def in_points(page: Any, shapes: Any) -> list[Box]:
    """Where rectangles stand on the sheet, in the points of its page."""
    sheet = page.locator(".sheet")
    frame, width_pt = sheet.bounding_box(), float(sheet.get_attribute("viewBox").split()[2])
    scale = width_pt / frame["width"]
    rectangles = [shape.bounding_box() for shape in shapes.all()]
    return [
        (
            (box["x"] - frame["x"]) * scale,
            (box["y"] - frame["y"]) * scale,
            (box["x"] + box["width"] - frame["x"]) * scale,
            (box["y"] + box["height"] - frame["y"]) * scale,
        )
        for box in rectangles
    ]


def assert_same_boxes(found: Sequence[Box], wanted: Sequence[Sequence[float]], tolerance: float = TOLERANCE_PT) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(sorted(found), sorted(map(tuple, wanted)), strict=True):
        assert one == pytest.approx(other, abs=tolerance)


def lit(page: Any, layer: str) -> Any:
    return page.locator(f".layer-{layer} .place.lit rect")
