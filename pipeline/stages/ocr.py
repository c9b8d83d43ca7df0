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
        context.page_image(number).unlink(missing_ok=True)
    return Nothing()


def _read(context: StepContext, page: Page) -> None:
    path = context.page_image(page.number)
    if not path.exists():
        _draw_again(context, page.number)
    image = PageImage(
        number=page.number,
        path=path,
        width_pt=page.width_pt,
        height_pt=page.height_pt,
        plain=context.plain(page.number),
    )
    context.save_page(page.number, context.resources.page_reader().read(image))


def _draw_again(context: StepContext, number: int) -> None:
    """Draw an image that an earlier attempt removed before it died."""
    image = context.resources.documents().render(
        context.original, context.claim.password, number, context.folder / f"{number}.png"
    )
    context.resources.files.keep(image.path, context.page_image(number))
