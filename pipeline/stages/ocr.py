"""OCR: turn page images into Markdown and blocks, saved page by page."""

from __future__ import annotations

from pipeline.contracts import PageImage
from pipeline.step_context import StepContext
from stores.effects import Nothing
from stores.models import Page


def run(context: StepContext) -> Nothing:
    """Read every unread page of the step; its image is removed then."""
    for page in context.unread():
        with context.page(page.number):
            _read(context, page)
        context.drop_page_image(page.number)
    return Nothing()


def _read(context: StepContext, page: Page) -> None:
    # An earlier attempt that died between removing the image and saving the text leaves neither.
    path = context.page_image(page.number) or context.draw_page(page.number)
    image = PageImage(
        number=page.number,
        path=path,
        width_pt=page.width_pt,
        height_pt=page.height_pt,
        plain=context.plain(page.number),
    )
    context.save_page(page.number, context.resources.page_reader().read(image))
