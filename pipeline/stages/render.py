"""Render: draw the pages that OCR will read as images in the file store."""

from __future__ import annotations

from pipeline.step_context import StepContext
from stores.effects import Nothing


def run(context: StepContext) -> Nothing:
    """Draw every unread page of the step that has no image yet; a page that cannot be drawn is given up."""
    for number in [page.number for page in context.unread()]:
        if context.has_page_image(number):
            continue
        with context.page(number):
            context.draw_page(number)
    return Nothing()
