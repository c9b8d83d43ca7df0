"""All pages of a document as the extract stage gets them: planned, read, structured; nothing is stored."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from stores.models import Page, PagePlan, PageText, Route


def read_pages(path: Path, *, ocr: bool = True, most: int = 0) -> Sequence[Page]:
    """The pages of a PDF or an image, the first ``most`` of them (0: all); with ``ocr`` also those without text."""
    from pipeline.stages.plan import decide
    from pipeline.structure.document import structured

    documents = _resources().documents()
    facts = documents.inspect(path, "")
    numbers = range(1, min(facts.page_count, most or facts.page_count) + 1)
    plans = [decide(seen, "auto") for seen in documents.look(path, "", numbers)]
    return structured([_page(path, plan, ocr) for plan in plans], facts.outline)


def _page(path: Path, plan: PagePlan, ocr: bool) -> Page:
    text = _text(path, plan, ocr)
    return Page(
        number=plan.number,
        width_pt=plan.width_pt,
        height_pt=plan.height_pt,
        route=plan.route,
        reason=plan.reason,
        text=text,
    )


def _text(path: Path, plan: PagePlan, ocr: bool) -> PageText | None:
    resources = _resources()
    if plan.route is Route.TEXT:
        read: PageText = resources.text_reader().read(path, "", plan.number)
        return read
    if plan.route is not Route.OCR or not ocr:
        return None
    with tempfile.TemporaryDirectory(prefix="ingot-page-") as folder:
        image = resources.documents().render(path, "", plan.number, Path(folder) / "page.png")
        return resources.page_reader().read(image)  # type: ignore[no-any-return]


@cache
def _resources() -> Any:
    from pipeline import wiring
    from pipeline.settings import Settings

    return wiring.build(Settings())
