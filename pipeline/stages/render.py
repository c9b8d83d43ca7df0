"""Render: the pages that OCR will read become images in the file store."""

from __future__ import annotations

from pipeline.step_context import StepContext
from stores.effects import Nothing


def run(work: StepContext) -> Nothing:
    """Draw every unread page of the step that has no image yet. A page that cannot be drawn is given up by name."""
    documents = work.resources.documents()
    for number in work.unread():
        target = work.page_image(number)
        if target.exists():
            continue
        with work.page(number):
            made = documents.render(work.original, work.claim.password, number, work.folder / f"{number}.png")
            work.resources.files.keep(made.path, target)
    return Nothing()
