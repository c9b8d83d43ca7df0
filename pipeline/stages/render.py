"""Render: the pages that OCR will read become images in the file store."""

from __future__ import annotations

from pipeline.step_context import StepContext
from stores.effects import Nothing


def run(work: StepContext) -> Nothing:
    """Draw every unread page of the step that has no image yet. A page that cannot be drawn is given up by name."""
    for number in work.unread():
        if work.page_image(number):
            continue
        with work.page(number):
            work.draw_page(number)
    return Nothing()
