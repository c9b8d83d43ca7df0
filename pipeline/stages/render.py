"""Render: draw the pages that OCR will read as images in the file store."""

from __future__ import annotations

from pipeline.step_context import StepContext
from stores.effects import Nothing


def run(context: StepContext) -> Nothing:
    """Draw every unread page of the step that has no image yet; a page that cannot be drawn is given up."""
    documents = context.resources.documents()
    for number in context.unread():
        target = context.page_image(number)
        if target.exists():
            continue
        with context.page(number):
            image = documents.render(context.original, context.claim.password, number, context.folder / f"{number}.png")
            context.resources.files.keep(image.path, target)
    return Nothing()
