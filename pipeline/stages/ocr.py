"""OCR: turn page images into Markdown and blocks, saved page by page."""

from __future__ import annotations

from pipeline.contracts import PageImage
from pipeline.step_context import StepContext
from stores.effects import Nothing
from stores.models import Page


def run(context: StepContext) -> Nothing:
    """Read every unread page of the step; its image is removed once the text is saved."""
    sizes = {page.number: page for page in context.pages_of(context.unread())}
    for number, page in sizes.items():
        with context.page(number):
            _read(context, page)
        context.drop_page_image(number)
    return Nothing()


def _read(context: StepContext, page: Page) -> None:
    # An earlier attempt that died between saving the text and finishing the step may have removed the image.
    path = context.page_image(page.number) or context.draw_page(page.number)
    image = PageImage(
        number=page.number,
        path=path,
        width_pt=page.width_pt,
        height_pt=page.height_pt,
        plain=context.plain(page.number),
    )
    context.save_page(page.number, context.resources.page_reader().read(image))
