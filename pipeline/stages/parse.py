"""Parse: pages with a good text layer become Markdown and blocks, saved page by page."""

from __future__ import annotations

from pipeline.step_context import StepContext
from stores.effects import Nothing


def run(work: StepContext) -> Nothing:
    """Read every unread page of the step from its text layer."""
    reader = work.resources.text_reader()
    for number in work.unread():
        with work.page(number):
            work.save_page(number, reader.read(work.original, work.claim.password, number, plain=work.plain(number)))
    return Nothing()
