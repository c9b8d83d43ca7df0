"""OCR: page images become Markdown and blocks, saved page by page."""

from __future__ import annotations

from pipeline.contracts import PageImage
from pipeline.step_context import StepContext
from stores.effects import Nothing
from stores.models import Page


def run(work: StepContext) -> Nothing:
    """Read every unread page of the step; its image is removed once the text is safe."""
    sizes = {page.number: page for page in work.pages_of(work.unread())}
    for number, page in sizes.items():
        with work.page(number):
            _read(work, page)
        work.drop_page_image(number)
    return Nothing()


def _read(work: StepContext, page: Page) -> None:
    # An earlier attempt that died between saving the text and finishing the step may have removed the image.
    path = work.page_image(page.number) or work.draw_page(page.number)
    image = PageImage(
        number=page.number,
        path=path,
        width_pt=page.width_pt,
        height_pt=page.height_pt,
        plain=work.plain(page.number),
    )
    work.save_page(page.number, work.resources.page_reader().read(image))
