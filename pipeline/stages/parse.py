"""Parse: turn pages with a good text layer into Markdown and blocks, saved page by page."""

from __future__ import annotations

from pipeline.step_context import StepContext
from stores.effects import Nothing


def run(context: StepContext) -> Nothing:
    """Read every unread page of the step from its text layer."""
    reader, ocr = context.resources.text_reader(), context.claim.options.ocr != "never"
    for number in [page.number for page in context.unread()]:
        with context.page(number):
            plain = context.plain(number)
            context.save_page(
                number, reader.read(context.original, context.claim.password, number, plain=plain, ocr=ocr)
            )
    return Nothing()
